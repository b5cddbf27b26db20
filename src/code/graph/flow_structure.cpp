#include <algorithm>

#include "code/graph/follower.h"

namespace winnow::graph {
namespace {

constexpr uint64_t kLargeTable = 4096;  // numbers: a table of embeddings rather than of answers
constexpr uint8_t kDeepest = 250;

uint8_t plus(uint8_t depth) { return depth < kDeepest ? static_cast<uint8_t>(depth + 1) : depth; }
uint8_t minus(uint8_t open, uint8_t axes) { return axes >= open ? uint8_t{0} : static_cast<uint8_t>(open - axes); }

}  // namespace

State Follower::reduce(const Operation& operation) {
  State out = in(operation, 0);
  if (out.nature == Nature::constant) return combined(operation);
  out.mixed = false;
  if (operation.kind == Kind::pool) {
    out.reduced = true;
    return out;
  }
  if (out.fresh && operation.last) {
    out.fresh = false;
    return out;
  }
  out.open = operation.axes == kAllAxes ? uint8_t{0} : minus(out.open, operation.axes);
  out.reduced = true;
  if (out.nature == Nature::decision) {
    out.count = operation.op == "ReduceSum" || operation.op == "Sum" || operation.op == "ReduceMean" || operation.op == "Mean";
  }
  return out;
}

State Follower::find(const Operation& operation) {
  State out = combined(operation);
  if (out.nature == Nature::constant) return out;
  if (out.nature == Nature::plain && operation.input_count == 1) out = truth(operation);
  out.sized = true;
  return out;
}

State Follower::select(const Operation& operation) {
  const State& data = in(operation, 0);
  State index;  // what says which parts are taken
  for (uint32_t i = 1; i < operation.input_count; ++i) {
    if (in(operation, i).nature > index.nature || index.nature == Nature::constant) index = in(operation, i);
    if (index.nature == Nature::plain) break;
  }
  if (index.nature == Nature::constant) {
    State out = data;
    const bool narrow = operation.narrow || operation.op.starts_with("Gather");
    if (data.nature == Nature::constant || !narrow) return out;
    out.picked = true;
    out.single = out.single || operation.axes > 0;
    out.open = minus(out.open, operation.axes);
    return out;
  }
  if (data.nature == Nature::constant) {
    State out = index;
    out.fresh = out.count = false;
    const ValueId table = program_.input(operation, 0);
    const bool large = table != kNoValue && program_.values[table].elements > kLargeTable;
    out.vector = true;
    if (index.nature == Nature::plain || large) {
      // Embeddings: the network works on what the input says.
      work_on(index);
      out.nature = Nature::plain;
      out.vector = false;
      out.open = static_cast<uint8_t>(index.open + 1);
      out.steep = 0;
      out.offset = out.offsets = false;
    }
    return out;
  }
  if (index.nature == Nature::decision && data.nature == Nature::plain && data.mixed) {
    meet(operation, Way::replaces, true);
    // A yes or no for each alternative is one decision.
    if (operation.op == "Compress" && !flow_.meetings.empty()) flow_.meetings.back().whole = true;
  }
  State out = data;
  out.picked = out.picked && data.nature == Nature::decision;
  // What only says which parts are taken is not in them.
  if (index.nature == Nature::plain) out.sources |= index.sources;
  out.sized = out.sized || index.sized || operation.op == "Compress";
  if (data.nature == Nature::plain) out.depth = std::max(data.depth, index.depth);
  return out;
}

State Follower::scatter(const Operation& operation) {
  const State &data = in(operation, 0), &index = in(operation, 1), &parts = in(operation, 2);
  const bool by_decision = index.nature == Nature::decision || parts.nature == Nature::decision;
  const bool plain_parts = parts.nature == Nature::plain;
  if (data.nature == Nature::plain && by_decision && !plain_parts) {
    meet(operation, Way::replaces, parts.nature == Nature::decision || parts.vector);
  }
  return combined(operation);
}

State Follower::join(const Operation& operation) {
  State out = combined(operation);
  if (out.nature == Nature::constant) return out;
  uint32_t decisions = 0, constants = 0;
  for (uint32_t i = 0; i < operation.input_count; ++i) {
    if (program_.input(operation, i) == kNoValue) continue;
    decisions += in(operation, i).nature == Nature::decision ? 1 : 0;
    constants += in(operation, i).nature == Nature::constant && !in(operation, i).sized ? 1 : 0;
  }
  out.fresh = false;
  if (out.nature == Nature::decision) {
    // Several decisions side by side are features rather than one of them.
    if (decisions > 1) out.open = static_cast<uint8_t>(out.open + 1);
    out.vector = out.vector || constants > 0;
    return out;
  }
  if (decisions > 0) meet(operation, Way::stands_beside, false);
  // A sequence of texts or tables with a constant part in front is common; what is learned later mixes it.
  out.mixed = constants > 0 || decisions > 0;
  return out;
}

State Follower::choose(const Operation& operation) {
  const State &condition = in(operation, 0), &yes = in(operation, 1), &no = in(operation, 2);
  State out = combined(operation, 1);
  if (condition.nature != Nature::decision) {
    if (condition.nature == Nature::constant) return out;
    // Asked by a value as it stands, a switch of the caller's.
    State all = combined(operation);
    if (all.nature == Nature::decision) all.nature = Nature::plain;
    return all;
  }
  const bool yes_plain = yes.nature == Nature::plain, no_plain = no.nature == Nature::plain;
  if (!yes_plain && !no_plain) {
    State decided = condition;
    decided.vector = yes.vector || no.vector;
    decided.count = false;
    for (const State* side : {&yes, &no}) {
      if (side->nature != Nature::decision) continue;
      decided.question = stronger(decided.question, side->question);
      decided.open = std::max(decided.open, side->open);
      decided.sources |= side->sources;
    }
    return decided;
  }
  const State& other = yes_plain ? no : yes;
  const uint8_t depth = std::max(yes_plain ? yes.depth : uint8_t{0}, no_plain ? no.depth : uint8_t{0});
  const bool both = yes_plain && no_plain;
  record(operation, both ? Way::switches : Way::replaces, !both && other.vector, program_.input(operation, 0), depth);
  out.nature = Nature::plain;
  out.question = kNoQuestion;
  out.mixed = false;
  return out;
}

State Follower::shape(const Operation& operation) {
  State out = in(operation, 0);
  if (!out.sized) return State();
  out.open = 0;
  out.reduced = true;
  out.sized = false;
  out.vector = false;
  out.count = true;
  return out;
}

State Follower::fill(const Operation& operation) {
  State out = combined(operation);
  if (out.nature == Nature::constant) {
    out.vector = operation.kind == Kind::ramp;
    out.ramp = operation.kind == Kind::ramp;
    return out;
  }
  // 0, 1, 2 up to a length that the caller gives, or zeros as many as there are inputs: numbers all the same.
  State made;
  made.ramp = operation.kind == Kind::ramp;
  made.sized = out.nature == Nature::decision;
  if (!made.sized) return made;
  out.sized = true;
  out.vector = false;
  return out;
}

// The network begins to work on what an input says. What meets it behind the first layers, as masks do, is another thing.
void Follower::work_on(const State& state) {
  if (state.nature == Nature::plain && state.depth == 0) flow_.content |= state.sources;
}

State Follower::learned(const Operation& operation) {
  // Sums weighted with ones spread masks; other numbers, and layers that are never anything else, are the network's.
  bool weights = operation.input_count == 1, own = weights;  // trees and machines have their numbers in attributes
  const bool product = operation.op.find("MatMul") != std::string_view::npos || operation.op == "Einsum";
  for (uint32_t i = 0; i < operation.input_count; ++i) {
    const ValueId id = program_.input(operation, i);
    if (id == kNoValue || in(operation, i).nature != Nature::constant) continue;
    weights = weights || !product || in(operation, i).vector || program_.values[id].elements > 1;
    own = own || !product || in(operation, i).vector;
  }
  layers_ = layers_ || weights;
  State out = combined(operation);
  if (out.nature == Nature::constant) return out;
  if (out.nature == Nature::decision) {
    out.count = false;
    if (out.open == 0 && out.layers < 2) {
      ++out.layers;
      out.vector = true;
      return out;
    }
    out.nature = Nature::plain;
    out.question = kNoQuestion;
  } else {
    for (uint32_t i = 0; i < operation.input_count; ++i) {
      const State& state = in(operation, i);
      if (state.nature == Nature::decision && state.open == 0) meet(operation, Way::scales, state.vector);
      if (state.nature == Nature::decision && i < 2 && in(operation, 1 - i).mixed) meet(operation, Way::replaces, true);
      if (own) work_on(state);
    }
  }
  if (weights) out.depth = plus(out.depth);
  out.open = operation.axes > 0 ? minus(out.open, 1) : std::max<uint8_t>(out.open, 1);
  out.steep = 0;
  out.picked = out.single = out.reduced = out.fresh = out.offset = out.offsets = out.mixed = out.vector = false;
  return out;
}

State Follower::normal(const Operation& operation) {
  State out = combined(operation);
  out.mixed = out.count = false;
  return out;
}

State Follower::look_up(const Operation& operation) {
  State out = combined(operation);
  if (out.nature != Nature::plain) return out;
  if (out.open == 0 && (out.picked || out.reduced)) {
    Question question;
    question.asked = program_.input(operation, 0);
    question.exact = question.soft = true;
    return decided(out, question);
  }
  work_on(out);
  return out;
}

// Old control flow: a Switch lets a value pass on one of two ways, a Merge takes what arrives.
State Follower::merge(const Operation& operation) {
  State out = combined(operation);
  uint32_t question = kNoQuestion;
  ValueId decided = kNoValue;
  bool constant = false, vector = false, plain = false;
  uint8_t depth = 0;
  for (uint32_t i = 0; i < operation.input_count; ++i) {
    const State& state = in(operation, i);
    question = stronger(question, state.switched);
    if (state.switched != kNoQuestion && decided == kNoValue) decided = program_.input(operation, i);
    if (state.nature == Nature::plain) plain = true, depth = std::max(depth, state.depth);
    else constant = true, vector = vector || state.vector;
  }
  if (plain && question != kNoQuestion) {
    const Question& asked = flow_.questions[question];
    flow_.meetings.push_back({at_, question, asked.asked, constant ? Way::replaces : Way::switches, vector, true, asked.picked, asked.reduced, depth});
  }
  out.switched = kNoQuestion;
  return out;
}

State Follower::gate(const Operation& operation) {
  State out = in(operation, 0);
  const State& by = in(operation, 1);
  if (by.nature == Nature::decision && by.open == 0) out.switched = by.question;
  return out;
}

State Follower::opaque(const Operation& operation) {
  State out = combined(operation);
  if (out.nature == Nature::constant) return out;
  work_on(out);
  out.nature = Nature::plain;
  out.question = kNoQuestion;
  out.depth = plus(out.depth);
  out.steep = 0;
  out.picked = out.single = out.reduced = out.offset = out.offsets = out.mixed = out.vector = out.count = out.fresh = false;
  return out;
}

}  // namespace winnow::graph
