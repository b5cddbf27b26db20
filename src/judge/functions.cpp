// Functions that a model carries as bytecode, and calls of what an earlier call returned: a function that the
// model made, or whatever it found by walking through the interpreter's own objects.
#include <algorithm>

#include "judge/names.h"
#include "judge/signs.h"
#include "judge/source.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

using knowledge::Effect;
using knowledge::Policy;

// Names by which bytecode evaluates, imports, opens or looks up what it does not name.
constexpr std::string_view kIndirections[] = {
    "eval",    "exec", "compile",      "open",           "__import__",  "getattr", "globals",
    "vars",    "load", "__builtins__", "__subclasses__", "__globals__", "loads"};

// Names under which modules keep what starts programs, and nobody else keeps much.
constexpr std::string_view kStarters[] = {"system",  "popen",  "Popen",  "execv",       "execve",       "execvp",     "execl",        "execlp",          "spawnv",    "spawnl",
                                          "spawnvp", "spawnlp", "posix_spawn", "check_output", "check_call", "getoutput", "getstatusoutput", "__import__"};

// The last step of a look-up as it is printed: a.b, a['b'].
std::string_view last_step(std::string_view shown) {
  if (shown.ends_with("']")) {
    const size_t open = shown.rfind("['");
    return open == std::string_view::npos ? std::string_view() : shown.substr(open + 2, shown.size() - open - 4);
  }
  const size_t dot = shown.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : shown.substr(dot + 1);
}

// Attributes that lead into the interpreter's own objects: subclasses, frames, globals.
constexpr std::string_view kInterpreterOwn[] = {
    "__subclasses__", "__globals__", "f_globals", "__mro__", "__bases__"};

}  // namespace

// Judged by the names and strings it holds, until it is called.
void Weigher::weigh_function_body(uint32_t index, const Event& event, const Name& name) {
  if (event.entered) {
    return add(index, {"-embedded-code", carries_functions_ ? Ruling::dismissed : Ruling::suspected, "Carries a function as bytecode.",
                       carries_functions_ ? "It was run with unknown arguments: whatever it does is told by itself."
                                          : std::string(name.known->why) + " No model library saves functions in this way.",
                       name.canonical});
  }
  constexpr size_t kLongestName = 16;  // longer texts may be bytecode with names inside
  std::vector<std::string_view> names;
  for (const std::string_view text : texts_of(event)) {
    names.push_back(text);
    if (text.size() <= kLongestName) continue;
    for (const std::string_view identifier : identifiers_in(text)) names.push_back(identifier);
  }
  const std::string acting = acting_name(names);
  if (!acting.empty()) {
    return add(index, {"-embedded-code", Ruling::suspected, "Carries a function that uses " + acting + ".",
                       std::string(name.known->why) + " Its names include those of " + acting +
                           "; it runs when the model's function is called.",
                       name.canonical});
  }
  const bool opaque = name.canonical.starts_with("marshal.") || !carries_functions_;
  add(index,
      {"-embedded-code", opaque ? Ruling::suspected : Ruling::dismissed, "Carries a function as bytecode.",
       opaque ? std::string(name.known->why) + " No model library saves functions in this way."
              : "dill and cloudpickle save functions in this way; its names call nothing that acts on the "
                "machine.",
       name.canonical});
}

