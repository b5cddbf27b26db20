// An ONNX model is a graph of operators and the numbers that it computes with. Runtimes execute the operators that they
// know; nothing in the file is code for a processor. What can harm: tensors whose numbers are taken from other files of
// the machine, operators that need foreign native code or Python, metadata that some loaders evaluate, and a graph that
// was built to answer falsely where its input bears a mark (code/graph/steering.h).
// Specification: onnx/onnx.proto3, docs/IR.md, docs/ExternalData.md.
#include "formats/onnx/onnx.h"

#include "formats/onnx/parts.h"

namespace winnow::onnx_format {

bool is_onnx(const Artifact& artifact) {
  if (artifact.hint != Hint::none && artifact.hint != Hint::unclaimed) return false;
  return artifact.bytes.size() >= 8 && graph::onnx::is_model(artifact.bytes);
}

void read_onnx(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "onnx");
  const graph::onnx::Model model = graph::onnx::read_model(artifact.bytes);
  if (model.damage) scan.gap(artifact, *model.damage);
  find_places(scan, artifact, model);
  call_operators(scan, artifact, model);
  evaluate_metadata(scan, artifact, model);
  find_backdoors(scan, artifact, model);
  find_hidden(scan, artifact, model);
}

}  // namespace winnow::onnx_format
