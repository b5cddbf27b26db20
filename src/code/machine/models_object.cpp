// Builtins that find, bind and call other things: what pickles use to reach a name without spelling it.
#include <algorithm>
#include <cctype>

#include "code/machine/interpreter.h"
#include "code/machine/models.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

using Result = std::optional<Value>;

Value walk(Machine& m, Value from, std::string_view dotted) {
  while (!dotted.empty()) {
    const size_t dot = dotted.find('.');
    from = m.attribute(from, dotted.substr(0, dot));
    dotted = dot == std::string_view::npos ? std::string_view() : dotted.substr(dot + 1);
  }
  return from;
}

// getattr(object, name[, default])
Result get_attribute(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[1].is_text()) return std::nullopt;
  return m.attribute(call[0], call[1].text());
}

// operator.attrgetter's path on one object: (object, "a.b")
Result get_path(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[1].is_text()) return std::nullopt;
  return walk(m, call[0], call[1].text());
}

Result get_item(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const Value found = m.item(call[0], call[1]);
  if (!found.is_known()) return std::nullopt;
  return found;
}

Result set_attribute(Machine& m, const Call& call) {
  if (call.count() < 3 || !call[1].is_text()) return std::nullopt;
  m.set_attribute(call[0], call[1].text(), call[2]);
  return Value::none();
}

Result set_item(Machine& m, const Call& call) {
  if (call.count() < 3) return std::nullopt;
  const Value pair[] = {call[1], call[2]};
  m.set_items(call[0], pair);
  return Value::none();
}

// A module that stands beside the program: "utils", ".utils".
Result beside(Machine& m, std::string_view name, bool leaf) {
  int64_t level = 0;
  for (; name.starts_with('.'); name.remove_prefix(1)) ++level;
  return m.home == nullptr ? std::nullopt : module_beside(m, Value::none(), name, level, leaf);
}

// __import__(name, globals, locals, fromlist): the top package, or the leaf where fromlist is given.
Result import_builtin(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  const std::string_view name = call[0].text();
  const bool leaf = call.count() >= 4 && call[3].is_sequence() && m.heap().items(call[3]).size > 0;
  if (const auto found = beside(m, name, leaf)) return found;
  return m.import_name(leaf ? name : name.substr(0, name.find('.')), "");
}

Result import_module(Machine& m, const Call& call) {
  Value name = call[0];
  if (const Value* given = m.keyword(call, "name")) name = *given;
  if (!name.is_text()) return std::nullopt;
  if (const auto found = beside(m, name.text(), true)) return found;
  return m.import_name(name.text(), "");
}

// pkgutil.resolve_name("os:system"), pydoc.locate("os.system"), logging's resolve, ...
Result resolve_name(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  const std::string_view text = call[0].text();
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) return walk(m, m.import_name(text.substr(0, colon), ""), text.substr(colon + 1));
  const size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return m.import_name(text, "");
  return m.import_name(text.substr(0, dot), text.substr(dot + 1));
}

// find_class(module, name) and its kin, as bound methods or functions.
Result find_class(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const Value module = call[call.count() - 2], name = call[call.count() - 1];
  if (!module.is_text() || !name.is_text()) return std::nullopt;
  return m.import_name(module.text(), name.text());
}

// cloudpickle's look-up of a type that the types module names: CodeType, CellType ...
Result builtin_type(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  return m.import_name("types", call[0].text());
}

// dill's look-up of a type by its name: "CodeType", "dict" ...
Result load_type(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
  static constexpr std::pair<std::string_view, std::string_view> kOwn[] = {
      {"PartialType", "functools.partial"}, {"ItemGetterType", "operator.itemgetter"},
      {"AttrGetterType", "operator.attrgetter"}, {"SuperType", "builtins.super"},
      {"ClassType", "builtins.type"}, {"TypeType", "builtins.type"}, {"ObjectType", "builtins.object"},
      {"FileType", "io.FileIO"}, {"RFileType", "io.FileIO"}, {"BufferedReaderType", "io.BufferedReader"},
      {"BufferedWriterType", "io.BufferedWriter"}, {"TextWrapperType", "io.TextIOWrapper"}};
  const std::string_view name = call[0].text();
  for (const auto& [own, means] : kOwn) {
    if (name == own) return m.import_name(means.substr(0, means.find('.')), means.substr(means.find('.') + 1));
  }
  const std::string_view module = name.ends_with("Type") ? "types" : "builtins";
  if (knowledge::find(std::string(module) + "." + std::string(name)) == nullptr) return std::nullopt;
  return m.import_name(module, name);
}

