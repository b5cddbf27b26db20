// Code in the HTML report.
#include <algorithm>

#include "report/highlight.h"
#include "report/html_parts.h"
#include "report/words.h"

namespace winnow::report {
namespace {

constexpr size_t kMostCode = 4000;  // bytes of one piece of evidence
constexpr size_t kMostLines = 40;
constexpr size_t kMostColoured = size_t{256} << 10;  // bytes of a listing

void put_stroke(Html& html, std::string_view text, Ink ink) {
  if (text.empty()) return;
  switch (ink) {
    case Ink::plain: html.text(text); return;
    case Ink::keyword: html.put("<i class=\"k\">"); break;
    case Ink::constant: html.put("<i class=\"n\">"); break;
    case Ink::string: html.put("<i class=\"s\">"); break;
    case Ink::comment: html.put("<i class=\"c\">"); break;
    case Ink::definition: html.put("<i class=\"d\">"); break;
    case Ink::placeholder: html.put("<i class=\"p\">"); break;
    case Ink::markup: html.put("<i class=\"m\">"); break;
    case Ink::callee: html.put("<mark>").text(text).put("</mark>"); return;
  }
  html.text(text).put("</i>");
}

// `code` without the line ends in it, each line an element; `line` numbers the first one.
size_t put_lines(Html& html, std::string_view code, std::string_view callee, std::optional<uint64_t> line, size_t most) {
  size_t lines = 1;
  const auto open = [&] {
    html.put("<span class=\"l\"");
    if (line) html.attribute("data-n", std::to_string(*line + lines - 1));
    html.put(">");
  };
  open();
  for (const Stroke& stroke : highlight(code, callee)) {
    std::string_view rest = stroke.text;
    for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      put_stroke(html, rest.substr(0, end), stroke.ink);
      html.put("</span>\n");
      rest.remove_prefix(end + 1);
      if (++lines > most) return lines;
      open();
    }
    put_stroke(html, rest, stroke.ink);
  }
  html.put("</span>");
  return lines;
}

}  // namespace

void put_sentence(Html& html, std::string_view sentence, size_t most) {
  const std::string_view shown = clip(sentence, most);
  const bool cut = shown.size() < sentence.size();
  const size_t colon = shown.find(": ");
  const size_t bracket = shown.find('(', colon == std::string_view::npos ? 0 : colon);
  if (colon == std::string_view::npos || bracket == std::string_view::npos ||
      shown.substr(colon + 2, bracket - colon - 2).find(' ') != std::string_view::npos) {
    html.text(shown).put(cut ? Markup("\u2026") : Markup(""));
    return;
  }
  std::string_view code = shown.substr(colon + 2);
  if (!cut && code.ends_with('.')) code.remove_suffix(1);
  html.text(shown.substr(0, colon)).put(": <code>").text(code).put(cut ? Markup("\u2026</code>") : Markup("</code>"));
}

void put_code(Html& html, const Evidence& evidence) {
  std::string_view code = evidence.code;
  while (code.ends_with('\n')) code.remove_suffix(1);
  const std::string_view shown = clip(code, kMostCode);
  // Only the first line has a number: what follows is source of its own.
  const bool one_line = shown.find('\n') == std::string_view::npos;
  html.put("<pre><code>");
  const size_t lines = put_lines(html, shown, evidence.callee, one_line ? evidence.location.line : std::nullopt, kMostLines);
  html.put("</code></pre>");
  if (lines > kMostLines) {
    html.put("<p class=\"more\">\u2026 more lines follow.</p>");
  } else if (shown.size() < code.size()) {
    html.put("<p class=\"more\">\u2026 ").text(in_digits(code.size() - shown.size())).put(" more bytes follow.</p>");
  }
}

void put_listing(Html& html, std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const std::string_view coloured = text.substr(0, std::min(text.find('\n', std::min(kMostColoured, text.size())), text.size()));
  html.put("<pre class=\"listing\"><code>");
  put_lines(html, coloured, {}, std::nullopt, SIZE_MAX);
  for (std::string_view rest = text.substr(coloured.size()); !rest.empty();) {
    rest.remove_prefix(rest.front() == '\n' ? 1 : 0);
    const size_t end = std::min(rest.find('\n'), rest.size());
    html.put("\n<span class=\"l\">").text(rest.substr(0, end)).put("</span>");
    rest.remove_prefix(end);
  }
  html.put("</code></pre>");
}

}  // namespace winnow::report
