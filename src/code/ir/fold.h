// Constant arithmetic, as Python's compilers do it: for the compiler of source, and for comparing what one compiler
// folded with what another left to do.
#pragma once

#include "code/ir/ir.h"

namespace winnow::ir {

// The value of `l op r` or `op v` for constants, where it is known without running code and is of modest size
// (integers below 2**127, texts up to 64 KiB). False: not known, or an error when it runs.
bool fold_binary(Heap& heap, PythonVersion version, Binary op, Value l, Value r, Value* out);
bool fold_unary(Heap& heap, Unary op, Value v, Value* out);
// l[r] of texts and tuples.
bool fold_subscript(Heap& heap, PythonVersion version, Value l, Value r, Value* out);

// Whether `if v` is taken; false where a constant's truth is not known.
bool constant_truth(const Heap& heap, Value v, bool* out);

// The same constant: of one type, alike in sign and NaN, recursively. Frozensets in any order. Code objects by index.
bool same_constant(const Heap& heap, Value a, Value b);

}  // namespace winnow::ir
