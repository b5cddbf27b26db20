// The tree in the form of Python's ast.dump, for tests that compare it with CPython's. All fields of 3.14 stand
// there but ctx, kind, type_comment and type_ignores, also those that are None or empty; constants are in
// the printer's spelling.
#pragma once

#include <string>

#include "code/python/ast.h"

namespace winnow::python {

std::string dump(const Node& node, const Heap& heap);

}  // namespace winnow::python
