// Builtins by which running code looks at itself: attributes, types, namespaces, frames, and what makes functions
// and classes out of parts.
#include <algorithm>

#include "code/bytecode/arguments.h"
#include "code/bytecode/infer.h"
#include "code/machine/constants.h"
#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/syntax.h"
#include "code/machine/run.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

const Frame* present(Machine& m) {
  for (size_t i = m.running().runs.size(); i-- > 0;) {
    if (const Frame* frame = m.running().runs[i]->present()) return frame;
  }
  return nullptr;
}

Value list_of(Machine& m, const std::vector<Value>& values) {
  return m.heap().new_items(Kind::list, values.data(), static_cast<uint32_t>(values.size()));
}

Found get_attribute(Machine& m, const Call& call) {
  const Value name = plain(m, call[1]);
  if (call.count() < 2 || !name.is_text()) return std::nullopt;
  const auto found = find_attribute(m, call[0], name.text());
  if (found && found->is_known()) {
    const Value pair[] = {call[0], name};
    m.record(Op::attribute, call.callee, m.heap().new_items(Kind::tuple, pair, 2), Value::none(), *found);
    return found;
  }
  if (m.raised && call.count() < 3) return Value::unknown();
  m.raised.reset();
  if (call.count() >= 3) return call[2];
  if (!found) m.raised = attribute_error(m, call[0], name.text());
  return found ? found : Found(Value::unknown());
}

// object.__getattribute__(thing, name), through the class or bound to it.
Found get_own_attribute(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  return get_attribute(m, {call.callee, call.arguments.last(2), Value::none()});
}

Found has_attribute(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[1].is_text()) return Value::unknown();
  if (!call[0].is_defined()) {
    if (call[0].is(Kind::name)) {
      // A name may lack it in another version: known ones have it.
      const Value found = m.attribute(call[0], call[1].text());
      return found.is(Kind::name) && m.heap().name(found).known == nullptr ? Value::unknown() : Value::boolean(true);
    }
    return Value::unknown();
  }
  const auto found = find_attribute(m, call[0], call[1].text());
  m.raised.reset();
  return Value::boolean(found.has_value());
}

Found set_attribute(Machine& m, const Call& call) {
  if (call.count() < 3 || !call[1].is_text()) return Value::none();
  if (call[0].is_defined()) set_defined_attribute(m, call[0], call[1].text(), call[2]);
  else m.set_attribute(call[0], call[1].text(), call[2]);
  return Value::none();
}

// object.__setattr__: the store itself, past the class's own hook.
Found set_plain_attribute(Machine& m, const Call& call) {
  if (call.count() < 3 || !call[1].is_text()) return Value::none();
  if (call[0].is(Kind::instance)) m.heap().set_key(m.heap().instance(call[0]).attributes, call[1], call[2]);
  else return set_attribute(m, call);
  return Value::none();
}

Found delete_named(Machine& m, const Call& call) {
  if (call.count() >= 2 && call[1].is_text()) delete_attribute(m, call[0], call[1].text());
  return Value::none();
}

Found type_object(Machine& m, const Call& call) {
  if (call.count() == 1) return class_of(m, call[0]);
  if (call.count() < 3 || !call[0].is_text()) return Value::unknown();
  return make_class(m, call[0].text(), call[1], call[2], Value::unknown(), call.keywords);
}

// type.__new__(metaclass, name, bases, names)
Found type_new(Machine& m, const Call& call) {
  if (call.count() < 4 || !call[1].is_text()) return call.count() == 2 ? Found(class_of(m, call[1])) : Found(Value::unknown());
  return make_class(m, call[1].text(), call[2], call[3], call[0], call.keywords);
}

// type.__call__(cls, ...): what calling the class does, past the metaclass's own hook.
Found type_call(Machine& m, const Call& call) {
  if (call[0].is(Kind::name) && call.count() > 1 && call[1].is(Kind::class_object)) return type_call(m, {call.callee, call.arguments.subspan(1), call.keywords});
  if (!call[0].is(Kind::class_object)) return m.call(call[0], call.arguments.subspan(std::min<size_t>(1, call.count())), call.keywords);
  const Value cls = call[0];
  const Value metaclass = m.heap().class_of(cls).metaclass;
  m.heap().class_of(cls).metaclass = m.resolve("builtins", "type");
  const Value made = instantiate(m, cls, call.arguments.subspan(1), call.keywords);
  m.heap().class_of(cls).metaclass = metaclass;
  return made;
}

