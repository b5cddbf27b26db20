// How the machine calls: names, bound methods, and objects that earlier calls returned. What is pure and known
// is computed; everything else becomes an event of the trace.
#include <algorithm>

#include "code/machine/constants.h"
#include "code/machine/interpreter.h"
#include "code/machine/machine.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/words.h"

namespace winnow::machine {
namespace {

using knowledge::Callable;
using knowledge::Effect;
using knowledge::PayloadKind;

constexpr uint32_t kDeepestCall = 48, kManyCalls = 12;

// What a call says, so that it is told once: loops and both sides of a fork repeat it.
uint64_t says(const Heap& heap, Value value, int depth) {
  const auto mix = [](uint64_t hash, uint64_t with) { return (hash ^ (with + 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2))) * 0xff51afd7ed558ccd; };
  const auto kind = static_cast<uint64_t>(value.kind());
  if (value.is_derived()) {
    const Items& items = heap.items(value);
    uint64_t hash = mix(kind, items.size);
    for (uint32_t i = 0; i < items.size && depth < 4; ++i) hash = mix(hash, says(heap, items[i], depth + 1));
    return hash;
  }
  if (value.is_text() || value.is(Kind::big_integer) || value.is(Kind::unknown)) {
    return mix(kind + value.text().size() * 64, std::hash<std::string_view>()(value.text()));
  }
  if (depth > 6) return kind;
  if (value.is_sequence() || value.is(Kind::dict) || value.is(Kind::frozen_set) || value.is(Kind::byte_array)) {
    const Items& items = heap.items(value);
    uint64_t hash = mix(kind, items.size);
    for (uint32_t i = 0; i < std::min<uint32_t>(items.size, 64u >> depth); ++i) hash = mix(hash, says(heap, items[i], depth + 1));
    return hash;
  }
  if (value.is(Kind::attribute)) {
    const AttributeOf& of = heap.attribute(value);
    return mix(says(heap, of.base, depth + 1), std::hash<std::string_view>()(of.name));
  }
  if (value.is(Kind::object)) return mix(kind, heap.object(value).event);
  if (value.is(Kind::method)) return mix(says(heap, heap.link(value).first, depth + 1), says(heap, heap.link(value).second, depth + 1));
  if (value.is(Kind::instance)) return mix(kind, says(heap, heap.instance(value).cls, depth + 1));
  if (value.is(Kind::function)) return mix(kind, heap.function(value).code.index());
  if (value.is(Kind::cell) || value.is(Kind::generator) || value.is(Kind::iterator)) return kind;
  return mix(kind, static_cast<uint64_t>(value.as_integer()));
}

// Whether a computed call of running code is worth an event: it brings in something that acts.
bool worth_telling(const Callable* known) {
  return known != nullptr && (known->effect == Effect::import || known->effect == Effect::tamper || known->effect == Effect::introspect);
}

bool starts_like_pickle(std::string_view data) {
  return data.size() >= 4 && data[0] == '\x80' && data[1] >= 1 && data[1] <= 5 && data.back() == '.';
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

// Called with a name, bases and a dict, these make a class.
bool makes_class(std::string_view canonical) {
  static constexpr std::string_view kMakers[] = {"builtins.type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType", "types.new_class"};
  return std::find(std::begin(kMakers), std::end(kMakers), canonical) != std::end(kMakers);
}

// Builtins whose __new__ alone does the work of calling them: it iterates, and so runs what it is given.
bool works_in_new(std::string_view canonical) {
  static constexpr std::string_view kTypes[] = {"builtins.map", "builtins.filter", "builtins.zip", "builtins.reversed",
                                                "builtins.enumerate", "builtins.tuple", "builtins.frozenset",
                                                "builtins.bytes", "builtins.str", "builtins.int"};
  return canonical.starts_with("itertools.") || std::find(std::begin(kTypes), std::end(kTypes), canonical) != std::end(kTypes);
}

}  // namespace

// An event of running code: the same one only once, though it gets a result of its own each time.
Value Machine::record_once(Op op, Value callee, Value arguments, Value keywords) {
  const bool makes = op == Op::call || op == Op::construct;
  if (op != Op::attribute) ++running_->effects;
  uint64_t key = static_cast<uint64_t>(op) * 31 + static_cast<uint64_t>(place.trigger) * 7 + place.artifact * 131;
  for (const Value part : {callee, arguments, keywords}) key = key * 0x9ddfea08eb382d69 + says(heap(), part, 0);
  const auto [found, fresh] = running_->recorded.emplace(key, static_cast<uint32_t>(trace_.events.size()));
  if (fresh) return Value::none();
  if (found->second >= trace_.events.size()) return Value::none();  // a nested load took its event back
  const Event& event = trace_.events[found->second];
  if (event.callee.kind() != callee.kind()) return Value::none();
  if (!makes || !event.result.is(Kind::object)) return Value::unknown();
  Object object = heap().object(event.result);
  object.growth = 0;
  return heap().new_object(object);
}

// Functions that the code hands to something else may be called by it; coroutines are run by whoever gets them.
void Machine::note_callbacks(Value arguments, Value keywords) {
  std::vector<Value> given;
  for (const Value part : {arguments, keywords}) {
    if (part.is_sequence() || part.is(Kind::dict)) given.insert(given.end(), heap().items(part).begin(), heap().items(part).end());
  }
  constexpr size_t kMostGiven = 4096, kMostKept = 100'000;
  for (size_t i = 0; i < given.size() && given.size() < kMostGiven; ++i) {
    const Value value = given[i];
    if (value.is(Kind::list) || value.is(Kind::tuple)) {
      const Items& items = heap().items(value);
      given.insert(given.end(), items.begin(), items.begin() + std::min<uint32_t>(items.size, kMostGiven));
    }
    const bool callable = value.is(Kind::function) || value.is(Kind::method) || value.is(Kind::generator) || value.is(Kind::instance);
    if (!callable || (value.is(Kind::function) && heap().function(value).called)) continue;
    if (running_->callbacks.size() >= kMostKept) return cut("more is handed to what may call it than is followed");
    running_->callbacks.emplace_back(value, place.trigger);
  }
}

Value Machine::record(Op op, Value callee, Value arguments, Value keywords, std::optional<Value> computed) {
  if (place.code && op != Op::import) {
    const Name* name = callee.is(Kind::name) ? &heap().name(callee) : nullptr;
    if (computed) {
      if (op != Op::attribute && !(name != nullptr && (worth_telling(name->known) || (keeps_origins && name->known != nullptr && name->known->effect == Effect::code))) && !callee.is(Kind::unknown)) return *computed;
      if (!record_once(op, callee, arguments, keywords).is(Kind::none)) return *computed;
    } else {
      const Value before = record_once(op, callee, arguments, keywords);
      if (!before.is(Kind::none)) return before;
      if (op == Op::call || op == Op::construct) note_callbacks(arguments, keywords);
    }
  }
  Event event;
  event.op = op;
  event.computed = computed.has_value();
  event.trigger = place.trigger;
  event.unreached = place.unreached;
  event.code = place.code;
  event.line = place.line;
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
  if (nesting_ >= kDeepestCall || (nesting_ >= kManyCalls && goes_round(*this, callee))) return beyond_depth(*this, callee, arguments, keywords);
  if (exhausted() || !step()) return record(Op::call, callee, arguments, keywords);
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
  } else if (callee.is_defined()) {
    const Items items = heap().items(arguments);
    result = call_defined(*this, callee, {items.data, items.size}, keywords);
  } else if (place.code && callee.is(Kind::unknown) && callee.text() == "__exit__") {
    result = Value::none();
  } else if (place.code && (callee.is_text() || callee.is(Kind::integer) || callee.is(Kind::none))) {
    result = raise("TypeError", Value::string("not callable"));
  } else {
    result = record(Op::call, callee, arguments, keywords);
  }
  --nesting_;
  // To a pickle, what its code raises ends the code and nothing else: what stands behind it is of interest.
  if (!place.code) raised.reset();
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
  heap().name(callee).called = true;
  if (heap().name(callee).canonical.ends_with(".__new__") && model_for(callee) == nullptr && heap().items(arguments).size > 0 &&
      heap().items(arguments)[0].is(Kind::name)) {
    const Items given = heap().items(arguments);
    return construct(given[0], heap().new_items(Kind::tuple, given.data + 1, given.size - 1), keywords);
  }
  if (const Model model = model_for(callee)) {
    const Items items = heap().items(arguments);
    const auto result = model(*this, {callee, {items.data, items.size}, keywords});
    if (result) {
      record(Op::call, callee, arguments, keywords, *result);
      return *result;
    }
    if (raised) return Value::unknown();
  }
  return call_unmodelled(callee, arguments, keywords);
}

