#include "containers/paths.h"

#include <cctype>
#include <vector>

namespace winnow::containers {

namespace {

constexpr const char* kClimbs = "climbs above the folder with '..'";
constexpr const char* kThroughLink = "leaves the folder through a link of the same archive";
constexpr int kMostLinks = 40;         // as Linux: past it, opening the path fails
constexpr size_t kLongestPath = 4096;  // the same
constexpr int kMostParts = 512;        // of one path, with what its links add

bool is_separator(char c) { return c == '/' || c == '\\'; }

std::string_view next_part(std::string_view& rest, bool backslashes) {
  size_t end = 0;
  while (end < rest.size() && rest[end] != '/' && !(backslashes && rest[end] == '\\')) ++end;
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end < rest.size() ? end + 1 : end);
  return part;
}

// Counts depth without following links; backslashes separate on Windows and are plain characters elsewhere.
bool climbs(std::string_view path, bool backslashes) {
  int64_t depth = 0;
  while (!path.empty()) {
    const std::string_view part = next_part(path, backslashes);
    if (part == "..") {
      if (--depth < 0) return true;
    } else if (!part.empty() && part != ".") {
      ++depth;
    }
  }
  return false;
}

bool has_drive(std::string_view path) {
  return path.size() >= 3 && std::isalpha(static_cast<unsigned char>(path[0])) && path[1] == ':' &&
         is_separator(path[2]);
}

std::string_view folder_of(std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

bool is_absolute(std::string_view path) {
  return !path.empty() && (is_separator(path[0]) || has_drive(path));
}

std::optional<std::string> leaves_folder(std::string_view path) {
  path = path.substr(0, path.find('\0'));  // what the operating system would see of it
  if (path.empty()) return std::nullopt;
  if (path.starts_with("\\\\") || path.starts_with("//")) return "names a network path";
  if (path[0] == '/') return "is an absolute path";
  if (path[0] == '\\') return "is an absolute path on Windows";
  if (has_drive(path)) return "is an absolute path with a drive letter";
  if (path.find("..") == std::string_view::npos) return std::nullopt;
  if (climbs(path, false)) return kClimbs;
  if (climbs(path, true)) return "climbs above the folder with '..' on Windows";
  return std::nullopt;
}

std::optional<std::string> Folder::resolve(std::string_view path) const {
  std::string place;
  std::vector<std::string_view> pending{path};  // rests of paths, innermost last
  int followed = 0;
  for (int parts = 0; !pending.empty() && parts < kMostParts;) {
    if (pending.back().empty()) {
      pending.pop_back();
      continue;
    }
    const std::string_view part = next_part(pending.back(), false);
    if (part.empty() || part == ".") continue;
    ++parts;
    const size_t parent = place.size();
    if (part == "..") {
      if (place.empty()) return std::nullopt;
      const size_t slash = place.rfind('/');
      place.resize(slash == std::string::npos ? 0 : slash);
      continue;
    }
    if (!place.empty()) place += '/';
    place += part;
    const auto link = links_.find(place);
    if (link == links_.end()) continue;
    place.resize(parent);
    if (++followed > kMostLinks) return place;
    if (is_absolute(link->second)) return std::nullopt;
    pending.push_back(link->second);
  }
  return place;
}

std::optional<std::string> Folder::member(std::string_view path) const {
  // Slashes alone are no file that could be written: so archives of object files name their own tables.
  if (path.find_first_not_of('/') == std::string_view::npos) return std::nullopt;
  if (auto reason = leaves_folder(path)) return reason;
  path = path.substr(0, path.find('\0'));
  if (links_.empty() || path.size() > kLongestPath) return std::nullopt;
  if (!resolve(path)) return kThroughLink;
  return std::nullopt;
}

std::optional<std::string> Folder::symbolic_link(std::string_view path, std::string_view target) {
  if (path.size() + target.size() > kLongestPath) return member(path);
  const std::string_view folder = folder_of(path);
  std::optional<std::string> reason;
  if (is_absolute(target)) {
    reason = "is a link to the absolute path '" + std::string(target) + "'";
  } else {
    const std::string whole = (folder.empty() ? "" : std::string(folder) + "/") + std::string(target);
    if (leaves_folder(whole) || !resolve(whole)) {
      reason = "is a link that points out of the folder, to '" + std::string(target) + "'";
    }
  }
  if (const auto place = resolve(folder)) {
    std::string_view name = path;
    while (!name.empty() && name.back() == '/') name.remove_suffix(1);
    name.remove_prefix(name.rfind('/') == std::string_view::npos ? 0 : name.rfind('/') + 1);
    if (!name.empty() && name != "." && name != "..") {
      links_[place->empty() ? std::string(name) : *place + "/" + std::string(name)] = target;
    }
  }
  return reason;
}

std::optional<std::string> Folder::hard_link(std::string_view path, std::string_view target) const {
  if (auto reason = member(path)) return reason;
  if (member(target)) return "is a hard link to '" + std::string(target) + "', which is outside the folder";
  return std::nullopt;
}

bool is_page(std::string_view path) {
  for (const std::string_view ending : {".md", ".MD", ".markdown", ".rst", "/METADATA", "/PKG-INFO"}) {
    if (path.ends_with(ending)) return true;
  }
  return false;
}

}  // namespace winnow::containers
