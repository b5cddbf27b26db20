// The pages of docs/threats/, compiled in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::report {

struct ThreatPage {
  std::string_view id;     // the file's name: "pickle-code-execution"
  std::string_view title;  // its heading
  std::string_view brief;  // its first paragraph, on one line
  std::string_view text;   // all of it, Markdown
};

// By id.
std::span<const ThreatPage> threat_pages();

// Null where there is no such page.
const ThreatPage* find_threat_page(std::string_view id);

// What a page is made of. They use little of Markdown: headings, paragraphs, lists, `code` and **emphasis**; what else
// there is stays as it is written.
struct PageBlock {
  enum class Kind : uint8_t { heading, paragraph, item } kind = Kind::paragraph;
  std::string text;  // on one line
};
struct PageSpan {
  enum class Kind : uint8_t { plain, code, strong } kind = Kind::plain;
  std::string_view text;
};

// Without the title.
std::vector<PageBlock> blocks_of(const ThreatPage& page);
std::vector<PageSpan> spans_of(std::string_view text);

}  // namespace winnow::report
