// A part of a graph as statements: what a value is made of, back to the input.
#pragma once

#include <string>

#include "code/graph/program.h"

namespace winnow::graph {

// The operations that make `value`, back to the inputs of the graph and no more than fit on a screen, those between the
// input and `question` first of all, and then the operation `last`.
std::string statements_of(const Program& program, uint32_t last, ValueId value, uint32_t question);

}  // namespace winnow::graph
