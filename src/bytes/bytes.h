// A view of untrusted bytes, and the few safe ways to look at it as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace winnow {

using Bytes = std::span<const std::byte>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// The part of `bytes` from `offset`, at most `size` long; empty where there is none.
inline Bytes slice(Bytes bytes, uint64_t offset, uint64_t size = UINT64_MAX) {
  if (offset >= bytes.size()) return {};
  const uint64_t left = bytes.size() - offset;
  return bytes.subspan(offset, size < left ? size : left);
}

}  // namespace winnow
