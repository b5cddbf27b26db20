// What the heap keeps beside its values: the journal of changes and the indices of large dicts.
#pragma once

#include <unordered_map>
#include <variant>

#include "core/value.h"

namespace winnow {

// What something was before it was changed.
struct Heap::Saved {
  Kind kind;
  uint32_t index;
  std::variant<Items, Function, Class, Link> before;
};

// Where the keys of a dict stand, by hash; the last entry of a key counts.
struct Heap::DictIndex {
  std::unordered_multimap<uint64_t, uint32_t> at;
  uint32_t covered = 0;  // items that are in `at`
};

}  // namespace winnow
