// The one door to untrusted bytes. The first failure sticks: later reads give zero or empty and move
// nothing. Read straight through, check ok() before using what was read, report error() once.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <optional>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow {

class Reader {
 public:
  // `base` is added to every reported offset, for readers of a part of something larger.
  explicit Reader(Bytes bytes, uint64_t base = 0) : bytes_(bytes), base_(base) {}

  uint64_t offset() const { return base_ + position_; }
  uint64_t left() const { return failed() ? 0 : bytes_.size() - position_; }
  bool ok() const { return !failed(); }
  const std::optional<Error>& error() const { return error_; }

  template <std::unsigned_integral T>
  T le() {
    T value{};
    if (!take(&value, sizeof value)) return 0;
    if constexpr (std::endian::native == std::endian::big) value = swap(value);
    return value;
  }

  template <std::unsigned_integral T>
  T be() {
    T value{};
    if (!take(&value, sizeof value)) return 0;
    if constexpr (std::endian::native == std::endian::little) value = swap(value);
    return value;
  }

  uint8_t u8() { return le<uint8_t>(); }

  // A view of the next `size` bytes, never a copy.
  Bytes bytes(uint64_t size);
  std::string_view text(uint64_t size) { return as_text(bytes(size)); }

  // The bytes up to `end` (which is consumed and not returned).
  std::string_view line(char end = '\n');

  void skip(uint64_t size) { bytes(size); }
  void seek(uint64_t position);  // from the start of the reader's own bytes

  // `n` itself, if `n` items of at least `item_size` bytes can still follow; else fails and gives 0.
  uint64_t count(uint64_t n, uint64_t item_size);

  void fail(Fault fault, std::string what);

 private:
  bool failed() const { return error_.has_value(); }
  bool take(void* into, size_t size);

  template <class T>
  static T swap(T value) {
    T out{};
    for (size_t i = 0; i < sizeof(T); ++i) {
      out = static_cast<T>((static_cast<uint64_t>(out) << 8) | (value & 0xff));
      value = static_cast<T>(static_cast<uint64_t>(value) >> 8);
    }
    return out;
  }

  Bytes bytes_;
  uint64_t base_ = 0;
  uint64_t position_ = 0;
  std::optional<Error> error_;
};

}  // namespace winnow
