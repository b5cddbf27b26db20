// Code object -> Python source: lifted, folded, structured, and proved: the tree is lowered again and compared with
// the bytecode's own graph, code object by code object. What cannot be proved says so; what cannot be structured
// is shown statement by statement. No failure hides another code object.
#pragma once

#include <memory>
#include <string>

#include "code/ir/ir.h"
#include "code/python/ast.h"

namespace winnow::bytecode {

enum class Quality : uint8_t {
  verified,    // lowered again it is the same graph
  structured,  // every statement was placed, but the proof failed or could not be made
  linear,      // statements, labels and jumps
  unread,      // not even lifted: a comment stands in its place
};

const char* quality_name(Quality quality);

// One definition in the tree (the module, a function, a class) and the code object that it came from.
// Lambdas and comprehensions belong to the code around them.
struct DecompiledCode {
  const CodeObject* code = nullptr;
  python::Node* definition = nullptr;
  Quality quality = Quality::unread;
  std::string why;  // what kept it from being better
};

struct DecompileLimits {
  uint64_t steps = 50'000'000;    // over all code objects: folding and structuring
  uint32_t blocks = 20'000;       // of one code object; larger ones are shown in linear form
  uint32_t attempts = 4;          // readings tried for a code object whose proof fails
  bool verify = true;
  bool banners = true;            // comments that tell of quality below `verified`
};

struct Decompiled {
  std::unique_ptr<python::Tree> tree;
  python::Node* root = nullptr;   // a Module; of a bare function, with the one def or an expression statement of the lambda
  std::vector<DecompiledCode> codes;
  std::string leftovers;          // comments that show what is carried and cannot run, or is only a value (unreachable.h)
  bool complete = true;           // false: a budget ran out
};

// A module's code object, or any other: a function becomes `def name(params):`, or a lambda where its name says so.
// `defaults` and `keyword_defaults` (a tuple, a dict, or unknown) are shown in a bare function's parameters.
struct BareFunction {
  std::string_view name;
  Value defaults, keyword_defaults;
};
Decompiled decompile(Heap& heap, const CodeObject& code, const DecompileLimits& limits = {}, const BareFunction& bare = {});

// The tree as text.
std::string source_text(const Decompiled& decompiled);

}  // namespace winnow::bytecode
