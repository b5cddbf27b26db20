// From what the readers and the judge reported to what is said about a file: merged, sorted, and the verdict.
#pragma once

#include "core/report.h"
#include "core/scan.h"

namespace winnow::engine {

// Moves the results of `scan` into `report`. The outcome does not depend on the order in which readers
// reported.
void settle(Scan& scan, ArtifactReport& report);

}  // namespace winnow::engine
