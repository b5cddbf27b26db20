// Functions in the bytecode of PyTorch's interpreter for phones (.ptl).
#pragma once

#include "code/machine/machine.h"

namespace winnow::torchscript {

// Runs the functions that bytecode.pkl holds, unpickled as `program`, on the object `self`.
void run_bytecode(machine::Machine& machine, Value program, Value self, uint32_t artifact);

}  // namespace winnow::torchscript
