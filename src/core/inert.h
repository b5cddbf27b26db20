// The finding that clears a file in which nothing can run: why, in a sentence.
#pragma once

#include <string>

#include "core/scan.h"

namespace winnow {

inline void report_inert(Scan& scan, const Artifact& artifact, std::string why) {
  if (artifact.hint == Hint::unclaimed || artifact.hint == Hint::storage) return;
  Finding finding;
  finding.threat = "custom-operation";
  finding.ruling = Ruling::dismissed;
  finding.trigger = Trigger::other;
  finding.summary = "Holds numbers and names only.";
  finding.why = "Nothing in this format is executed. " + std::move(why);
  scan.finding(artifact, std::move(finding));
}

}  // namespace winnow
