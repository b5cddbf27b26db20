// The pages of docs/threats/, compiled in.
#pragma once

#include <span>
#include <string_view>

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

}  // namespace winnow::report
