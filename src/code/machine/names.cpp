// How the machine resolves names: through modules that hand out other modules, through attributes, items and
// everything that Python itself would look up.
#include <algorithm>

#include "code/machine/constants.h"
#include "code/machine/interpreter.h"
#include "code/machine/machine.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/words.h"

namespace winnow::machine {
namespace {


using knowledge::Callable;

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

std::string canonical_of(std::string_view module, std::string_view qualified) {
  return qualified.find("__") == std::string_view::npos ? knowledge::canonical(module, qualified) : normalised(module, qualified);
}

}  // namespace

Value Machine::import_name(std::string_view module, std::string_view qualified) {
  const Value found = resolve(module, qualified);
  if (found.is(Kind::name) && !heap().name(found).retrieved) {
    heap().name(found).retrieved = true;
    heap().name(found).by_code = place.code;
    record(Op::import, found, Value::none(), Value::none());
  }
  return found;
}

Value Machine::resolve(std::string_view module, std::string_view qualified) {
  const std::string canonical = canonical_of(module, qualified);
  const auto found = heap().intern_name(canonical);
  models_.resize(heap().names().size(), nullptr);
  code_models_.resize(heap().names().size(), nullptr);
  if (!found.second) {
    if (qualified.empty() && heap().name(found.first).module != module && respelled_.insert(found.first.index()).second) {
      for (auto& [name, assigned] : assigned_) assigned.spelled.clear();  // by which of its names is not known any more
    }
    return present(found.first, module, qualified);
  }
  const Callable* known = knowledge::find(canonical);
  Model model = model_of(canonical);
  if ((known == nullptr || is_trusted(known)) && model == nullptr && qualified.find('.') != std::string_view::npos) {
    std::string through = through_module(qualified);
    if (!through.empty()) {
      const Value target = resolve(through.substr(0, through.rfind('.')), through.substr(through.rfind('.') + 1));
      aliases_[found.first.index()] = target;
      return target;
    }
  }
  Name& name = heap().name(found.first);
  name.module = heap().arena().copy(module);
  name.qualified = heap().arena().copy(qualified);
  name.known = known;
  name.setter = knowledge::find(canonical + ".__setstate__");
  name.offset = place.offset;
  name.artifact = place.artifact;
  models_[found.first.index()] = model;
  code_models_[found.first.index()] = code_model_of(canonical);
  return present(found.first, module, qualified);
}

// Running code has models of its own, where the general one would not do.
Model Machine::model_for(Value name) const {
  const Model own = place.code ? code_models_[name.index()] : nullptr;
  return own != nullptr ? own : models_[name.index()];
}

std::optional<Value> Machine::set_in(std::string_view module, std::string_view name) {
  if (assigned_.empty()) return std::nullopt;
  const Value found = resolve(module, name);
  return found.is(Kind::name) && heap().name(found).canonical == std::string(module) + "." + std::string(name) ? std::nullopt : std::optional(found);
}

static std::string spelled(std::string_view module, std::string_view qualified) {
  std::string out(module);
  if (!module.empty() && !qualified.empty()) out += '.';
  return out.append(qualified);
}

// What a name stands for now. A program may have assigned to the same under another spelling, which is another place or is
// not (posix.system is not os.system, posixpath.join is os.path.join): there a module, or a function that acts, stays what it is.
Value Machine::present(Value name, std::string_view module, std::string_view qualified) const {
  if (!aliases_.empty()) {
    const auto alias = aliases_.find(name.index());
    if (alias != aliases_.end()) return alias->second;
  }
  if (assigned_.empty()) return name;
  const auto found = assigned_.find(name.index());
  if (found == assigned_.end()) return name;
  const Callable* known = heap().name(name).known;
  const bool acts = qualified.empty() || (known != nullptr && !is_trusted(known));
  return acts && found->second.spelled != spelled(module, qualified) ? name : found->second.value;
}

void Machine::define(std::string_view module, std::string_view qualified, Value value, bool spelled_so) {
  Value name = resolve(module, qualified);
  const std::string canonical = canonical_of(module, qualified);
  if (!name.is(Kind::name) || heap().name(name).canonical != canonical) name = heap().intern_name(canonical).first;  // it was assigned to before
  assigned_[name.index()] = {value, spelled_so ? spelled(module, qualified) : std::string()};
}

// Module and path of what a named thing holds under a name. The alias of a name met through another module may differ: the
// spelling within the module is kept.
std::pair<std::string, std::string> Machine::member_of(const Name& of, std::string_view member) const {
  // f.__call__.__call__ and so on may be as long as it likes: it is f.
  const bool kept = of.qualified.size() <= kLongestName && of.canonical == knowledge::canonical(of.module, of.qualified);
  std::string qualified(kept ? of.qualified : std::string_view());
  if (!qualified.empty()) qualified += '.';
  return {std::string(kept ? of.module : of.canonical), qualified.append(member)};
}

// The class of what a function of the standard library or of a well-known package returns.
static std::string_view class_made_by(std::string_view function) {
  static constexpr std::pair<std::string_view, std::string_view> kFactories[] = {
      {"asyncio.get_event_loop", "asyncio.base_events.BaseEventLoop"},
      {"asyncio.new_event_loop", "asyncio.base_events.BaseEventLoop"},
      {"asyncio.events.get_event_loop", "asyncio.base_events.BaseEventLoop"},
      {"asyncio.events.new_event_loop", "asyncio.base_events.BaseEventLoop"},
      {"bz2.open", "bz2.BZ2File"},
      {"gzip.open", "gzip.GzipFile"},
      {"importlib.metadata.entry_points", "importlib.metadata.EntryPoints"},
      {"lzma.open", "lzma.LZMAFile"},
      {"logging.getLogger", "logging.Logger"},
      {"multiprocessing.context.BaseContext.Process", "multiprocessing.process.BaseProcess"},
      {"requests.session", "requests.sessions.Session"},
      {"requests.sessions.session", "requests.sessions.Session"},
      {"shelve.open", "shelve.Shelf"},
      {"socket.create_connection", "socket.socket"},
      {"sqlite3.connect", "sqlite3.Connection"},
      {"tarfile.open", "tarfile.TarFile"},
      {"tarfile.TarFile.open", "tarfile.TarFile"},
      {"urllib.request.build_opener", "urllib.request.OpenerDirector"},
      {"webbrowser.get", "webbrowser.GenericBrowser"},
  };
  const auto* found = std::find_if(std::begin(kFactories), std::end(kFactories), [&](const auto& one) { return one.first == function; });
  return found == std::end(kFactories) ? std::string_view() : found->second;
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
    case Kind::frozen_set: return "builtins.frozenset";
    case Kind::slice: return "builtins.slice";
    case Kind::complex: return "builtins.complex";
    case Kind::byte_array: return "builtins.bytearray";
    case Kind::range: return "builtins.range";
    case Kind::code: return "types.CodeType";
    case Kind::function: return "types.FunctionType";
    case Kind::method: return "types.MethodType";
    case Kind::generator: return "types.GeneratorType";
    case Kind::iterator: return "builtins.iterator";
    case Kind::module: return "types.ModuleType";
    case Kind::cell: return "types.CellType";
    case Kind::super_object: return "builtins.super";
    case Kind::descriptor:
      return heap().link(value).kind == kStaticMethod ? "builtins.staticmethod" : heap().link(value).kind == kClassMethod ? "builtins.classmethod" : "builtins.property";
    case Kind::instance:
      return heap().instance(value).cls.is(Kind::name) ? std::string(heap().name(heap().instance(value).cls).canonical) : std::string();
    case Kind::object: {
      const Value maker = heap().object(value).callee;
      if (!maker.is(Kind::name)) return {};
      const std::string_view name = heap().name(maker).canonical;
      const bool constructed = trace_.events[heap().object(value).event].op == Op::construct;
      if (constructed || is_class_name(name) || is_trusted(heap().name(maker).known)) return std::string(name);
      // What the saved object has a function make for it has the methods of a class; code is followed by other means.
      if (!place.code) {
        if (const std::string_view made = class_made_by(name); !made.empty()) return std::string(made);
        if (!knowledge::members_of(name).empty()) return std::string(name);  // a class in small letters
      }
      return std::string(name) + "()";
    }
    default: return {};
  }
}

