#include "code/machine/machine.h"

#include <algorithm>

#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

using knowledge::Callable;
using knowledge::Effect;
using knowledge::PayloadKind;

constexpr uint32_t kDeepestCall = 48;

// The first component without leading underscores: numpy.core._internal._sys is still sys.
std::string_view bare(std::string_view component) {
  while (!component.empty() && component.front() == '_') component.remove_prefix(1);
  return component;
}

bool is_trusted(const Callable* known) {
  return known != nullptr && (known->effect == Effect::pure || known->effect == Effect::construct);
}

// Modules hand out the modules they import: pathlib.os.system is os.system. The canonical name of the longest
// suffix of `qualified` that begins with a standard module and is known to act, or empty.
std::string through_module(std::string_view qualified) {
  for (size_t at = 0; at != std::string_view::npos;) {
    const std::string_view suffix = qualified.substr(at);
    const std::string_view top = suffix.substr(0, suffix.find('.'));
    if (top == "__builtins__") return knowledge::canonical("builtins", suffix.substr(std::min(top.size() + 1, suffix.size())));
    if (top.size() < suffix.size() && knowledge::policy_of(bare(top)) == knowledge::Policy::stdlib) {
      const std::string name = knowledge::canonical(bare(top), suffix.substr(top.size() + 1));
      const Callable* known = knowledge::find(name);
      if ((known != nullptr && !is_trusted(known)) || model_of(name) != nullptr) return name;
    }
    const size_t dot = qualified.find('.', at);
    at = dot == std::string_view::npos ? dot : dot + 1;
  }
  return {};
}

// A dotted path goes through attributes: f.__call__ is f, len.__self__ is builtins, x.__builtins__ is builtins.
std::string normalised(std::string_view module, std::string_view qualified) {
  std::string name(module);
  while (!qualified.empty()) {
    const size_t dot = qualified.find('.');
    const std::string_view part = qualified.substr(0, dot);
    qualified = dot == std::string_view::npos ? std::string_view() : qualified.substr(dot + 1);
    if (part == "__call__" || part == "__wrapped__" || part == "__func__") continue;
    if (part == "__self__" || part == "__objclass__") {
      name.resize(std::min(name.rfind('.'), name.size()));
    } else if (part == "__builtins__") {
      name = "builtins";
    } else {
      if (!name.empty()) name += '.';
      name += part;
    }
  }
  return knowledge::canonical(name, "");
}

// The last part of a name that looks something up in what stands before it, and that: (os.__dict__, "get").
bool splits_look_up(std::string_view name, std::string_view& of) {
  for (const std::string_view method : {".get", ".__getitem__", ".pop", ".setdefault"}) {
    if (!name.ends_with(method)) continue;
    of = name.substr(0, name.size() - method.size());
    return of == "builtins" || of == "sys.modules" || of.ends_with(".__dict__") || of.ends_with(".__globals__") || of.ends_with(".func_globals");
  }
  return false;
}

bool is_class_name(std::string_view canonical) {
  const std::string_view last = bare(canonical.substr(canonical.rfind('.') + 1));
  return !last.empty() && last.front() >= 'A' && last.front() <= 'Z';
}

// module.Class.method
bool is_method_name(std::string_view canonical) {
  const size_t dot = canonical.rfind('.');
  return dot != std::string_view::npos && is_class_name(canonical.substr(0, dot));
}

bool starts_like_pickle(std::string_view data) {
  return data.size() >= 4 && data[0] == '\x80' && data[1] >= 1 && data[1] <= 5 && data.back() == '.';
}

}  // namespace

// Names -----------------------------------------------------------------------------------------------------

Value Machine::import_name(std::string_view module, std::string_view qualified) {
  const Value found = resolve(module, qualified);
  if (found.is(Kind::name) && !heap().name(found).retrieved) {
    heap().name(found).retrieved = true;
    record(Op::import, found, Value::none(), Value::none());
  }
  return found;
}

Value Machine::resolve(std::string_view module, std::string_view qualified) {
  const std::string canonical =
      qualified.find("__") == std::string_view::npos ? knowledge::canonical(module, qualified) : normalised(module, qualified);
  const auto found = heap().intern_name(canonical);
  models_.resize(heap().names().size(), nullptr);
  if (!found.second) return overridden(found.first);
  const Callable* known = knowledge::find(canonical);
  Model model = model_of(canonical);
  if ((known == nullptr || is_trusted(known)) && model == nullptr && qualified.find('.') != std::string_view::npos) {
    std::string through = through_module(qualified);
    if (!through.empty()) {
      const Value target = resolve(through.substr(0, through.rfind('.')), through.substr(through.rfind('.') + 1));
      overrides_[found.first.index()] = target;
      return target;
    }
  }
  Name& name = heap().name(found.first);
  name.module = heap().arena().copy(module);
  name.qualified = heap().arena().copy(qualified);
  name.known = known;
  name.offset = place.offset;
  name.artifact = place.artifact;
  models_[found.first.index()] = model;
  return overridden(found.first);
}