Value Machine::call_from_code(Value callee, std::span<const Value> arguments, Value keywords) {
  const bool bound = callee.is(Kind::attribute);
  const Value name = bound ? heap().attribute(callee).resolved : callee;
  if (!name.is(Kind::name) || nesting_ >= kDeepestCall || exhausted() || !step()) return call(callee, arguments, keywords);
  const bool makes = heap().name(name).canonical.ends_with(".__new__") && code_models_[name.index()] == nullptr;
  const Model model = model_for(name);
  if (model == nullptr || makes || !place.code) return call(callee, arguments, keywords);
  heap().name(name).called = true;
  const Callable* known = heap().name(name).known;
  std::vector<Value> given;
  if (bound) given.push_back(heap().attribute(callee).base);
  given.insert(given.end(), arguments.begin(), arguments.end());
  if (code_models_[name.index()] == nullptr) {
    // Models that know nothing of what is written in place, or of subclasses, get the plain data.
    for (Value& value : given) {
      value = plain(*this, value);
      if (const auto buffer = buffer_of(*this, value); buffer && value.is(Kind::byte_array)) value = make_bytes(*buffer);
    }
  }
  ++nesting_;
  const auto result = model(*this, {name, given, keywords});
  --nesting_;
  if (raised) return Value::unknown();
  const auto tuple = [&] { return heap().new_items(Kind::tuple, arguments.data(), static_cast<uint32_t>(arguments.size())); };
  if (result) {
    const bool compiles = keeps_origins && known != nullptr && known->effect == Effect::code;
    if (worth_telling(known) || compiles) record(Op::call, callee, tuple(), keywords, *result);
    return *result;
  }
  ++nesting_;
  const Value out = bound ? call_attribute_unmodelled(callee, tuple(), keywords) : call_unmodelled(callee, tuple(), keywords);
  --nesting_;
  return out;
}

