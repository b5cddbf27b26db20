// ONNX graphs in the common form of program.h.
#pragma once

#include "code/graph/onnx.h"
#include "code/graph/program.h"

namespace winnow::graph::onnx {

Program program_of(const Model& model);

}  // namespace winnow::graph::onnx
