// The pages of the threats that a report names, from docs/threats/. They use little of Markdown: headings, paragraphs,
// lists, `code` and **emphasis**; what else there is stays as it is written.
#include <set>

#include "report/html_parts.h"
#include "report/threats.h"

namespace winnow::report {
namespace {

void put_inline(Html& html, std::string_view text) {
  while (!text.empty()) {
    const size_t tick = text.find('`'), star = text.find("**");
    const size_t at = std::min(tick, star);
    html.text(text.substr(0, at));
    if (at == std::string_view::npos) return;
    const std::string_view mark = at == tick ? "`" : "**";
    const size_t end = text.find(mark, at + mark.size());
    if (end == std::string_view::npos) {
      html.text(text.substr(at));
      return;
    }
    const std::string_view inner = text.substr(at + mark.size(), end - at - mark.size());
    html.put(at == tick ? Markup("<code>") : Markup("<b>")).text(inner).put(at == tick ? Markup("</code>") : Markup("</b>"));
    text.remove_prefix(end + mark.size());
  }
}

std::string joined_lines(std::string_view block) {
  std::string text(block);
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

// A list, whose items may go on over several lines.
void put_list(Html& html, std::string_view block) {
  html.put("<ul>");
  for (size_t at = 2; at < block.size();) {
    const size_t end = std::min(block.find("\n- ", at), block.size());
    html.put("<li>");
    put_inline(html, joined_lines(block.substr(at, end - at)));
    html.put("</li>");
    at = end + 3;
  }
  html.put("</ul>");
}

void put_page(Html& html, std::string_view text) {
  text.remove_prefix(std::min(text.find('\n'), text.size()));  // the title stands above already
  while (!text.empty()) {
    const size_t end = std::min(text.find("\n\n"), text.size());
    std::string_view block = text.substr(0, end);
    text.remove_prefix(std::min(end + 2, text.size()));
    while (block.starts_with('\n')) block.remove_prefix(1);
    while (block.ends_with('\n')) block.remove_suffix(1);
    if (block.empty()) continue;
    if (block.starts_with("## ")) {
      html.put("<h4>").text(block.substr(3)).put("</h4>");
    } else if (block.starts_with("- ")) {
      put_list(html, block);
    } else {
      html.put("<p>");
      put_inline(html, joined_lines(block));
      html.put("</p>");
    }
  }
}

}  // namespace

void put_threats(PageState& state) {
  std::set<std::string_view> ids;
  for (const ArtifactReport& artifact : state.report.artifacts) {
    for (const Finding& finding : artifact.findings) ids.insert(finding.threat);
  }
  if (ids.empty()) return;
  Html& html = state.page;
  html.put("<section class=\"threats\" id=\"threats\"><h2>About these threats</h2>");
  for (const std::string_view id : ids) {
    const ThreatPage* const page = find_threat_page(id);
    html.put("<details class=\"fold\"><summary><h3><code>").text(id).put("</code> ");
    html.text(page != nullptr ? page->title : std::string_view()).put("</h3></summary><div class=\"prose\"").attribute("id", "t-" + std::string(id)).put(">");
    if (page != nullptr) put_page(html, page->text);
    html.put("</div></details>");
  }
  html.put("</section>");
}

}  // namespace winnow::report
