// Attributes and modules that the program looked up and the machine has found already: to get hold of
// something is not to call it, but some things nobody honest gets hold of.
#include <algorithm>

#include "core/internals.h"
#include "judge/names.h"
#include "judge/weigher.h"

namespace winnow::judge {

namespace {

using knowledge::Effect;

bool looks_up_attribute(const Name& function) {
  return last_part(function.canonical).find("getattr") != std::string_view::npos;
}

// setattr and its kin: what is set is judged as a store.
bool sets(const knowledge::Callable& function) {
  const std::string_view last = last_part(function.name);
  return last.starts_with("set") || last.starts_with("__set");
}

}  // namespace

void Weigher::weigh_computed(uint32_t index, const Event& event) {
  const Name* name = resolved(event.callee);
  // Keywords that the computation did not heed: json.loads(text, parse_int=...).
  if (holds_actors_ && !event.code && name != nullptr && event.keywords.is(Kind::dict) &&
      heap_.items(event.keywords).size > 0 && !is_binder(name->canonical)) {
    if (weigh_callbacks(index, event, name->canonical)) return;
  }
  if (name != nullptr && event.nested != 0) return weigh_load(index, event, *name);
  if (name != nullptr && name->canonical == "builtins.eval") return;
  if (event.op == Op::attribute || (name != nullptr && looks_up_attribute(*name))) {
    return weigh_look_up(index, event, name);
  }
  if (name != nullptr && !event.code && may_grow(event.callee)) weigh_size(index, event, name->canonical);
  if (name == nullptr || name->known == nullptr) return;
  if (holds_actors_ && !event.code && name->known->effect == Effect::import && weigh_callbacks(index, event, name->canonical)) return;
  if (name->known->effect == Effect::import && event.result.is(Kind::name)) {
    return weigh_import(index, *name, heap_.name(event.result));
  }
  if (name->known->effect == Effect::tamper && !sets(*name->known)) weigh_known(index, event, *name);
}

// Whether nothing is known of what a look-up begins with: what the caller gives to a template.
bool Weigher::is_given(Value base) const {
  for (int steps = 0; steps < 1000 && base.is(Kind::attribute); ++steps) {
    if (heap_.attribute(base).resolved.is_known()) return false;
    base = heap_.attribute(base).base;
  }
  return !base.is_known();
}

// No template has business with what Python keeps for itself: jinja's sandbox refuses just that.
bool Weigher::weigh_reach(uint32_t index, const Event& event) {
  for (const std::string_view name : texts_of(event)) {
    if (!leads_inside(name)) continue;
    Opinion opinion{"-reach", Ruling::confirmed, "Reaches for " + quoted(name, false) + " when the model is loaded.",
                    "From there an expression comes to Python's own objects. Jinja's sandbox refuses it, plain Jinja does not.",
                    "getattr"};
    // Templates of documents ask what they are given for its class; a conversation has none to speak of.
    if (trace_.artifacts[0].hint != Hint::jinja_template && only_describes(name) && is_given(event.callee)) {
      opinion.ruling = Ruling::dismissed;
      opinion.why = "It is asked of what the caller gives, and only describes that; a step further would be told.";
    }
    add(index, std::move(opinion));
    return true;
  }
  return false;
}

void Weigher::weigh_look_up(uint32_t index, const Event& event, const Name* by) {
  if (trace_.dialect == "template" && weigh_reach(index, event)) return;
  if (names_code_runner(event.result)) return;  // judged by its use
  const std::string found = printer().expression(event.result);
  const bool door = opens_door(last_part(found));
  const std::string callee = by != nullptr ? std::string(by->canonical) : printer().expression(event.callee);
  add(index, {"-dynamic-attribute", door ? Ruling::suspected : Ruling::dismissed, "Looks up " + found + ".",
              door ? "From there a program reaches every module and builtin; no honest model looks it up."
                   : "Retrieving an attribute runs nothing; what becomes of it is judged where it is used.",
              callee});
}

// An importer that is given the place of a file runs the program that stands there: the module has no name by which
// anybody knows what it does.
bool Weigher::weigh_imported_file(uint32_t index, const Event& event, const Name& importer) {
  static constexpr std::string_view kImporting[] = {"import", "load", "exec", "walk_packages", "prepare"};
  static constexpr std::string_view kPrograms[] = {".py", ".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib", ".zip", ".egg", ".whl"};
  if (event.code || is_configuration() || importer.known->payload == knowledge::PayloadKind::path) return false;
  const std::string_view last = last_part(importer.canonical);
  const auto occurs = [&](std::string_view word) { return last.find(word) != std::string_view::npos; };
  if (std::none_of(std::begin(kImporting), std::end(kImporting), occurs)) return false;
  for (const std::string_view text : texts_of(event)) {
    const bool program = std::any_of(std::begin(kPrograms), std::end(kPrograms), [&](std::string_view ending) { return text.ends_with(ending); });
    const bool folder = text.starts_with('/') || text.starts_with('~') || text.starts_with("\\\\") || (text.size() > 2 && text.substr(1, 2) == ":\\");
    if ((!program && !folder) || text.find_first_of(" \n") != std::string_view::npos) continue;
    add(index, {"-code-execution", Ruling::confirmed, "Imports what stands in " + quoted(text, false, 200) + " when the model is loaded.",
                "Whatever program is in that file runs; no saved model brings one in by its place.", importer.canonical});
    return true;
  }
  return false;
}

void Weigher::weigh_import(uint32_t index, const Name& importer, const Name& imported) {
  if (weigh_imported_file(index, trace_.events[index], importer)) return;
  const bool of_code = trace_.events[index].code;
  Opinion opinion;
  opinion.threat = "-dynamic-import";
  opinion.ruling = Ruling::dismissed;
  opinion.summary = "Imports " + std::string(imported.canonical) + " by name.";
  opinion.callee = importer.canonical;
  if (is_function_pickler(importer.canonical)) {
    opinion.why = "dill and cloudpickle bring back the modules of a function in this way; nothing of it is "
                  "called here.";
  } else if (of_code) {
    opinion.why = "Functions import what they use; what is called of it is judged where it is called.";
  } else if (is_harmless_import(imported)) {
    opinion.why = "What is imported holds nothing that acts on the machine.";
  } else {
    opinion.ruling = Ruling::suspected;
    opinion.why = "No model library saves an import; it is how gadgets get hold of modules.";
  }
  add(index, std::move(opinion));
}

}  // namespace winnow::judge