Value Machine::overridden(Value name) const {
  if (overrides_.empty()) return name;
  const auto found = overrides_.find(name.index());
  return found == overrides_.end() ? name : found->second;
}

std::string Machine::type_of(Value value) const {
  switch (value.kind()) {
    case Kind::none: return "builtins.NoneType";
    case Kind::boolean: return "builtins.bool";
    case Kind::integer: case Kind::big_integer: return "builtins.int";
    case Kind::real: return "builtins.float";
    case Kind::string: return "builtins.str";
    case Kind::bytes: return "builtins.bytes";
    case Kind::tuple: return "builtins.tuple";
    case Kind::list: return "builtins.list";
    case Kind::dict: return "builtins.dict";
    case Kind::set: return "builtins.set";
    case Kind::object: {
      const Value maker = heap().object(value).callee;
      if (!maker.is(Kind::name)) return {};
      const std::string_view name = heap().name(maker).canonical;
      const bool constructed = trace_.events[heap().object(value).event].op == Op::construct;
      if (constructed || is_class_name(name) || is_trusted(heap().name(maker).known)) return std::string(name);
      return std::string(name) + "()";
    }
    default: return {};
  }
}

Value Machine::attribute(Value base, std::string_view name) {
  if (name == "__call__") return base;
  if (name == "__getattribute__" || name == "__getattr__" || name == "__dict__" || name == "__globals__" ||
      name == "func_globals" || name == "__getitem__") {
    const std::string type = base.is(Kind::name) ? std::string(heap().name(base).canonical) : type_of(base);
    Value resolved = Value::unknown();
    if (!type.empty() && !base.is(Kind::object)) resolved = resolve(type, name);
    return heap().new_attribute({base, heap().arena().copy(name), resolved});
  }
  if (base.is(Kind::name)) {
    const Name& of = heap().name(base);
    if (name == "__builtins__") return import_name("builtins", "");
    if (name == "__self__" || name == "__objclass__") {
      const size_t dot = of.canonical.rfind('.');
      return import_name(of.canonical.substr(0, dot), "");
    }
    if (name == "__wrapped__" || name == "__func__") return base;
    // The alias of a name met through another module may differ: keep the spelling within the module.
    const std::string module(of.canonical == knowledge::canonical(of.module, of.qualified) ? of.module : of.canonical);
    std::string qualified(module == of.module ? of.qualified : std::string_view());
    if (!qualified.empty()) qualified += '.';
    qualified += name;
    return import_name(module, qualified);
  }
  if (base.is(Kind::object)) {
    const Object& object = heap().object(base);
    if (object.has_state && object.state.is(Kind::dict)) {
      if (const Value* held = heap().find(heap().items(object.state), name)) return *held;
    }
    if (object.callee.is(Kind::name)) {
      const std::string_view maker = heap().name(object.callee).canonical;
      const Items& arguments = heap().items(object.arguments);
      if (maker == "builtins.type" && arguments.size == 3 && arguments[2].is(Kind::dict)) {
        if (const Value* held = heap().find(heap().items(arguments[2]), name)) return *held;
      }
      if (maker == "functools.partial" && name == "func" && arguments.size > 0) return arguments[0];
      if (maker == "types.SimpleNamespace" && object.keywords.is(Kind::dict)) {
        if (const Value* held = heap().find(heap().items(object.keywords), name)) return *held;
      }
    }
  }
  const std::string type = type_of(base);
  const Value resolved = type.empty() ? Value::unknown() : resolve(type, name);
  return heap().new_attribute({base, heap().arena().copy(name), resolved});
}

