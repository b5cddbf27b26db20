// TorchScript archives as programs: classes in a subset of Python under code/, an object in data.pkl whose classes they
// are, constants.pkl, and for phones the same functions as bytecode.pkl. What they do becomes events of the trace.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "code/machine/machine.h"

namespace winnow::torchscript {

struct Source {
  std::string qualifier;   // "__torch__.torch.nn.modules.linear": of code/__torch__/torch/nn/modules/linear.py
  Bytes bytes;
  uint32_t artifact = 0;   // index into Trace::artifacts
};

struct Archive {
  Bytes data, constants, bytecode;  // pickles; empty where there are none
  std::vector<Source> sources;
  uint32_t bytecode_artifact = 0;
};

// The part of a member's name behind "code/", as a qualifier; empty where it is no source.
std::string qualifier_of(std::string_view member);

// What the pickler wraps to keep its type: torch.jit._pickle.restore_type_tag(list, 'List[str]') and its kin give their
// first argument. Other values as they are.
Value tagged(const Heap& heap, Value value);

// Runs it as the loader and whoever calls the model would.
void run(machine::Machine& machine, const Archive& archive);

}  // namespace winnow::torchscript
