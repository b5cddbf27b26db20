#include "core/path.h"

#include <algorithm>
#include <vector>

namespace winnow {

std::string_view folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view(".") : path.substr(0, slash);
}

std::string joined_path(std::string_view folder, std::string_view path) {
  std::vector<std::string_view> parts;
  const auto add = [&](std::string_view text) {
    for (size_t at = 0; at <= text.size();) {
      const size_t end = std::min(text.find('/', at), text.size());
      const std::string_view part = text.substr(at, end - at);
      at = end + 1;
      if (part.empty() || part == ".") continue;
      if (part == ".." && !parts.empty() && parts.back() != "..") parts.pop_back();
      else parts.push_back(part);
    }
  };
  add(folder);
  add(path);
  std::string out = folder.starts_with('/') || (folder.empty() && path.starts_with('/')) ? "/" : "";
  for (size_t i = 0; i < parts.size(); ++i) (out += i == 0 ? "" : "/") += parts[i];
  return out;
}

}  // namespace winnow
