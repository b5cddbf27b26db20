// The files of a run, worst first. What needs a person's eyes stands open, the rest can be unfolded.
#include <algorithm>

#include "report/html_parts.h"
#include "report/words.h"

namespace winnow::report {
namespace {

constexpr size_t kOpenFiles = 8;      // more than these stay folded
constexpr size_t kShownEvidence = 4;  // of one finding; the rest can be unfolded
constexpr size_t kMostSummary = 420;  // bytes of a sentence; the code says it all
constexpr size_t kMostListed = 300;   // references, imports

struct Words {
  Verdict verdict;
  const char* heading;
  const char* meaning;
};

constexpr Words kGroups[] = {
    {Verdict::malicious, "Malicious", "A threat is confirmed. Do not load these files."},
    {Verdict::suspicious, "Suspicious", "Something could be neither confirmed nor dismissed. Read it before you load them."},
    {Verdict::incomplete, "Incomplete", "Part of these could not be read, and nothing was found in the rest. That is no promise."},
    {Verdict::clean, "Clean", "All that could run was read, and nothing in it acts against whoever loads it."},
    {Verdict::skipped, "No models", "Nothing in these files is a model, or code that a loader would run."},
};

void put_path(PageState& state, std::string_view path) {
  Html& html = state.page;
  if (path.size() > state.folder.size()) path.remove_prefix(state.folder.size());
  const size_t name = path.rfind('/') + 1;
  html.put("<span class=\"path\"><bdi>");
  if (name != 0) html.put("<span class=\"dir\">").text(path.substr(0, name)).put("</span>");
  html.put("<b>").text(path.substr(name)).put("</b></bdi></span>");
}

void put_meta(Html& html, const ArtifactReport& artifact) {
  html.put("<span class=\"meta\">");
  const bool known = artifact.format != "unknown";
  if (known) html.text(artifact.format);
  // What could not be opened has no size to tell.
  if (known || artifact.verdict != Verdict::incomplete) html.text((known ? ", " : "") + in_bytes(artifact.size));
  html.put("</span>");
}

void put_place(Html& html, const Location& location) {
  if (location.member.empty() && !location.offset) return;
  html.put("<span class=\"place\">");
  if (!location.member.empty()) html.put("<bdi>").text(location.member).put("</bdi>");
  if (location.offset) html.put(location.member.empty() ? Markup("byte ") : Markup(", byte ")).text(in_digits(*location.offset));
  html.put("</span>");
}

void put_evidence(PageState& state, const Evidence& evidence) {
  Html& html = state.page;
  html.put("<figure class=\"evidence\">");
  put_place(html, evidence.location);
  if (state.is_long()) {
    html.put("<p class=\"more\">").text(clip(evidence.callee, 200)).put("</p>");
  } else {
    put_code(html, evidence);
  }
  html.put("</figure>");
}

void put_finding(PageState& state, const Finding& finding) {
  Html& html = state.page;
  put_tone(html.put("<section class=\"finding"), tone_of(finding.ruling)).put("\"><h4>");
  put_sentence(html, finding.summary, kMostSummary);
  html.put("</h4><p class=\"about\">");
  put_tone(html.put("<span class=\"tag"), tone_of(finding.ruling)).put("\">").text(ruling_name(finding.ruling)).put("</span> ");
  html.put("<span>").text(when(finding.trigger)).put("</span> <a").attribute("href", "#t-" + finding.threat).put(">");
  html.text(finding.threat).put("</a></p>");
  size_t shown = 0;
  for (const Evidence& evidence : finding.evidence) {
    if (shown++ == kShownEvidence) {
      html.put("<details class=\"fold\"><summary>").text(counted(finding.evidence.size() - kShownEvidence, "more place")).put("</summary>");
    }
    put_evidence(state, evidence);
  }
  if (shown > kShownEvidence) html.put("</details>");
  html.put("<p class=\"why\">").text(finding.why).put("</p></section>");
}

void put_dismissed(PageState& state, const ArtifactReport& artifact, bool open) {
  const uint64_t count = count_dismissed(artifact);
  if (count == 0) return;
  state.page.put(open ? Markup("<details class=\"fold\" open=\"\"><summary>") : Markup("<details class=\"fold\"><summary>"));
  state.page.text(counted(count, "threat"));
  state.page.put(" looked at and dismissed</summary>");
  for (const Finding& finding : artifact.findings) {
    if (finding.ruling == Ruling::dismissed) put_finding(state, finding);
  }
  state.page.put("</details>");
}

void put_gaps(Html& html, const ArtifactReport& artifact) {
  if (artifact.gaps.empty()) return;
  html.put("<section class=\"part gaps\"><h4>Not read</h4><ul>");
  for (const Gap& gap : artifact.gaps) {
    html.put("<li><span class=\"tag gap\">").text(gap.fault).put("</span> ").text(gap.what).put(" ");
    put_place(html, gap.location);
    html.put("</li>");
  }
  html.put("</ul></section>");
}

void put_rest(Html& html, size_t count) {
  if (count > kMostListed) html.put("<li>\u2026 ").text(in_digits(count - kMostListed)).put(" more</li>");
}

void put_references(Html& html, const ArtifactReport& artifact) {
  if (artifact.references.empty()) return;
  html.put("<section class=\"part\"><h4>Refers to</h4><ul>");
  for (size_t i = 0; i < std::min(artifact.references.size(), kMostListed); ++i) {
    const Reference& reference = artifact.references[i];
    html.put("<li><span class=\"tag\">").text(reference.kind).put("</span> <code>").text(clip(reference.target, kMostSummary));
    html.put("</code> <span class=\"place\">").text(when(reference.trigger)).put(", by <bdi>").text(clip(reference.by, 200));
    html.put("</bdi></span></li>");
  }
  put_rest(html, artifact.references.size());
  html.put("</ul></section>");
}

void put_imports(Html& html, const ArtifactReport& artifact) {
  if (artifact.imports.empty()) return;
  html.put("<details class=\"fold\"><summary>").text(counted(artifact.imports.size(), "imported name")).put("</summary><ul class=\"names\">");
  for (size_t i = 0; i < std::min(artifact.imports.size(), kMostListed); ++i) {
    const ImportedName& name = artifact.imports[i];
    const Tone tone = name.safety == Safety::dangerous ? Tone::bad : name.safety == Safety::suspicious ? Tone::warn : Tone::good;
    html.put("<li><code>").text(clip(name.name, 200));
    put_tone(html.put("</code> <span class=\"tag"), tone).put("\">").text(safety_name(name.safety)).put("</span></li>");
  }
  put_rest(html, artifact.imports.size());
  html.put("</ul></details>");
}

// The worst of a file in a line.
std::string_view gist_of(const ArtifactReport& artifact) {
  if (!artifact.findings.empty() && artifact.findings.front().ruling != Ruling::dismissed) return artifact.findings.front().summary;
  return artifact.gaps.empty() ? std::string_view() : artifact.gaps.front().what;
}

// `reasons`: why the file is clean is what there is to say of it.
void put_details(PageState& state, const ArtifactReport& artifact, const std::string& id, bool reasons) {
  Html& html = state.page;
  html.put("<div class=\"body\">");
  const Graph graph = artifact.verdict >= Verdict::incomplete || !artifact.references.empty() ? graph_of(artifact) : Graph{};
  if (!graph.empty() && !state.is_long()) {
    html.put("<figure class=\"graph\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"What loads what in this file\">");
    html.put(draw(graph, id + "-g", "What loads what")).put("</div>");
    if (graph.left_out != 0) html.put("<figcaption>").text(in_digits(graph.left_out)).put(" more are not drawn.</figcaption>");
    html.put("</figure>");
  }
  for (const Finding& finding : artifact.findings) {
    if (finding.ruling != Ruling::dismissed) put_finding(state, finding);
  }
  put_gaps(html, artifact);
  put_references(html, artifact);
  put_dismissed(state, artifact, reasons);
  put_imports(html, artifact);
  if (!artifact.text.empty() && !state.is_long()) {
    html.put("<details class=\"fold\"><summary>All that the file would do</summary>");
    put_listing(html, artifact.text);
    html.put("</details>");
  }
  if (!artifact.sha256.empty()) html.put("<p class=\"hash\">SHA-256 <code>").text(artifact.sha256).put("</code></p>");
  html.put("</div>");
}

bool has_details(const ArtifactReport& artifact) {
  return !artifact.findings.empty() || !artifact.gaps.empty() || !artifact.references.empty() || !artifact.text.empty() ||
         !artifact.sha256.empty();
}

void put_file(PageState& state, const ArtifactReport& artifact, bool open) {
  Html& html = state.page;
  const std::string id = "f" + std::to_string(++state.files);
  put_tone(html.put("<details class=\"file"), tone_of(artifact.verdict)).put("\"").attribute("id", id);
  html.put(open ? Markup(" open=\"\"><summary>") : Markup("><summary>"));
  put_tone(html.put("<span class=\"badge"), tone_of(artifact.verdict)).put("\">").text(verdict_name(artifact.verdict));
  html.put("</span><h3>");
  put_path(state, artifact.path);
  html.put("</h3>");
  put_meta(html, artifact);
  if (const std::string_view gist = gist_of(artifact); !gist.empty()) {
    html.put("<span class=\"gist\">");
    put_sentence(html, gist, 180);
    html.put("</span>");
  }
  html.put("</summary>");
  put_details(state, artifact, id, false);
  html.put("</details>");
}

// A file with nothing to fear, in one line.
void put_row(PageState& state, const ArtifactReport& artifact, bool open) {
  Html& html = state.page;
  if (!has_details(artifact) || state.is_long()) {
    html.put("<div class=\"row\">");
    put_path(state, artifact.path);
    put_meta(html, artifact);
    html.put("</div>");
    return;
  }
  const std::string id = "f" + std::to_string(++state.files);
  html.put("<details class=\"row\"").attribute("id", id).put(open ? Markup(" open=\"\"><summary>") : Markup("><summary>"));
  put_path(state, artifact.path);
  put_meta(html, artifact);
  if (const uint64_t dismissed = count_dismissed(artifact); dismissed != 0) {
    html.put("<span class=\"note\">").text(in_digits(dismissed)).put(" dismissed</span>");
  }
  html.put("</summary>");
  put_details(state, artifact, id, open);
  html.put("</details>");
}

void put_group(PageState& state, const Words& words) {
  Html& html = state.page;
  std::vector<const ArtifactReport*> files;
  for (const ArtifactReport& artifact : state.report.artifacts) {
    if (artifact.verdict == words.verdict) files.push_back(&artifact);
  }
  if (files.empty()) return;
  const bool quiet = words.verdict < Verdict::incomplete;
  const bool alone = files.size() == state.report.artifacts.size() && files.size() <= kOpenFiles;
  put_tone(html.put("<section class=\"group"), tone_of(words.verdict)).put("\"").attribute("aria-label", words.heading).put(">");
  if (quiet) html.put(alone ? Markup("<details class=\"quiet\" open=\"\"><summary>") : Markup("<details class=\"quiet\"><summary>"));
  html.put("<h2>").text(words.heading).put(" <span class=\"count\">").text(in_digits(files.size())).put("</span></h2>");
  if (quiet) html.put("</summary>");
  html.put("<p class=\"meaning\">").text(words.meaning).put("</p>");
  for (const ArtifactReport* artifact : files) {
    if (quiet) {
      put_row(state, *artifact, alone);
    } else {
      put_file(state, *artifact, files.size() <= kOpenFiles);
    }
  }
  if (quiet) html.put("</details>");
  html.put("</section>");
}

}  // namespace

Html& put_tone(Html& html, Tone tone) {
  switch (tone) {
    case Tone::plain: return html.put(" none");
    case Tone::good: return html.put(" good");
    case Tone::gap: return html.put(" gap");
    case Tone::warn: return html.put(" warn");
    case Tone::bad: return html.put(" bad");
  }
  return html;
}

void put_loud_files(PageState& state) {
  for (const Words& words : kGroups) {
    if (words.verdict >= Verdict::incomplete) put_group(state, words);
  }
}

void put_quiet_files(PageState& state) {
  for (const Words& words : kGroups) {
    if (words.verdict < Verdict::incomplete) put_group(state, words);
  }
}

}  // namespace winnow::report
