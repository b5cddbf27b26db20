// Follows the values of a graph (flow.h): one function for each kind of operation. Those that compute stand in flow.cpp,
// those that reduce, choose, join and learn in flow_structure.cpp.
#pragma once

#include "code/graph/flow.h"

namespace winnow::graph {

class Follower {
 public:
  explicit Follower(const Program& program);
  Flow run();

 private:
  static State initial(const FlatValue& value);
  const State& in(const Operation& operation, uint32_t index) const;
  bool varies(const Operation& operation, uint32_t index) const;
  uint32_t stronger(uint32_t a, uint32_t b) const;
  State combined(const Operation& operation, uint32_t first = 0) const;
  void meet(const Operation& operation, Way way, bool vector);
  void record(const Operation&, Way way, bool vector, ValueId decision, uint8_t depth);
  State decided(State from, Question question);
  State step(const Operation& operation);
  State copy(const Operation& operation);
  State truth(const Operation& operation);
  bool is_idle_constant(ValueId id) const;
  State compare(const Operation& operation);
  State logic(const Operation& operation);
  static Way way_of(Kind kind);
  State arithmetic(const Operation& operation);
  State jump(const Operation& operation, State out, bool idle);
  State oddity(const Operation& operation);
  State reduce(const Operation& operation);
  State find(const Operation& operation);
  State select(const Operation& operation);
  State scatter(const Operation& operation);
  State join(const Operation& operation);
  State choose(const Operation& operation);
  State shape(const Operation& operation);
  State fill(const Operation& operation);
  void work_on(const State& state);
  State learned(const Operation& operation);
  State normal(const Operation& operation);
  State look_up(const Operation& operation);
  State merge(const Operation& operation);
  State gate(const Operation& operation);
  State opaque(const Operation& operation);

  const Program& program_;
  Flow flow_;
  uint32_t at_ = 0;
  bool layers_ = false;  // something is learned at all
};

}  // namespace winnow::graph