// dill's _getattr(class, name, text) evaluates what stands in the text between quotes: "<attribute 'x' of
// 'os' objects>". An honest text names a type there.
Result evaluated_attribute(Machine& m, const Call& call) {
  if (call.count() < 3 || !call[2].is_text()) return get_attribute(m, call);
  std::string_view text = call[2].text();
  for (int quote = 0; quote < 3; ++quote) {
    const size_t at = text.find('\'');
    if (at == std::string_view::npos) return get_attribute(m, call);
    text.remove_prefix(at + 1);
  }
  text = text.substr(0, text.find('\''));
  const bool dotted = std::all_of(text.begin(), text.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; });
  if (dotted) return get_attribute(m, call);
  const Value source[] = {Value::string(text)};
  return m.call(m.import_name("builtins", "eval"), source);
}

Result call_first(Machine& m, const Call& call) {
  if (call.count() < 1) return std::nullopt;
  return m.call(call[0], call.arguments.subspan(1), call.keywords);
}

// apply(f, args[, keywords]) of Python 2
Result apply(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  return m.call(call[0], call[1], call.count() > 2 ? call[2] : Value::none());
}

Result same(Machine&, const Call& call) {
  if (call.count() < 1) return std::nullopt;
  return call[0];
}

// type(x): its class; type(name, bases, dict) makes one and stays an event.
Result type_object(Machine& m, const Call& call) {
  if (call.count() != 1) return std::nullopt;
  const std::string type = m.type_of(call[0]);
  if (type.empty() || type.ends_with("()")) return std::nullopt;
  return m.import_name(type, "");
}

// vars(module) and module.__dict__ are the same view.
Result variables(Machine& m, const Call& call) {
  if (call.count() != 1) return std::nullopt;
  return m.attribute(call[0], "__dict__");
}

// copyreg.add_extension(module, name, code): what an EXT opcode with that code loads.
Result add_extension(Machine& m, const Call& call) {
  if (call.count() < 3 || !call[0].is_text() || !call[1].is_text() || !integer_of(call[2])) return std::nullopt;
  m.extensions[*integer_of(call[2])] = m.import_name(call[0].text(), call[1].text());
  return Value::none();
}

// pickle.Unpickler(file).load(): the file's content.
Result unpickler_load(Machine& m, const Call& call) {
  if (call.count() < 1 || !call[0].is(Kind::object)) return std::nullopt;
  const Items arguments = m.heap().items(m.heap().object(call[0]).arguments);
  if (arguments.size == 0) return std::nullopt;
  return m.call(m.import_name("pickle", "load"), std::span(arguments.data, 1));
}

Result file_read(Machine& m, const Call& call) {
  if (call.count() < 1) return std::nullopt;
  const auto content = file_content(m, call[0]);
  if (!content) return std::nullopt;
  return m.heap().object(call[0]).callee.is(Kind::name) &&
                 m.heap().name(m.heap().object(call[0]).callee).canonical == "io.StringIO"
             ? Value::string(*content)
             : Value::bytes(*content);
}

// torch's rebuilding of tensor subclasses: _rebuild_from_type_v2(function, type, arguments, state).
Result rebuild_from_type(Machine& m, const Call& call) {
  if (call.count() < 3) return std::nullopt;
  const Value tensor = m.call(call[0], call[2]);
  // What the function returned decides what these are: attributes that it brought along are called too.
  const Value hook = m.attribute(tensor, "as_subclass");
  if (!hook.is(Kind::attribute)) m.call(hook, call.arguments.subspan(1, 1));
  if (call.count() > 3) m.set_state(tensor, call[3]);
  return tensor;
}

// multiprocessing's form of a partial: (function, arguments, keywords).
Result rebuild_partial(Machine& m, const Call& call) {
  if (call.count() < 2 || !call[1].is_sequence()) return std::nullopt;
  std::vector<Value> bound{call[0]};
  const Items given = m.heap().items(call[1]);
  bound.insert(bound.end(), given.begin(), given.end());
  return m.call(m.import_name("functools", "partial"), bound, call[2].is(Kind::dict) ? call[2] : Value::none());
}

// _create_namedtuple(name, fields, module): what the module has under that name, where it has it.
Result create_namedtuple(Machine& m, const Call& call) {
  if (call.count() < 3 || !call[0].is_text() || !call[2].is_text()) return std::nullopt;
  const Value found = m.import_name(call[2].text(), call[0].text());
  if (!found.is(Kind::name) || m.heap().name(found).known == nullptr) return std::nullopt;
  return found;
}

// copyreg._reconstructor(cls, base, state) makes the object by base.__new__ and, where that is not object's
// own, initialises it by base.__init__(object, state).
Result reconstructor(Machine& m, const Call& call) {
  if (call.count() < 1) return std::nullopt;
  const bool plain = !call[1].is(Kind::name) || m.heap().name(call[1]).canonical.starts_with("builtins.");
  if (!plain) return m.call(call[1], call.arguments.subspan(2));
  return m.construct(call[0], m.heap().new_items(Kind::tuple, nullptr, 0), Value::none());
}

