#include "code/python/docstring.h"

#include <string>

namespace winnow::python {

std::string_view clean_docstring(Arena& arena, std::string_view text) {
  std::string expanded;
  size_t column = 0;
  for (const char c : text) {
    if (c == '\t') {
      do {
        expanded += ' ';
      } while (++column % 8 != 0);
      continue;
    }
    expanded += c;
    column = c == '\n' || c == '\r' ? 0 : column + 1;
  }
  const std::string_view all = expanded;
  // The margin of the lines behind the first, those of blanks alone aside.
  size_t margin = std::string_view::npos;
  for (size_t at = all.find('\n'); at != std::string_view::npos; at = all.find('\n', at + 1)) {
    size_t blanks = at + 1;
    while (blanks < all.size() && all[blanks] == ' ') ++blanks;
    if (blanks == all.size() || all[blanks] == '\n') continue;
    margin = std::min(margin, blanks - at - 1);
  }
  if (margin == std::string_view::npos) margin = 0;
  std::string cleaned;
  size_t i = 0;
  while (i < all.size() && all[i] == ' ') ++i;
  bool line_start = false;
  size_t left = 0;
  for (; i < all.size(); ++i) {
    if (line_start && left > 0 && all[i] == ' ') {
      --left;
      continue;
    }
    line_start = false;
    cleaned += all[i];
    if (all[i] == '\n') {
      line_start = true;
      left = margin;
    }
  }
  return arena.copy(cleaned);
}

}  // namespace winnow::python
