// What is put into things: BUILD, APPEND, SETITEM and setattr, which call methods of an object's class or
// change what belongs to everybody.
#include <algorithm>

#include "judge/names.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

using knowledge::Callable;
using knowledge::Effect;
using knowledge::Policy;

// The method of the object's class that a store calls.
struct Method { Op op; std::string_view suffix; };
constexpr Method kMethods[] = {{Op::extend, ".extend"},
                               {Op::set_items, ".__setitem__"},
                               {Op::set_attribute, ".__setattr__"}};

const Callable* method_of(const Name& type, Op op) {
  if (op == Op::set_state) return type.setter;
  const auto* method =
      std::find_if(std::begin(kMethods), std::end(kMethods), [&](const Method& m) { return m.op == op; });
  return knowledge::find(std::string(type.canonical) + std::string(method->suffix));
}

}  // namespace

// The class of an object, and those that stand behind a class which the program makes itself: its bases among them.
std::vector<const Name*> Weigher::types_of(Value object) const {
  constexpr size_t kMostValues = 64;
  std::vector<const Name*> out;
  std::vector<Value> pending{heap_.object(object).callee};
  for (size_t i = 0; i < pending.size() && pending.size() < kMostValues; ++i) {
    const Value value = pending[i];
    if (const Name* name = named(value)) {
      out.push_back(name);
    } else if (value.is(Kind::object)) {
      const Object& made = heap_.object(value);
      if (!named(made.callee)) pending.push_back(made.callee);
      pending.push_back(made.arguments);
    } else if (value.is(Kind::tuple)) {
      const Items& items = heap_.items(value);
      pending.insert(pending.end(), items.begin(), items.begin() + std::min<size_t>(items.size, kMostValues));
    }
  }
  return out;
}

void Weigher::weigh_store(uint32_t index, const Event& event) {
  const Value target = event.callee;
  const Value owner = target.is(Kind::attribute) ? heap_.attribute(target).base : target;
  if (owner.is(Kind::name)) return weigh_changed_name(index, event, heap_.name(owner));
  if (!target.is(Kind::object)) return;
  if (event.op == Op::set_attribute && weigh_changed_class(index, event)) return;
  const std::vector<const Name*> types = types_of(target);
  if (event.op == Op::set_state && !types.empty()) weigh_executed_state(index, event, types.back()->canonical);
  const auto acting = std::find_if(types.begin(), types.end(), [&](const Name* type) { return may_harm(method_of(*type, event.op)); });
  if (acting == types.end()) return;
  const Callable* method = method_of(**acting, event.op);
  if (method->effect == Effect::tamper && is_builtin((*acting)->canonical)) return;  // the program's own object
  const Rule* rule = rule_for(method->effect);
  if (rule == nullptr) return;
  const std::string callee(method->name);
  add(index, {rule->threat, rule->called,
              std::string(rule->verb) + " through " + callee + " when the model is loaded.",
              std::string(method->why), callee});
}

// An object that becomes one of another class: no library saves such a step, its objects are made of their class.
bool Weigher::weigh_changed_class(uint32_t index, const Event& event) {
  const std::vector<Value> given = arguments_of(event);
  if (event.code || given.size() < 2 || !given[0].is_text() || given[0].text() != "__class__") return false;
  const Name* cls = named(given[1]);
  const std::string name = cls != nullptr ? std::string(cls->canonical) : printer().expression(given[1]);
  const bool harms = cls != nullptr && may_harm(cls->known);
  add(index, {"-runtime-tampering", harms ? Ruling::confirmed : Ruling::suspected, "Turns an object into one of " + name + " when the model is loaded.",
              (harms ? std::string(cls->known->why) + " " : std::string()) + "The methods of that class, and what it does when the object is thrown away, now work on what the file says.",
              name});
  return true;
}

// What modules change in the course of their own business: their package, settings, what things are called, their
// place in sys.modules.
bool Weigher::is_modules_affair(const Event& event, const Name& owner) const {
  static constexpr std::string_view kLabels[] = {"__module__", "__doc__", "__name__", "__qualname__", "__all__"};
  if (!event.code || trace_.dialect != "python") return false;
  if (owner.canonical.starts_with("__package__") || owner.canonical == "sys.argv") return true;
  const std::vector<Value> given = arguments_of(event);
  if (event.op == Op::set_attribute) return !given.empty() && given[0].is_text() && is_one_of(kLabels, given[0].text());
  if (owner.canonical != "sys.modules" || event.op != Op::set_items) return false;
  for (size_t i = 0; i < given.size(); i += 2) {
    if (!given[i].is_text() || knowledge::policy_of(given[i].text()) != Policy::foreign) return false;
  }
  return true;
}

void Weigher::weigh_changed_name(uint32_t index, const Event& event, const Name& owner) {
  const std::string name(owner.canonical);
  if (name.starts_with("__main__")) return;  // dill brings back what the program's own module held
  const bool environment = owner.known != nullptr && owner.known->effect == Effect::environment;
  if (environment && event.code) {
    Ruling ruling = ruling_of_variables(event).value_or(Ruling::suspected);
    if (ruling == Ruling::suspected && trace_.dialect == "python") ruling = Ruling::dismissed;  // a program's own settings
    return add(index, {"-environment-access", ruling, "Sets variables of the environment when the model is loaded.",
                       ruling == Ruling::dismissed ? "Functions set what libraries read from there; no variable among these leads to code."
                                                   : "By these variables programs find the code that they run, or the servers that they ask.", name});
  }
  if (is_modules_affair(event, owner)) return;
  const bool foreign = knowledge::policy_of(name) == Policy::foreign || (event.code && trace_.dialect == "python");
  add(index,
      {environment ? "-environment-access" : "-runtime-tampering",
       foreign ? Ruling::suspected : Ruling::confirmed, "Changes " + name + " when the model is loaded.",
       "Whatever the program calls afterwards under that name is what the model put there.", name});
}

// cloudpickle's fillers change the function or class that they are given: one that the model carries, or, by
// name, one of everybody's.
void Weigher::weigh_filled(uint32_t index, const Event& event, const Name& filler) {
  const std::vector<Value> given = arguments_of(event);
  const Name* filled = given.empty() ? nullptr : named(given[0]);
  if (filled == nullptr || knowledge::policy_of(filled->canonical) == Policy::foreign) return;
  add(index, {"-runtime-tampering", Ruling::confirmed,
              "Changes " + std::string(filled->canonical) + " when the model is loaded.",
              "Whatever the program does with it afterwards is what the model put there.", filler.canonical});
}

}  // namespace winnow::judge
