// Calls inside calls that go deeper than is followed. Of a program, every function is run on its own as well, so that what
// was cut off hides nothing that stands in the code; what it might have computed is another matter. That is news only
// where something acts on it, or may have.
#include <algorithm>
#include <string_view>
#include <vector>

#include "code/machine/interpreter.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

using knowledge::Callable;
using knowledge::Effect;

bool acts(Effect effect) {
  switch (effect) {
    case Effect::code: case Effect::process: case Effect::native: case Effect::network: case Effect::file_write: case Effect::file_delete:
    case Effect::deserialise: case Effect::fetch_model: case Effect::import: case Effect::tamper: case Effect::call: return true;
    default: return false;
  }
}

// Whether something that was cut off is among what a value was made of.
bool is_of_cut(Machine& m, const Running& running, Value value) {
  constexpr size_t kMostValues = 2000;
  const Heap& heap = m.heap();
  std::vector<Value> pending{value};
  for (size_t i = 0; i < pending.size(); ++i) {
    if (i >= kMostValues) return true;
    const Value at = pending[i];
    if (at.is(Kind::object)) {
      const Object& object = heap.object(at);
      if (running.deep.contains(object.event)) return true;
      for (const Value part : {object.callee, object.arguments, object.keywords}) pending.push_back(part);
    } else if (at.is(Kind::attribute)) {
      pending.push_back(heap.attribute(at).base);
    } else if (at.is_derived() || at.is_sequence() || at.is(Kind::dict)) {
      const Items& items = heap.items(at);
      pending.insert(pending.end(), items.begin(), items.begin() + std::min<size_t>(items.size, kMostValues));
    }
  }
  return false;
}

// A text that the program put together: parts of it may be missing.
bool is_computed(Machine& m, Value value) {
  if (value.is_sequence()) {
    const Items& items = m.heap().items(value);
    return std::any_of(items.begin(), items.end(), [&](Value one) { return one.is_text() && is_computed(m, one); });
  }
  if (!value.is_text() || value.text().empty()) return false;
  return as_text(m.trace().artifacts.front().bytes).find(value.text()) == std::string_view::npos;
}

bool matters(Machine& m, const Running& running, const Event& event) {
  if (event.op != Op::call && event.op != Op::construct) return false;
  const Value callee = event.callee.is(Kind::attribute) ? m.heap().attribute(event.callee).resolved : event.callee;
  if (!callee.is(Kind::name)) return false;
  const Name& name = m.heap().name(callee);
  const bool finds = name.canonical == "builtins.getattr" || name.canonical == "operator.attrgetter" || name.canonical == "operator.methodcaller";
  if (!finds && (name.known == nullptr || !acts(name.known->effect))) return false;
  for (const Value given : {event.arguments, event.keywords}) {
    if (is_of_cut(m, running, given)) return true;
  }
  const bool runs = !finds && (name.known->effect == Effect::code || name.known->effect == Effect::process);
  if (!runs || !event.arguments.is_sequence()) return false;
  const Items& given = m.heap().items(event.arguments);
  return std::any_of(given.begin(), given.end(), [&](Value one) { return is_computed(m, one); });
}

}  // namespace

Value beyond_depth(Machine& m, Value callee, Value arguments, Value keywords) {
  Running& running = m.running();
  const Value of = callee.is(Kind::attribute) ? m.heap().attribute(callee).resolved : callee;
  const Callable* known = of.is(Kind::name) ? m.heap().name(of).known : nullptr;
  // What runs something would have to be entered here and nowhere else.
  const bool enters = known != nullptr && (known->effect == Effect::code || known->effect == Effect::deserialise || known->effect == Effect::import || known->effect == Effect::call);
  if (!running.weighs_depth || enters) m.cut(kTooDeep);
  running.was_deep = true;
  const Value out = m.record(Op::call, callee, arguments, keywords);
  if (out.is(Kind::object)) running.deep.insert(m.heap().object(out).event);
  return out;
}

// What calls itself twice does so two to the power of its depth times: of a program that is weighed in the end, less is enough.
bool goes_round(Machine& m, Value callee) {
  constexpr int kMost = 12;
  const Running& running = m.running();
  if (callee.is(Kind::method)) callee = m.heap().link(callee).second;
  if (!running.weighs_depth || !callee.is(Kind::function)) return false;
  const Value code = m.heap().function(callee).code;
  return std::count_if(running.runs.begin(), running.runs.end(), [&](const Run* run) { return !run->frames().empty() && run->frames().front().code.same_as(code); }) >= kMost;
}

void weigh_depth(Machine& m) {
  Running& running = m.running();
  running.weighs_depth = false;
  if (!running.was_deep) return;
  const auto& events = m.trace().events;
  if (std::any_of(events.begin(), events.end(), [&](const Event& event) { return matters(m, running, event); })) m.cut(kTooDeep);
}

}  // namespace winnow::machine