Value Machine::item(Value base, Value key) {
  if (base.is(Kind::dict)) {
    const Items& items = heap().items(base);
    if (key.is_text()) {
      if (const Value* found = heap().find(items, key.text())) return *found;
    } else {
      for (uint32_t i = items.size; i >= 2; i -= 2) {
        if (items[i - 2].same_as(key)) return items[i - 1];
      }
    }
    return Value::unknown();
  }
  if (base.is_sequence() && key.is(Kind::integer)) {
    const Items& items = heap().items(base);
    const int64_t index = key.as_integer() < 0 ? key.as_integer() + items.size : key.as_integer();
    return index >= 0 && index < items.size ? items[static_cast<uint32_t>(index)] : Value::unknown();
  }
  if (base.is_text() && key.is(Kind::integer)) {
    const std::string_view text = base.text();
    const int64_t size = static_cast<int64_t>(text.size());
    const int64_t index = key.as_integer() < 0 ? key.as_integer() + size : key.as_integer();
    if (index < 0 || index >= size) return Value::unknown();
    if (base.is(Kind::bytes)) return Value::integer(static_cast<unsigned char>(text[static_cast<size_t>(index)]));
    return Value::string(text.substr(static_cast<size_t>(index), 1));
  }
  if (!key.is_text()) return Value::unknown();
  if (base.is(Kind::name)) {
    const std::string_view name = heap().name(base).canonical;
    if (name == "sys.modules") return import_name(key.text(), "");
    if (name == "builtins") return attribute(base, key.text());
    if (name.ends_with(".__dict__")) return import_name(name.substr(0, name.size() - 9), key.text());
    if (name.ends_with("_globals__") || name.ends_with(".func_globals")) return global_of_function(key.text());
  }
  if (base.is(Kind::attribute)) {
    const AttributeOf& of = heap().attribute(base);
    if (of.name == "__dict__") return attribute(of.base, key.text());
    if (of.name == "__globals__" || of.name == "func_globals" || of.name == "f_globals" || of.name == "f_builtins") {
      return global_of_function(key.text());
    }
  }
  if (base.is(Kind::object)) {
    const Object& object = heap().object(base);
    if (const Value* found = heap().find(object.entries, key.text())) return *found;
    if (object.callee.is(Kind::name)) {
      const std::string_view maker = heap().name(object.callee).canonical;
      if (maker == "builtins.globals" || maker == "builtins.locals" || maker == "builtins.vars") return global_of_function(key.text());
    }
  }
  return Value::unknown();
}

// The globals of a function hold what its module imported: modules and builtins by their names.
Value Machine::global_of_function(std::string_view key) {
  if (key == "__builtins__") return import_name("builtins", "");
  if (knowledge::policy_of(bare(key)) == knowledge::Policy::stdlib) return import_name(bare(key), "");
  return import_name("builtins", key);
}

// Calls -----------------------------------------------------------------------------------------------------

Value Machine::record(Op op, Value callee, Value arguments, Value keywords, std::optional<Value> computed) {
  Event event;
  event.op = op;
  event.computed = computed.has_value();
  event.unreached = place.unreached;
  event.artifact = place.artifact;
  event.offset = place.offset;
  event.callee = callee;
  event.arguments = arguments;
  event.keywords = keywords;
  const auto index = static_cast<uint32_t>(trace_.events.size());
  if (computed) {
    event.result = *computed;
  } else if (op == Op::call || op == Op::construct || op == Op::persistent) {
    Object object;
    object.callee = callee;
    object.arguments = arguments;
    object.keywords = keywords;
    object.event = index;
    event.result = heap().new_object(object);
  }
  trace_.events.push_back(event);
  return event.result;
}

Value Machine::call(Value callee, std::span<const Value> arguments, Value keywords) {
  return call(callee, heap().new_items(Kind::tuple, arguments.data(), static_cast<uint32_t>(arguments.size())),
              keywords);
}

Value Machine::call(Value callee, Value arguments, Value keywords) {
  if (!arguments.is_sequence()) {
    // C's unpickler refuses; Python's own takes any iterable.
    const auto items = iterate(arguments);
    arguments = items ? heap().new_items(Kind::tuple, items->data(), static_cast<uint32_t>(items->size()))
                      : heap().new_tuple({arguments});
  }
  if (nesting_ >= kDeepestCall || exhausted() || !step()) return record(Op::call, callee, arguments, keywords);
  ++nesting_;
  arguments = settled(arguments);
  Value result;
  if (callee.is(Kind::name)) {
    result = call_name(callee, arguments, keywords);
  } else if (callee.is(Kind::object)) {
    const Items items = heap().items(arguments);
    result = call_object(callee, {items.data, items.size}, arguments, keywords);
  } else if (callee.is(Kind::attribute)) {
    result = call_attribute(callee, arguments, keywords);
  } else {
    result = record(Op::call, callee, arguments, keywords);
  }
  --nesting_;
  return result;
}

Value Machine::postpone(const Call& call, Model model) {
  const Value arguments = heap().new_items(Kind::tuple, call.arguments.data(), static_cast<uint32_t>(call.count()));
  const Value promised = record(Op::call, call.callee, arguments, call.keywords);
  postponed_.emplace(promised.index(), model);
  return promised;
}

