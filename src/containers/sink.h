// Where decoders put their output: a growing buffer under a budget and a ratio limit, so that a stream which
// decodes to far more than it weighs stops early and keeps what it gave.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

struct Limits {
  uint64_t ratio = 2000;                      // decoded : encoded
  uint64_t ratio_floor = uint64_t{16} << 20;  // decoded bytes below which any ratio is fine
  uint64_t expected = 0;                      // decoded bytes, where the container tells; only a hint
  std::function<bool(uint64_t)> allow;        // takes bytes from a budget; false when it is used up
};

class Sink {
 public:
  // `input_size` is the size of what will be decoded, in bytes.
  Sink(const Limits& limits, uint64_t input_size);

  // A stream starts here in the input; what wrote() is told counts from there.
  void begin_stream(uint64_t offset) { stream_ = offset; }

  // Room to write into, never empty.
  std::span<std::byte> room();

  // Tells how much of the last room was used and how much input that took in all; false past a limit.
  bool wrote(uint64_t size, uint64_t consumed);

  uint64_t size() const { return used_; }
  const std::optional<Error>& error() const { return error_; }
  std::vector<std::byte> take();

 private:
  const Limits& limits_;
  std::vector<std::byte> buffer_;
  uint64_t used_ = 0;
  uint64_t stream_ = 0;
  std::optional<Error> error_;
};

}  // namespace winnow::containers
