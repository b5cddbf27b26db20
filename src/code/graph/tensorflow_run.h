// Runs a TensorFlow model on the machine: every op that acts on the world becomes a call of tensorflow.raw_ops.OP
// with the inputs that could be computed. Text and paths are folded through constants, identities and string ops,
// into the functions that nodes call. What the caller feeds stays unknown; what the graph makes of its own data in a
// way that is not followed is unknown under the name kComputed.
#pragma once

#include "code/graph/tensorflow.h"
#include "code/machine/machine.h"

namespace winnow::graph {

inline constexpr std::string_view kComputed = "<computed in the model>";

void run(machine::Machine& machine, const Model& model);

}  // namespace winnow::graph