// The arguments with what was postponed among them computed.
Value Machine::settled(Value arguments) {
  if (postponed_.empty() || !arguments.is_sequence()) return arguments;
  for (uint32_t i = 0; i < heap().items(arguments).size; ++i) {
    const Value value = heap().items(arguments)[i];
    const auto found = value.is(Kind::object) ? postponed_.find(value.index()) : postponed_.end();
    if (found == postponed_.end()) continue;
    const Model model = found->second;
    postponed_.erase(found);
    const Object made = heap().object(value);
    const Items given = heap().items(made.arguments);
    const auto result = model(*this, {made.callee, {given.data, given.size}, made.keywords});
    postponed_.emplace(value.index(), model);
    if (result && result->is_known()) heap().items(arguments).data[i] = *result;
  }
  return arguments;
}

Value Machine::call_name(Value callee, Value arguments, Value keywords) {
  const uint32_t index = callee.index();
  heap().name(callee).called = true;
  if (const Model model = models_[index]) {
    const Items items = heap().items(arguments);
    const auto result = model(*this, {callee, {items.data, items.size}, keywords});
    if (result) {
      record(Op::call, callee, arguments, keywords, *result);
      return *result;
    }
  }
  const Callable* known = heap().name(callee).known;
  if (is_trusted(known)) {
    // Trust by family says nothing of a function that is given a whole pickle.
    if (!known->name.ends_with('*')) return record(Op::call, callee, arguments, keywords);
    if (const auto loaded = load_any_pickle(callee, arguments)) return *loaded;
    return record(Op::call, callee, arguments, keywords);
  }
  if (std::string_view of; splits_look_up(heap().name(callee).canonical, of) && heap().items(arguments).size > 0) {
    const Value found = item(resolve(std::string(of), ""), heap().items(arguments)[0]);
    if (found.is_known()) return record(Op::call, callee, arguments, keywords, found);
  }
  if (std::string_view of = heap().name(callee).canonical; of.ends_with(".__dict__.update") || of.ends_with(".__dict__.__setitem__")) {
    const Value base = resolve(of.substr(0, of.rfind(".__dict__")), "");
    const Items given = heap().items(arguments);
    const bool dict = given.size > 0 && given[0].is(Kind::dict);
    const Items pairs = dict ? heap().items(given[0]) : given;
    set_items(heap().new_attribute({base, "__dict__", Value::unknown()}), {pairs.data, pairs.size / 2 * 2});
    return record(Op::call, callee, arguments, keywords, Value::none());
  }
  const auto event = static_cast<uint32_t>(trace_.events.size());
  if (known != nullptr) {
    if (const auto loaded = load_nested(*known, arguments, keywords)) return *loaded;
    if (const auto imported = import_by_text(*known, arguments, keywords)) {
      return record(Op::call, callee, arguments, keywords, *imported);
    }
    record(Op::call, callee, arguments, keywords);
    note_payload(*known, arguments, keywords);
    const Value result = trace_.events[event].result;
    if (known->effect == Effect::call) follow_callback(*known, arguments, keywords);
    return result;
  }
  if (const auto loaded = load_any_pickle(callee, arguments)) return *loaded;
  return record(Op::call, callee, arguments, keywords);
}

// A callable of which nothing is known and that is given a whole pickle most likely loads it.
std::optional<Value> Machine::load_any_pickle(Value callee, Value arguments) {
  static constexpr Callable kLoader = {"", Effect::deserialise, PayloadKind::pickle, 0, "", "", ""};
  const Items given = heap().items(arguments);
  for (uint32_t i = 0; i < given.size; ++i) {
    const auto content = given[i].is(Kind::bytes) ? std::optional(given[i].text()) : file_content(*this, given[i]);
    if (!content || !starts_like_pickle(*content)) continue;
    const auto event = static_cast<uint32_t>(trace_.events.size());
    if (const auto loaded = load_nested(kLoader, heap().new_tuple({given[i]}), Value::none())) {
      trace_.events[event].callee = callee;
      return loaded;
    }
  }
  return std::nullopt;
}

