#include "core/unclaimed.h"

#include <algorithm>

namespace winnow {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagics[] = {
    "PK\x03\x04"sv,
    "\x93NUMPY"sv,
    "\x1f\x8b\x08"sv,
    "BZh9"sv,
    "\xfd"
    "7zXZ"sv,
    "7z\xbc\xaf"sv,
    "\x89HDF\r\n"sv,
    "\x7f"
    "ELF"sv,
    "MZ\x90\0"sv,
    "\x28\xb5\x2f\xfd"sv,
    "Rar!\x1a"sv,
};

bool is_zero(std::byte byte) { return byte == std::byte{0}; }

}  // namespace

bool is_padding(Bytes bytes) { return std::all_of(bytes.begin(), bytes.end(), is_zero); }

bool starts_like_pickle(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  if (text.size() < 3 || text[0] != '\x80' || text[1] < 2 || text[1] > 5) return false;
  // What picklers write behind the protocol: a frame, or the opcodes that programs begin with.
  return "\x95}]()cX\x8cUKM\x8aNI"sv.find(text[2]) != std::string_view::npos;
}

bool starts_like_code(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  return starts_like_pickle(bytes) ||
         std::any_of(std::begin(kMagics), std::end(kMagics),
                     [&](std::string_view magic) { return text.starts_with(magic); });
}

void unclaimed_child(Scan& scan, const Artifact& artifact, Bytes whole, uint64_t offset, uint64_t size) {
  Bytes region = slice(whole, offset, size);
  const auto first = std::find_if_not(region.begin(), region.end(), is_zero);
  if (first == region.end()) return;
  offset += static_cast<uint64_t>(first - region.begin());
  region = region.subspan(static_cast<size_t>(first - region.begin()));
  scan.child(artifact, "@gap-" + std::to_string(offset), region, Hint::unclaimed);
}

}  // namespace winnow
