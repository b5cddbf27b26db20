// Does a member of an archive leave the folder that it is unpacked into? Parent steps, absolute paths, drive
// letters and network paths, each also in backslash spelling, and links: a link that points out, or members
// written through a chain of links that ends outside.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace winnow::containers {

// Why the path leaves the folder, as a clause for people ("climbs above the folder with '..'"), or nothing.
std::optional<std::string> leaves_folder(std::string_view path);

// True for a path that is absolute in one of its spellings, with no other trick in it.
bool is_absolute(std::string_view path);

// Follows links as the operating system would: members are given in the order of the archive.
class Folder {
 public:
  // The reason why this member leaves, alone or through links that were added before it.
  std::optional<std::string> member(std::string_view path) const;

  // Adds a symbolic link. The reason why it points out.
  std::optional<std::string> symbolic_link(std::string_view path, std::string_view target);

  // A hard link's target counts from the folder, not from the member.
  std::optional<std::string> hard_link(std::string_view path, std::string_view target) const;

 private:
  // Where the path really ends up in the folder; nothing when that is outside of it.
  std::optional<std::string> resolve(std::string_view path) const;

  std::unordered_map<std::string, std::string> links_;  // resolved place -> target as written
};

// A page for people, by its name: pages quote configurations and templates, and no loader takes them for any.
bool is_page(std::string_view path);

}  // namespace winnow::containers
