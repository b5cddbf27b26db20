// What the search of steering.h finds, as findings of a scan.
#pragma once

#include <string_view>

#include "code/graph/program.h"
#include "core/scan.h"

namespace winnow::graph {

// `library` stands before the names of operations: "onnx.", "tensorflow.raw_ops.".
void tell_steering(Scan& scan, const Artifact& artifact, const Program& program, std::string_view library);

}  // namespace winnow::graph
