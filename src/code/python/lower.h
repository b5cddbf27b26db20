// The compiler of the house: a syntax tree becomes code objects with IR bodies, for the machine to run and for the
// decompiler to check itself with. What comes out is what lifting CPython's own bytecode of the same source
// gives, up to what ir::equivalent forgives: the evaluation order of that version, finally bodies copied for each
// way out, comprehensions as functions or (3.12 and later) in line, housekeeping names of class bodies.
//
// Broken source: a Bad statement or expression becomes an `unknown` instruction that names its text and, unlike
// one that was met in bytecode, falls through (a Bad expression leaves an unknown value). What cannot be reached is
// not lowered.
#pragma once

#include <string_view>
#include <vector>

#include "code/python/ast.h"

namespace winnow::python {

enum class LowerMode : uint8_t {
  module,  // the value of the code is None
  eval,    // the root is an expression (or a Module of one): its value is returned
  single,  // as at the prompt: expression statements print their value
};

struct LowerOptions {
  PythonVersion version{3, 12};
  LowerMode mode = LowerMode::module;
  std::string_view filename = "<string>";
  uint32_t artifact = 0;  // CodeObject::artifact
  // For a function taken out of its surroundings: the names that the functions around it bind.
  std::vector<std::string_view> enclosing = {};
  // Instructions and blocks over all bodies; past them code ends in `unknown` instructions.
  uint32_t instructions = 1'000'000;
};

// The code of a Module or an expression. Functions, classes and comprehensions are code constants in it.
Value lower(Tree& tree, const Node& root, const LowerOptions& options);

}  // namespace winnow::python
