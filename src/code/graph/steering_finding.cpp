#include "code/graph/steering_finding.h"

#include "code/graph/steering.h"

namespace winnow::graph {

void tell_steering(Scan& scan, const Artifact& artifact, const Program& program, std::string_view library) {
  if (program.cut || !scan.step(program.operations.size())) {
    scan.gap(artifact, Fault::limit, 0, "the graph has more operations than are followed");
  }
  for (Steering& found : find_steering(program)) {
    Finding finding;
    finding.threat = "graph-backdoor";
    finding.ruling = found.certainty == Certainty::certain ? Ruling::confirmed : Ruling::suspected;
    finding.trigger = Trigger::inference;
    finding.summary = std::move(found.summary);
    finding.why = std::move(found.why);
    Evidence evidence;
    evidence.callee = std::string(library) + found.operation;
    evidence.code = std::move(found.code);
    evidence.location.offset = found.offset;
    finding.evidence.push_back(std::move(evidence));
    scan.finding(artifact, std::move(finding));
  }
}

}  // namespace winnow::graph
