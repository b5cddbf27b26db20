// How classes and their instances are made, and Python's own exceptions.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

constexpr size_t kMostOrdered = 2000, kMostJoined = 512;  // in a line; of several bases, where joining is work

// The method resolution order: C3 where it exists, else every class once, bases behind what derives from them.
std::vector<Value> order_of(Machine& m, Value made, const Items& bases) {
  if (bases.size == 1 && bases[0].is(Kind::class_object)) {
    const Items held = m.heap().items(m.heap().class_of(bases[0]).order);
    std::vector<Value> out{made};
    out.insert(out.end(), held.begin(), held.end());
    if (out.size() > kMostOrdered) m.cut("classes derive from more classes than are followed");
    if (out.size() > kMostOrdered) out.resize(kMostOrdered);
    return out;
  }
  std::vector<std::vector<Value>> lists;
  for (const Value& base : bases) {
    std::vector<Value> order{base};
    if (base.is(Kind::class_object)) {
      const Items held = m.heap().items(m.heap().class_of(base).order);
      order.assign(held.begin(), held.end());
    }
    lists.push_back(std::move(order));
  }
  lists.emplace_back(bases.begin(), bases.end());
  std::vector<Value> out{made};
  while (true) {
    std::erase_if(lists, [](const auto& list) { return list.empty(); });
    if (lists.empty()) break;
    if (out.size() >= kMostJoined) {
      m.cut("classes derive from more classes than are followed");
      break;
    }
    const auto in_tail = [&](Value v) {
      return std::any_of(lists.begin(), lists.end(), [&](const auto& list) {
        return std::any_of(list.begin() + 1, list.end(), [&](Value w) { return w.same_as(v); });
      });
    };
    auto good = std::find_if(lists.begin(), lists.end(), [&](const auto& list) { return !in_tail(list.front()); });
    if (good == lists.end()) good = lists.begin();
    const Value next = good->front();
    out.push_back(next);
    for (auto& list : lists) std::erase_if(list, [&](Value v) { return v.same_as(next); });
  }
  return out;
}

struct Exception { std::string_view name, base; };
constexpr Exception kExceptions[] = {
    {"BaseException", ""}, {"Exception", "BaseException"}, {"KeyboardInterrupt", "BaseException"}, {"SystemExit", "BaseException"},
    {"GeneratorExit", "BaseException"}, {"BaseExceptionGroup", "BaseException"}, {"ExceptionGroup", "Exception"},
    {"ArithmeticError", "Exception"}, {"ZeroDivisionError", "ArithmeticError"},
    {"OverflowError", "ArithmeticError"}, {"FloatingPointError", "ArithmeticError"}, {"AssertionError", "Exception"},
    {"AttributeError", "Exception"}, {"BufferError", "Exception"}, {"EOFError", "Exception"}, {"ImportError", "Exception"},
    {"ModuleNotFoundError", "ImportError"}, {"LookupError", "Exception"}, {"IndexError", "LookupError"}, {"KeyError", "LookupError"},
    {"MemoryError", "Exception"}, {"NameError", "Exception"}, {"UnboundLocalError", "NameError"}, {"OSError", "Exception"},
    {"IOError", "Exception"}, {"EnvironmentError", "Exception"}, {"WindowsError", "OSError"}, {"StandardError", "Exception"},
    {"FileNotFoundError", "OSError"}, {"FileExistsError", "OSError"}, {"PermissionError", "OSError"}, {"ConnectionError", "OSError"},
    {"ConnectionResetError", "ConnectionError"}, {"ConnectionRefusedError", "ConnectionError"}, {"BrokenPipeError", "ConnectionError"},
    {"TimeoutError", "OSError"}, {"IsADirectoryError", "OSError"}, {"NotADirectoryError", "OSError"}, {"ChildProcessError", "OSError"},
    {"BlockingIOError", "OSError"}, {"InterruptedError", "OSError"}, {"ProcessLookupError", "OSError"},
    {"ReferenceError", "Exception"}, {"RuntimeError", "Exception"}, {"NotImplementedError", "RuntimeError"},
    {"RecursionError", "RuntimeError"}, {"StopIteration", "Exception"}, {"StopAsyncIteration", "Exception"}, {"SyntaxError", "Exception"},
    {"IndentationError", "SyntaxError"}, {"TabError", "IndentationError"}, {"SystemError", "Exception"}, {"TypeError", "Exception"},
    {"ValueError", "Exception"}, {"UnicodeError", "ValueError"}, {"UnicodeDecodeError", "UnicodeError"},
    {"UnicodeEncodeError", "UnicodeError"}, {"UnicodeTranslateError", "UnicodeError"}, {"Warning", "Exception"},
    {"UserWarning", "Warning"}, {"DeprecationWarning", "Warning"}, {"RuntimeWarning", "Warning"}, {"FutureWarning", "Warning"},
    {"ImportWarning", "Warning"}, {"ResourceWarning", "Warning"}, {"SyntaxWarning", "Warning"}, {"UnicodeWarning", "Warning"},
    {"BytesWarning", "Warning"}, {"PendingDeprecationWarning", "Warning"}, {"EncodingWarning", "Warning"}};

