// Whether two bodies do the same: the decompiler's check of itself, what it wrote being compiled again and held
// against the bytecode. Both are run in lock-step over symbols. What only moves values about on the stack vanishes,
// so do constant arithmetic, jumps, the order of stores to locals; every effect (a call, a name, an attribute, an
// operator, a display, a store, a test ...) must be met on both sides at the same time, with the same operands and
// the same place for exceptions to go.
//
// "Equal" is a proof, up to: whether a local is bound where it is read; a test repeated on the same value; the
// values of __firstlineno__ and __static_attributes__.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "code/ir/ir.h"

namespace winnow::ir {

struct EquivalenceLimits {
  uint64_t steps = 4'000'000;  // instructions, of both sides together
  bool nested = false;         // compares the code constants that functions are made of, too
};

struct Verdict {
  enum class Kind : uint8_t { equal, different, undecided } kind = Kind::equal;
  std::string why;  // "call of 2 arguments | load_attr system"; the limit that ran out
  BlockId block_a = kNoBlock, block_b = kNoBlock;
  uint32_t offset_a = 0, offset_b = 0;
  // Of code constants that are made functions at the same time, each pair once; with `nested` they are compared.
  std::vector<std::pair<Value, Value>> functions;
  explicit operator bool() const { return kind == Kind::equal; }
};

Verdict equivalent(const Body& a, const Body& b, Heap& heap, const EquivalenceLimits& limits = {});

// Code objects: name, parameters, docstring and the flags that matter, then their bodies (which must be there).
Verdict equivalent(const CodeObject& a, const CodeObject& b, Heap& heap, const EquivalenceLimits& limits = {});

}  // namespace winnow::ir