Found object_new(Machine& m, const Call& call) {
  if (call[0].is(Kind::class_object)) {
    const Value made = new_instance(m, call[0]);
    return made;
  }
  if (call[0].is(Kind::name)) {
    const auto rest = call.arguments.subspan(1);
    return m.construct(call[0], m.heap().new_items(Kind::tuple, rest.data(), static_cast<uint32_t>(rest.size())), call.keywords);
  }
  return Value::unknown();
}

// str.__new__(cls, value): an instance of a subclass that holds it.
Found held_new(Machine& m, const Call& call) {
  if (!call[0].is(Kind::class_object)) return std::nullopt;
  const Value made = new_instance(m, call[0]);
  const std::string_view name = m.heap().name(call.callee).canonical;
  if (call.count() > 1) {
    const Value value = m.call(m.resolve(name.substr(0, name.rfind('.')), ""), call.arguments.subspan(1), call.keywords);
    m.heap().instance(made).held = value;
  }
  return made;
}

Found nothing(Machine&, const Call&) { return Value::none(); }

Found is_instance_of(Machine& m, const Call& call) {
  // A class may have its own way to tell.
  const Value metaclass = call[1].is(Kind::class_object) ? m.heap().class_of(call[1]).metaclass : Value::none();
  if (const auto asks = metaclass.is(Kind::class_object) ? find_in_class(m, metaclass, "__instancecheck__") : std::nullopt; asks && asks->is(Kind::function)) {
    const Value arguments[] = {call[1], call[0]};
    return m.call(*asks, arguments);
  }
  const auto is = is_instance(m, call[0], call[1]);
  return is ? Value::boolean(*is) : Value::unknown();
}

// group.split(type), group.subgroup(type)
template <bool kBoth>
Found split_exceptions(Machine& m, const Call& call) {
  if (!call[0].is(Kind::instance) || !(call[1].is(Kind::name) || call[1].is(Kind::class_object) || call[1].is(Kind::tuple))) return std::nullopt;
  const auto [match, rest] = split_group(m, call[0], call[1], 0);
  return kBoth ? m.heap().new_tuple({match, rest}) : match;
}

Found is_subclass_of(Machine& m, const Call& call) {
  const auto is = is_subclass(m, call[0], call[1]);
  return is ? Value::boolean(*is) : Value::unknown();
}

Found is_callable(Machine& m, const Call& call) {
  const Value v = call[0];
  if (v.is(Kind::function) || v.is(Kind::method) || v.is(Kind::class_object)) return Value::boolean(true);
  if (v.is(Kind::instance)) return find_in_class(m, m.heap().instance(v).cls, "__call__") ? Value::boolean(true) : opaque_base(m, v) ? Value::unknown() : Value::boolean(false);
  if (v.kind() <= Kind::set) return Value::boolean(false);
  return v.is(Kind::name) && m.heap().name(v).known != nullptr ? Value::boolean(true) : Value::unknown();
}

Found globals(Machine& m, const Call&) {
  const Frame* frame = present(m);
  if (frame != nullptr && frame->globals.is(Kind::dict) && m.heap().find_key(frame->globals, Value::string("__builtins__")) == nullptr) {
    m.heap().set_key(frame->globals, "__builtins__", m.resolve("builtins", ""));  // Python puts it into every namespace in which code runs
  }
  return frame == nullptr ? Value::unknown() : frame->globals;
}

Value locals_of(Machine& m, const Frame& frame) {
  if (!frame.names.is(Kind::none)) return frame.names;
  const Value dict = m.heap().new_items(Kind::dict, nullptr, 0);
  for (const Local& local : frame.locals) {
    if (local.bound) m.heap().set_key(dict, local.name, local.value);
  }
  for (const Local& cell : frame.cells) {
    if (cell.value.is(Kind::cell) && m.heap().link(cell.value).number == 1) m.heap().set_key(dict, cell.name, m.heap().link(cell.value).first);
  }
  return dict;
}

