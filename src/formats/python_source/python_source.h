// Python source. A module beside the weights (modeling_x.py, handler.py, setup.py) is a program: it is parsed, lowered
// and run on the machine in the order in which its users call it. Source that another program hands to exec is only
// shown: what it does is judged with the program that runs it.
#pragma once

#include "core/format.h"

namespace winnow::python_source {

bool is_source(const Artifact& artifact);
void read_source(Scan& scan, const Artifact& artifact);
inline constexpr Format kSource{"python-source", is_source, read_source};

}  // namespace winnow::python_source
