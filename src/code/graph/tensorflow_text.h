// What a node of a TensorFlow graph makes of texts and whole numbers that are known: so are paths and commands put together
// that a model hides from whoever reads its constants.
#pragma once

#include <span>

#include "code/graph/tensorflow.h"
#include "code/machine/machine.h"

namespace winnow::graph {

// Whether text_operation() may know an answer.
bool is_text_operation(std::string_view op);

// The value of a node by those of its inputs, control inputs left out: one item or a list, as tensor_value() has them.
// Unknown where an input is not known, or what the node does is not followed. `output` is which of its outputs is asked for.
Value text_operation(machine::Machine& machine, const Node& node, std::span<const Value> inputs, uint32_t output);

}  // namespace winnow::graph
