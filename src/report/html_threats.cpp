// The pages of the threats that a report names, from docs/threats/.
#include <set>

#include "report/html_parts.h"
#include "report/threats.h"

namespace winnow::report {
namespace {

void put_spans(Html& html, std::string_view text) {
  for (const PageSpan& span : spans_of(text)) {
    switch (span.kind) {
      case PageSpan::Kind::plain: html.text(span.text); break;
      case PageSpan::Kind::code: html.put("<code>").text(span.text).put("</code>"); break;
      case PageSpan::Kind::strong: html.put("<b>").text(span.text).put("</b>"); break;
    }
  }
}

void put_page(Html& html, const ThreatPage& page) {
  bool in_list = false;
  for (const PageBlock& block : blocks_of(page)) {
    const bool item = block.kind == PageBlock::Kind::item;
    if (item != in_list) html.put(item ? Markup("<ul>") : Markup("</ul>"));
    in_list = item;
    switch (block.kind) {
      case PageBlock::Kind::heading: html.put("<h4>").text(block.text).put("</h4>"); break;
      case PageBlock::Kind::paragraph:
        html.put("<p>");
        put_spans(html, block.text);
        html.put("</p>");
        break;
      case PageBlock::Kind::item:
        html.put("<li>");
        put_spans(html, block.text);
        html.put("</li>");
        break;
    }
  }
  if (in_list) html.put("</ul>");
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
    if (page != nullptr) put_page(html, *page);
    html.put("</div></details>");
  }
  html.put("</section>");
}

}  // namespace winnow::report
