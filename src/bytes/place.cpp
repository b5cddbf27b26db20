#include "bytes/place.h"

namespace winnow {

bool leads_outside(std::string_view path) {
  const auto is_separator = [](char c) { return c == '/' || c == '\\'; };
  if (path.empty()) return false;
  if (is_separator(path[0]) || path[0] == '~' || (path.size() > 2 && path[1] == ':' && is_separator(path[2]))) return true;
  for (size_t at = path.find(".."); at != std::string_view::npos; at = path.find("..", at + 1)) {
    const bool starts = at == 0 || is_separator(path[at - 1]), ends = at + 2 == path.size() || is_separator(path[at + 2]);
    if (starts && ends) return true;
  }
  return false;
}

}  // namespace winnow