Result new_object(Machine& m, const Call& call) {
  if (call.count() < 1) return std::nullopt;
  const auto rest = call.arguments.subspan(1);
  return m.construct(call[0], m.heap().new_items(Kind::tuple, rest.data(), static_cast<uint32_t>(rest.size())),
                     call.keywords);
}

constexpr ModelEntry kModels[] = {
    {"builtins.getattr", get_attribute},
    {"inspect.getattr_static", get_attribute},
    {"builtins.object.__getattribute__", get_attribute},
    {"builtins.type.__getattribute__", get_attribute},
    {"types.ModuleType.__getattribute__", get_attribute},
    {"dill._dill._get_attr", get_attribute},
    {"dill._dill._getattr", evaluated_attribute},
    {"dill._dill._create_type", call_first},
    {"dill._dill._getattribute", get_path},
    {"pickle._getattribute", get_path},
    {"pyspark.cloudpickle._getattribute", get_path},
    {"numpy.core._ufunc_reconstruct", find_class},
    {"builtins.setattr", set_attribute},
    {"builtins.object.__setattr__", set_attribute},
    {"builtins.type.__setattr__", set_attribute},
    {"builtins.dict.__getitem__", get_item},
    {"builtins.dict.get", get_item},
    {"builtins.dict.pop", get_item},
    {"builtins.dict.setdefault", get_item},
    {"builtins.list.pop", get_item},
    {"sys.modules.get", [](Machine& m, const Call& call) -> Result {
       if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
       return m.import_name(call[0].text(), "");
     }},
    {"sys.modules.__getitem__", [](Machine& m, const Call& call) -> Result {
       if (call.count() < 1 || !call[0].is_text()) return std::nullopt;
       return m.import_name(call[0].text(), "");
     }},
    {"operator.setitem", set_item},
    {"builtins.dict.__setitem__", set_item},
    {"builtins.__import__", import_builtin},
    {"importlib.__import__", import_builtin},
    {"importlib.import_module", import_module},
    {"importlib._bootstrap._gcd_import", import_module},
    {"importlib._bootstrap._find_and_load", import_module},
    {"dill._dill._import_module", resolve_name},
    {"dill._dill._load_type", load_type},
    {"dill._dill._create_namedtuple", create_namedtuple},
    {"multiprocessing.reduction._rebuild_partial", rebuild_partial},
    {"scipy._lib._uarray._backend.unpickle_function", [](Machine& m, const Call& call) -> Result {
       if (call.count() < 2 || !call[0].is_text() || !call[1].is_text()) return std::nullopt;
       return m.import_name(call[0].text(), call[1].text());
     }},
    {"dill._dill._setattr", set_attribute},
    {"cloudpickle.cloudpickle.subimport", import_module},
    {"cloudpickle.cloudpickle._builtin_type", builtin_type},
    {"cloudpickle.subimport", import_module},
    {"cloudpickle._builtin_type", builtin_type},
    {"pkgutil.resolve_name", resolve_name},
    {"pydoc.locate", resolve_name},
    {"xmlrpc.server.resolve_dotted_attribute", get_path},
    {"test.support.import_helper.import_module", import_module},
    {"logging.config._resolve", resolve_name},
    {"unittest.mock._importer", resolve_name},
    {"django.utils.module_loading.import_string", resolve_name},
    {"werkzeug.utils.import_string", resolve_name},
    {"hydra.utils.get_method", resolve_name},
    {"hydra.utils.get_class", resolve_name},
    {"hydra.utils.get_object", resolve_name},
    {"hydra._internal.utils._locate", resolve_name},
    {"pickle.Unpickler.find_class", find_class},
    {"pickle._Unpickler.find_class", find_class},
    {"transformers.models.auto.auto_factory.getattribute_from_module", get_attribute},
    {"operator.call", call_first},
    {"builtins.apply", apply},
    {"copy.copy", same},
    {"copy.deepcopy", same},
    {"operator.pos", same},
    {"weakref.proxy", same},
    {"builtins.staticmethod", same},
    {"builtins.classmethod", same},
    {"builtins.type", type_object},
    {"builtins.vars", variables},
    {"pickle.Unpickler.load", unpickler_load},
    {"pickle._Unpickler.load", unpickler_load},
    {"dill.Unpickler.load", unpickler_load},
    {"dill._dill.Unpickler.load", unpickler_load},
    {"io.BytesIO.getvalue", file_read},
    {"io.BytesIO.read", file_read},
    {"io.BytesIO.getbuffer", file_read},
    {"io.StringIO.getvalue", file_read},
    {"io.StringIO.read", file_read},
    {"copyreg.add_extension", add_extension},
    {"copyreg._reconstructor", reconstructor},
    {"copyreg.__newobj__", new_object},
    {"torch._tensor._rebuild_from_type", rebuild_from_type},
    {"torch._tensor._rebuild_from_type_v2", rebuild_from_type},
    {"builtins.object.__new__", new_object},
};

}  // namespace

std::span<const ModelEntry> object_models() { return kModels; }

}  // namespace winnow::machine
