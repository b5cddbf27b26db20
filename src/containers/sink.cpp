#include "containers/sink.h"

#include <algorithm>

namespace winnow::containers {

namespace {

constexpr uint64_t kSmallest = 4096;
constexpr uint64_t kMovedCheaply = uint64_t{64} << 20;
constexpr uint64_t kRoom = uint64_t{1} << 20;  // at most this much between two looks at the budget
// A promised size is believed up to this, so that promises alone cost nothing.
uint64_t believable(uint64_t input_size) {
  constexpr uint64_t kUsualRatio = 32;
  constexpr uint64_t kAlways = uint64_t{64} << 10;
  return input_size > (UINT64_MAX >> 8) ? input_size : input_size * kUsualRatio + kAlways;
}

}  // namespace

Sink::Sink(const Limits& limits, uint64_t input_size) : limits_(limits) {
  buffer_.resize(std::min(limits.expected, believable(input_size)));
}

std::span<std::byte> Sink::room() {
  if (used_ == buffer_.size()) {
    buffer_.resize(std::max(kSmallest, used_ < kRoom ? used_ * 4 : used_ + used_ / 2));
  }
  return std::span(buffer_).subspan(used_, std::min(kRoom, buffer_.size() - used_));
}

bool Sink::wrote(uint64_t size, uint64_t consumed) {
  used_ += size;
  if (limits_.allow && !limits_.allow(size)) {
    error_ = Error{Fault::limit, consumed, "the budget for decompressed data is used up"};
    return false;
  }
  if (used_ > limits_.ratio_floor && used_ / limits_.ratio > stream_ + consumed) {
    error_ = Error{Fault::limit, consumed,
                   "decompresses to too many times its size (budget ratio=" + std::to_string(limits_.ratio) + ")"};
    return false;
  }
  return true;
}

std::vector<std::byte> Sink::take() {
  buffer_.resize(used_);
  if (buffer_.capacity() - used_ > used_ / 4 && used_ < kMovedCheaply) buffer_.shrink_to_fit();
  return std::move(buffer_);
}

}  // namespace winnow::containers
