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

// An iterator over a list that is known already: what Python makes lazily. An open one goes on, and nobody knows how.
Value iterator_of(Machine& m, const std::vector<Value>& values, bool open = false);
inline bool is_open(const Link& sequence) { return sequence.second.is(Kind::boolean) && !sequence.second.as_boolean(); }

// What is known of a module's members where a value is its namespace, as in vars(os): each a name and what it stands for. There are
// more, for which the last pair stands, of which nothing is known.
std::optional<std::vector<Value>> namespace_pairs(Machine& m, Value given);

// Goes through several iterables at once, as zip and map do. What gives its items one by one may have no end, or may stand there
// twice: it is asked row by row, and after very many rows the rest is left open.
class Drawing {
 public:
  enum class State : uint8_t { going, ended, open, unknown };
  bool begin(Machine& m, std::span<const Value> iterables);  // false: nothing is known of them, or Machine::raised is set
  // Without a filling the shortest ends all.
  State next(Machine& m, std::vector<Value>& row, std::optional<Value> filling = {});

 private:
  std::vector<std::vector<Value>> columns_;
  std::vector<Value> iterators_;
  size_t at_ = 0;
  bool lazy_ = false, bounded_ = false;
};

}  // namespace winnow::machine
