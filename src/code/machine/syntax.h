// Syntax trees as values of the program that handles them: instances of the classes of `ast`.
#pragma once

#include "code/machine/interpreter.h"

namespace winnow::machine {

// What ast.parse gives; nothing where the text does not parse, or is too large.
std::optional<Value> parse_tree(Machine& machine, std::string_view text, Source kind);
// The code of such a tree; nothing where it is none. Parts that are not known give unknown values.
std::optional<Value> compile_tree(Machine& machine, Value node, Source kind);

}  // namespace winnow::machine
