#include "formats/java/tell.h"

namespace winnow::java {

void tell(Scan& scan, const Artifact& artifact, Telling told) {
  Finding finding;
  finding.threat = "java-deserialisation";
  finding.ruling = told.ruling;
  finding.trigger = told.trigger;
  finding.summary = std::move(told.summary);
  finding.why = std::move(told.why);
  if (!told.callee.empty()) {
    Evidence evidence;
    evidence.callee = std::move(told.callee);
    evidence.code = std::move(told.code);
    evidence.location.offset = told.offset;
    finding.evidence.push_back(std::move(evidence));
  }
  scan.finding(artifact, std::move(finding));
}

}  // namespace winnow::java