const Exception* exception_named(std::string_view name) {
  const auto* found = std::find_if(std::begin(kExceptions), std::end(kExceptions), [&](const Exception& e) { return e.name == name; });
  return found == std::end(kExceptions) ? nullptr : found;
}

// The plain type that a class derives from and holds data of: "builtins.str".
std::string_view held_type(const Machine& m, Value cls) {
  static constexpr std::string_view kHeld[] = {"builtins.str", "builtins.bytes", "builtins.int", "builtins.float", "builtins.list",
                                               "builtins.tuple", "builtins.dict", "builtins.set", "builtins.bytearray",
                                               "collections.UserDict", "collections.UserList", "collections.UserString", "collections.OrderedDict"};
  const Items& order = m.heap().items(m.heap().class_of(cls).order);
  for (const Value& entry : order) {
    if (!entry.is(Kind::name)) continue;
    const std::string_view name = m.heap().name(entry).canonical;
    if (std::find(std::begin(kHeld), std::end(kHeld), name) == std::end(kHeld)) continue;
    if (name == "collections.UserDict" || name == "collections.OrderedDict") return "builtins.dict";
    return name == "collections.UserList" ? "builtins.list" : name == "collections.UserString" ? "builtins.str" : name;
  }
  return {};
}

// The fields of a named tuple.
void hold_fields(Machine& m, Value self, Value fields, std::span<const Value> arguments, Value keywords) {
  std::vector<Value> values;
  const Items names = m.heap().items(fields);
  for (uint32_t i = 0; i < names.size; ++i) {
    const Value* named = keywords.is(Kind::dict) ? m.heap().find_key(keywords, names[i]) : nullptr;
    values.push_back(i < arguments.size() ? arguments[i] : named != nullptr ? *named : Value::unknown());
    m.heap().set_key(m.heap().instance(self).attributes, names[i], values.back());
  }
  const Value tuple = m.heap().new_items(Kind::tuple, values.data(), static_cast<uint32_t>(values.size()));
  m.heap().instance(self).held = tuple;
}

// What a dataclass does with its arguments: fields by the order of their annotations. False: there are none.
bool set_declared(Machine& m, Value self, std::span<const Value> arguments, Value keywords) {
  const auto declared = find_in_class(m, m.heap().instance(self).cls, "__annotations__");
  if (!declared || !declared->is(Kind::dict)) return false;
  const Value attributes = m.heap().instance(self).attributes;
  const Items pairs = m.heap().items(*declared);
  for (uint32_t i = 0; i + 1 < pairs.size; i += 2) {
    const Value* named = keywords.is(Kind::dict) ? m.heap().find_key(keywords, pairs[i]) : nullptr;
    if (i / 2 < arguments.size()) m.heap().set_key(attributes, pairs[i], arguments[i / 2]);
    else if (named != nullptr) m.heap().set_key(attributes, pairs[i], *named);
  }
  call_special(m, self, "__post_init__", {});
  return true;
}

