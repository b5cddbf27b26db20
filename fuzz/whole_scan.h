// A whole scan of one file, as most targets run it. The engine turns an exception that a reader lets out into a gap; here
// it is a finding.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "target.h"
#include "winnow.h"

namespace winnow::fuzz {

inline Report whole_scan(const char* path, Bytes bytes, Show show = Show::nothing, const Budget& budget = small_budget()) {
  Options options;
  options.jobs = 1;
  options.budget = budget;
  options.show = show;
  Report report = scan(path, bytes, options);
  for (const ArtifactReport& artifact : report.artifacts) {
    for (const Gap& gap : artifact.gaps) {
      // Behind a quotation mark stands what the file says.
      if (gap.what.find(" could not be read: ") >= gap.what.find('\'')) continue;
      std::cerr << gap.what << "\n";
      std::abort();
    }
  }
  return report;
}

}  // namespace winnow::fuzz
