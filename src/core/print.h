// A trace as readable Python: one statement per line, long data shortened with its length, values that only
// feed one call written inside it.
#pragma once

#include <string>
#include <vector>

#include "core/trace.h"

namespace winnow {

// A Python literal for text: quotes, escapes, at most `most` characters of it.
std::string quoted(std::string_view text, bool bytes, size_t most = 160);

class Printer {
 public:
  explicit Printer(const Trace& trace);

  std::string expression(Value value) const { return expression(value, 0); }
  // The statement of an event, without line number.
  std::string statement(uint32_t event) const;
  // 1-based line of an event in text(); that of the statement it is folded into, where it is.
  uint64_t line_of(uint32_t event) const { return lines_[event]; }
  // The whole program: numbered lines.
  std::string text() const;

 private:
  std::string expression(Value value, int depth) const;
  std::string items(const Items& items, int depth) const;
  std::string pairs(const Items& items, int depth) const;
  std::string instance(const Instance& instance, int depth) const;
  std::string call(const Event& event, int depth) const;
  std::string variable(uint32_t event) const;
  bool printed(uint32_t event) const;
  bool folded(uint32_t event) const;
  void count_uses(Value value, std::vector<Value>& pending);

  const Trace& trace_;
  std::vector<uint32_t> uses_;       // of an event's result
  std::vector<bool> changed_;        // its result is changed later, so it needs a name
  std::vector<uint32_t> variables_;  // number of the variable that holds it
  std::vector<uint64_t> lines_;
  std::vector<bool> imports_;        // the first import of a module
  std::vector<bool> seen_;           // containers already counted
};

}  // namespace winnow
