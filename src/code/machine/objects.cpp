#include "code/machine/objects.h"

#include <algorithm>

#include "code/machine/constants.h"
#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/models_written.h"
#include "code/machine/operators.h"
#include "code/machine/words.h"
#include "core/code_object.h"

namespace winnow::machine {
namespace {

// Bases of which the machine knows all that matters: their methods are those of plain data, or none.
bool is_plain_base(std::string_view canonical) {
  static constexpr std::string_view kPlain[] = {"builtins.object", "builtins.str", "builtins.bytes", "builtins.int", "builtins.float",
                                                "builtins.list", "builtins.tuple", "builtins.dict", "builtins.set", "builtins.type",
                                                "abc.ABC", "typing.Generic", "typing.Protocol", "builtins.bytearray", "builtins.bool",
                                                "abc.ABCMeta", "builtins.frozenset", "collections.abc.Mapping", "typing.NamedTuple"};
  return std::find(std::begin(kPlain), std::end(kPlain), canonical) != std::end(kPlain) || is_exception_name(canonical) || is_whole_class(canonical);
}

Value method(Machine& m, Value self, Value function) {
  Link link;
  link.first = self;
  link.second = function;
  return m.heap().new_link(Kind::method, link);
}

// What an attribute found in a class gives when it is asked of an instance (or, without one, of the class).
std::optional<Value> bound(Machine& m, Value found, Value instance, Value cls) {
  if (found.is(Kind::function)) return instance.is(Kind::none) ? found : method(m, instance, found);
  if (found.is(Kind::descriptor)) {
    const Link descriptor = m.heap().link(found);
    switch (descriptor.kind) {
      case kStaticMethod: return descriptor.first;
      case kClassMethod:
        if (descriptor.first.is(Kind::function)) return method(m, cls, descriptor.first);
        return descriptor.first;
      case kProperty: case kCachedProperty: {
        if (instance.is(Kind::none)) return found;
        const Value result = m.call(descriptor.first, std::span(&instance, 1));
        if (descriptor.kind == kCachedProperty && instance.is(Kind::instance)) {
          // Kept under the name of its function.
          if (descriptor.first.is(Kind::function)) m.heap().set_key(m.heap().instance(instance).attributes, m.heap().function(descriptor.first).name, result);
        }
        return result;
      }
      default: return descriptor.first;
    }
  }
  if (found.is(Kind::instance)) {
    const Value arguments[] = {instance, cls};
    if (const auto out = call_special(m, found, "__get__", arguments)) return out;
    if (m.raised) return std::nullopt;
  }
  return found;
}

std::optional<Value> function_attribute(Machine& m, Value base, std::string_view name) {
  const Function function = m.heap().function(base);
  if (function.attributes.is(Kind::dict)) {
    if (const Value* held = m.heap().find_key(function.attributes, Value::string(name))) return *held;
  }
  if (name == "__code__" || name == "func_code") return function.code;
  if (name == "__globals__" || name == "func_globals") return function.globals;
  if (name == "__name__" || name == "func_name" || name == "__qualname__") return Value::string(function.name);
  if (name == "__defaults__" || name == "func_defaults") return function.defaults;
  if (name == "__kwdefaults__") return function.keyword_defaults;
  if (name == "__closure__" || name == "func_closure") return function.closure;
  if (name == "__class__") return m.resolve("types", "FunctionType");
  if (name == "__builtins__") return m.import_name("builtins", "");
  if (name == "__wrapped__" || name == "__self__") return std::nullopt;
  if (name == "__annotations__") {
    const Value dict = m.heap().new_items(Kind::dict, nullptr, 0);
    set_defined_attribute(m, base, name, dict);
    return dict;
  }
  if (name == "__module__") {
    const Value* held = function.globals.is(Kind::dict) ? m.heap().find_key(function.globals, Value::string("__name__")) : nullptr;
    return held != nullptr ? *held : Value::string("__main__");
  }
  if (name == "__doc__") {
    const CodeObject& code = m.heap().code(function.code);
    return !code.consts.empty() && code.consts[0].is(Kind::string) ? code.consts[0] : Value::none();
  }
  if (name == "__dict__" || name == "func_dict") {
    if (!function.attributes.is(Kind::dict)) {
      const Value dict = m.heap().new_items(Kind::dict, nullptr, 0);
      m.heap().change_function(base).attributes = dict;
    }
    return m.heap().function(base).attributes;
  }
  if (name.starts_with("__")) return m.heap().new_attribute({base, m.heap().arena().copy(name), m.resolve("types.FunctionType", name)});
  return std::nullopt;
}

std::optional<Value> class_attribute(Machine& m, Value base, std::string_view name) {
  const Class made = m.heap().class_of(base);
  if (name == "__qualname__" && made.names.is(Kind::dict)) {  // written by the class body itself
    if (const Value* own = m.heap().find_key(made.names, Value::string(name)); own != nullptr && own->is(Kind::string)) return *own;
  }
  if (name == "__name__" || name == "__qualname__") return Value::string(made.name);
  if (name == "__dict__") return made.names;
  if (name == "__bases__") return made.bases;
  if (name == "__mro__") return made.order;
  if (name == "__class__") return made.metaclass;
  if (name == "__base__") {
    const Items bases = m.heap().items(made.bases);
    return bases.size > 0 ? bases[0] : m.resolve("builtins", "object");
  }
  if (const auto found = find_in_class(m, base, name)) return bound(m, *found, Value::none(), base);
  if (made.metaclass.is(Kind::class_object)) {
    if (const auto found = find_in_class(m, made.metaclass, name)) return bound(m, *found, base, made.metaclass);
    const Value word = m.make_string(name);
    if (const auto out = call_special(m, base, "__getattr__", std::span(&word, 1))) return out;
  }
  if (m.raised) return std::nullopt;
  if (name == "__subclasses__" || name == "mro" || name == "__new__" || name == "__init__" || name == "__call__" ||
      name == "__module__" || name == "__doc__" || name == "__init_subclass__" || name == "__annotations__" || name == "__reduce_ex__" ||
      name == "__getattribute__" || name == "__setattr__" || name == "__delattr__" || name == "__repr__" || name == "__str__") {
    if (name == "__module__") return Value::string("__main__");
    if (name == "__doc__") return Value::none();
    if (name == "__annotations__") return m.heap().new_items(Kind::dict, nullptr, 0);
    return m.heap().new_attribute({base, m.heap().arena().copy(name), m.resolve(name == "__subclasses__" || name == "mro" ? "builtins.type" : "builtins.object", name)});
  }
  if (const auto outside = opaque_base(m, base)) {
    return m.heap().new_attribute({base, m.heap().arena().copy(name), m.resolve(m.heap().name(*outside).canonical, name)});
  }
  if (const auto outside = opaque_base(m, made.metaclass)) return m.heap().new_attribute({base, m.heap().arena().copy(name), Value::unknown()});
  return std::nullopt;
}

std::optional<Value> instance_attribute(Machine& m, Value base, std::string_view name) {
  const Instance instance = m.heap().instance(base);
  if (name == "__class__") return instance.cls;
  if (name == "__dict__") return instance.attributes;
  std::optional<Value> found;
  if (instance.cls.is(Kind::class_object)) {
    if (name != "__getattribute__") {
      const auto hook = find_in_class(m, instance.cls, "__getattribute__");
      if (hook && hook->is(Kind::function) && !m.heap().function(*hook).called) {
        // Once is enough: it asks for the attributes itself.
        m.heap().function(*hook).called = true;
        const Value word = m.make_string(name);
        if (const auto out = call_special(m, base, "__getattribute__", std::span(&word, 1))) return out;
        if (m.raised) return std::nullopt;
      }
    }
    found = find_in_class(m, instance.cls, name);
    if (found && found->is(Kind::descriptor) && m.heap().link(*found).kind == kProperty) return bound(m, *found, base, instance.cls);
  }
  if (instance.attributes.is(Kind::dict)) {
    if (const Value* held = m.heap().find_key(instance.attributes, Value::string(name))) return *held;
  }
  if (found) return bound(m, *found, base, instance.cls);
  if (instance.cls.is(Kind::name)) {
    // An exception of Python's own, a frame.
    if (name == "args") return instance.held;
    const Items arguments = instance.held.is(Kind::tuple) ? m.heap().items(instance.held) : Items{};
    if (name == "value" || name == "code" || name == "message" || name == "reason" || name == "msg" || name == "object") return arguments.size > 0 ? arguments[0] : Value::none();
    const bool group = m.heap().name(instance.cls).canonical.ends_with("ExceptionGroup");
    if (group && name == "exceptions" && arguments.size > 1) return arguments[1].is(Kind::list) ? m.heap().new_items(Kind::tuple, m.heap().items(arguments[1]).data, m.heap().items(arguments[1]).size) : arguments[1];
    if (name == "__cause__" || name == "__context__" || name == "__traceback__") return Value::unknown();
    return m.heap().new_attribute({base, m.heap().arena().copy(name), m.resolve(m.heap().name(instance.cls).canonical, name)});
  }
  const Value held = plain(m, base);
  if (!held.same_as(base)) {
    const Value of_held = m.attribute(held, name);
    if (of_held.is(Kind::attribute) && m.heap().attribute(of_held).resolved.is(Kind::name)) {
      const Name& target = m.heap().name(m.heap().attribute(of_held).resolved);
      if (target.known != nullptr || model_of(target.canonical) != nullptr || code_model_of(target.canonical) != nullptr) return of_held;
    }
  }
  const Value word = m.make_string(name);
  if (const auto out = call_special(m, base, "__getattr__", std::span(&word, 1))) return out;
  if (m.raised) return std::nullopt;
  if (const auto outside = opaque_base(m, base)) {
    return m.heap().new_attribute({base, m.heap().arena().copy(name), m.resolve(m.heap().name(*outside).canonical, name)});
  }
  if (name == "__module__") return Value::string("__main__");
  if (name == "__doc__") return Value::none();
  if (name.starts_with("__") && name.ends_with("__") && name != "__iter__" && name != "__next__" && name != "__len__" && name != "__call__" &&
      name != "__enter__" && name != "__exit__" && name != "__getitem__") {
    return m.heap().new_attribute({base, m.heap().arena().copy(name), m.resolve("builtins.object", name)});
  }
  return std::nullopt;
}

std::optional<Value> super_attribute(Machine& m, Value base, std::string_view name) {
  const Link link = m.heap().link(base);
  const Value self = link.second;
  const Value cls = self.is(Kind::class_object) ? self : class_of(m, self);
  if (cls.is(Kind::class_object)) {
    const Items order = m.heap().items(m.heap().class_of(cls).order);
    bool behind = false;
    for (const Value& entry : order) {
      if (behind && entry.is(Kind::class_object)) {
        if (const Value* held = m.heap().find_key(m.heap().class_of(entry).names, Value::string(name))) {
          if (held->is(Kind::function) && (name == "__new__" || self.is(Kind::class_object))) {
            return name == "__new__" ? *held : method(m, self, *held);
          }
          return bound(m, *held, self.is(Kind::class_object) ? Value::none() : self, cls);
        }
      }
      behind = behind || entry.same_as(link.first);
    }
  }
  if (const auto outside = opaque_base(m, self)) {
    return m.heap().new_attribute({base, m.heap().arena().copy(name), m.resolve(m.heap().name(*outside).canonical, name)});
  }
  const Value held = plain(m, self);
  if (!held.same_as(self)) return m.attribute(held, name);
  return m.heap().new_attribute({base, m.heap().arena().copy(name), m.resolve(cls.is(Kind::class_object) && self.is(Kind::class_object) ? "builtins.type" : "builtins.object", name)});
}

std::optional<Value> link_attribute(Machine& m, Value base, std::string_view name) {
  const Link link = m.heap().link(base);
  switch (base.kind()) {
    case Kind::cell:
      if (name == "cell_contents") return link.number == 1 ? std::optional(link.first) : std::nullopt;
      break;
    case Kind::method:
      if (name == "__self__" || name == "im_self") return link.first;
      if (name == "__func__" || name == "im_func") return link.second;
      return find_attribute(m, link.second, name);
    case Kind::module: {
      if (name == "__dict__") return link.first;
      if (const Value* held = m.heap().find_key(link.first, Value::string(name))) return *held;
      return member_beside(m, base, name);
    }
    case Kind::descriptor:
      if (name == "fget" || name == "__func__" || name == "func") return link.first;
      if (name == "fset") return link.second;
      if (name == "__wrapped__") return link.first;
      break;
    default: break;
  }
  const std::string type = m.type_of(base);
  return m.heap().new_attribute({base, m.heap().arena().copy(name), type.empty() ? Value::unknown() : m.resolve(type, name)});
}

}  // namespace

std::optional<Value> find_in_class(Machine& m, Value cls, std::string_view name) {
  if (!cls.is(Kind::class_object)) return std::nullopt;
  const Items order = m.heap().items(m.heap().class_of(cls).order);
  for (const Value& entry : order) {
    if (!entry.is(Kind::class_object)) continue;
    if (const Value* held = m.heap().find_key(m.heap().class_of(entry).names, Value::string(name))) return *held;
  }
  return std::nullopt;
}

std::optional<Value> opaque_base(Machine& m, Value value) {
  const Value cls = value.is(Kind::class_object) ? value : value.is(Kind::instance) ? m.heap().instance(value).cls : value;
  if (cls.is(Kind::name)) return is_plain_base(m.heap().name(cls).canonical) ? std::nullopt : std::optional(cls);
  if (!cls.is(Kind::class_object)) return std::nullopt;
  for (const Value& entry : Items(m.heap().items(m.heap().class_of(cls).order))) {
    if (entry.is(Kind::name) && !is_plain_base(m.heap().name(entry).canonical)) return entry;
    if (!entry.is(Kind::name) && !entry.is(Kind::class_object)) return m.resolve("__main__", "unknown_base");
  }
  return std::nullopt;
}

Value class_of(Machine& m, Value value) {
  if (value.is(Kind::instance)) return m.heap().instance(value).cls;
  if (value.is(Kind::class_object)) return m.heap().class_of(value).metaclass;
  if (value.is(Kind::name)) {
    const Name& name = m.heap().name(value);
    if (is_class_name(name.canonical)) return m.resolve("builtins", "type");
    if (name.qualified.empty()) return m.resolve("types", "ModuleType");
  }
  const std::string type = m.type_of(value);
  if (type.empty() || type.ends_with("()")) return Value::unknown();
  return m.resolve(type, "");
}

std::optional<Value> call_special(Machine& m, Value self, std::string_view name, std::span<const Value> arguments) {
  const Value cls = self.is(Kind::instance) ? m.heap().instance(self).cls
                    : self.is(Kind::class_object) ? (name == "__class_getitem__" ? self : m.heap().class_of(self).metaclass) : Value::none();
  const auto found = find_in_class(m, cls, name);
  if (!found || found->is(Kind::none)) return std::nullopt;
  std::vector<Value> all;
  Value callee = *found;
  if (callee.is(Kind::descriptor)) {
    const Link link = m.heap().link(callee);
    if (link.kind == kClassMethod) all.push_back(self.is(Kind::class_object) ? self : cls);
    callee = link.first;
  } else {
    all.push_back(self);
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  if (!callee.is(Kind::function)) {
    // os.system as __add__: a builtin is not bound, and gets what stands behind self.
    // A method of a builtin type is one, and is given it: __getattr__ = dict.__getitem__.
    const std::string_view named = found->is(Kind::name) ? m.heap().name(*found).canonical
                                   : found->is(Kind::attribute) && m.heap().attribute(*found).resolved.is(Kind::name) ? m.heap().name(m.heap().attribute(*found).resolved).canonical : std::string_view();
    const bool method = named.rfind('.') != std::string_view::npos && is_builtin_type(named.substr(0, named.rfind('.')));
    if (method) {
      all[0] = plain(m, self);
      if (named.ends_with(".__getitem__") && all.size() == 2) {
        const Value item = subscript(m, all[0], all[1]);
        return m.raised ? std::nullopt : std::optional(item);
      }
      callee = m.resolve(named, "");
    } else if (found->is(Kind::name) || found->is(Kind::object) || found->is(Kind::method) || found->is(Kind::attribute)) all.erase(all.begin());
  }
  const Value out = m.call(callee, all);
  if (m.raised) return std::nullopt;
  // NotImplemented hands the question on.
  if (out.is(Kind::name) && m.heap().name(out).canonical == "builtins.NotImplemented") return std::nullopt;
  return out;
}

std::optional<Value> defined_attribute(Machine& m, Value base, std::string_view name) {
  if (name == "__call__" && (base.is(Kind::function) || base.is(Kind::method))) return base;
  switch (base.kind()) {
    case Kind::function: return function_attribute(m, base, name);
    case Kind::class_object: return class_attribute(m, base, name);
    case Kind::instance: return instance_attribute(m, base, name);
    case Kind::super_object: return super_attribute(m, base, name);
    default: return link_attribute(m, base, name);
  }
}

std::optional<Value> find_attribute(Machine& m, Value base, std::string_view name) {
  if (base.is_defined()) return defined_attribute(m, base, name);
  return m.attribute(base, name);
}

bool set_defined_attribute(Machine& m, Value base, std::string_view name, Value value) {
  const Value word = m.make_string(name);
  if (!word.is_known()) return true;
  switch (base.kind()) {
    case Kind::instance: {
      const Instance instance = m.heap().instance(base);
      const Value pair[] = {word, value};
      if (call_special(m, base, "__setattr__", pair) || m.raised) return true;
      if (const auto found = find_in_class(m, instance.cls, name)) {
        if (found->is(Kind::descriptor) && m.heap().link(*found).second.is_known() && !m.heap().link(*found).second.is(Kind::none)) {
          const Value arguments[] = {base, value};
          m.call(m.heap().link(*found).second, arguments);
          return true;
        }
        if (found->is(Kind::instance)) {
          const Value arguments[] = {base, value};
          if (call_special(m, *found, "__set__", arguments) || m.raised) return true;
        }
      }
      if (name == "__class__") m.heap().instance(base).cls = value;
      else m.heap().set_key(instance.attributes, word, value);
      return true;
    }
    case Kind::class_object: m.heap().set_key(m.heap().class_of(base).names, word, value); return true;
    case Kind::function: {
      Function& function = m.heap().change_function(base);
      if (name == "__code__" || name == "func_code") {
        if (value.is(Kind::code)) function.code = value, function.called = false;
        return value.is(Kind::code);
      }
      if (name == "__defaults__" || name == "func_defaults") return function.defaults = value, true;
      if (name == "__kwdefaults__") return function.keyword_defaults = value, true;
      if (!function.attributes.is(Kind::dict)) {
        const Value dict = m.heap().new_items(Kind::dict, nullptr, 0);
        m.heap().change_function(base).attributes = dict;
      }
      m.heap().set_key(m.heap().function(base).attributes, word, value);
      return true;
    }
    case Kind::module: m.heap().set_key(m.heap().link(base).first, word, value); return true;
    case Kind::cell: {
      Link& cell = m.heap().change_link(base);
      cell.first = value;
      cell.number = 1;
      return true;
    }
    case Kind::method: return set_defined_attribute(m, m.heap().link(base).second, name, value);
    default: return false;
  }
}

bool delete_attribute(Machine& m, Value base, std::string_view name) {
  const Value word = Value::string(name);
  switch (base.kind()) {
    case Kind::instance: {
      if (call_special(m, base, "__delattr__", std::span(&word, 1)) || m.raised) return true;
      return m.heap().remove_key(m.heap().instance(base).attributes, word);
    }
    case Kind::class_object: return m.heap().remove_key(m.heap().class_of(base).names, word);
    case Kind::module: return m.heap().remove_key(m.heap().link(base).first, word);
    default: return true;
  }
}

std::optional<bool> is_subclass(Machine& m, Value cls, Value of) {
  if (of.is(Kind::tuple)) {
    bool sure = true;
    for (const Value& one : Items(m.heap().items(of))) {
      if (one.is(Kind::tuple)) return std::nullopt;  // may hold itself
      const auto is = is_subclass(m, cls, one);
      if (is && *is) return true;
      sure = sure && is;
    }
    return sure ? std::optional(false) : std::nullopt;
  }
  if (const auto whole = whole_class(m, of)) of = *whole;
  if (cls.same_as(of) && cls.is_known()) return true;
  if (of.is(Kind::name) && m.heap().name(of).canonical == "builtins.object") return true;
  if (cls.is(Kind::class_object)) {
    bool sure = true;
    for (const Value& entry : Items(m.heap().items(m.heap().class_of(cls).order))) {
      if (entry.same_as(cls)) continue;
      if (entry.same_as(of)) return true;
      if (!entry.is(Kind::name)) {
        sure = sure && entry.is(Kind::class_object);
        continue;
      }
      if (is_whole_class(m.heap().name(entry).canonical)) continue;
      const auto is = is_subclass(m, entry, of);
      if (is && *is) return true;
      sure = sure && is;
    }
    return sure ? std::optional(false) : std::nullopt;
  }
  if (!cls.is(Kind::name) || !of.is(Kind::name)) return of.is(Kind::class_object) && cls.is(Kind::name) ? std::optional(false) : std::nullopt;
  const std::string_view a = m.heap().name(cls).canonical, b = m.heap().name(of).canonical;
  if (a.starts_with("builtins.") && b.starts_with("builtins.")) {
    if (is_exception_name(a) && is_exception_name(b)) return exception_is(a.substr(9), b.substr(9));
    return a == "builtins.bool" && b == "builtins.int";
  }
  return std::nullopt;
}

std::optional<bool> is_instance(Machine& m, Value value, Value of) {
  if (of.is(Kind::tuple)) {
    bool sure = true;
    for (const Value& one : Items(m.heap().items(of))) {
      if (one.is(Kind::tuple)) return std::nullopt;  // may hold itself
      const auto is = is_instance(m, value, one);
      if (is && *is) return true;
      sure = sure && is;
    }
    return sure ? std::optional(false) : std::nullopt;
  }
  const Value cls = class_of(m, value);
  if (!cls.is_known()) return std::nullopt;
  if (cls.is(Kind::name) && of.is(Kind::name)) {
    if (cls.same_as(of)) return true;
    const std::string_view a = m.heap().name(cls).canonical, b = m.heap().name(of).canonical;
    const bool data = value.kind() <= Kind::set || value.is(Kind::function) || value.is(Kind::code) || value.is(Kind::byte_array);
    // numbers.Number, collections.abc.Iterable: not told here.
    if (data && b.starts_with("builtins.")) return is_subclass(m, cls, of);
    if (data && (b.starts_with("numpy.") || b.starts_with("tensorflow.") || b.starts_with("torch.")) && a.starts_with("builtins.")) return false;
    if (b.starts_with("builtins.") && a.starts_with("builtins.")) return is_subclass(m, cls, of);
    return std::nullopt;
  }
  return is_subclass(m, cls, of);
}

std::optional<bool> names_in(Machine& m, Value container, Value item) {
  if (!item.is(Kind::string)) return std::nullopt;
  std::string_view name;
  if (container.is(Kind::name)) name = m.heap().name(container).canonical;
  else if (container.is(Kind::attribute)) name = m.heap().attribute(container).name;
  else return std::nullopt;
  if (name == "sys.modules") return knowledge::policy_of(item.text()) == knowledge::Policy::stdlib ? std::optional(true) : std::nullopt;
  if (name.ends_with("__globals__") || name.ends_with("f_globals")) {
    if (item.text() == "__builtins__") return true;
    if (knowledge::policy_of(bare(item.text())) == knowledge::Policy::stdlib) return true;
  }
  return std::nullopt;
}

}  // namespace winnow::machine
