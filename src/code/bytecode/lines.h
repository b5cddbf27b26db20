// Line numbers of instructions: lnotab up to 3.9, 3.10's line table, the location table of 3.11 and later.
#pragma once

#include <vector>

#include "core/code_object.h"

namespace winnow::bytecode {

struct LineStart {
  uint32_t offset;  // from here on, in bytes
  int32_t line;     // 0: no line
};

struct LineTable {
  std::vector<LineStart> starts;  // in order of offset
  bool fits = true;               // the deltas add up to the size of the code, as the compiler's do
};

LineTable read_lines(const CodeObject& code);

}  // namespace winnow::bytecode
