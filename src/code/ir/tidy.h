// Makes graphs of blocks plainer, for all that builds them.
#pragma once

#include "code/ir/ir.h"

namespace winnow::ir {

// A block that only one jump leads to joins the block of that jump, where the same handler is in force.
void merge_straight_lines(Body& body);

// Drops what cannot be reached; the rest is put in the order of offsets, behind the entry.
void drop_dead_and_sort(Body& body);

}  // namespace winnow::ir
