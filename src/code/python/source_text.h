// What the bytes of a source file say: byte order mark and coding comment (PEP 263). Besides UTF-8 and Latin-1 the
// encodings are read that hide code from those who look at the bytes: in UTF-7 and unicode_escape a comment
// can hold a line end that only Python sees.
#pragma once

#include <string>
#include <string_view>

#include "core/value.h"

namespace winnow::python {

enum class Encoding : uint8_t {
  utf8,    // or ASCII: the text is the input
  latin1,  // Python 2 keeps byte strings in it
  other,
};

struct SourceText {
  std::string_view text;  // UTF-8, in the heap where it is not the input
  size_t skipped = 0;     // bytes of a byte order mark before it
  Encoding encoding = Encoding::utf8;
  std::string problem;    // empty, or why it is not what Python reads
};

SourceText decode_source(Heap& heap, std::string_view bytes);

}  // namespace winnow::python
