// Programs of an operating system where a model's loader looks for nothing: appended to it or between its
// parts. No loader runs them; code that comes with the model might.
#pragma once

#include "core/format.h"

namespace winnow::program {

bool is_unclaimed_program(const Artifact& artifact);
void read_program(Scan& scan, const Artifact& artifact);
inline constexpr Format kProgram{"program", is_unclaimed_program, read_program};

}  // namespace winnow::program
