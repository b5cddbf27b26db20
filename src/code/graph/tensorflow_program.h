// TensorFlow's graphs in the common form of program.h.
#pragma once

#include "code/graph/program.h"
#include "code/graph/tensorflow.h"

namespace winnow::graph {

// The main graph, in the order in which its nodes can be computed, with functions written out.
Program program_of(const Model& model, const Graph& graph);

}  // namespace winnow::graph