Value Machine::call_attribute(Value callee, Value arguments, Value keywords) {
  const AttributeOf of = heap().attribute(callee);
  const Items items = heap().items(arguments);
  if ((of.name == "__getattribute__" || of.name == "__getattr__") && items.size > 0 &&
      items[items.size - 1].is_text()) {
    const Value base = items.size > 1 ? items[0] : of.base;
    const Value result = attribute(base, items[items.size - 1].text());
    record(Op::attribute, callee, heap().new_tuple({base, items[items.size - 1]}), Value::none(), result);
    return result;
  }
  if (of.name == "__getitem__" || (of.name == "get" && !of.base.is(Kind::object))) {
    if (items.size > 0) {
      const Value result = item(of.base, items[0]);
      if (result.is_known()) {
        record(Op::call, callee, arguments, keywords, result);
        return result;
      }
    }
  }
  if (!of.resolved.is(Kind::name)) return record(Op::call, callee, arguments, keywords);
  heap().name(of.resolved).called = true;
  const Callable* known = heap().name(of.resolved).known;
  if (const Model model = models_[of.resolved.index()]) {
    std::vector<Value> bound{of.base};
    bound.insert(bound.end(), items.begin(), items.end());
    if (const auto result = model(*this, {of.resolved, bound, keywords})) {
      record(Op::call, callee, arguments, keywords, *result);
      return *result;
    }
  }
  if (known == nullptr || is_trusted(known)) return record(Op::call, callee, arguments, keywords);
  if (const auto loaded = load_nested(*known, arguments, keywords)) return *loaded;
  const Value result = record(Op::call, callee, arguments, keywords);
  note_payload(*known, arguments, keywords);
  if (known->effect == Effect::call) follow_callback(*known, arguments, keywords);
  return result;
}

Value Machine::call_object(Value callee, std::span<const Value> arguments, Value arguments_tuple, Value keywords) {
  const Object made = heap().object(callee);
  const std::string maker(made.callee.is(Kind::name) ? heap().name(made.callee).canonical : "");
  const Items given = made.arguments.is_sequence() ? heap().items(made.arguments) : Items{};
  if ((maker == "functools.partial" || maker == "functools.partialmethod" || maker == "types.MethodType") &&
      given.size > 0) {
    std::vector<Value> all(given.begin() + 1, given.end());
    all.insert(all.end(), arguments.begin(), arguments.end());
    // The pickled form keeps the function's arguments in the state: (func, args, keywords, dict).
    if (made.has_state && made.state.is(Kind::tuple) && heap().items(made.state).size >= 3) {
      const Items state = heap().items(made.state);
      all.clear();
      if (state[1].is_sequence()) {
        const Items held = heap().items(state[1]);
        all.assign(held.begin(), held.end());
      }
      all.insert(all.end(), arguments.begin(), arguments.end());
      return call(state[0], all, state[2].is(Kind::dict) ? state[2] : keywords);
    }
    return call(given[0], all, keywords.is(Kind::none) ? made.keywords : keywords);
  }
  if (maker == "operator.attrgetter" && !arguments.empty()) {
    Value found = Value::unknown();
    for (const Value& path : given) {
      if (!path.is_text()) continue;
      found = arguments[0];
      std::string_view rest = path.text();
      while (!rest.empty()) {
        const size_t dot = rest.find('.');
        found = attribute(found, rest.substr(0, dot));
        rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
      }
    }
    return record(Op::attribute, callee, arguments_tuple, Value::none(), found);
  }
  if (maker == "operator.itemgetter" && !arguments.empty() && given.size > 0) {
    const Value found = item(arguments[0], given[0]);
    if (found.is_known()) return record(Op::call, callee, arguments_tuple, Value::none(), found);
  }
  if (maker == "operator.methodcaller" && !arguments.empty() && given.size > 0 && given[0].is_text()) {
    const std::vector<Value> rest(given.begin() + 1, given.end());
    return call(attribute(arguments[0], given[0].text()), rest, made.keywords);
  }
  if (maker == "builtins.type" && given.size == 3 && given[2].is(Kind::dict)) {
    const Value instance = record(Op::construct, callee, arguments_tuple, keywords);
    for (const std::string_view hook : {"__new__", "__init__"}) {
      if (const Value* body = heap().find(heap().items(given[2]), hook)) {
        std::vector<Value> bound{instance};
        bound.insert(bound.end(), arguments.begin(), arguments.end());
        call(*body, bound, keywords);
      }
    }
    return instance;
  }
  // What wraps a callable usually calls it: functools.lru_cache(os.system)('id'), numpy.vectorize(...)(...).
  for (const Value& wrapped : given) {
    if (wrapped.is(Kind::name) && heap().name(wrapped).known != nullptr && !is_trusted(heap().name(wrapped).known)) {
      return call(wrapped, arguments_tuple, keywords);
    }
  }
  return record(Op::call, callee, arguments_tuple, keywords);
}

