// A flow graph as text, for people.
#pragma once

#include <string>

#include "code/bytecode/flow.h"

namespace winnow::bytecode {

std::string to_text(const Flow& flow, const Heap& heap);

}  // namespace winnow::bytecode