// A call of something that an earlier call returned.
void Weigher::weigh_made(uint32_t index, const Event& event) {
  if (event.op == Op::construct) return;
  const Value callee = event.callee;
  const Value made = callee.is(Kind::attribute) ? heap_.attribute(callee).base : callee;
  const Name* maker = made.is(Kind::object) ? resolved(heap_.object(made).callee) : nullptr;
  const bool stranger = maker != nullptr && knowledge::policy_of(maker->canonical) == Policy::foreign;
  const std::string looked_up = event.code && !event.entered && !stranger && !texts_of(event).empty() ? printer().expression(callee) : "";
  if (is_one_of(kStarters, last_step(looked_up))) {
    return add(index, {"-code-execution", Ruling::confirmed, "Calls something that it looked up under the name of what starts programs: " + looked_up + ".",
                       "Where it was found is not known here; what it is called and given tells what it is.", looked_up});
  }
  // Methods of texts and containers compute, whatever they are given; these attributes are texts.
  static constexpr std::string_view kTexts[] = {"__doc__", "__name__", "__qualname__", "__module__"};
  if (event.code && callee.is(Kind::attribute) && made.is(Kind::attribute) && is_one_of(kTexts, heap_.attribute(made).name) && !opens_door(heap_.attribute(callee).name)) return;
  if (event.code && maker != nullptr && callee.is(Kind::attribute) && is_builtin(maker->canonical) && !opens_door(heap_.attribute(callee).name)) return;
  if (maker != nullptr && weigh_maker(index, event, made, *maker)) return;
  if (callee.kind() <= Kind::stop_iteration) return;  // data: calling it raises
  const std::string shown = printer().expression(callee);
  if (callee.is(Kind::attribute) && opens_door(heap_.attribute(callee).name)) {
    return weigh_door(index, shown);
  }
  if (from_introspection(callee)) {
    return add(index,
               {"-code-execution", Ruling::confirmed,
                "Calls something that it found among the interpreter's own objects: " + shown + ".",
                "The model walks from an object to what lies behind it and calls that; nothing honest is "
                "reached in this way.",
                shown});
  }
  // Templates call what they are given, with texts of any kind.
  if (trace_.dialect == "template") return;
  for (const std::string_view text : texts_of(event)) {
    const SignOf sign = sign_of(text);
    if (sign.sign != Sign::command && sign.sign != Sign::code) continue;
    return add(index, {"-code-execution", Ruling::confirmed,
                       "Calls something that the model put together with an argument that " + sign.why + ".",
                       "What is called is hidden, and what it is given shows why.", shown});
  }
  if (event.code || (event.unreached && callee.is(Kind::unknown))) return;
  add(index, {"-unusual-call", Ruling::suspected,
              "Calls something that the model put together when it is loaded: " + shown + ".",
              "What is called is not known here; no model library saves objects in this way.", shown});
}

// A call of __subclasses__ and its kin.
void Weigher::weigh_door(uint32_t index, const std::string& callee) {
  add(index, {"-introspection", Ruling::confirmed, "Walks through the interpreter's own objects: " + callee + "().",
              "From here every class and module can be reached; it is the way around a list of forbidden names.", callee});
}

// Whether the maker of what is called settles the matter.
bool Weigher::weigh_maker(uint32_t index, const Event& event, Value made, const Name& maker) {
  static constexpr const char* kSummary =
      "Calls a function that the model itself carries, when it is loaded.";
  if (maker.canonical == "pickle.Unpickler.find_class") {
    const std::string shown = printer().expression(made);
    add(index, {"-code-execution", Ruling::confirmed, "Calls what it imports under a name that it puts together: " + shown + ".",
                "Picklers write names as they are; a name that is computed while the model is loaded is hidden on purpose.", shown});
    return true;
  }
  if (event.entered) {
    add(index, {"-embedded-code", Ruling::dismissed, kSummary, "It was run: whatever it does is told by itself.", maker.canonical});
    return true;
  }
  if (is_class_maker(maker.canonical)) return true;  // an instance of a class that the model defines itself
  if (carries_functions_ && is_harmless_function(made)) {
    add(index,
        {"-embedded-code", Ruling::dismissed, kSummary,
         "Its bytecode names nothing that acts on the machine, imports or looks names up.", maker.canonical});
    return true;
  }
  if (runs_code(maker.known) || is_function_maker(maker.canonical)) {
    add(index,
        {"-code-execution", Ruling::confirmed, kSummary,
         "The function was made by " + std::string(maker.canonical) + " and runs at once.", maker.canonical});
    return true;
  }
  const bool told = weigh_arguments(index, event, maker.canonical, Role::function);
  // Decorators around functions that dill and cloudpickle saved.
  static constexpr std::string_view kDecorators[] = {"functools.lru_cache", "functools.wraps", "functools.singledispatch"};
  if (carries_functions_ && !told && is_one_of(kDecorators, maker.canonical)) {
    add(index, {"-callback", Ruling::dismissed, "Puts " + std::string(maker.canonical) + " around a function.",
                "The function is one that the model carries, and was read; a decorator only keeps it.", maker.canonical});
    return true;
  }
  // What a container gives back can be any function that was put into it; an instance of a trusted class cannot.
  const Policy policy = knowledge::policy_of(maker.canonical);
  const bool instance = is_trusted(maker.known) && (names_class(maker.canonical) || policy == Policy::framework ||
                                                    maker.canonical == "functools.partial");
  return told || instance || policy == Policy::foreign;
}

