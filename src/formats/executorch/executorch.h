// Programs of ExecuTorch (.pte): PyTorch models for phones and microcontrollers.
#pragma once

#include "core/format.h"

namespace winnow::executorch {

bool is_executorch(const Artifact& artifact);
void read_executorch(Scan& scan, const Artifact& artifact);
inline constexpr Format kExecutorch{"executorch", is_executorch, read_executorch};

}  // namespace winnow::executorch
