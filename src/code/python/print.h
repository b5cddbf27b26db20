// The syntax tree as canonical Python source: what a person reads and what compiles back to the same tree.
// Parentheses stand where precedence needs them, strings are escaped so that only printable ASCII is left,
// numbers give back the same value.
//
// What Python has no spelling for is spelled with names that begin with `__winnow_`, so that no input can
// imitate it (a name of the input that begins like this is itself escaped):
//   __winnow_name_a__b_x20_c      a name that is no identifier, here "a_b c": letters and digits stand for
//                                 themselves, `_` is doubled, all else is `_xHEX_` (a code point)
//   __winnow_code__('f')          a code object as a value
//   __winnow_const__(os.system)   a constant that no source can make: a callable, an object
//   __winnow_bad__('text')        source that did not parse
//   __winnow_too_deep__           here the tree goes deeper than `max_depth`, or the text is past `max_bytes`
//   __winnow_missing__            a part that the tree lacks
#pragma once

#include <string>

#include "code/python/ast.h"

namespace winnow::python {

struct PrintOptions {
  PythonVersion version{3, 14};
  // Python 2 code under these __future__ imports; a Module that has the import says so itself.
  bool print_function = false;
  bool unicode_literals = false;
  uint32_t indent = 0;               // levels of four spaces
  uint32_t max_depth = 1000;         // of nested statements and expressions (operators chained to the left do not count)
  size_t max_bytes = size_t{1} << 26;
};

// Any node: a module, a statement (ends with a newline), an expression, or a part. `complete`, when given,
// becomes false where `max_depth` or `max_bytes` cut the text, or where the version has no spelling for
// the tree (a backslash inside an f-string of 3.11).
std::string print(const Node& node, const Heap& heap, const PrintOptions& options = {}, bool* complete = nullptr);

// A constant as it would stand in source.
std::string print(Value value, const Heap& heap, const PrintOptions& options = {});

// True for what the version accepts as a name: an identifier that is no keyword.
bool is_valid_name(std::string_view name, const PrintOptions& options);

}  // namespace winnow::python
