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
  const std::vector<bool> reachable = names_behind({trace_.root}, true);
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
  const std::string_view hook = runs_code(name.known) || is_actor(name) ? hook_of(number) : std::string_view();
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
    case Effect::code: return name.known->payload == PayloadKind::python && (builtin || !is_for_functions(name));
    case Effect::tamper: return false;
    // gzip.open and its kin, as open: whoever is given them mostly reads.
    case Effect::file_write:
      if (last_part(name.canonical) == "open" && name.canonical != "os.open") return false;
      return !builtin && !is_for_functions(name);
    default: return !builtin && !is_for_functions(name);
  }
}

// The hook that a dict of the program assigns a name to: {'__setstate__': os.system}; empty for none.
std::string_view Weigher::hook_of(uint32_t name) const {
  for (const Items& items : heap_.all_items()) {
    for (uint32_t i = 0; i + 1 < items.size; i += 2) {
      const Value key = items[i], value = items[i + 1];
      if (!key.is_text() || !is_hook(key.text())) continue;
      const Name* held = value.is(Kind::name) || value.is(Kind::object) ? held_among({value}, [](const Name&) { return true; }) : nullptr;
      if (held == &heap_.names()[name]) return key.text();
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

// Of every name, whether it can be reached from the values; through functions that dill and cloudpickle saved only
// where that is wanted.
std::vector<bool> Weigher::names_behind(std::vector<Value> pending, bool through_functions) const {
  std::vector<bool> names(heap_.names().size(), false);
  std::vector<bool> objects, containers;
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
      if (!mark(objects, value.index()) || (!through_functions && is_of_functions(value))) continue;
      const Object& object = heap_.object(value);
      const Growth& growth = heap_.growth(object);
      pending.insert(pending.end(), {object.callee, object.arguments, object.keywords, growth.state});
      pending.insert(pending.end(), growth.appended.begin(), growth.appended.end());
      pending.insert(pending.end(), growth.entries.begin(), growth.entries.end());
    }
  }
  return names;
}

// Whether a value is a function, class or module that dill or cloudpickle put together, or an instance of such a class.
bool Weigher::is_of_functions(Value value) const {
  constexpr int kDeepest = 8;
  for (int depth = 0; depth < kDeepest && value.is(Kind::object); ++depth) {
    const Value maker = heap_.object(value).callee;
    if (const Name* name = named(maker)) return is_function_pickler(name->canonical);
    value = maker;
  }
  const Name* name = named(value);
  return name != nullptr && name->canonical.starts_with("__main__");
}

// What functions refer to is theirs: globals, closures, attributes, what a session held. What stands beside them in
// the same pickle is not.
void Weigher::note_names_of_functions() {
  std::vector<Value> theirs;
  for (const Event& event : trace_.events) {
    const Name* callee = named(event.callee);
    const bool makes = callee != nullptr && is_function_pickler(callee->canonical);
    if (makes || (event.op != Op::import && is_of_functions(event.callee))) theirs.insert(theirs.end(), {event.arguments, event.keywords});
  }
  for_functions_ = names_behind(std::move(theirs), true);
  const std::vector<bool> beside = names_behind({trace_.root}, false);
  for (size_t i = 0; i < for_functions_.size(); ++i) for_functions_[i] = for_functions_[i] && !beside[i];
}

bool Weigher::is_for_functions(const Name& name) const {
  const auto index = static_cast<size_t>(&name - heap_.names().data());
  return index < for_functions_.size() && for_functions_[index];
}

}  // namespace winnow::judge
