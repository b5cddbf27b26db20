// Small changes to an IR body that change what it does: what a check of equivalence must notice.
#pragma once

#include <random>
#include <string>

#include "code/ir/ir.h"

namespace winnow::cli {

// Changes one thing in the body and says what; empty: nothing there could be changed in the way that was drawn.
std::string mutate(ir::Body& body, Heap& heap, std::mt19937& random);

}  // namespace winnow::cli
