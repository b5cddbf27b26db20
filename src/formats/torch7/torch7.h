// Torch7's .t7 files, binary and ASCII.
#pragma once

#include "core/format.h"

namespace winnow::torch7 {

bool is_t7(const Artifact& artifact);
void read_t7(Scan& scan, const Artifact& artifact);
inline constexpr Format kT7{"torch7", is_t7, read_t7};

}  // namespace winnow::torch7