// Whether all that a function made of bytecode names is harmless: nothing that acts, and nothing that evaluates,
// imports or looks up.
bool Weigher::is_harmless_function(Value function) const {
  constexpr size_t kMost = 256;
  std::vector<Value> pending{function};
  std::vector<std::string_view> names;
  bool bytecode = false;
  for (size_t i = 0; i < pending.size() && pending.size() < kMost; ++i) {
    const Value value = pending[i];
    if (value.is(Kind::object)) {
      const Object& object = heap_.object(value);
      const Name* maker = resolved(object.callee);
      bytecode = bytecode || (maker != nullptr && runs_code(maker->known));
      pending.push_back(object.arguments);
      pending.push_back(object.keywords);
    } else if (names_code_runner(value)) {
      return false;
    } else if (value.is_sequence()) {
      for (const Value& item : heap_.items(value)) pending.push_back(item);
    } else if (value.is(Kind::string)) {
      names.push_back(value.text());
    } else if (value.is(Kind::bytes) && !acting_name(identifiers_in(value.text())).empty()) {
      return false;
    }
  }
  const bool indirect = std::any_of(names.begin(), names.end(), [](std::string_view name) { return is_one_of(kIndirections, name); });
  return bytecode && pending.size() < kMost && !indirect && acting_name(names).empty();
}

// Whether getattr asks an object of a class that the program defines, or what it was given, for what that may well have: visitors
// and dispatchers do, by names that they put together; or a framework for one of its functions.
bool Weigher::asks_own_object(Value arguments) {
  if (!arguments.is_sequence() || heap_.items(arguments).size < 2) return false;
  const Value base = heap_.items(arguments)[0];
  // Activations, losses and layers are looked up in the frameworks' modules.
  static constexpr std::string_view kOfNumbers[] = {"math", "cmath", "statistics", "random", "operator"};
  const Name* module = resolved(base.is(Kind::object) ? heap_.object(base).callee : base);
  const bool framework = module != nullptr && (knowledge::policy_of(module->canonical) == Policy::framework || is_one_of(kOfNumbers, module->canonical) ||
                                               module->canonical == "logging.getLogger");
  if (base.is_known() && !framework && !base.is(Kind::instance) && !base.is(Kind::class_object)) return false;
  std::string name = printer().expression(heap_.items(arguments)[1]);
  if (const size_t at = name.find(".__name__"); at != std::string::npos) name.erase(at, 9);
  return name.find("__") == std::string::npos;
}

// Whether a value was found by walking the interpreter's own objects.
bool Weigher::from_introspection(Value value) {
  constexpr int kLongestWalk = 32;
  for (int steps = 0; steps < kLongestWalk; ++steps) {
    if (value.is(Kind::attribute)) {
      if (is_one_of(kInterpreterOwn, heap_.attribute(value).name)) return true;
      value = heap_.attribute(value).base;
      continue;
    }
    if (!value.is(Kind::object)) return false;
    const Object& object = heap_.object(value);
    if (const Name* maker = resolved(object.callee)) {
      if (maker->canonical.ends_with(".__subclasses__")) return true;
      const bool of_own = maker->canonical == "builtins.getattr" && asks_own_object(object.arguments);
      if (!of_own && maker->known != nullptr && maker->known->effect == Effect::introspect) return true;
    }
    if (!object.callee.is(Kind::name)) {
      value = object.callee;
    } else if (object.arguments.is_sequence() && heap_.items(object.arguments).size > 0) {
      value = heap_.items(object.arguments)[0];
    } else {
      return false;
    }
  }
  return false;
}

}  // namespace winnow::judge
