// What the bytes of a source file say: byte order mark and coding comment (PEP 263). Besides UTF-8 and Latin-1 the
// encodings are read that hide code from those who look at the bytes: in UTF-7 and unicode_escape a comment
// can hold a line end that only Python sees.
#pragma once

#include <string>
#include <string_view>

#include "core/value.h"

namespace winnow::python {

// The letters of an encoding with one byte a letter, from 128 on. Python 2 keeps byte strings in it.
using Letters = uint16_t[128];

struct SourceText {
  std::string_view text;  // UTF-8, in the heap where it is not the input
  size_t skipped = 0;     // bytes of a byte order mark before it
  bool decoded = false;
  const Letters* letters = nullptr;  // null: the encoding is no such
  std::string problem;    // empty, or why it is not what Python reads
};

SourceText decode_source(Heap& heap, std::string_view bytes);

}  // namespace winnow::python
