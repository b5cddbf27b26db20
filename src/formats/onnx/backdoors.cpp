// Graphs that were built to answer falsely where the input bears a mark.
#include "code/graph/onnx_program.h"
#include "code/graph/steering_finding.h"
#include "formats/onnx/parts.h"

namespace winnow::onnx_format {

void find_backdoors(Scan& scan, const Artifact& artifact, const graph::onnx::Model& model) {
  graph::tell_steering(scan, artifact, graph::onnx::program_of(model), "onnx.");
}

}  // namespace winnow::onnx_format
