// The report for people. What a file would do comes first, then the lines that show it, then the argument.
#include <algorithm>
#include <cstdio>

#include "report/escape.h"
#include "report/render.h"
#include "report/words.h"

namespace winnow::report {
namespace {

enum class Style : uint8_t { plain, bold, dim, red, yellow, green, cyan };

constexpr const char* ansi_code(Style style) {
  switch (style) {
    case Style::plain: return "";
    case Style::bold: return "\x1b[1m";
    case Style::dim: return "\x1b[2m";
    case Style::red: return "\x1b[1;31m";
    case Style::yellow: return "\x1b[1;33m";
    case Style::green: return "\x1b[32m";
    case Style::cyan: return "\x1b[36m";
  }
  return "";
}

constexpr size_t kNumberWidth = 6;  // of a line number in front of code
constexpr size_t kMostCode = 600;   // bytes of one piece of evidence
constexpr size_t kMostCodeLines = 12;
constexpr const char* kBar = " \u2502 ";
constexpr const char* kDot = " \u00b7 ";
constexpr const char* kEllipsis = "\u2026";

struct Page {
  const TextOptions& options;
  std::string text;

  Page& put(std::string_view part, Style style = Style::plain) {
    const bool coloured = options.colour == Colour::ansi && style != Style::plain;
    if (coloured) text += ansi_code(style);
    text += part;
    if (coloured) text += "\x1b[0m";
    return *this;
  }
  void end_line() { text += '\n'; }
};

size_t columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(),
                                           [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

// A paragraph with every line behind `indent` spaces; words longer than a line stay whole.
void put_wrapped(Page& page, std::string_view text, size_t indent, Style style = Style::plain) {
  const std::string safe = escape_terminal(text);
  const size_t room = page.options.width > indent + 20 ? page.options.width - indent : 20;
  std::string line;
  const auto flush = [&] {
    page.put(std::string(indent, ' ')).put(line, style).end_line();
    line.clear();
  };
  for (size_t at = 0; at < safe.size();) {
    const size_t end = std::min(safe.find(' ', at), safe.size());
    const std::string_view word = std::string_view(safe).substr(at, end - at);
    if (!line.empty() && columns(line) + 1 + columns(word) > room) flush();
    if (!line.empty()) line += ' ';
    line += word;
    at = end + 1;
  }
  if (!line.empty()) flush();
}

struct Label {
  const char* word;
  Style style;
};

Label label_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::malicious: return {"MALICIOUS", Style::red};
    case Verdict::suspicious: return {"SUSPICIOUS", Style::yellow};
    case Verdict::incomplete: return {"INCOMPLETE", Style::yellow};
    case Verdict::clean: return {"clean", Style::green};
    case Verdict::skipped: return {"skipped", Style::dim};
  }
  return {"INCOMPLETE", Style::yellow};
}

// "archive/data.pkl, byte 24"
std::string place_of(const Location& location) {
  std::string place = escape_terminal(location.member);
  if (!location.offset) return place;
  if (!place.empty()) place += ", ";
  return place + "byte " + std::to_string(*location.offset);
}

std::string numbered(const std::optional<uint64_t>& line) {
  const std::string digits = line ? std::to_string(*line) : "";
  return std::string(digits.size() < kNumberWidth ? kNumberWidth - digits.size() : 0, ' ') + digits;
}

void put_code_line(Page& page, const std::string& number, std::string_view code) {
  page.put(number + kBar, Style::dim).put(code, Style::cyan);
}

// The code, and its place behind the first line where there is room, else below.
void put_evidence(Page& page, const Evidence& evidence) {
  const std::string_view shown = clip(evidence.code, kMostCode);
  const std::string place = place_of(evidence.location);
  bool placed = place.empty();
  size_t lines = 0;
  for (size_t at = 0; at <= shown.size() && lines < kMostCodeLines; ++lines) {
    const size_t end = std::min(shown.find('\n', at), shown.size());
    std::string code = escape_terminal(shown.substr(at, end - at));
    at = end + 1;
    const bool last = at > shown.size() || lines + 1 == kMostCodeLines;
    if (last && end < evidence.code.size()) code += kEllipsis;
    put_code_line(page, numbered(lines == 0 ? evidence.location.line : std::nullopt), code);
    if (!placed && kNumberWidth + columns(code) + columns(place) + 6 <= page.options.width) {
      page.put("   " + place, Style::dim);
      placed = true;
    }
    page.end_line();
  }
  if (!placed) page.put(std::string(kNumberWidth, ' ') + kBar + place, Style::dim).end_line();
}

Style style_of(Ruling ruling) {
  switch (ruling) {
    case Ruling::confirmed: return Style::red;
    case Ruling::suspected: return Style::yellow;
    case Ruling::dismissed: return Style::green;
  }
  return Style::plain;
}

void put_finding(Page& page, const Finding& finding) {
  page.end_line();
  put_wrapped(page, finding.summary, 2, Style::bold);
  for (const Evidence& evidence : finding.evidence) put_evidence(page, evidence);
  put_wrapped(page, finding.why, 4);
  page.put("    ").put(ruling_name(finding.ruling), style_of(finding.ruling));
  page.put(kDot + finding.threat + kDot + when(finding.trigger), Style::dim).end_line();
}

void put_gaps(Page& page, const ArtifactReport& artifact) {
  if (artifact.gaps.empty()) return;
  page.end_line();
  page.put("  Not read", Style::bold).end_line();
  for (const Gap& gap : artifact.gaps) {
    const std::string place = place_of(gap.location);
    put_wrapped(page, gap.fault + ": " + gap.what + (place.empty() ? "" : " (" + place + ")"), 4);
  }
}

void put_references(Page& page, const ArtifactReport& artifact) {
  if (artifact.references.empty()) return;
  page.end_line();
  page.put("  Refers to", Style::bold).end_line();
  for (const Reference& reference : artifact.references) {
    put_wrapped(page, reference.kind + " " + reference.target + " (by " + reference.by + ")", 4);
  }
}

void put_heading(Page& page, const ArtifactReport& artifact) {
  const Label label = label_of(artifact.verdict);
  page.put(label.word, label.style).put(std::string(11 - std::char_traits<char>::length(label.word), ' '));
  page.put(escape_terminal(artifact.path), Style::bold);
  const bool known = artifact.format != "unknown";
  if (known) page.put("   " + artifact.format, Style::dim);
  // What could not be opened has no size to tell.
  if (known || artifact.verdict != Verdict::incomplete) {
    page.put((known ? ", " : "   ") + in_bytes(artifact.size), Style::dim);
  }
  page.end_line();
}

// The decompiled text or the trace, when it was asked for; its lines bear their own numbers.
void put_listing(Page& page, std::string_view text) {
  if (!text.empty()) page.end_line();
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    page.put("  ").put(escape_terminal(text.substr(at, end - at)), Style::cyan).end_line();
    at = end + 1;
  }
}

