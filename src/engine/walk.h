// Which files a run is about.
#pragma once

#include <atomic>
#include <span>
#include <string>
#include <vector>

namespace winnow::engine {

// The files that `paths` name, and those in the folders that they name at any depth; sorted, each once.
// Links are followed; a folder is entered once, so that links in a circle end. A path that is missing or
// cannot be listed stands in the list itself: whoever opens it learns why. So does one that was not looked into because
// the run was stopped.
std::vector<std::string> find_files(std::span<const std::string> paths, const std::atomic<bool>* stop = nullptr);

}  // namespace winnow::engine
