#include "judge/judge.h"

#include <algorithm>

#include "judge/names.h"
#include "judge/weigher.h"

namespace winnow::judge {

using knowledge::PayloadKind;
using knowledge::Policy;

void judge(Scan& scan, Trace& trace) { Weigher(scan, trace).run(); }

void Weigher::run() {
  const size_t findings_before = scan_.findings.size();
  carries_functions_ = std::any_of(heap_.names().begin(), heap_.names().end(), [](const Name& name) {
    return name.retrieved && is_function_pickler(name.canonical);
  });
  holds_actors_ = std::any_of(heap_.names().begin(), heap_.names().end(), [](const Name& name) { return name.retrieved && is_actor(name); });
  if (carries_functions_) note_names_of_functions();
  for (uint32_t i = 0; i < trace_.events.size(); ++i) weigh(i, trace_.events[i]);
  weigh_hiding();
  if (!is_program()) weigh_references();
  weigh_spelling();
  weigh_break(findings_before);
  list_imports();
  list_text();
}

void Weigher::weigh(uint32_t index, const Event& event) {
  if (event.elsewhere) return;
  // What is looked up there are parts of the model and operators, which nothing but a call makes act.
  if (trace_.dialect == "torchscript" && (event.op == Op::attribute || event.computed)) return;
  if (event.code && in_program(event)) return weigh_in_program(index, event);
  switch (event.op) {
    case Op::call: case Op::construct:
      return event.computed ? weigh_computed(index, event) : weigh_call(index, event);
    case Op::attribute: return weigh_computed(index, event);
    case Op::set_state: case Op::set_attribute: case Op::set_items: case Op::extend:
      return weigh_store(index, event);
    case Op::import: case Op::persistent: case Op::result: return;
  }
}

// A program where nobody looks that calls what runs code: hidden, whatever it is given.
void Weigher::weigh_hiding() {
  if (!trace_.unclaimed) return;
  for (uint32_t i = 0; i < trace_.events.size(); ++i) {
    if (trace_.events[i].op != Op::call) continue;
    const Name* name = resolved(trace_.events[i].callee);
    if (name == nullptr || !runs_code(name->known)) continue;
    if (carries_functions_ && name->known->payload == PayloadKind::code) continue;
    return add(i, {"hidden-pickle", Ruling::suspected,
                   "Hides a pickle that calls " + std::string(name->canonical) + ".",
                   "It stands behind or between what the loader of this file reads.", name->canonical});
  }
}

// Code that runs and then lets the loader fail: what scanners that want a whole pickle never see.
void Weigher::weigh_break(size_t findings_before) {
  if (trace_.finished || trace_.spent || trace_.events.empty()) return;
  const auto first = scan_.findings.begin() + static_cast<std::ptrdiff_t>(findings_before);
  const bool acted = std::any_of(first, scan_.findings.end(), [](const Finding& finding) {
    return finding.ruling == Ruling::confirmed;
  });
  if (!acted) return;
  add(static_cast<uint32_t>(trace_.events.size() - 1),
      {"-malformed", Ruling::suspected, "Breaks off after its code has run.",
       "The loader fails behind this point, when the harm is done; a reader that wants a whole pickle sees "
       "nothing.",
       {}});
}

void Weigher::list_imports() {
  const auto safety_of = [](const Name& name) {
    if (is_trusted(name.known)) return Safety::innocuous;
    if (may_harm(name.known)) return Safety::dangerous;
    const bool class_of_framework =
        names_class(name.canonical) && knowledge::policy_of(name.canonical) == Policy::framework;
    return class_of_framework ? Safety::innocuous : Safety::suspicious;
  };
  for (const Name& name : heap_.names()) {
    if (name.retrieved) scan_.imports.push_back({std::string(name.canonical), safety_of(name)});
  }
}

void Weigher::list_text() {
  if (scan_.show != Show::decompiled) return;
  const std::string member = scan_.member_of(trace_.artifacts.front());
  if (!scan_.text.empty()) scan_.text += "\n";
  if (!member.empty()) scan_.text += "# " + member + "\n";
  scan_.text += printer().text();
}

}  // namespace winnow::judge
