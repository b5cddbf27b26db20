// What stands beside the file that is scanned: other members of its archive, other files of the same run. The engine hands
// it to a scan, so that readers which know no engine may ask for it.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/scan.h"

namespace winnow {

class Neighbours {
 public:
  // A file of the same run by its path from the folder of the outermost artifact; empty where there are no others.
  using Beside = std::function<std::optional<std::vector<std::byte>>(const std::string& path)>;

  explicit Neighbours(Beside beside) : beside_(std::move(beside)) {}

  // By its path from the folder of `of`: "utils.py", "../data/vocab.txt". Nothing where it is not part of the scan, or past
  // the limits. The bytes live as long as the scan.
  std::optional<Bytes> find(const Scan& scan, const Artifact& of, std::string_view path);

  // Those that were asked for, with what there was.
  const std::unordered_map<std::string, std::optional<Bytes>>& known() const { return known_; }

 private:
  Beside beside_;
  std::unordered_map<std::string, std::optional<Bytes>> known_;
  std::deque<std::vector<std::byte>> buffers_;
  uint64_t bytes_ = 0;
};

}  // namespace winnow
