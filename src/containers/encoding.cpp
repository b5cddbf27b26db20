#include "containers/encoding.h"

#include "bytes/reader.h"

namespace winnow::containers {

namespace {

void append(std::string& out, uint32_t c) {
  const auto byte = [&](uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) return byte(c);
  if (c >= 0x10000) {
    byte(0xf0 | (c >> 18));
    byte(0x80 | ((c >> 12) & 0x3f));
  } else if (c >= 0x800) {
    byte(0xe0 | (c >> 12));
  } else {
    return byte(0xc0 | (c >> 6)), byte(0x80 | (c & 0x3f));
  }
  byte(0x80 | ((c >> 6) & 0x3f));
  byte(0x80 | (c & 0x3f));
}

}  // namespace

EncodedText encoding_of(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with(std::string_view("\x00\x00\xfe\xff", 4))) return {Encoding::utf32_big, 4};
  if (text.starts_with(std::string_view("\xff\xfe\x00\x00", 4))) return {Encoding::utf32_little, 4};
  if (text.starts_with("\xfe\xff")) return {Encoding::utf16_big, 2};
  if (text.starts_with("\xff\xfe")) return {Encoding::utf16_little, 2};
  if (text.size() >= 4) {
    if (text[0] == '\0') return {text[1] != '\0' ? Encoding::utf16_big : Encoding::utf32_big, 0};
    if (text[1] == '\0') return {text[2] != '\0' || text[3] != '\0' ? Encoding::utf16_little : Encoding::utf32_little, 0};
  } else if (text.size() == 2) {
    if (text[0] == '\0') return {Encoding::utf16_big, 0};
    if (text[1] == '\0') return {Encoding::utf16_little, 0};
  }
  return {};
}

// The first `most` bytes or so of a text in another encoding, as UTF-8.
std::string utf8_of(Bytes bytes, EncodedText as, size_t most) {
  const bool wide = as.encoding == Encoding::utf32_little || as.encoding == Encoding::utf32_big;
  const bool big = as.encoding == Encoding::utf16_big || as.encoding == Encoding::utf32_big;
  std::string out;
  Reader from(slice(bytes, as.mark));
  const auto unit = [&]() -> uint32_t {
    if (wide) return (big ? from.be<uint32_t>() : from.le<uint32_t>()) & 0x1fffff;
    return big ? from.be<uint16_t>() : from.le<uint16_t>();
  };
  while (from.left() >= (wide ? 4u : 2u) && out.size() < most) {
    uint32_t c = unit();
    if (!wide && c >= 0xd800 && c < 0xdc00 && from.left() >= 2) {
      const uint32_t low = unit();
      c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
    }
    append(out, c);
  }
  return out;
}

}  // namespace winnow::containers