Found locals(Machine& m, const Call&) {
  const Frame* frame = present(m);
  return frame == nullptr ? Value::unknown() : locals_of(m, *frame);
}

Found variables(Machine& m, const Call& call) {
  if (call.count() == 0) return locals(m, call);
  return m.attribute(call[0], "__dict__");
}

void add_keys(Machine& m, Value dict, std::vector<Value>& out) {
  if (!dict.is(Kind::dict)) return;
  const Items pairs = m.heap().items(dict);
  for (uint32_t i = 0; i + 1 < pairs.size; i += 2) {
    if (pairs[i].is(Kind::string)) out.push_back(pairs[i]);
  }
}

// dir(x): what the machine knows of it, sorted.
Found directory(Machine& m, const Call& call) {
  std::vector<Value> names;
  const Value of = call.count() > 0 ? call[0] : Value::none();
  if (call.count() == 0) {
    if (const Frame* frame = present(m)) add_keys(m, locals_of(m, *frame), names);
  } else if (of.is(Kind::name)) {
    const std::string_view owner = m.heap().name(of).canonical;
    std::string_view last;
    for (const knowledge::Callable& member : knowledge::members_of(owner)) {
      std::string_view name = member.name.substr(owner.size() + 1);
      name = name.substr(0, name.find('.'));
      if (name == last || name.empty() || name.ends_with('*')) continue;
      last = name;
      names.push_back(m.heap().new_string(name));
    }
    if (names.empty()) return Value::unknown();
  } else if (of.is(Kind::instance)) {
    add_keys(m, m.heap().instance(of).attributes, names);
    if (m.heap().instance(of).cls.is(Kind::class_object)) add_keys(m, m.heap().class_of(m.heap().instance(of).cls).names, names);
  } else if (of.is(Kind::class_object)) {
    add_keys(m, m.heap().class_of(of).names, names);
  } else if (of.is(Kind::module)) {
    add_keys(m, m.heap().link(of).first, names);
  } else {
    return Value::unknown();
  }
  std::sort(names.begin(), names.end(), [](Value a, Value b) { return a.text() < b.text(); });
  names.erase(std::unique(names.begin(), names.end(), [](Value a, Value b) { return a.text() == b.text(); }), names.end());
  return list_of(m, names);
}

Found super_object(Machine& m, const Call& call) {
  Link link;
  if (call.count() >= 2) {
    link.first = call[0];
    link.second = call[1];
    return m.heap().new_link(Kind::super_object, link);
  }
  const Frame* frame = present(m);
  if (frame == nullptr) return Value::unknown();
  for (const Local& cell : frame->cells) {
    if (cell.name == "__class__" && cell.value.is(Kind::cell)) link.first = m.heap().link(cell.value).first;
  }
  if (!link.first.is_known() && frame->function.is(Kind::function)) link.first = m.heap().function(frame->function).owner;
  if (!frame->locals.empty()) link.second = frame->locals.front().value;
  for (const Local& cell : frame->cells) {
    // A first parameter that an inner function uses stands in a cell.
    if (!frame->locals.empty() && cell.name == frame->locals.front().name && cell.value.is(Kind::cell)) link.second = m.heap().link(cell.value).first;
  }
  return m.heap().new_link(Kind::super_object, link);
}

Value one_frame(Machine& m, const Frame& frame, Value back) {
  Instance instance;
  instance.cls = m.resolve("types", "FrameType");
  instance.attributes = m.heap().new_items(Kind::dict, nullptr, 0);
  instance.held = m.heap().new_tuple({});
  const Value made = m.heap().new_instance(instance);
  const Value names = instance.attributes;
  m.heap().set_key(names, "f_globals", frame.globals);
  m.heap().set_key(names, "f_locals", locals_of(m, frame));
  m.heap().set_key(names, "f_builtins", m.resolve("builtins", ""));
  m.heap().set_key(names, "f_code", frame.code);
  m.heap().set_key(names, "f_back", back.is(Kind::none) ? made : back);
  return made;
}

