#include "report/threats.h"

#include <algorithm>

namespace winnow::report {
namespace {

#include "threat_pages.inc"

}  // namespace

std::span<const ThreatPage> threat_pages() { return {kPages, std::size(kPages) - 1}; }

const ThreatPage* find_threat_page(std::string_view id) {
  const auto pages = threat_pages();
  const auto at =
      std::lower_bound(pages.begin(), pages.end(), id,
                       [](const ThreatPage& page, std::string_view name) { return page.id < name; });
  return at != pages.end() && at->id == id ? &*at : nullptr;
}

std::vector<PageBlock> blocks_of(const ThreatPage& page) {
  using Kind = PageBlock::Kind;
  std::vector<PageBlock> blocks;
  bool opened = false;  // a block that the next line goes on with
  for (size_t at = std::min(page.text.find('\n'), page.text.size()); at < page.text.size();) {
    const size_t end = std::min(page.text.find('\n', at), page.text.size());
    std::string_view line = page.text.substr(at, end - at);
    at = end + 1;
    const bool heading = line.starts_with("## "), item = line.starts_with("- ");
    if (heading || item) {
      line.remove_prefix(heading ? 3 : 2);
      blocks.push_back({heading ? Kind::heading : Kind::item, std::string(line)});
      opened = item;
    } else if (line.empty()) {
      opened = false;
    } else if (!opened) {
      blocks.push_back({Kind::paragraph, std::string(line)});
      opened = true;
    } else {
      const size_t first = std::min(line.find_first_not_of(' '), line.size());
      blocks.back().text += ' ';
      blocks.back().text += line.substr(first);
    }
  }
  return blocks;
}

std::vector<PageSpan> spans_of(std::string_view text) {
  using Kind = PageSpan::Kind;
  std::vector<PageSpan> spans;
  while (!text.empty()) {
    const size_t at = std::min(text.find('`'), text.find("**"));
    const std::string_view mark = at < text.size() && text[at] == '`' ? "`" : "**";
    const size_t end = at == std::string_view::npos ? at : text.find(mark, at + mark.size());
    if (end == std::string_view::npos) {
      spans.push_back({Kind::plain, text});
      break;
    }
    if (at != 0) spans.push_back({Kind::plain, text.substr(0, at)});
    spans.push_back({mark == "`" ? Kind::code : Kind::strong, text.substr(at + mark.size(), end - at - mark.size())});
    text.remove_prefix(end + mark.size());
  }
  return spans;
}

}  // namespace winnow::report
