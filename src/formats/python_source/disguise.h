// Source that reads otherwise than it runs: far to the right, turned around, in look-alike or invisible letters.
#pragma once

#include "core/scan.h"

namespace winnow::python_source {

void tell_disguise(Scan& scan, const Artifact& artifact);

}  // namespace winnow::python_source