Value Machine::call_unmodelled(Value callee, Value arguments, Value keywords) {
  const auto event = static_cast<uint32_t>(trace_.events.size());
  const Value result = call_plain(callee, arguments, keywords);
  if (!result.is(Kind::object)) return result;
  const std::string_view name = heap().name(callee).canonical;
  if (const auto made = made_by(name, arguments)) {
    if (place.code) return *made;
    carried_.emplace(result.index(), *made);
    const Value code = made->is(Kind::function) ? heap().function(*made).code : *made;
    const bool runs = code.is(Kind::code) && body_of(*this, code) != nullptr;
    if (runs && event < trace_.events.size()) trace_.events[event].entered = true;
    return result;
  }
  fill_function(heap().name(callee).last, arguments);
  return result;
}

Value Machine::call_plain(Value callee, Value arguments, Value keywords) {
  const Callable* known = heap().name(callee).known;
  if (place.code && is_exception_name(heap().name(callee).canonical)) {
    const Items given = heap().items(arguments);
    return new_exception(*this, callee, {given.data, given.size});
  }
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
  // A walk down from object ends where it came to one of the classes that it found there.
  if (place.code && heap().name(callee).canonical.ends_with(".__subclasses__") && heap().items(arguments).size == 0) {
    std::string_view of = heap().name(callee).canonical;
    of.remove_suffix(std::string_view(".__subclasses__").size());
    const auto found = well_known_classes();
    const auto is_of = [&](const KnownClass& one) { return heap().name(resolve(one.module, one.name)).canonical == of; };
    if (std::any_of(found.begin(), found.end(), is_of)) {
      return record(Op::call, callee, arguments, keywords, heap().new_items(Kind::list, nullptr, 0));
    }
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
    const Value result = record(Op::call, callee, arguments, keywords);
    const bool fresh = event < trace_.events.size();
    if (fresh) note_payload(*known, arguments, keywords);
    if (const auto entered = enter_code(*known, arguments, keywords, event)) return *entered;
    if (raised) return Value::unknown();
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
      if (event < trace_.events.size()) trace_.events[event].callee = callee;
      return loaded;
    }
  }
  return std::nullopt;
}