// Builtins whose __new__ alone does the work of calling them: it iterates, and so runs what it is given.
bool works_in_new(std::string_view canonical) {
  static constexpr std::string_view kTypes[] = {"builtins.map", "builtins.filter", "builtins.zip", "builtins.reversed",
                                                "builtins.enumerate", "builtins.tuple", "builtins.frozenset",
                                                "builtins.bytes", "builtins.str", "builtins.int"};
  return canonical.starts_with("itertools.") || std::find(std::begin(kTypes), std::end(kTypes), canonical) != std::end(kTypes);
}

Value Machine::construct(Value cls, Value arguments, Value keywords) {
  if (cls.is(Kind::name)) {
    heap().name(cls).called = true;
    if (arguments.is_sequence() && works_in_new(heap().name(cls).canonical)) return call(cls, arguments, keywords);
  }
  return record(Op::construct, cls, arguments, keywords);
}

// What calls carry ------------------------------------------------------------------------------------------

std::optional<Value> Machine::payload_of(const Callable& known, Value arguments, Value keywords) {
  if (!known.keyword.empty() && keywords.is(Kind::dict)) {
    if (const Value* found = heap().find(heap().items(keywords), known.keyword)) return *found;
  }
  if (known.position < 0 || !arguments.is_sequence()) return std::nullopt;
  const Items& items = heap().items(arguments);
  auto position = static_cast<uint32_t>(known.position);
  // Called through its class, a method's first argument is the instance.
  if (is_method_name(known.name) && items.size > position + 1 && items[0].is(Kind::object)) ++position;
  if (position < items.size) return items[position];
  return std::nullopt;
}

std::optional<Value> Machine::load_nested(const Callable& loader, Value arguments, Value keywords) {
  if (loader.effect != Effect::deserialise || loader.payload == PayloadKind::marshal) return std::nullopt;
  const auto payload = payload_of(loader, arguments, keywords);
  if (!payload) return std::nullopt;
  const auto content =
      payload->is_text() && loader.payload != PayloadKind::path ? std::optional(payload->text()) : file_content(*this, *payload);
  if (!content) return std::nullopt;
  const auto event = static_cast<uint32_t>(trace_.events.size());
  const Artifact of = trace_.artifacts[place.artifact];
  const auto nested = static_cast<uint32_t>(trace_.artifacts.size());
  if (unpickle && place.depth < scan_.budget.depth) {
    // The call stands before what it loads.
    record(Op::call, Value::unknown(), arguments, keywords, Value::unknown());
    Artifact inner;
    inner.id = of.id;
    inner.path = of.path + "!loads@" + std::to_string(place.offset);
    inner.depth = of.depth + 1;
    inner.bytes = as_bytes(*content);
    trace_.artifacts.push_back(inner);
    const Place outer = place;
    place = {nested, 0, outer.unreached, outer.depth + 1};
    const auto value = unpickle(*this, inner.bytes);
    place = outer;
    if (value) {
      Event& call = trace_.events[event];
      if (!loader.name.empty()) call.callee = resolve(loader.name, "");
      call.nested = nested;
      call.result = *value;
      return *value;
    }
    trace_.artifacts.pop_back();
    trace_.events.pop_back();
  }
  scan_.child(scan_.artifact(of.id), "loads@" + std::to_string(place.offset), as_bytes(*content));
  record(Op::call, loader.name.empty() ? Value::unknown() : resolve(loader.name, ""), arguments, keywords);
  trace_.events[event].nested = UINT32_MAX;
  return trace_.events[event].result;
}

// Functions that import what a string names: "os", "os.system", "os:system".
std::optional<Value> Machine::import_by_text(const Callable& known, Value arguments, Value keywords) {
  if (known.effect != Effect::import) return std::nullopt;
  const auto payload = payload_of(known, arguments, keywords);
  if (!payload || !payload->is_text()) return std::nullopt;
  const std::string_view text = payload->text();
  const size_t cut = text.find(':') != std::string_view::npos ? text.find(':') : text.rfind('.');
  if (known.payload == PayloadKind::attribute && cut != std::string_view::npos) {
    return import_name(text.substr(0, cut), text.substr(cut + 1));
  }
  return import_name(text, "");
}

void Machine::note_payload(const Callable& known, Value arguments, Value keywords) {
  const auto payload = payload_of(known, arguments, keywords);
  if (!payload || !payload->is_text()) return;
  const auto event = static_cast<uint32_t>(trace_.events.size() - 1);
  if (known.payload == PayloadKind::python) {
    trace_.payloads.push_back({Hint::python_source, payload->text(), event});
  } else if (known.payload == PayloadKind::marshal || known.payload == PayloadKind::code) {
    trace_.payloads.push_back({Hint::code_object, payload->text(), event});
  }
}

