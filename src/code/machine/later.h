// What a later call of a function finds, that its first one did not: other arguments in place of its defaults, and what
// former calls left behind. A model calls its functions again and again.
#pragma once

#include <vector>

#include "code/machine/machine.h"

namespace winnow::machine {

// Whether a function was called, and not all of its blocks were entered by that.
bool half_seen(Machine& machine, Value function);

class Later {
 public:
  // Made before the first call: keeps what is there then. `self` is none where the function is no method.
  Later(Machine& machine, Value function, Value self);
  // Calls the function again where the first call did not see all of it: nothing is known of its arguments then, nor of
  // what the first call has changed.
  void call_again();
  // Its defaults are shown as the model has them.
  ~Later();
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

 private:
  // A dict, a list, a cell: something whose content may change.
  struct Place {
    Value value;
    std::vector<Value> content;
  };
  void keep(Value value);
  std::vector<Value> content_of(Value value) const;
  void forget(const Place& place);

  Machine& m_;
  Value function_, self_;
  std::vector<Place> places_;
};

}  // namespace winnow::machine