bool derives_from_exception(Machine& m, Value cls) {
  return is_subclass(m, cls, m.resolve("builtins", "BaseException")).value_or(false);
}

// Members of enumerations are instances that know their name and value.
// What a member is worth: auto() asks the class, which counts where it says nothing else.
Value given_value(Machine& m, Value made, Value key, Value value, int64_t count) {
  if (!value.is(Kind::object) || !m.heap().object(value).callee.is(Kind::name) || m.heap().name(m.heap().object(value).callee).canonical != "enum.auto") return value;
  const auto hook = find_in_class(m, made, "_generate_next_value_");
  const Value function = !hook ? Value::none() : hook->is(Kind::descriptor) ? m.heap().link(*hook).first : *hook;
  if (!function.is(Kind::function)) return opaque_base(m, made).has_value() && count >= 0 ? Value::integer(count + 1) : Value::unknown();
  const Value arguments[] = {key, Value::integer(1), Value::integer(count), Value::unknown_named("last_values")};
  return m.call(function, arguments);
}

// Color('x') of an enumeration: the member of that value, or what the class makes of what is missing.
std::optional<Value> member_of(Machine& m, Value cls, Value value) {
  const Items order = m.heap().items(m.heap().class_of(cls).order);
  const bool enumerates = std::any_of(order.begin(), order.end(), [&](Value base) { return base.is(Kind::name) && m.heap().name(base).canonical.starts_with("enum."); });
  if (!enumerates || !value.is_known()) return std::nullopt;
  const Items names = m.heap().items(m.heap().class_of(cls).names);
  for (uint32_t i = 1; i < names.size; i += 2) {
    if (!names[i].is(Kind::instance)) continue;
    const Value* held = m.heap().find_key(m.heap().instance(names[i]).attributes, Value::string("value"));
    if (held != nullptr && equal(m, *held, value).value_or(true)) return names[i];
  }
  const auto hook = find_in_class(m, cls, "_missing_");
  const Value function = !hook ? Value::none() : hook->is(Kind::descriptor) ? m.heap().link(*hook).first : *hook;
  if (!function.is(Kind::function)) return std::nullopt;
  const Value arguments[] = {cls, value};
  return m.call(function, arguments);
}

void make_members(Machine& m, Value made) {
  const Value names = m.heap().class_of(made).names;
  const Items pairs = m.heap().items(names);
  int64_t count = 0;
  // Members of these are numbers or texts themselves.
  static constexpr std::string_view kValues[] = {"enum.IntEnum", "enum.IntFlag", "enum.StrEnum", "builtins.int", "builtins.str"};
  const Items order = m.heap().items(m.heap().class_of(made).order);
  const bool is_value = std::any_of(order.begin(), order.end(), [&](Value base) {
    return base.is(Kind::name) && std::find(std::begin(kValues), std::end(kValues), m.heap().name(base).canonical) != std::end(kValues);
  });
  for (uint32_t i = 0; i + 1 < pairs.size; i += 2) {
    if (!pairs[i].is(Kind::string) || pairs[i].text().starts_with('_') || pairs[i + 1].is_defined()) continue;
    const Value key = pairs[i], value = given_value(m, made, key, pairs[i + 1], count++);
    const Value member = new_instance(m, made);
    m.heap().set_key(m.heap().instance(member).attributes, "name", key);
    m.heap().set_key(m.heap().instance(member).attributes, "value", value);
    m.heap().set_key(m.heap().instance(member).attributes, "_value_", value);
    if (is_value) m.heap().instance(member).held = value;
    m.heap().set_key(names, key, member);
  }
}

}  // namespace

bool is_exception_name(std::string_view canonical) {
  return canonical.starts_with("builtins.") && exception_named(canonical.substr(9)) != nullptr;
}

bool exception_is(std::string_view name, std::string_view base) {
  const auto one = [](std::string_view n) { return n == "IOError" || n == "EnvironmentError" ? std::string_view("OSError") : n; };
  base = one(base);
  for (int steps = 0; steps < 8 && !name.empty(); ++steps) {
    name = one(name);
    if (name == base) return true;
    const Exception* found = exception_named(name);
    name = found == nullptr ? std::string_view() : found->base;
  }
  return false;
}

