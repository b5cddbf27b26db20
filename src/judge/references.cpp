// Names that a model holds and does not call: whether it hands them to whoever loads it, and whether Python
// will call them by itself.
#include <algorithm>

#include "judge/names.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

using knowledge::Effect;
using knowledge::PayloadKind;
using knowledge::Policy;

constexpr uint32_t kNever = UINT32_MAX;

// Methods by other names that unpicklers call.
constexpr std::string_view kUnpicklerHooks[] = {"append", "extend", "add", "persistent_load", "find_class"};
constexpr std::string_view kIdleAttributes[] = {"__module__", "__doc__"};

// Methods that Python calls by itself: on loading, on use, on deletion.
bool is_hook(std::string_view key) {
  const bool special = key.starts_with("__") && key.ends_with("__") && !is_one_of(kIdleAttributes, key);
  return special || is_one_of(kUnpicklerHooks, key);
}

bool is_held(const Name& name) { return name.retrieved && !name.called && may_harm(name.known); }

// Marks an index; whether that was the first time.
bool mark(std::vector<bool>& seen, uint32_t index) {
  if (index >= seen.size()) seen.resize(index + 1, false);
  const bool first = !seen[index];
  seen[index] = true;
  return first;
}

}  // namespace

void Weigher::weigh_references() {
  constexpr int kMostReferences = 200;
  const std::vector<Name>& names = heap_.names();
  if (std::none_of(names.begin(), names.end(), is_held)) return;
  const std::vector<bool> reachable = reachable_names();
  const std::vector<uint32_t> imports = first_imports();
  // Those that run code are never too many to tell.
  int told = 0;
  for (uint32_t i = 0; i < names.size(); ++i) {
    if (!is_held(names[i]) || imports[i] == kNever || rule_for(names[i].known->effect) == nullptr) continue;
    if (!runs_code(names[i].known) && ++told > kMostReferences) continue;
    weigh_reference(imports[i], i, reachable[i]);
  }
}

void Weigher::weigh_reference(uint32_t index, uint32_t number, bool reachable) {
  const Name& name = heap_.names()[number];
  const std::string callee(name.canonical);
  Opinion opinion{"-dangerous-reference", rule_for(name.known->effect)->referenced,
                  "Refers to " + callee + " without calling it.", {}, callee};
  if (opinion.ruling == Ruling::confirmed && !reachable) opinion.ruling = Ruling::suspected;
  if (!weighs_as_reference(name)) opinion.ruling = Ruling::dismissed;
  const std::string_view hook = runs_code(name.known) ? hook_of(number) : std::string_view();
  // Code that mentions what it may call later is not a model that hands it to its loader.
  if (hook.empty() && trace_.events[index].code) return;
  if (!hook.empty()) {
    opinion.ruling = Ruling::confirmed;
    opinion.why = "It is put in place as " + std::string(hook) + ", which Python calls by itself.";
  } else if (opinion.ruling == Ruling::dismissed) {
    opinion.why = "A name alone runs nothing, and honest models refer to such functions.";
  } else {
    opinion.why = std::string(name.known->why) +
                  " The model hands it to whoever loads it; a call is all that is missing.";
  }
  add(index, std::move(opinion));
}

// Functions of dill and cloudpickle keep what they refer to: code generators, open, setattr and classes are
// honest there. What takes a command or source text and runs it is not.
bool Weigher::weighs_as_reference(const Name& name) const {
  if ((names_class(name.canonical) && name.known->effect != Effect::process) ||
      knowledge::policy_of(name.canonical) != Policy::stdlib) {
    return false;
  }
  const bool builtin = is_builtin(name.canonical);
  switch (name.known->effect) {
    case Effect::process: return true;
    case Effect::code: return name.known->payload == PayloadKind::python && (builtin || !carries_functions_);
    case Effect::tamper: return false;
    default: return !builtin && !carries_functions_;
  }
}

// The hook that a dict of the program assigns a name to: {'__setstate__': os.system}; empty for none.
std::string_view Weigher::hook_of(uint32_t name) const {
  for (const Items& items : heap_.all_items()) {
    for (uint32_t i = 0; i + 1 < items.size; i += 2) {
      const Value key = items[i], value = items[i + 1];
      if (!value.is(Kind::name) || value.index() != name) continue;
      if (key.is_text() && is_hook(key.text())) return key.text();
    }
  }
  return {};
}

// Of every name, the event that first imports it, or kNever.
std::vector<uint32_t> Weigher::first_imports() const {
  std::vector<uint32_t> imports(heap_.names().size(), kNever);
  for (uint32_t i = 0; i < trace_.events.size(); ++i) {
    const Event& event = trace_.events[i];
    if (event.op != Op::import || !event.callee.is(Kind::name)) continue;
    uint32_t& first = imports[event.callee.index()];
    first = std::min(first, i);
  }
  return imports;
}

// Of every name, whether it can be reached from what the program evaluates to.
std::vector<bool> Weigher::reachable_names() const {
  std::vector<bool> names(heap_.names().size(), false);
  std::vector<bool> objects, containers;
  std::vector<Value> pending{trace_.root};
  while (!pending.empty()) {
    const Value value = pending.back();
    pending.pop_back();
    if (value.is(Kind::name)) {
      names[value.index()] = true;
    } else if (value.is(Kind::attribute)) {
      pending.push_back(heap_.attribute(value).base);
    } else if (value.is_sequence() || value.is(Kind::dict)) {
      if (!mark(containers, value.index())) continue;
      for (const Value& item : heap_.items(value)) {
        if (item.kind() >= Kind::tuple && item.is_known()) pending.push_back(item);
      }
    } else if (value.is(Kind::object)) {
      if (!mark(objects, value.index())) continue;
      const Object& object = heap_.object(value);
      pending.insert(pending.end(), {object.callee, object.arguments, object.keywords, object.state});
      pending.insert(pending.end(), object.appended.begin(), object.appended.end());
      pending.insert(pending.end(), object.entries.begin(), object.entries.end());
    }
  }
  return names;
}

}  // namespace winnow::judge
