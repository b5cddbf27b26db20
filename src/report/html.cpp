// The report as one page for a browser. It fetches nothing, holds no script and no link that leaves it: folding is done
// by <details>, the filter by radio buttons and style. Its own policy (Content-Security-Policy) forbids everything but
// its own style, whose hash it names. It is well-formed XML as well, so that any parser sees the same tree.
#include <algorithm>

#include "knowledge/knowledge.h"
#include "report/html_parts.h"
#include "report/render.h"
#include "report/words.h"

namespace winnow::report {
namespace {

#include "page_style.inc"  // kStyle, kStyleHash

struct Shown {
  Verdict verdict;
  uint64_t Summary::* count;
  const char* word;
};

constexpr Shown kVerdicts[] = {{Verdict::malicious, &Summary::malicious, "Malicious"},
                               {Verdict::suspicious, &Summary::suspicious, "Suspicious"},
                               {Verdict::incomplete, &Summary::incomplete, "Incomplete"},
                               {Verdict::clean, &Summary::clean, "Clean"},
                               {Verdict::skipped, &Summary::skipped, "No models"}};

// Of the whole run: the worst that there is.
Verdict verdict_of(const Summary& summary) {
  for (const Shown& shown : kVerdicts) {
    if (summary.*shown.count != 0) return shown.verdict;
  }
  return Verdict::skipped;
}

const char* headline(const Summary& summary) {
  if (summary.files == 0) return "Nothing to scan";
  switch (verdict_of(summary)) {
    case Verdict::malicious: return "Malicious";
    case Verdict::suspicious: return "Suspicious";
    case Verdict::incomplete: return "Incomplete";
    case Verdict::clean: return "Clean";
    case Verdict::skipped: return "No model";
  }
  return "";
}

std::string of_files(uint64_t count, const Summary& summary) {
  if (count == summary.files) return "All " + counted(count, "file");
  return in_digits(count) + " of " + counted(summary.files, "file");
}

// What the rest of a run is beside its worst part.
std::string others(const Summary& summary) {
  std::string text;
  const auto add = [&](uint64_t count, const std::string& what) {
    if (count == 0) return;
    text += (text.empty() ? " " : ", ") + in_digits(count) + what;
  };
  const Verdict worst = verdict_of(summary);
  if (worst > Verdict::suspicious) add(summary.suspicious, " could be neither confirmed nor dismissed");
  if (worst > Verdict::incomplete) add(summary.incomplete, " could not be read completely");
  add(worst > Verdict::clean ? summary.clean : 0, summary.clean == 1 ? " is clean" : " are clean");
  return text.empty() ? text : text + ".";
}

std::string lede_of_many(const Summary& summary) {
  switch (verdict_of(summary)) {
    case Verdict::malicious:
      return of_files(summary.malicious, summary) + (summary.malicious == 1 ? " acts" : " act") +
             " against whoever loads or uses " + (summary.malicious == 1 ? "it." : "them.") + others(summary);
    case Verdict::suspicious:
      return "Nothing is confirmed. " + of_files(summary.suspicious, summary) + (summary.suspicious == 1 ? " holds" : " hold") +
             " something that could not be dismissed either." + others(summary);
    case Verdict::incomplete:
      return "Nothing was found, but " + of_files(summary.incomplete, summary) + " could not be read completely." + others(summary);
    case Verdict::clean:
      return (summary.models == 1 ? "The one model was" : "All " + counted(summary.clean, "model") + " were") +
             " read completely, and nothing in " + (summary.models == 1 ? "it" : "them") + " acts against whoever loads " +
             (summary.models == 1 ? "it." : "them.");
    case Verdict::skipped: break;
  }
  return summary.files == 0 ? "There was no file." : "None of " + counted(summary.files, "file") + " is a model.";
}

std::string_view lede_of_one(const ArtifactReport& artifact) {
  switch (artifact.verdict) {
    case Verdict::malicious:
    case Verdict::suspicious: return artifact.findings.front().summary;
    case Verdict::incomplete: return "Nothing was found in what could be read, but that was not all of it.";
    case Verdict::clean: return "All of it was read, and nothing in it acts against whoever loads it.";
    case Verdict::skipped: break;
  }
  return "Nothing in this file is a model.";
}

bool has_findings(const Report& report) {
  return std::any_of(report.artifacts.begin(), report.artifacts.end(), [](auto& artifact) { return !artifact.findings.empty(); });
}

// The folder that all files are in, with the slash behind it.
std::string_view common_folder(const Report& report) {
  if (report.artifacts.empty()) return {};
  std::string_view common = report.artifacts.front().path;
  for (const ArtifactReport& artifact : report.artifacts) {
    const auto [a, b] = std::mismatch(common.begin(), common.end(), artifact.path.begin(), artifact.path.end());
    common = common.substr(0, static_cast<size_t>(a - common.begin()));
  }
  return common.substr(0, common.rfind('/') + 1);
}

void put_head(Html& html, const Report& report) {
  html.put("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>");
  html.put("<meta http-equiv=\"Content-Security-Policy\"");
  html.attribute("content", "default-src 'none'; style-src '" + std::string(kStyleHash) + "'; base-uri 'none'; form-action 'none'");
  html.put("/><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
  html.put("<meta name=\"referrer\" content=\"no-referrer\"/><meta name=\"robots\" content=\"noindex\"/>");
  html.put("<meta name=\"color-scheme\" content=\"light dark\"/><title>").text(headline(report.summary));
  html.put(" \u00b7 Winnow</title><style>").put(kStyle).put("</style></head>");
}

void put_facts(PageState& state) {
  const Summary& summary = state.report.summary;
  Html& html = state.page;
  html.put("<dl class=\"facts\">");
  html.put("<div><dt>Files</dt><dd>").text(in_digits(summary.files)).put("</dd></div>");
  html.put("<div><dt>Models</dt><dd>").text(in_digits(summary.models)).put("</dd></div>");
  html.put("<div><dt>Size</dt><dd>").text(in_bytes(summary.bytes)).put("</dd></div>");
  html.put("<div><dt>Time</dt><dd>");
  html.put(summary.seconds < 0.1 ? Markup("under ") : Markup("")).tenths(std::max(summary.seconds, 0.1)).put(" s</dd></div>");
  if (!state.folder.empty() && state.report.artifacts.size() > 1) html.put("<div><dt>Below</dt><dd><bdi>").text(state.folder).put("</bdi></dd></div>");
  html.put("</dl>");
}

void put_hero(PageState& state) {
  const Report& report = state.report;
  Html& html = state.page;
  put_tone(html.put("<header class=\"hero"), tone_of(verdict_of(report.summary))).put("\"><div class=\"wide\">");
  html.put("<p class=\"brand\">Winnow</p><div class=\"stage\"><div class=\"words\">");
  if (report.artifacts.size() == 1) html.put("<p class=\"subject\"><bdi>").text(report.artifacts.front().path).put("</bdi></p>");
  html.put("<h1>").text(headline(report.summary)).put("</h1><p class=\"lede\">");
  if (report.artifacts.size() == 1) {
    const std::string_view lede = lede_of_one(report.artifacts.front());
    put_sentence(html, lede, 300);
  } else {
    html.text(lede_of_many(report.summary));
  }
  html.put("</p>");
  put_facts(state);
  html.put("</div>");
  put_grains(html, report.summary);
  html.put("</div></div></header>");
}

// One button for all, one for each verdict that there is; style hides the groups that are not wanted.
void put_filter(PageState& state) {
  const Summary& summary = state.report.summary;
  size_t kinds = 0;
  for (const Shown& shown : kVerdicts) kinds += summary.*shown.count != 0;
  if (kinds < 2) return;
  Html& html = state.page;
  html.put("<fieldset class=\"filter\"><legend>Show</legend>");
  html.put("<label><input type=\"radio\" name=\"show\" id=\"show-all\" checked=\"\"/><span>All <b>");
  html.text(in_digits(summary.files)).put("</b></span></label>");
  for (const Shown& shown : kVerdicts) {
    if (summary.*shown.count == 0) continue;
    put_tone(html.put("<label class=\"tone"), tone_of(shown.verdict)).put("\"><input type=\"radio\" name=\"show\"");
    html.attribute("id", "show-" + std::string(verdict_name(shown.verdict))).put("/><span>").text(shown.word).put(" <b>");
    html.text(in_digits(summary.*shown.count)).put("</b></span></label>");
  }
  html.put("</fieldset>");
}

void put_graph(PageState& state) {
  if (state.report.artifacts.size() < 2) return;
  const Graph graph = graph_of(state.report);
  if (graph.empty()) return;
  Html& html = state.page;
  html.put("<section class=\"overview\"><h2>What loads what</h2><p class=\"meaning\">Files of this run that make their loader fetch "
           "something else, and what that is.</p><figure class=\"graph\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" "
           "aria-label=\"What loads what\">");
  html.put(draw(graph, "run-g", "What loads what")).put("</div>");
  if (graph.left_out != 0) {
    html.put("<figcaption>").text(in_digits(graph.left_out)).put(" more are not drawn; they stand with their files.</figcaption>");
  }
  html.put("</figure></section>");
}

}  // namespace

std::string render_html(const Report& report) {
  PageState state{.report = report, .page = {}, .folder = common_folder(report)};
  Html& html = state.page;
  put_head(html, report);
  html.put("<body><a class=\"skip\" href=\"#files\">To the files</a>");
  if (has_findings(report)) html.put("<a class=\"skip\" href=\"#threats\">To the threats</a>");
  put_hero(state);
  html.put("<main class=\"wide\">");
  put_repositories(state);
  put_filter(state);
  html.put("<div id=\"files\" tabindex=\"-1\">");
  put_loud_files(state);
  put_graph(state);
  put_quiet_files(state);
  html.put("</div>");
  put_threats(state);
  html.put("</main><footer class=\"wide\"><p>");
  if (state.cut) html.put("The run was too large for one page: code, or reasons of clean files, were left out. The JSON report has them all. ");
  if (read_unconfined(report)) html.put("The files were read without confinement. ");
  if (!report.sandbox.empty()) {
    html.put("The files were read in processes that were confined by ");
    for (size_t i = 0; i < report.sandbox.size(); ++i) html.put(i == 0 ? Markup("") : Markup(", ")).text(report.sandbox[i]);
    html.put(". ");
  }
  html.put("Winnow ").text(WINNOW_VERSION).put(", knowledge ").text(knowledge::version());
  html.put(". No model was run to make this page. It holds no script, and fetches nothing.</p></footer></body></html>\n");
  return html.take();
}

}  // namespace winnow::report
