#include "engine/walk.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace winnow::engine {
namespace {

struct Walk {
  std::vector<std::string> files;
  std::vector<std::string> folders;  // still to be listed
  std::set<std::pair<dev_t, ino_t>> entered;
};

std::string join(const std::string& folder, std::string_view name) {
  if (folder == ".") return std::string(name);
  const char* const separator = folder.ends_with('/') ? "" : "/";
  return folder + separator + std::string(name);
}

void sort_in(Walk& walk, std::string path) {
  struct stat status {};
  const bool is_folder = ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  if (!is_folder) {
    walk.files.push_back(std::move(path));
  } else if (walk.entered.emplace(status.st_dev, status.st_ino).second) {
    walk.folders.push_back(std::move(path));
  }
}

void list(Walk& walk, const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (!directory) {
    walk.files.push_back(folder);
    return;
  }
  while (const dirent* const entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    // Most entries are plain files: the system says so without another call.
    if (entry->d_type == DT_REG) {
      walk.files.push_back(join(folder, name));
    } else {
      sort_in(walk, join(folder, name));
    }
  }
}

}  // namespace

std::vector<std::string> find_files(std::span<const std::string> paths, const std::atomic<bool>* stop) {
  Walk walk;
  for (const std::string& path : paths) sort_in(walk, path);
  while (!walk.folders.empty()) {
    std::string folder = std::move(walk.folders.back());
    walk.folders.pop_back();
    if (stop != nullptr && stop->load()) {
      walk.files.push_back(std::move(folder));  // the report says that it was not looked into
    } else {
      list(walk, folder);
    }
  }
  std::sort(walk.files.begin(), walk.files.end());
  walk.files.erase(std::unique(walk.files.begin(), walk.files.end()), walk.files.end());
  return std::move(walk.files);
}

}  // namespace winnow::engine
