// What the models of iteration share: containers and iterators over values that are known.
#pragma once

#include "code/machine/interpreter.h"

namespace winnow::machine {

inline constexpr size_t kMostItems = 1 << 18;

inline Value list_of(Machine& m, const std::vector<Value>& values) {
  return m.heap().new_items(Kind::list, values.data(), static_cast<uint32_t>(values.size()));
}
inline Value tuple_of(Machine& m, const std::vector<Value>& values) {
  return m.heap().new_items(Kind::tuple, values.data(), static_cast<uint32_t>(values.size()));
}

// An iterator over a list that is known already: what Python makes lazily.
inline Value iterator_of(Machine& m, const std::vector<Value>& values) {
  Link link;
  link.kind = kSequence;
  link.first = list_of(m, values);
  return m.heap().new_link(Kind::iterator, link);
}

}  // namespace winnow::machine