Value Machine::attribute(Value base, std::string_view name) {
  if (base.is_defined()) {
    const auto found = defined_attribute(*this, base, name);
    if (found) return *found;
    if (!raised && place.code) raised = attribute_error(*this, base, name);
    return Value::unknown();
  }
  if (name == "__call__") return base;
  if (place.code) {
    if (const auto found = attribute_in_code(base, name)) return *found;
  }
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
    if (of.canonical.size() > kLongestName) {
      cut("a name is too long to be followed", std::nullopt);
      return Value::unknown();
    }
    const auto [module, qualified] = member_of(of, name);
    return import_name(module, qualified);
  }
  if (base.is(Kind::object)) {
    const Object& object = heap().object(base);
    if (const Items* attributes = attributes_of(base)) {
      if (const Value* held = heap().find(*attributes, name)) return *held;
    }
    if (object.callee.is(Kind::name)) {
      const std::string_view maker = heap().name(object.callee).canonical;
      const Items& arguments = heap().items(object.arguments);
      if (maker == "builtins.type" && arguments.size == 3 && arguments[2].is(Kind::dict)) {
        if (const Value* held = heap().find(heap().items(arguments[2]), name)) return *held;
      }
      if (maker == "functools.partial" && name == "func" && arguments.size > 0) return arguments[0];
      if ((maker == "types.SimpleNamespace" || maker == "jinja2.utils.Namespace") && object.keywords.is(Kind::dict)) {
        if (const Value* held = heap().find(heap().items(object.keywords), name)) return *held;
      }
    }
  }
  std::string type = type_of(base);
  if (type.ends_with("()")) {
    // What has such a method is a class, however it is spelled: zipimport.zipimporter.
    const std::string_view maker = std::string_view(type).substr(0, type.size() - 2);
    const Callable* method = knowledge::find(std::string(maker) + "." + std::string(name));
    const bool runs = method != nullptr && (method->effect == knowledge::Effect::code || method->effect == knowledge::Effect::process || method->effect == knowledge::Effect::deserialise);
    if (runs && !method->name.ends_with('*')) type.resize(maker.size());
  }
  const Value resolved = type.empty() ? Value::unknown() : resolve(type, name);
  return heap().new_attribute({base, heap().arena().copy(name), resolved});
}