Value new_exception(Machine& m, Value cls, std::span<const Value> arguments) {
  Instance instance;
  instance.cls = cls;
  instance.attributes = m.heap().new_items(Kind::dict, nullptr, 0);
  instance.held = m.heap().new_items(Kind::tuple, arguments.data(), static_cast<uint32_t>(arguments.size()));
  return m.heap().new_instance(instance);
}

SplitGroup split_group(Machine& m, Value exception, Value type, int depth) {
  constexpr int kDeepest = 16;
  const Heap& heap = m.heap();
  const auto whole = is_instance(m, exception, type);
  const bool group = exception.is(Kind::instance) && heap.instance(exception).cls.is(Kind::name) && heap.name(heap.instance(exception).cls).canonical.ends_with("ExceptionGroup");
  const Items parts = group && heap.instance(exception).held.is(Kind::tuple) ? heap.items(heap.instance(exception).held) : Items{};
  if (!group || whole.value_or(false)) {
    // A single exception is caught as a group of one.
    if (!whole || !*whole) return whole ? SplitGroup{Value::none(), exception} : SplitGroup{exception, Value::none()};
    if (group || depth > 0) return {exception, Value::none()};
    const Value given[] = {Value::string(""), m.heap().new_tuple({exception})};
    return {new_exception(m, m.resolve("builtins", "ExceptionGroup"), given), Value::none()};
  }
  if (parts.size < 2 || !parts[1].is_sequence() || depth > kDeepest) return {exception, Value::none()};
  std::vector<Value> taken, left;
  for (const Value& inner : Items(heap.items(parts[1]))) {
    const auto [match, rest] = split_group(m, inner, type, depth + 1);
    if (!match.is(Kind::none)) taken.push_back(match);
    if (!rest.is(Kind::none)) left.push_back(rest);
  }
  const Value message = parts[0], cls = heap.instance(exception).cls;
  const auto of = [&](const std::vector<Value>& all) {
    const Value given[] = {message, m.heap().new_items(Kind::tuple, all.data(), static_cast<uint32_t>(all.size()))};
    return all.empty() ? Value::none() : new_exception(m, cls, given);
  };
  return {of(taken), of(left)};
}

Value attribute_error(Machine& m, Value base, std::string_view name) {
  std::string owner;
  if (base.is(Kind::name) && m.heap().name(base).qualified.empty()) owner = "module '" + std::string(m.heap().name(base).canonical) + "'";
  else if (base.is(Kind::class_object)) owner = "type object '" + std::string(m.heap().class_of(base).name) + "'";
  else if (base.is(Kind::instance) && m.heap().instance(base).cls.is(Kind::class_object)) owner = "'" + std::string(m.heap().class_of(m.heap().instance(base).cls).name) + "' object";
  else if (const std::string type = m.type_of(base); type.starts_with("builtins.") && !type.ends_with(")")) owner = "'" + type.substr(9) + "' object";
  const Value text = owner.empty() ? Value::unknown_named("message") : m.make_string(owner + " has no attribute '" + std::string(name) + "'");
  const Value out = new_exception(m, m.resolve("builtins", "AttributeError"), std::span(&text, 1));
  m.heap().set_key(m.heap().instance(out).attributes, "name", m.make_string(name));
  m.heap().set_key(m.heap().instance(out).attributes, "obj", base);
  return out;
}

Value name_error(Machine& m, std::string_view name) {
  const Value text = m.make_string("name '" + std::string(name) + "' is not defined");
  const Value out = new_exception(m, m.resolve("builtins", "NameError"), std::span(&text, 1));
  m.heap().set_key(m.heap().instance(out).attributes, "name", m.make_string(name));
  return out;
}