// A frame as a value: its namespaces. `sys._getframe(1)` and `f_back` are those of the callers.
Found frame_object(Machine& m, const Call& call) {
  constexpr size_t kMostFrames = 16;
  std::vector<const Frame*> stack;
  for (size_t i = m.running().runs.size(); i-- > 0 && stack.size() < kMostFrames;) {
    const auto& frames = m.running().runs[i]->frames();
    for (size_t k = frames.size(); k-- > 0 && stack.size() < kMostFrames;) stack.push_back(&frames[k]);
  }
  if (stack.empty()) return std::nullopt;
  const auto depth = m.heap().name(call.callee).canonical == "sys._getframe" ? integer_of(call[0]).value_or(0) : 0;
  Value back = Value::none();
  for (size_t i = stack.size(); i-- > 0;) {
    back = one_frame(m, *stack[i], back);
    if (static_cast<int64_t>(i) == depth) return back;
  }
  return back;
}
template <Descriptor kind>
Found descriptor(Machine& m, const Call& call) {
  Link link;
  link.kind = kind;
  link.first = call.count() > 0 ? call[0] : Value::none();
  link.second = call.count() > 1 ? call[1] : Value::none();
  link.third = call.count() > 2 ? call[2] : Value::none();
  if (const Value* given = m.keyword(call, "fget")) link.first = *given;
  if (const Value* given = m.keyword(call, "fset")) link.second = *given;
  return m.heap().new_link(Kind::descriptor, link);
}

// property.setter(function) and its kin: (property, function)
template <int part>
Found property_with(Machine& m, const Call& call) {
  if (!call[0].is(Kind::descriptor)) return std::nullopt;
  Link link = m.heap().link(call[0]);
  (part == 0 ? link.first : part == 1 ? link.second : link.third) = call[1];
  return m.heap().new_link(Kind::descriptor, link);
}

Found same(Machine&, const Call& call) { return call.count() > 0 ? Found(call[0]) : std::nullopt; }

Found method_of(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  if (call[1].is(Kind::none)) return call[0];
  Link link;
  link.first = call[1];
  link.second = call[0];
  return m.heap().new_link(Kind::method, link);
}

Found function_type(Machine& m, const Call& call) {
  const auto part = [&](size_t i, std::string_view first, std::string_view second = {}) {
    if (i < call.count()) return call[i];
    for (const std::string_view name : {first, second}) {
      if (const Value* given = name.empty() ? nullptr : m.keyword(call, name)) return *given;
    }
    return Value::none();
  };
  FunctionParts parts;
  parts.code = part(0, "code");
  if (!parts.code.is(Kind::code)) return std::nullopt;
  const Value given = part(1, "globals");
  if (given.is(Kind::dict)) parts.globals = given;
  parts.name = part(2, "name");
  parts.defaults = part(3, "argdefs");
  parts.closure = part(4, "closure");
  parts.keyword_defaults = part(5, "kwdefaults");
  return make_function(m, parts);
}

Found code_type(Machine& m, const Call& call) {
  const Frame* frame = present(m);
  const auto prior = frame != nullptr ? std::optional(m.heap().code(frame->code).version) : std::nullopt;
  const auto code = bytecode::code_from_arguments(m.heap(), call.arguments, prior);
  return code ? Found(*code) : std::nullopt;
}