// What is handed to something that calls it is called, with the arguments that stand behind it.
void Machine::follow_callback(const Callable& known, Value arguments, Value keywords) {
  const auto callback = payload_of(known, arguments, keywords);
  if (!callback || !(callback->is(Kind::name) || callback->is(Kind::object) || callback->is(Kind::attribute))) return;
  std::vector<Value> rest;
  const Items items = heap().items(arguments);
  bool behind = false;
  for (const Value& argument : items) {
    if (behind) rest.push_back(argument);
    behind = behind || argument.same_as(*callback);
  }
  if (keywords.is(Kind::dict)) {
    if (const Value* given = heap().find(heap().items(keywords), "args")) rest.assign(1, *given);
  }
  if (rest.size() >= 1 && rest[0].is_sequence()) {
    const Items spread = heap().items(rest[0]);
    rest.assign(spread.begin(), spread.end());
  }
  call(*callback, rest);
}

// Stores ----------------------------------------------------------------------------------------------------

void Machine::set_attribute(Value object, std::string_view name, Value value) {
  record(Op::set_attribute, object, heap().new_tuple({heap().new_string(name), value}), Value::none());
  if (object.is(Kind::name)) {
    const Value target = attribute(object, name);
    if (target.is(Kind::name)) overrides_[target.index()] = value;
  } else if (object.is(Kind::object)) {
    const Value pair[] = {heap().new_string(name), value};
    Object& of = heap().object(object);
    if (!of.has_state || !of.state.is(Kind::dict)) {
      const Value dict = heap().new_items(Kind::dict, nullptr, 0);
      heap().object(object).state = dict;
      heap().object(object).has_state = true;
    }
    heap().append(heap().items(heap().object(object).state), pair, 2);
  }
}

bool Machine::file_like(Value object) const {
  if (!object.is(Kind::object)) return false;
  const Value maker = heap().object(object).callee;
  return maker.is(Kind::name) && heap().name(maker).canonical.starts_with("io.");
}

void Machine::set_state(Value object, Value state) {
  // A pair is (attributes, slots): both are set, the slots by setattr.
  if (object.is(Kind::object) && state.is(Kind::tuple) && heap().items(state).size == 2 && heap().items(state)[1].is(Kind::dict)) {
    const Items pair = heap().items(state);
    const Items slots = heap().items(pair[1]);
    if (pair[0].is(Kind::none) || pair[0].is(Kind::dict)) {
      std::vector<Value> both;
      if (pair[0].is(Kind::dict)) both.assign(heap().items(pair[0]).begin(), heap().items(pair[0]).end());
      both.insert(both.end(), slots.begin(), slots.end());
      state = heap().new_items(Kind::dict, both.data(), static_cast<uint32_t>(both.size()));
    }
  }
  if (object.is(Kind::object) && heap().object(object).has_state) {
    // An instance may carry its own __setstate__, put there by an earlier BUILD.
    const Object& of = heap().object(object);
    if (of.state.is(Kind::dict)) {
      if (const Value* hook = heap().find(heap().items(of.state), "__setstate__")) {
        call(*hook, heap().new_tuple({state}));
        return;
      }
    }
  }
  if (file_like(object)) state = settled(state);
  record(Op::set_state, object, heap().new_tuple({state}), Value::none());
  if (object.is(Kind::name)) {
    std::vector<Value> parts{state};
    if (state.is(Kind::tuple) && heap().items(state).size == 2) {
      parts.assign(heap().items(state).begin(), heap().items(state).end());
    }
    for (const Value& part : parts) {
      if (!part.is(Kind::dict)) continue;
      const Items pairs = heap().items(part);
      for (uint32_t i = 0; i + 1 < pairs.size; i += 2) {
        if (!pairs[i].is_text()) continue;
        const Value target = attribute(object, pairs[i].text());
        if (target.is(Kind::name)) overrides_[target.index()] = pairs[i + 1];
      }
    }
  } else if (object.is(Kind::object)) {
    Object& of = heap().object(object);
    if (of.has_state && of.state.is(Kind::dict) && state.is(Kind::dict)) {
      const Items more = heap().items(state);
      heap().append(heap().items(of.state), more.data, more.size);
    } else {
      of.state = state;
      of.has_state = true;
    }
  }
}