// Whatever is made goes at some time: its __del__ is called then, with what it holds by then.
static void note_finalizer(Machine& m, Value self, Value cls) {
  constexpr size_t kMost = 256;
  auto& callbacks = m.running().callbacks;
  const auto finalizer = self.is(Kind::instance) ? find_in_class(m, cls, kFinalizer) : std::nullopt;
  if (!finalizer || !finalizer->is(Kind::function) || callbacks.size() >= kMost) return;
  Link link;
  link.first = self;
  link.second = *finalizer;
  callbacks.emplace_back(m.heap().new_link(Kind::method, link), m.place.trigger);
}

Value new_instance(Machine& m, Value cls) {
  Instance instance;
  instance.cls = cls;
  instance.attributes = m.heap().new_items(Kind::dict, nullptr, 0);
  const std::string_view held = held_type(m, cls);
  if (held == "builtins.dict") instance.held = m.heap().new_items(Kind::dict, nullptr, 0);
  if (held == "builtins.list") instance.held = m.heap().new_items(Kind::list, nullptr, 0);
  if (held == "builtins.set") instance.held = m.heap().new_items(Kind::set, nullptr, 0);
  m.heap().class_of(cls).used = true;
  const Value made = m.heap().new_instance(instance);
  note_finalizer(m, made, cls);
  return made;
}

namespace {

bool is_mutable(std::string_view type) { return type == "builtins.dict" || type == "builtins.list" || type == "builtins.set"; }

}  // namespace

Value instantiate(Machine& m, Value cls, std::span<const Value> arguments, Value keywords) {
  const Class made = m.heap().class_of(cls);
  m.heap().class_of(cls).used = true;
  if (made.metaclass.is(Kind::class_object)) {
    const auto hook = find_in_class(m, made.metaclass, "__call__");
    if (hook && hook->is(Kind::function)) {
      std::vector<Value> all{cls};
      all.insert(all.end(), arguments.begin(), arguments.end());
      return m.call(*hook, all, keywords);
    }
  }
  const bool of_classes = is_subclass(m, cls, m.resolve("builtins", "type")).value_or(false);
  if (arguments.size() == 1) {
    if (const auto member = member_of(m, cls, arguments[0])) return *member;
  }
  Value self;
  const auto maker = find_in_class(m, cls, "__new__");
  Value new_function = maker.value_or(Value::none());
  if (new_function.is(Kind::descriptor)) new_function = m.heap().link(new_function).first;
  if (new_function.is(Kind::function)) {
    std::vector<Value> all{cls};
    all.insert(all.end(), arguments.begin(), arguments.end());
    self = m.call(new_function, all, keywords);
    if (m.raised || (!self.is(Kind::instance) && !(of_classes && self.is(Kind::class_object)))) return self;
  } else if (of_classes) {
    // A class of classes: calling it makes one.
    if (arguments.size() != 3 || !arguments[0].is_text()) return Value::unknown();
    self = make_class(m, arguments[0].text(), arguments[1], arguments[2], cls, keywords);
    if (m.raised) return self;
  } else {
    self = new_instance(m, cls);
    const std::string_view held = held_type(m, cls);
    if (const auto fields = find_in_class(m, cls, "_fields"); fields && fields->is(Kind::tuple) && held == "builtins.tuple") {
      hold_fields(m, self, *fields, arguments, keywords);
    } else if (const auto own = is_mutable(held) ? find_in_class(m, cls, "__init__") : std::nullopt; own && own->is(Kind::function)) {
      // Containers are empty until a constructor fills them.
    } else if (!held.empty() && (!arguments.empty() || (held == "builtins.dict" && keywords.is(Kind::dict)))) {
      const Value value = m.call(m.resolve(held, ""), arguments, keywords);
      m.heap().instance(self).held = value;
    } else if (derives_from_exception(m, cls)) {
      m.heap().set_key(m.heap().instance(self).attributes, "args", m.heap().new_items(Kind::tuple, arguments.data(), static_cast<uint32_t>(arguments.size())));
    }
  }
  const Value made_class = self.is(Kind::instance) ? m.heap().instance(self).cls : cls;
  const auto initialiser = find_in_class(m, made_class, "__init__");
  if (initialiser) {
    std::vector<Value> all;
    if (initialiser->is(Kind::function)) all.push_back(self);
    all.insert(all.end(), arguments.begin(), arguments.end());
    m.call(*initialiser, all, keywords);
  } else if (self.is(Kind::instance) && (!arguments.empty() || keywords.is(Kind::dict)) && set_declared(m, self, arguments, keywords)) {
  } else if (const auto outside = opaque_base(m, cls); outside && self.is(Kind::instance)) {
    // A class made by the program acts as its bases do.
    const knowledge::Callable* known = m.heap().name(*outside).known;
    if (known != nullptr && !is_trusted(known)) m.call(*outside, arguments, keywords);
  }
  return self;
}

