// Marshalled code in which every backslash (0x5c) became a slash (0x2f): what Keras' func_dump made of functions
// under Windows. About one small function in ten comes out unreadable.
#pragma once

#include <string>

#include "code/bytecode/infer.h"

namespace winnow::bytecode {

struct Repaired {
  std::string bytes;
  uint32_t changed = 0;
};

// The bytes with those slashes turned back without which they cannot be read, or make no sense: numbers of marshal
// by trying, latest first, which change lets reading come further; then instructions that no version of the layout
// has, or whose arguments lie outside of their tables. Nothing where that leads to no code object. Bounded work:
// larger inputs than a function's are not tried.
std::optional<Repaired> turn_slashes_back(Bytes bytes, const InferOptions& options);

}  // namespace winnow::bytecode