void put_details(Page& page, const ArtifactReport& artifact) {
  const bool with_dismissed = page.options.dismissed == Detail::shown;
  for (const Finding& finding : artifact.findings) {
    if (finding.ruling != Ruling::dismissed || with_dismissed) put_finding(page, finding);
  }
  if (artifact.verdict >= Verdict::incomplete || page.options.clean == Detail::shown) {
    put_references(page, artifact);
    put_gaps(page, artifact);
  }
  put_listing(page, artifact.text);
  const uint64_t dismissed = count_dismissed(artifact);
  if (dismissed != 0 && !with_dismissed && artifact.verdict >= Verdict::suspicious) {
    page.end_line();
    const char* const what =
        dismissed == 1 ? " threat was looked at and dismissed" : " threats were looked at and dismissed";
    page.put("  " + std::to_string(dismissed) + what + "; --explain shows why", Style::dim).end_line();
  }
}

bool has_something_to_say(const ArtifactReport& artifact, const TextOptions& options) {
  if (artifact.verdict >= Verdict::incomplete || options.clean == Detail::shown) return true;
  if (!artifact.text.empty()) return true;
  return options.dismissed == Detail::shown && count_dismissed(artifact) != 0;
}

// A repository, where what it loads is told with it: at least its verdict is more than that of a file.
void put_repository(Page& page, const RepositoryReport& repository) {
  const Label label = label_of(repository.verdict);
  page.put(label.word, label.style).put(std::string(11 - std::char_traits<char>::length(label.word), ' '));
  page.put(escape_terminal(repository.path), Style::bold);
  page.put("   repository, " + std::to_string(repository.files) + " files", Style::dim).end_line();
  for (const RepositoryLoad& load : repository.loads) {
    const std::string from = load.from.empty() ? std::string() : load.from + " -> ";
    put_wrapped(page, from + load.target + " (" + (load.verdict ? std::string(verdict_name(*load.verdict)) : load.kind) + ", by " + load.by + ")", 4,
                load.verdict && *load.verdict >= Verdict::suspicious ? label_of(*load.verdict).style : Style::plain);
  }
}

void put_repositories(Page& page, const Report& report, const TextOptions& options) {
  for (const RepositoryReport& repository : report.repositories) {
    if (repository.verdict < Verdict::suspicious && options.clean != Detail::shown) continue;
    if (!page.text.empty()) page.end_line();
    put_repository(page, repository);
  }
}

void put_summary(Page& page, const Report& report) {
  const Summary& summary = report.summary;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.2f s", summary.seconds);
  page.put(counted(summary.files, "file") + ", " + counted(summary.models, "model") + ", " +
           in_bytes(summary.bytes) + " in " + seconds + ": ");
  const std::pair<uint64_t, Verdict> counts[] = {{summary.malicious, Verdict::malicious},
                                                 {summary.suspicious, Verdict::suspicious},
                                                 {summary.incomplete, Verdict::incomplete},
                                                 {summary.clean, Verdict::clean},
                                                 {summary.skipped, Verdict::skipped}};
  const char* separator = "";
  for (const auto& [count, verdict] : counts) {
    if (count == 0) continue;
    page.put(separator).put(std::to_string(count) + " " + verdict_name(verdict), label_of(verdict).style);
    separator = ", ";
  }
  if (summary.files == 0) page.put("nothing to scan");
  if (read_unconfined(report)) page.put("; read without a sandbox");
  page.end_line();
}

}  // namespace

std::string render_text(const Report& report, const TextOptions& options) {
  Page page{options, {}};
  bool apart = false;  // the file before had details
  for (const ArtifactReport& artifact : report.artifacts) {
    if (!has_something_to_say(artifact, options)) continue;
    Page details{options, {}};
    put_details(details, artifact);
    if (!page.text.empty() && (apart || !details.text.empty())) page.end_line();
    put_heading(page, artifact);
    page.text += details.text;
    apart = !details.text.empty();
  }
  put_repositories(page, report, options);
  if (!page.text.empty()) page.end_line();
  put_summary(page, report);
  return std::move(page.text);
}

}  // namespace winnow::report