// threading.Thread(target=f, args=(...)).start() and its kin call f.
void Machine::start_target(const AttributeOf& of) {
  if (of.name != "start" && of.name != "run") return;
  if (of.base.is(Kind::instance)) {
    const auto run = of.name == "start" ? find_in_class(*this, heap().instance(of.base).cls, "run") : std::nullopt;
    if (run && run->is(Kind::function)) call(*run, std::span(&of.base, 1));
    return;
  }
  if (!of.base.is(Kind::object)) return;
  const Object made = heap().object(of.base);
  const auto named = [&](std::string_view name) -> const Value* {
    return made.keywords.is(Kind::dict) ? heap().find(heap().items(made.keywords), name) : nullptr;
  };
  const Items given = made.arguments.is_sequence() ? heap().items(made.arguments) : Items{};
  const bool timer = made.callee.is(Kind::name) && heap().name(made.callee).canonical.ends_with(".Timer");
  const Value* target = named(timer ? "function" : "target");
  if (target == nullptr && given.size > 1 && (timer || given[0].is(Kind::none))) target = &given[1];
  if (target == nullptr || !(target->is(Kind::name) || target->is(Kind::attribute) || target->is(Kind::object) || target->is_defined())) return;
  const Value callee = *target;
  const Value* list = named("args");
  if (list == nullptr && timer && given.size > 2) list = &given[2];
  const Value* pairs = named("kwargs");
  call(callee, list != nullptr && list->is_sequence() ? *list : heap().new_tuple({}), pairs != nullptr && pairs->is(Kind::dict) ? *pairs : Value::none());
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
  if (place.code && home != nullptr && items.size == 0 && of.name.starts_with("read")) {
    if (const auto content = content_beside(*this, of.base, of.name)) return record(Op::call, callee, arguments, keywords, *content);
  }
  if (!of.resolved.is(Kind::name)) {
    if (place.code) start_target(of);
    return record(Op::call, callee, arguments, keywords);
  }
  heap().name(of.resolved).called = true;
  if (const Model model = model_for(of.resolved)) {
    std::vector<Value> bound{of.base};
    bound.insert(bound.end(), items.begin(), items.end());
    if (const auto result = model(*this, {of.resolved, bound, keywords})) {
      record(Op::call, callee, arguments, keywords, *result);
      return *result;
    }
    if (raised) return Value::unknown();
  }
  return call_attribute_unmodelled(callee, arguments, keywords);
}

Value Machine::call_attribute_unmodelled(Value callee, Value arguments, Value keywords) {
  if (place.code) start_target(heap().attribute(callee));
  const Callable* known = heap().name(heap().attribute(callee).resolved).known;
  if (known == nullptr || is_trusted(known)) return record(Op::call, callee, arguments, keywords);
  if (const auto loaded = load_nested(*known, arguments, keywords)) return *loaded;
  const size_t events = trace_.events.size();
  const Value result = record(Op::call, callee, arguments, keywords);
  if (trace_.events.size() > events) note_payload(*known, arguments, keywords);
  if (known->effect == Effect::call) follow_callback(*known, arguments, keywords);
  return result;
}

