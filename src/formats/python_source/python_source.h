// Python source and bytecode that a program hands to exec, eval, marshal and kin: kept as parts of their own.
// That they run, and the names that they hold, is judged with the program that runs them; here they become
// readable.
#pragma once

#include "core/format.h"

namespace winnow::python_source {

bool is_source(const Artifact& artifact);
void read_source(Scan& scan, const Artifact& artifact);
inline constexpr Format kSource{"python-source", is_source, read_source};

}  // namespace winnow::python_source
