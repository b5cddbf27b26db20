// Programs of operating systems where a model is expected: behind a model's end, under a model's name, or with a model
// inside (llamafile).
#pragma once

#include "core/format.h"

namespace winnow::program {

bool is_unclaimed_program(const Artifact& artifact);
void read_program(Scan& scan, const Artifact& artifact);
inline constexpr Format kProgram{"program", is_unclaimed_program, read_program};

bool is_executable(const Artifact& artifact);
void read_executable(Scan& scan, const Artifact& artifact);
inline constexpr Format kExecutable{"executable", is_executable, read_executable};

}  // namespace winnow::program
