#include "core/neighbours.h"

#include <algorithm>

#include "core/path.h"

namespace winnow {

std::optional<Bytes> Neighbours::find(const Scan& scan, const Artifact& of, std::string_view path) {
  constexpr size_t kMostAsked = 128, kLongestPath = 512;
  constexpr uint64_t kMostBytes = uint64_t{1} << 20;
  if (path.empty() || path.size() > kLongestPath || path.front() == '/') return std::nullopt;
  // The cells of a notebook stand where the notebook does.
  const size_t mark = of.depth == 0 || (of.depth == 1 && of.path.ends_with(".ipynb!cells.py")) ? std::string::npos : of.path.rfind('!');
  const std::string_view outer = mark == std::string::npos ? std::string_view() : std::string_view(of.path).substr(0, mark + 1);
  const std::string wanted = outer.empty() ? joined_path("", path) : std::string(outer) + joined_path(folder_of(std::string_view(of.path).substr(mark + 1)), path);
  if (const auto known = known_.find(wanted); known != known_.end()) return known->second;
  if (known_.size() >= kMostAsked) return std::nullopt;
  std::optional<Bytes> found;
  if (!outer.empty()) {
    const auto member = std::find_if(scan.artifacts.begin(), scan.artifacts.end(), [&](const Artifact& one) { return one.path == wanted; });
    if (member != scan.artifacts.end()) found = member->bytes;
  } else if (beside_) {
    if (auto content = beside_(wanted)) found = buffers_.emplace_back(std::move(*content));
  }
  if (found && found->size() > kMostBytes - bytes_) found.reset();
  if (found) bytes_ += found->size();
  known_.emplace(wanted, found);
  return found;
}

}  // namespace winnow