Value Machine::item(Value base, Value key) {
  if (base.is_defined() || base.is(Kind::byte_array) || base.is(Kind::range) || (key.is(Kind::slice) && !base.is(Kind::dict))) {
    // Asked by who wants to know, not by the program: nothing is raised.
    if (!base.is(Kind::name) && !base.is(Kind::attribute) && !base.is(Kind::object) && base.is_known()) return subscript(*this, base, key);
    return Value::unknown();
  }
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
  if (!key.is_text()) return is_default_dict(base) ? missing_item(heap().object(base)) : Value::unknown();
  if (base.is(Kind::name)) {
    const std::string_view name = heap().name(base).canonical;
    if (name == "sys.modules") {
      if (running_->main_globals.is(Kind::dict)) {
        const Value* own = heap().find_key(running_->main_globals, Value::string("__name__"));
        if (key.text() == "__main__" || (own != nullptr && own->is(Kind::string) && own->text() == key.text())) {
          Link link;
          link.first = running_->main_globals;
          link.second = key;
          return heap().new_link(Kind::module, link);
        }
      }
      return import_name(key.text(), "");
    }
    if (name == "builtins") return attribute(base, key.text());
    if (name.ends_with(".__dict__")) return import_name(name.substr(0, name.size() - 9), key.text());
    if (name.ends_with("_globals__") || name.ends_with(".func_globals")) {
      return global_of_function(key.text(), name.substr(0, name.find('.')));
    }
  }
  if (base.is(Kind::attribute)) {
    const AttributeOf& of = heap().attribute(base);
    if (of.name == "__dict__") return attribute(of.base, key.text());
    if (of.name == "__globals__" || of.name == "func_globals" || of.name == "f_globals" || of.name == "f_builtins") {
      const std::string_view owner = of.base.is(Kind::name) ? heap().name(of.base).canonical : std::string_view();
      return global_of_function(key.text(), owner.substr(0, owner.find('.')));
    }
  }
  if (base.is(Kind::object)) {
    const Object& object = heap().object(base);
    if (const Value* found = heap().find(heap().growth(object).entries, key.text())) return *found;
    if (object.callee.is(Kind::name)) {
      if (is_default_dict(base)) return missing_item(object);
      const std::string_view maker = heap().name(object.callee).canonical;
      if (maker == "builtins.globals" || maker == "builtins.locals" || maker == "builtins.vars") return global_of_function(key.text());
    }
  }
  return Value::unknown();
}