Value make_class(Machine& m, std::string_view name, Value bases, Value names, Value metaclass, Value keywords) {
  Class made;
  made.name = m.heap().arena().copy(name);
  std::vector<Value> given;
  if (bases.is_sequence()) given.assign(m.heap().items(bases).begin(), m.heap().items(bases).end());
  // What stands for a class by __mro_entries__, or a generic alias, is the class behind it.
  made.bases = m.heap().new_items(Kind::tuple, given.data(), static_cast<uint32_t>(given.size()));
  if (names.is(Kind::dict)) made.names = names;
  else made.names = m.heap().new_items(Kind::dict, nullptr, 0);
  made.metaclass = metaclass;
  if (!metaclass.is_known() || metaclass.is(Kind::none)) made.metaclass = m.resolve("builtins", "type");
  for (const Value& base : given) {
    if (base.is(Kind::class_object) && m.heap().class_of(base).metaclass.is(Kind::class_object) && !made.metaclass.is(Kind::class_object)) {
      made.metaclass = m.heap().class_of(base).metaclass;
    }
  }
  const Value cls = m.heap().new_class(made);
  const std::vector<Value> order = order_of(m, cls, m.heap().items(made.bases));
  m.heap().class_of(cls).order = m.heap().new_items(Kind::tuple, order.data(), static_cast<uint32_t>(order.size()));
  // The cell by which super() and __class__ find the class.
  if (const Value* cell = m.heap().find_key(made.names, Value::string("__classcell__")); cell != nullptr && cell->is(Kind::cell)) {
    Link& link = m.heap().change_link(*cell);
    link.first = cls;
    link.number = 1;
    m.heap().remove_key(made.names, Value::string("__classcell__"));
  }
  const Items pairs = m.heap().items(made.names);
  for (uint32_t i = 0; i + 1 < pairs.size; i += 2) {
    const Value held = pairs[i + 1].is(Kind::descriptor) ? m.heap().link(pairs[i + 1]).first : pairs[i + 1];
    if (held.is(Kind::function) && !m.heap().function(held).owner.is(Kind::class_object)) m.heap().change_function(held).owner = cls;
  }
  finish_class(m, cls, keywords);
  return cls;
}

void finish_class(Machine& m, Value cls, Value keywords) {
  const Class made = m.heap().class_of(cls);
  const Items pairs = m.heap().items(made.names);
  std::vector<Value> held(pairs.begin(), pairs.end());
  for (size_t i = 0; i + 1 < held.size(); i += 2) {
    if (!held[i + 1].is(Kind::instance)) continue;
    const Value arguments[] = {cls, held[i]};
    call_special(m, held[i + 1], "__set_name__", arguments);
    if (m.raised) return;
  }
  // The hook of the nearest base, not the class's own.
  const Items order = m.heap().items(made.order);
  for (uint32_t i = 1; i < order.size; ++i) {
    if (!order[i].is(Kind::class_object)) continue;
    const Value* hook = m.heap().find_key(m.heap().class_of(order[i]).names, Value::string("__init_subclass__"));
    if (hook == nullptr) continue;
    const Value function = hook->is(Kind::descriptor) ? m.heap().link(*hook).first : *hook;
    m.call(function, std::span(&cls, 1), keywords);
    break;
  }
  if (m.raised) return;
  for (const Value& entry : order) {
    if (entry.is(Kind::name) && m.heap().name(entry).canonical.starts_with("enum.")) {
      make_members(m, cls);
      break;
    }
  }
}

}  // namespace winnow::machine
