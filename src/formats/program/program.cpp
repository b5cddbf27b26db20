#include "formats/program/program.h"

#include "containers/program.h"

namespace winnow::program {

bool is_unclaimed_program(const Artifact& artifact) {
  return artifact.hint == Hint::unclaimed && containers::is_program(artifact.bytes);
}

void read_program(Scan& scan, const Artifact& artifact) {
  Finding finding;
  finding.threat = "archive-executable";
  finding.ruling = Ruling::suspected;
  finding.trigger = Trigger::other;
  finding.summary = "Carries a program behind the model.";
  finding.why = "An executable of an operating system stands where the model's loader reads nothing. It does not run by "
                "itself, but no model needs it.";
  Evidence evidence;
  evidence.code = "<executable, " + std::to_string(artifact.bytes.size()) + " bytes>";
  finding.evidence.push_back(std::move(evidence));
  scan.finding(artifact, std::move(finding));
}

}  // namespace winnow::program
