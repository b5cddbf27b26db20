// The findings that readers of Java's forms share.
#pragma once

#include <string>

#include "core/scan.h"

namespace winnow::java {

struct Telling {
  Ruling ruling = Ruling::dismissed;
  Trigger trigger = Trigger::load;
  std::string summary, why;
  std::string callee, code;
  uint64_t offset = 0;
};
void tell(Scan& scan, const Artifact& artifact, Telling told);

}  // namespace winnow::java
