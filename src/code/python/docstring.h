// Texts that the compiler makes of source: docstrings as 3.13 and later keep them, annotations as their own source.
#pragma once

#include "bytes/arena.h"
#include "code/python/ast.h"

namespace winnow::python {

// Tabs expanded, the margin that all lines but the first share taken off.
std::string_view clean_docstring(Arena& arena, std::string_view text);

}  // namespace winnow::python
