#include <algorithm>
#include <cmath>

#include "code/graph/follower.h"

namespace winnow::graph {
namespace {

constexpr double kTiny = 1e-3, kHuge = 1e30;
constexpr double kGain = 20;  // makes a steep function of a gentle one

}  // namespace

Follower::Follower(const Program& program) : program_(program) {
  flow_.states.resize(program.values.size());
  for (size_t i = 0; i < program.values.size(); ++i) flow_.states[i] = initial(program.values[i]);
}

Flow Follower::run() {
  for (uint32_t i = 0; i < program_.operations.size(); ++i) {
    at_ = i;
    const Operation& operation = program_.operations[i];
    const State made = step(operation);
    for (uint32_t out = 0; out < operation.output_count; ++out) {
      State& state = flow_.states[program_.output(operation, out)];
      const bool folded = program_.values[program_.output(operation, out)].constant;
      if (!folded) state = made;
    }
  }
  // A network of which every weight is the same is a network all the same.
  if (flow_.content == 0 && layers_) flow_.content = UINT64_MAX;
  return std::move(flow_);
}

State Follower::initial(const FlatValue& value) {
  State state;
  if (value.constant) {
    state.vector = value.elements > 1 && !value.known;
    state.ramp = value.ramp;
  } else if (value.input != 0) {
    state.nature = Nature::plain;
    state.open = value.open;
    state.sources = uint64_t{1} << value.input;
  }
  return state;
}

const State& Follower::in(const Operation& operation, uint32_t index) const {
  static const State kNothing;
  const ValueId id = program_.input(operation, index);
  return id == kNoValue ? kNothing : flow_.states[id];
}

bool Follower::varies(const Operation& operation, uint32_t index) const { return in(operation, index).nature != Nature::constant; }

// The stronger of two questions: what is asked exactly, of a place, with a pattern.
uint32_t Follower::stronger(uint32_t a, uint32_t b) const {
  if (a == kNoQuestion) return b;
  if (b == kNoQuestion) return a;
  const auto strength = [&](uint32_t index) {
    const Question& q = flow_.questions[index];
    return (q.idle ? 0 : 8) + (q.exact ? 4 : 0) + (q.pattern ? 2 : 0) + (q.picked ? 1 : 0) - (q.soft ? 1 : 0);
  };
  return strength(b) > strength(a) ? b : a;
}

// What all inputs make together, where the operation does nothing special.
State Follower::combined(const Operation& operation, uint32_t first) const {
  State out;
  bool plain = false, decision = false;
  for (uint32_t i = first; i < operation.input_count; ++i) {
    const State& state = in(operation, i);
    out.vector = out.vector || state.vector;
    out.ramp = out.ramp || state.ramp;
    if (state.nature == Nature::constant) {
      out.sized = out.sized || state.sized;
      continue;
    }
    plain = plain || state.nature == Nature::plain;
    decision = decision || state.nature == Nature::decision;
  }
  if (!plain && !decision) return out;
  out.ramp = false;
  out.nature = plain ? Nature::plain : Nature::decision;
  for (uint32_t i = first; i < operation.input_count; ++i) {
    const State& state = in(operation, i);
    if (state.nature == Nature::constant) continue;
    if (!plain || state.nature == Nature::plain) out.sources |= state.sources;
    out.switched = stronger(out.switched, state.switched);
    out.sized = out.sized || state.sized;
    if (plain && state.nature == Nature::decision) continue;
    out.depth = std::max(out.depth, state.depth);
    out.open = std::max(out.open, state.open);
    out.steep = std::max(out.steep, state.steep);
    out.layers = std::max(out.layers, state.layers);
    out.picked = out.picked || state.picked;
    out.single = out.single || state.single;
    out.reduced = out.reduced || state.reduced;
    out.fresh = out.fresh || state.fresh;
    out.offset = out.offset || state.offset;
    out.offsets = out.offsets || state.offsets;
    out.question = stronger(out.question, state.question);
  }
  if (plain) out.question = kNoQuestion, out.vector = false;
  if (operation.input_count == 1) out.count = in(operation, first).count, out.mixed = in(operation, first).mixed;
  return out;
}

// The first decision among the inputs, and the most learned layers of the others; nothing where they do not meet.
void Follower::meet(const Operation& operation, Way way, bool vector) {
  ValueId strongest = kNoValue;
  uint32_t question = kNoQuestion;
  uint8_t depth = 0;
  bool plain = false;
  for (uint32_t i = 0; i < operation.input_count; ++i) {
    const ValueId id = program_.input(operation, i);
    if (id == kNoValue) continue;
    const State& state = flow_.states[id];
    if (state.nature == Nature::plain) plain = true, depth = std::max(depth, state.depth);
    if (state.nature != Nature::decision || state.question == kNoQuestion) continue;
    if (stronger(question, state.question) == state.question) question = state.question, strongest = id;
  }
  if (plain && strongest != kNoValue) record(operation, way, vector, strongest, depth);
}

void Follower::record(const Operation&, Way way, bool vector, ValueId decision, uint8_t depth) {
  const State& state = flow_.states[decision];
  flow_.meetings.push_back({at_, state.question, decision, way, vector, state.open == 0, state.picked, state.reduced, depth});
}

State Follower::decided(State from, Question question) {
  question.operation = at_;
  question.depth = from.depth;
  question.sources = from.sources;
  question.picked = question.picked || from.picked;
  question.single = question.single || from.single;
  question.reduced = question.reduced || from.reduced;
  flow_.questions.push_back(question);
  from.nature = Nature::decision;
  from.question = static_cast<uint32_t>(flow_.questions.size() - 1);
  from.layers = 0;
  from.vector = from.count = from.mixed = false;
  return from;
}

State Follower::step(const Operation& operation) {
  switch (operation.kind) {
    case Kind::copy: return copy(operation);
    case Kind::truth: return truth(operation);
    case Kind::equal: case Kind::order: return compare(operation);
    case Kind::logic: return logic(operation);
    case Kind::add: case Kind::multiply: case Kind::divide: case Kind::extreme: case Kind::power: case Kind::clip:
    case Kind::smooth: case Kind::steep: case Kind::step: return arithmetic(operation);
    case Kind::oddity: return oddity(operation);
    case Kind::reduce: case Kind::position: case Kind::pool: return reduce(operation);
    case Kind::running: return combined(operation);
    case Kind::find: return find(operation);
    case Kind::select: return select(operation);
    case Kind::scatter: return scatter(operation);
    case Kind::join: return join(operation);
    case Kind::choose: return choose(operation);
    case Kind::shape: return shape(operation);
    case Kind::fill: case Kind::ramp: return fill(operation);
    case Kind::learned: return learned(operation);
    case Kind::normal: return normal(operation);
    case Kind::look_up: return look_up(operation);
    case Kind::merge: return merge(operation);
    case Kind::gate: return gate(operation);
    case Kind::random: return State();
    case Kind::opaque: return opaque(operation);
  }
  return State();
}

State Follower::copy(const Operation& operation) {
  State out = in(operation, 0);
  for (uint32_t i = 1; i < operation.input_count; ++i) {
    const State& by = in(operation, i);
    if (by.nature == Nature::constant) continue;
    // The size depends on something: a constant that is repeated as often as a decision says is one itself.
    if (out.nature == Nature::constant) {
      const bool vector = out.vector;
      out = by;
      out.vector = vector;
    }
    out.sized = true;
  }
  if (operation.last) out.fresh = true;
  return out;
}

State Follower::truth(const Operation& operation) {
  State out = in(operation, 0);
  if (out.nature != Nature::plain) return out;
  Question question;
  question.asked = program_.input(operation, 0);
  question.idle = true;
  return decided(out, question);
}

bool Follower::is_idle_constant(ValueId id) const {
  if (id == kNoValue) return false;
  const FlatValue& value = program_.values[id];
  return value.constant && value.known && (std::abs(value.number) <= kTiny || !(std::abs(value.number) < kHuge));
}

State Follower::compare(const Operation& operation) {
  const State &a = in(operation, 0), &b = in(operation, 1);
  State out = combined(operation);
  if (out.nature == Nature::constant) return out;
  const bool one = operation.input_count < 2;  // the threshold is an attribute
  const bool a_plain = a.nature == Nature::plain, b_plain = b.nature == Nature::plain;
  if (out.nature == Nature::decision) {
    // How many there are, held against 0, 1, 2, ...: a mask of that length.
    if (a.ramp || b.ramp) out.open = static_cast<uint8_t>(out.open + 1), out.fresh = true;
    out.vector = out.count = false;
    return out;
  }
  if (!one && a_plain && b_plain && a.sources != b.sources) return out;
  if (!one && (a.nature == Nature::decision || b.nature == Nature::decision)) return out;
  Question question;
  question.exact = operation.kind == Kind::equal;
  question.asked = program_.input(operation, a_plain ? 0 : 1);
  const State& held = a_plain ? b : a;
  const ValueId constant = one ? kNoValue : program_.input(operation, a_plain ? 1 : 0);
  question.idle = !out.offset && is_idle_constant(constant);
  question.pattern = (held.nature == Nature::constant && held.vector && !held.ramp && !out.fresh) || out.offsets;
  if (held.ramp) out.open = static_cast<uint8_t>(out.open + 1), question.idle = true;
  if (held.vector && out.fresh) out.fresh = true;
  else out.fresh = false;
  return decided(out, question);
}

State Follower::logic(const Operation& operation) {
  State out;
  bool any = false;
  for (uint32_t i = 0; i < operation.input_count; ++i) {
    State state = in(operation, i);
    if (state.nature == Nature::constant) continue;
    if (state.nature == Nature::plain) {
      Question question;
      question.asked = program_.input(operation, i);
      question.idle = true;
      state = decided(state, question);
    }
    if (!any) {
      out = state;
      any = true;
      continue;
    }
    out.question = stronger(out.question, state.question);
    out.depth = std::max(out.depth, state.depth);
    out.open = std::max(out.open, state.open);
    out.picked = out.picked || state.picked;
    out.reduced = out.reduced || state.reduced;
    out.fresh = out.fresh && state.fresh;
    out.sources |= state.sources;
  }
  return out;
}

Way Follower::way_of(Kind kind) {
  return kind == Kind::add ? Way::adds : kind == Kind::multiply || kind == Kind::divide ? Way::scales : Way::mixes;
}

State Follower::arithmetic(const Operation& operation) {
  State out = combined(operation);
  if (out.nature == Nature::constant) return out;
  bool decision = false, vector = false, constant = false, constants = false, idle = true;
  for (uint32_t i = 0; i < operation.input_count; ++i) {
    const State& state = in(operation, i);
    if (state.nature == Nature::decision) decision = true, vector = vector || state.vector;
    if (state.nature != Nature::constant) continue;
    constant = true;
    constants = constants || state.vector;
    idle = idle && is_idle_constant(program_.input(operation, i));
  }
  if (out.nature == Nature::decision) {
    out.count = out.count || (in(operation, 0).count && (operation.kind == Kind::extreme || operation.kind == Kind::clip || (operation.kind == Kind::add && idle)));
    return out;
  }
  if (decision) {
    // Divided by how many there are: a mean.
    const bool mean = operation.kind == Kind::divide && in(operation, 1).nature == Nature::decision && in(operation, 1).count;
    if (!mean) meet(operation, way_of(operation.kind), vector);
    return out;
  }
  // One number of the input times several of the model's.
  out.vector = operation.kind == Kind::multiply && out.open == 0 && (constants || out.vector);
  for (uint32_t i = 0; i < operation.input_count && operation.kind == Kind::multiply; ++i) {
    const ValueId id = program_.input(operation, i);
    if (id != kNoValue && program_.values[id].constant && program_.values[id].known && std::abs(program_.values[id].number) >= kGain) out.offset = true;
  }
  if (operation.kind == Kind::add && constant && !idle) out.offset = true, out.offsets = out.offsets || constants;
  return jump(operation, out, idle);
}

// Steep functions of one number of the input are questions, too.
State Follower::jump(const Operation& operation, State out, bool idle) {
  const bool steep = operation.kind == Kind::steep || operation.kind == Kind::power || operation.kind == Kind::clip ||
                     (operation.kind == Kind::extreme && !idle);
  // One divided by a distance from a pattern; layers divide so by what they normalise with, so it is no question yet.
  if (operation.kind == Kind::divide && out.offsets && out.reduced && out.open == 0 && out.steep < 9) ++out.steep;
  if (!steep && operation.kind != Kind::step) return out;
  if (out.steep < 9) ++out.steep;
  const bool one = out.open == 0 && (out.picked || out.reduced);
  if (!one || (steep && !out.offset && operation.kind != Kind::power)) return out;
  Question question;
  question.asked = program_.input(operation, 0);
  question.soft = true;
  question.pattern = out.offsets;
  return decided(out, question);
}

State Follower::oddity(const Operation& operation) {
  State out = in(operation, 0);
  if (out.nature != Nature::plain) return out;
  Question question;
  question.asked = program_.input(operation, 0);
  question.idle = true;
  return decided(out, question);
}

Flow follow(const Program& program) { return Follower(program).run(); }

}  // namespace winnow::graph
