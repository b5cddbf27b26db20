// Python literals as ast.literal_eval reads them: strings, numbers, tuples, lists, dicts, sets, True, False,
// None. Nothing is evaluated, and nothing recurses: nodes stand in one flat list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bytes/result.h"

namespace winnow::machine {

enum class LiteralKind : uint8_t { text, bytes, integer, real, boolean, none, tuple, list, set, dict };

struct Literal {
  LiteralKind kind = LiteralKind::none;
  bool negative = false;
  std::string text;             // of text and bytes
  uint64_t integer = 0;         // magnitude; of booleans 0 or 1; UINT64_MAX when it does not fit
  std::vector<uint32_t> items;  // indices of the items; of a dict key, value, key, value
};

struct LiteralTree {
  std::vector<Literal> nodes;  // nodes[root] is the whole
  uint32_t root = 0;

  const Literal& operator[](uint32_t index) const { return nodes[index]; }
};

// JSON differs by three words: true, false, null.
enum class Notation : uint8_t { python, json };

// Numbers may carry Python 2's L. Errors give the offset in `source`.
Result<LiteralTree> parse_literal(std::string_view source, Notation notation = Notation::python);

}  // namespace winnow::machine