// code.replace(co_consts=..., co_code=...)
Found code_replace(Machine& m, const Call& call) {
  if (!call[0].is(Kind::code)) return std::nullopt;
  CodeObject code = m.heap().code(call[0]);
  const auto body = code.body;
  const std::vector<Value> old = constants_of(m, code);
  code.body = nullptr;
  const auto texts = [&](Value value, std::vector<std::string_view>& out) {
    if (!value.is_sequence()) return;
    out.clear();
    for (const Value& item : m.heap().items(value)) if (item.is_text()) out.push_back(item.text());
  };
  const Items given = call.keywords.is(Kind::dict) ? m.heap().items(call.keywords) : Items{};
  for (uint32_t i = 0; i + 1 < given.size; i += 2) {
    const std::string_view name = given[i].text();
    const Value value = given[i + 1];
    if (name == "co_code" && value.is(Kind::bytes)) code.code = value.text();
    else if (name == "co_consts" && value.is_sequence()) code.consts.assign(m.heap().items(value).begin(), m.heap().items(value).end());
    else if (name == "co_names") texts(value, code.names);
    else if (name == "co_varnames") texts(value, code.varnames);
    else if (name == "co_freevars") texts(value, code.freevars);
    else if (name == "co_cellvars") texts(value, code.cellvars);
    else if (name == "co_name" && value.is_text()) code.name = value.text();
    else if (name == "co_argcount" && value.is(Kind::integer)) code.argcount = static_cast<uint32_t>(value.as_integer());
    else if (name == "co_kwonlyargcount" && value.is(Kind::integer)) code.kwonlyargcount = static_cast<uint32_t>(value.as_integer());
    else if (name == "co_nlocals" && value.is(Kind::integer)) code.nlocals = static_cast<uint32_t>(value.as_integer());
    else if (name == "co_flags" && value.is(Kind::integer)) code.flags = static_cast<uint32_t>(value.as_integer());
    else if (name == "co_exceptiontable" && value.is(Kind::bytes)) code.exceptiontable = value.text();
  }
  if (code.code.empty() && body != nullptr) {
    // It was compiled from source and has no bytecode: the constants are those of its instructions.
    auto changed = std::make_shared<ir::Body>(*body);
    for (ir::Block& block : changed->blocks) {
      for (ir::Instruction& at : block.instructions) {
        if (at.op != ir::Op::load_const) continue;
        for (size_t i = 0; i < std::min(old.size(), code.consts.size()); ++i) {
          if (same_key(m.heap(), at.value, old[i])) { at.value = code.consts[i]; break; }
        }
      }
    }
    code.body = std::move(changed);
  }
  return m.heap().new_code(std::move(code));
}

Found cell_type(Machine& m, const Call& call) {
  Link link;
  if (call.count() > 0) link.first = call[0], link.number = 1;
  return m.heap().new_link(Kind::cell, link);
}

Found module_type(Machine& m, const Call& call) {
  Link link;
  link.first = new_globals(m, call[0].is_text() ? call[0].text() : "module");
  link.second = call[0];
  return m.heap().new_link(Kind::module, link);
}

// object.__subclasses__() and its kin: the classes that the program itself made, then those of every Python.
// Their order is nothing to rely on: an index into it stays unknown.
Found subclasses(Machine& m, const Call& call) {
  if (call.count() == 0 && m.heap().name(call.callee).canonical == "builtins.type.__subclasses__") return m.raise("TypeError", Value::string("needs an argument"));
  std::vector<Value> classes;
  if (call[0].is(Kind::class_object)) {
    for (uint32_t i = 0; i < m.heap().classes().size(); ++i) {
      const Items bases = m.heap().items(m.heap().classes()[i].bases);
      if (std::any_of(bases.begin(), bases.end(), [&](Value base) { return base.same_as(call[0]); })) classes.push_back(Value::heap(Kind::class_object, i));
    }
    return list_of(m, classes);
  }
  const Value arguments = m.heap().new_items(Kind::tuple, call.arguments.data(), static_cast<uint32_t>(call.count()));
  const Value out = m.record(Op::call, call.callee, arguments, call.keywords);
  if (!out.is(Kind::object) || m.heap().growth(m.heap().object(out)).appended.size > 0) return out;
  for (const KnownClass& known : well_known_classes()) classes.push_back(m.resolve(known.module, known.name));
  m.heap().append(m.heap().grow(out).appended, classes.data(), static_cast<uint32_t>(classes.size()));
  return out;
}

Found load_module(Machine& m, const Call& call) {
  const Value name = call[call.count() > 0 ? call.count() - 1 : 0];
  if (!name.is_text()) return std::nullopt;
  return m.import_name(name.text(), "");
}