void Machine::extend(Value object, std::span<const Value> items, std::string_view method) {
  if (object.is_sequence()) {
    heap().append(heap().items(object), items.data(), static_cast<uint32_t>(items.size()));
    return;
  }
  if (object.is(Kind::object)) {
    // Whatever answers to append, extend or add is called: also a function that BUILD put there.
    const Object& of = heap().object(object);
    if (of.has_state && of.state.is(Kind::dict)) {
      for (const std::string_view name : {method, std::string_view("append"), std::string_view("extend")}) {
        if (const Value* hook = heap().find(heap().items(of.state), name)) {
          const Value body = *hook;
          for (const Value& item : items) call(body, heap().new_tuple({item}));
          return;
        }
      }
    }
    heap().append(heap().object(object).appended, items.data(), static_cast<uint32_t>(items.size()));
  }
  record(Op::extend, object, heap().new_items(Kind::list, items.data(), static_cast<uint32_t>(items.size())),
         Value::none());
}

void Machine::set_items(Value object, std::span<const Value> pairs) {
  const auto count = static_cast<uint32_t>(pairs.size());
  if (object.is(Kind::dict)) {
    heap().append(heap().items(object), pairs.data(), count);
    return;
  }
  if (object.is(Kind::object)) heap().append(heap().object(object).entries, pairs.data(), count);
  record(Op::set_items, object, heap().new_items(Kind::dict, pairs.data(), count), Value::none());
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (!pairs[i].is_text()) continue;
    if (object.is(Kind::name)) {
      // sys.modules['x'] = ..., globals()['x'] = ...
      const Value target = item(object, pairs[i]);
      if (target.is(Kind::name)) overrides_[target.index()] = pairs[i + 1];
    } else if (object.is(Kind::attribute) && heap().attribute(object).name == "__dict__") {
      const Value target = attribute(heap().attribute(object).base, pairs[i].text());
      if (target.is(Kind::name)) overrides_[target.index()] = pairs[i + 1];
    }
  }
}

Value Machine::persistent_load(Value id) {
  return record(Op::persistent, Value::unknown(), heap().new_tuple({id}), Value::none());
}

// Helpers of the models -------------------------------------------------------------------------------------

const Value* Machine::keyword(const Call& call, std::string_view name) const {
  if (!call.keywords.is(Kind::dict)) return nullptr;
  return heap().find(heap().items(call.keywords), name);
}

Value Machine::make_string(std::string_view text) {
  return text.size() > scan_.budget.string || exhausted() ? Value::unknown() : heap().new_string(text);
}

Value Machine::make_bytes(std::string_view data) {
  return data.size() > scan_.budget.string || exhausted() ? Value::unknown() : heap().new_bytes(data);
}

std::optional<std::vector<Value>> Machine::iterate(Value iterable) {
  std::vector<Value> out;
  switch (iterable.kind()) {
    case Kind::tuple: case Kind::list: case Kind::set: {
      const Items& items = heap().items(iterable);
      if (!items.complete()) return std::nullopt;
      out.assign(items.begin(), items.end());
      return out;
    }
    case Kind::dict: {
      const Items& items = heap().items(iterable);
      if (!items.complete()) return std::nullopt;
      for (uint32_t i = 0; i + 1 < items.size; i += 2) out.push_back(items[i]);
      return out;
    }
    case Kind::bytes:
      for (const char c : iterable.text()) out.push_back(Value::integer(static_cast<unsigned char>(c)));
      return out;
    case Kind::string: {
      const std::string_view text = iterable.text();
      for (size_t i = 0; i < text.size();) {
        size_t size = 1;
        while (i + size < text.size() && (static_cast<unsigned char>(text[i + size]) & 0xc0) == 0x80) ++size;
        out.push_back(Value::string(text.substr(i, size)));
        i += size;
      }
      return out;
    }
    case Kind::object: {
      const Object& object = heap().object(iterable);
      if (object.appended.size > 0) {
        out.assign(object.appended.begin(), object.appended.end());
        return out;
      }
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

std::optional<std::string_view> file_content(const Machine& machine, Value value) {
  if (!value.is(Kind::object)) return std::nullopt;
  const Object& object = machine.heap().object(value);
  if (!object.callee.is(Kind::name)) return std::nullopt;
  const std::string_view maker = machine.heap().name(object.callee).canonical;
  if (maker != "io.BytesIO" && maker != "io.StringIO" && maker != "io.BufferedReader" && maker != "io.TextIOWrapper") {
    return std::nullopt;
  }
  // Unpickled file objects are built from (content, position, attributes).
  const bool built = object.has_state && object.state.is(Kind::tuple);
  const Items& arguments = machine.heap().items(built ? object.state : object.arguments);
  if (arguments.size == 0) return std::nullopt;
  return arguments[0].is_text() ? std::optional(arguments[0].text()) : std::nullopt;
}

}  // namespace winnow::machine
