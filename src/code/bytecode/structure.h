// From the graph of statements back to nested statements: try, with, loops, if, match. Whatever tree comes out,
// only the comparison with the bytecode's graph says that it is right (decompile.h); here a tree that could be
// wrong is told by `sound`.
#pragma once

#include <string>

#include "code/bytecode/flow.h"

namespace winnow::bytecode {

// Readings between which the bytecode alone does not decide: the driver tries the next when one fails its check.
struct StructureOptions {
  bool is_function = true;       // not a module or class: it can return
  bool loop_else = true;         // what only an exhausted loop reaches is its `else`
  bool try_else_at_end = false;  // also where the clauses go on at the end of the function or the loop
  bool join_managers = true;     // `with a, b` for a with whose body is one with
  bool chained_else = false;     // an else even where the branch before it never falls through
  uint32_t copies = 4;           // statements may be written this many times on average
  uint64_t* steps = nullptr;     // what is left of a budget over several structurings; null: none but its own
};

struct Structured {
  python::List body;
  bool sound = false;   // every statement and slot was placed
  bool exhausted = false;  // its budget was used up; another reading would do the same
  std::string why;      // where not: for people who improve this
};

Structured structure(python::Tree& tree, const Flow& flow, const StructureOptions& options);

// The same statements without structure: labels and gotos are comments. Never fails.
python::List linear(python::Tree& tree, const Flow& flow, bool is_function = true);

}  // namespace winnow::bytecode
