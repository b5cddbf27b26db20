// One source file of an archive, defined in the machine.
#pragma once

#include "code/torchscript/archive.h"

namespace winnow::torchscript {

// Runs the file's definitions in a namespace with what its compiler knows (torch, ops, CONSTANTS, fork, annotate ...) and
// gives that namespace: a dict. What does not parse becomes a gap.
Value define(machine::Machine& machine, const Source& source, Value constants);

}  // namespace winnow::torchscript