Found compile_text(Machine& m, const Call& call) {
  Value source = call[0];
  if (const Value* given = m.keyword(call, "source")) source = *given;
  Value mode = call[2];
  if (const Value* given = m.keyword(call, "mode")) mode = *given;
  Value flags = call[3];
  if (const Value* given = m.keyword(call, "flags")) flags = *given;
  constexpr int64_t kOnlyTree = 0x400;  // ast.PyCF_ONLY_AST
  if (source.is(Kind::code)) return source;
  const Source kind = mode.is(Kind::string) && mode.text() == "eval" ? Source::expression : Source::module;
  if (source.is(Kind::instance)) return compile_tree(m, source, kind);
  if (!source.is_text()) return std::nullopt;
  return integer_of(flags).value_or(0) & kOnlyTree ? parse_tree(m, source.text(), kind) : compile_source(m, source.text(), kind);
}

constexpr ModelEntry kModels[] = {
    {"builtins.getattr", get_attribute},
    {"inspect.getattr_static", get_attribute},
    {"builtins.object.__getattribute__", get_own_attribute},
    {"builtins.type.__getattribute__", get_own_attribute},
    {"builtins.hasattr", has_attribute},
    {"builtins.setattr", set_attribute},
    {"builtins.object.__setattr__", set_plain_attribute},
    {"builtins.type.__setattr__", set_attribute},
    {"builtins.delattr", delete_named},
    {"builtins.type", type_object},
    {"builtins.type.__new__", type_new},
    {"abc.ABCMeta.__new__", type_new},
    {"enum.EnumMeta.__new__", type_new},
    {"builtins.type.__call__", type_call},
    {"builtins.type.mro", [](Machine& m, const Call& call) -> Found { return m.attribute(call[0], "__mro__"); }},
    {"builtins.type.__subclasses__", subclasses},
    {"builtins.object.__subclasses__", subclasses},
    {"builtins.object.__new__", object_new},
    {"builtins.object.__init__", nothing},
    {"builtins.type.__init__", nothing},
    {"builtins.object.__init_subclass__", nothing},
    {"builtins.object.__class__", [](Machine& m, const Call& call) -> Found { return class_of(m, call[0]); }},
    {"builtins.str.__new__", held_new},
    {"builtins.bytes.__new__", held_new},
    {"builtins.int.__new__", held_new},
    {"builtins.float.__new__", held_new},
    {"builtins.tuple.__new__", held_new},
    {"builtins.list.__new__", held_new},
    {"builtins.dict.__new__", held_new},
    {"builtins.ExceptionGroup.split", split_exceptions<true>},
    {"builtins.ExceptionGroup.subgroup", split_exceptions<false>},
    {"builtins.BaseExceptionGroup.split", split_exceptions<true>},
    {"builtins.BaseExceptionGroup.subgroup", split_exceptions<false>},
    {"builtins.isinstance", is_instance_of},
    {"builtins.issubclass", is_subclass_of},
    {"builtins.callable", is_callable},
    {"builtins.globals", globals},
    {"builtins.locals", locals},
    {"builtins.vars", variables},
    {"builtins.dir", directory},
    {"builtins.super", super_object},
    {"builtins.property", descriptor<kProperty>},
    {"builtins.property.setter", property_with<1>},
    {"builtins.property.getter", property_with<0>},
    {"builtins.property.deleter", property_with<2>},
    {"builtins.staticmethod", descriptor<kStaticMethod>},
    {"builtins.classmethod", descriptor<kClassMethod>},
    {"functools.cached_property", descriptor<kCachedProperty>},
    {"abc.abstractmethod", same},
    {"typing.cast", [](Machine&, const Call& call) -> Found { return call[1]; }},
    {"sys._getframe", frame_object},
    {"inspect.currentframe", frame_object},
    {"types.FunctionType", function_type},
    {"types.LambdaType", function_type},
    {"types.FunctionType.__get__", method_of},
    {"types.MethodType", method_of},
    {"types.CodeType", code_type},
    {"types.CodeType.replace", code_replace},
    {"types.CellType", cell_type},
    {"types.ModuleType", module_type},
    {"builtins.compile", compile_text},
    {"_frozen_importlib.BuiltinImporter.load_module", load_module},
    {"importlib.machinery.BuiltinImporter.load_module", load_module},
    {"importlib._bootstrap.BuiltinImporter.load_module", load_module},
};

}  // namespace

std::span<const ModelEntry> reflection_models() { return kModels; }

}  // namespace winnow::machine