Value Machine::call_object(Value callee, std::span<const Value> arguments, Value arguments_tuple, Value keywords) {
  if (const auto out = call_carried(callee, arguments, keywords)) return *out;
  const Object made = heap().object(callee);
  const std::string maker(made.callee.is(Kind::name) ? heap().name(made.callee).canonical : "");
  const Items given = made.arguments.is_sequence() ? heap().items(made.arguments) : Items{};
  if ((maker == "functools.partial" || maker == "functools.partialmethod" || maker == "types.MethodType") &&
      given.size > 0) {
    std::vector<Value> all(given.begin() + 1, given.end());
    all.insert(all.end(), arguments.begin(), arguments.end());
    // The pickled form keeps the function's arguments in the state: (func, args, keywords, dict).
    const Value kept = heap().growth(made).state;
    if (kept.is(Kind::tuple) && heap().items(kept).size >= 3) {
      const Items state = heap().items(kept);
      all.clear();
      if (state[1].is_sequence()) {
        const Items held = heap().items(state[1]);
        all.assign(held.begin(), held.end());
      }
      all.insert(all.end(), arguments.begin(), arguments.end());
      return call(state[0], all, state[2].is(Kind::dict) ? state[2] : keywords);
    }
    Value merged = keywords.is(Kind::none) ? made.keywords : keywords;
    if (keywords.is(Kind::dict) && made.keywords.is(Kind::dict)) {
      const Items first = heap().items(made.keywords), later = heap().items(keywords);
      merged = heap().new_items(Kind::dict, first.data, first.size);
      for (uint32_t i = 0; i + 1 < later.size; i += 2) heap().set_key(merged, later[i], later[i + 1]);
    }
    return call(given[0], all, merged);
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
    std::vector<Value> found;
    for (const Value& key : given) found.push_back(place.code ? subscript(*this, arguments[0], key) : item(arguments[0], key));
    if (raised) return Value::unknown();
    const bool known = std::all_of(found.begin(), found.end(), [](Value one) { return one.is_known(); });
    const Value out = given.size == 1 ? found[0] : heap().new_items(Kind::tuple, found.data(), static_cast<uint32_t>(found.size()));
    if (known) return record(Op::call, callee, arguments_tuple, Value::none(), out);
  }
  if (maker == "operator.methodcaller" && !arguments.empty() && given.size > 0 && given[0].is_text()) {
    const std::vector<Value> rest(given.begin() + 1, given.end());
    return call(attribute(arguments[0], given[0].text()), rest, made.keywords);
  }
  if (makes_class(maker) && given.size >= 3) {
    const Value instance = record(Op::construct, callee, arguments_tuple, keywords);
    call_bases(given[1], arguments_tuple, keywords);
    for (const std::string_view hook : {"__new__", "__init__"}) {
      const Value* body = given[2].is(Kind::dict) ? heap().find(heap().items(given[2]), hook) : nullptr;
      if (body == nullptr) continue;
      std::vector<Value> bound{instance};
      bound.insert(bound.end(), arguments.begin(), arguments.end());
      call(*body, bound, keywords);
    }
    return instance;
  }
  // An instance of a class whose __call__ is known to act.
  if (const Callable* method = knowledge::find(maker + ".__call__"); method != nullptr && !is_trusted(method)) {
    const auto named = heap().intern_name(method->name);
    models_.resize(heap().names().size(), nullptr);
    code_models_.resize(heap().names().size(), nullptr);
    heap().name(named.first).known = method;
    return call_name(named.first, arguments_tuple, keywords);
  }
  // What wraps a callable usually calls it: functools.lru_cache(os.system)('id'), numpy.vectorize(...)(...).
  for (const Value& wrapped : given) {
    if (wrapped.is(Kind::name) && heap().name(wrapped).known != nullptr && !is_trusted(heap().name(wrapped).known)) {
      return call(wrapped, arguments_tuple, keywords);
    }
  }
  return record(Op::call, callee, arguments_tuple, keywords);
}

// A class made by the program acts as its bases do.
void Machine::call_bases(Value bases, Value arguments, Value keywords) {
  if (!bases.is_sequence()) return;
  const Items all = heap().items(bases);
  for (const Value& base : all) {
    if (!base.is(Kind::name)) continue;
    const Callable* known = heap().name(base).known;
    if (known != nullptr && !is_trusted(known)) call(base, arguments, keywords);
  }
}

Value Machine::construct(Value cls, Value arguments, Value keywords) {
  if (!arguments.is_sequence()) arguments = heap().new_tuple({arguments});  // the unpickler raises
  if (cls.is(Kind::name)) {
    heap().name(cls).called = true;
    if (arguments.is_sequence() && works_in_new(heap().name(cls).canonical)) return call(cls, arguments, keywords);
  }
  return record(Op::construct, cls, arguments, keywords);
}

}  // namespace winnow::machine
