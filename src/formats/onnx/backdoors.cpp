// Graphs that were built to answer falsely where the input bears a mark.
#include "code/graph/onnx_program.h"
#include "code/graph/steering.h"
#include "formats/onnx/parts.h"

namespace winnow::onnx_format {

void find_backdoors(Scan& scan, const Artifact& artifact, const graph::onnx::Model& model) {
  const graph::Program program = graph::onnx::program_of(model);
  if (program.cut || !scan.step(program.operations.size())) {
    scan.gap(artifact, Fault::limit, 0, "the graph has more operations than are followed");
  }
  for (graph::Steering& found : graph::find_steering(program)) {
    Finding finding;
    finding.threat = "graph-backdoor";
    finding.ruling = found.certainty == graph::Certainty::certain ? Ruling::confirmed : Ruling::suspected;
    finding.trigger = Trigger::inference;
    finding.summary = std::move(found.summary);
    finding.why = std::move(found.why);
    Evidence evidence;
    evidence.callee = "onnx." + found.operation;
    evidence.code = std::move(found.code);
    evidence.location.offset = found.offset;
    finding.evidence.push_back(std::move(evidence));
    scan.finding(artifact, std::move(finding));
  }
}

}  // namespace winnow::onnx_format
