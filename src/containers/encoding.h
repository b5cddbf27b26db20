// The encodings in which json.loads and PyYAML take text, told by the first bytes as they tell them.
#pragma once

#include <string>

#include "bytes/bytes.h"

namespace winnow::containers {

enum class Encoding : uint8_t { utf8, utf16_little, utf16_big, utf32_little, utf32_big };

struct EncodedText {
  Encoding encoding = Encoding::utf8;
  size_t mark = 0;  // bytes of the byte order mark; none is told of UTF-8
};

EncodedText encoding_of(Bytes bytes);

// The first `most` bytes or so of a text in another encoding, as UTF-8.
std::string utf8_of(Bytes bytes, EncodedText as, size_t most);

}  // namespace winnow::containers
