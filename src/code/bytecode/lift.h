// Bytecode of any version -> IR, in which the versions no longer differ.
#pragma once

#include "code/ir/ir.h"

namespace winnow::bytecode {

// Never fails: code that cannot be followed ends its block (Exit::invalid) and is told in `anomalies`. The body
// holds views of the code object's names and values of its heap. An unknown version gives no blocks.
ir::Body lift(const CodeObject& code, const Heap& heap);

}  // namespace winnow::bytecode