bool Machine::is_default_dict(Value value) const {
  if (!value.is(Kind::object)) return false;
  const Value maker = heap().object(value).callee;
  return maker.is(Kind::name) && heap().name(maker).canonical == "collections.defaultdict";
}

// A defaultdict makes what is missing by calling its factory.
Value Machine::missing_item(const Object& dict) {
  const Items& given = heap().items(dict.arguments);
  if (given.size == 0 || given[0].is(Kind::none)) return Value::unknown();
  return call(given[0], std::span<const Value>());
}

// The globals of a function hold what its module imported, and the module's own members: modules and builtins by
// their names.
Value Machine::global_of_function(std::string_view key, std::string_view owner) {
  if (key == "__builtins__") return import_name("builtins", "");
  if (place.code && !owner.empty() && owner != "builtins") {
    const std::string member = knowledge::canonical(owner, key);
    const Callable* known = knowledge::find(member);
    if (model_of(member) != nullptr || (known != nullptr && !known->name.ends_with('*'))) return import_name(owner, key);
  }
  if (knowledge::policy_of(bare(key)) == knowledge::Policy::stdlib) return import_name(bare(key), "");
  return import_name("builtins", key);
}

// Attributes that only running code asks for: the inside of types, code objects and names.
std::optional<Value> Machine::attribute_in_code(Value base, std::string_view name) {
  if (base.is(Kind::name)) {
    const Name& of = heap().name(base);
    const std::string_view canonical = of.canonical;
    const size_t dot = canonical.rfind('.');
    const bool type = is_class_name(canonical) || is_builtin_type(canonical);
    if (name == "__name__" || name == "__qualname__") {
      return make_string(of.qualified.empty() && !type ? canonical : canonical.substr(dot == std::string_view::npos ? 0 : dot + 1));
    }
    if (name == "__module__" && dot != std::string_view::npos) return make_string(canonical.substr(0, dot));
    if (name == "__class__" && (type || of.qualified.empty())) return import_name(type ? "builtins" : "types", type ? "type" : "ModuleType");
    const Value object = resolve("builtins", "object");
    if (type && name == "__base__" && canonical != "builtins.type") return canonical == "builtins.object" ? Value::none() : import_name("builtins", "object");
    if (type && (name == "__bases__" || name == "__mro__")) {
      if (canonical == "builtins.object") return name == "__mro__" ? heap().new_tuple({base}) : heap().new_tuple({});
      return name == "__mro__" ? heap().new_tuple({base, object}) : heap().new_tuple({object});
    }
    if (const auto constant = constant_named(*this, canonical, name)) return constant;
    return std::nullopt;
  }
  if (base.is(Kind::code)) return attribute_of_code(*this, base, name);
  // vars(os).items()
  if (base.is(Kind::attribute) && heap().attribute(base).name == "__dict__" && heap().attribute(base).base.is(Kind::name) && (name == "items" || name == "keys" || name == "values")) {
    Link link;
    link.first = base;
    link.second = resolve("builtins", "dict." + std::string(name));
    return heap().new_link(Kind::method, link);
  }
  if (name == "__builtins__") return import_name("builtins", "");
  if (name == "__class__") {
    const std::string type = type_of(base);
    if (!type.empty() && !type.ends_with("()") && !base.is(Kind::object)) return import_name(type.substr(0, type.find('.')), type.substr(type.find('.') + 1));
  }
  if (base.is(Kind::object) && (name == "real" || name == "imag") && heap().object(base).callee.is(Kind::name) &&
      heap().name(heap().object(base).callee).canonical == "builtins.complex" && heap().object(base).arguments.is_sequence() && heap().items(heap().object(base).arguments).size == 2) {
    return heap().items(heap().object(base).arguments)[name == "imag"];
  }
  if (base.is(Kind::complex) && heap().items(base).size == 2) {
    if (name == "real") return heap().items(base)[0];
    if (name == "imag") return heap().items(base)[1];
  }
  if (base.is(Kind::slice) && heap().items(base).size == 3) {
    if (name == "start") return heap().items(base)[0];
    if (name == "stop") return heap().items(base)[1];
    if (name == "step") return heap().items(base)[2];
  }
  if ((base.is(Kind::integer) || base.is(Kind::boolean)) && (name == "real" || name == "numerator")) return Value::integer(base.as_integer());
  return std::nullopt;
}

}  // namespace winnow::machine
