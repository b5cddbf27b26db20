#include "code/machine/constants.h"

#include <algorithm>
#include <iterator>

#include "code/machine/interpreter.h"
#include "core/code_object.h"

namespace winnow::machine {
namespace {

struct TextConstant { std::string_view owner, name, text; };
constexpr TextConstant kTexts[] = {
    {"string", "ascii_lowercase", "abcdefghijklmnopqrstuvwxyz"},
    {"string", "ascii_uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"string", "ascii_letters", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"string", "letters", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"string", "lowercase", "abcdefghijklmnopqrstuvwxyz"},
    {"string", "uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"string", "digits", "0123456789"},
    {"string", "hexdigits", "0123456789abcdefABCDEF"},
    {"string", "octdigits", "01234567"},
    {"string", "punctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
    {"string", "whitespace", " \t\n\r\v\f"},
    {"string", "printable",
     "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \t\n\r\v\f"},
    {"builtins.object", "__doc__",
     "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance "
     "that has no instance attributes and cannot be given any.\n"},
    {"os", "curdir", "."}, {"os", "pardir", ".."}, {"os", "extsep", "."},
};

struct RealConstant { std::string_view owner, name; double real; };
constexpr RealConstant kReals[] = {{"math", "pi", 3.141592653589793}, {"math", "e", 2.718281828459045}, {"math", "tau", 6.283185307179586},
                                   {"cmath", "pi", 3.141592653589793}};

struct WholeConstant { std::string_view owner, name; int64_t number; };
constexpr WholeConstant kWholes[] = {{"sys", "maxsize", INT64_MAX}, {"sys", "maxunicode", 0x10ffff}, {"zlib", "MAX_WBITS", 15}, {"re", "I", 2},
                                     {"re", "IGNORECASE", 2}, {"re", "M", 8}, {"re", "MULTILINE", 8}, {"re", "S", 16}, {"re", "DOTALL", 16},
                                     {"re", "X", 64}, {"re", "VERBOSE", 64}, {"subprocess", "PIPE", -1}, {"subprocess", "STDOUT", -2},
                                     {"subprocess", "DEVNULL", -3}};

constexpr KnownClass kClasses[] = {
    {"builtins", "type"}, {"builtins", "int"}, {"builtins", "bytearray"}, {"builtins", "bytes"}, {"builtins", "list"}, {"builtins", "tuple"},
    {"builtins", "dict"}, {"builtins", "set"}, {"builtins", "frozenset"}, {"builtins", "str"}, {"builtins", "float"}, {"builtins", "property"},
    {"_frozen_importlib", "_ModuleLock"}, {"_frozen_importlib", "ModuleSpec"}, {"_frozen_importlib", "BuiltinImporter"},
    {"_frozen_importlib", "FrozenImporter"}, {"_frozen_importlib", "_ImportLockContext"}, {"_frozen_importlib_external", "FileLoader"},
    {"_frozen_importlib_external", "WindowsRegistryFinder"}, {"_frozen_importlib_external", "_LoaderBasics"},
    {"_frozen_importlib_external", "PathFinder"}, {"_frozen_importlib_external", "FileFinder"}, {"zipimport", "zipimporter"},
    {"codecs", "Codec"}, {"codecs", "IncrementalEncoder"}, {"codecs", "IncrementalDecoder"}, {"codecs", "StreamReaderWriter"},
    {"os", "_wrap_close"}, {"os", "_Environ"}, {"_sitebuiltins", "Quitter"}, {"_sitebuiltins", "_Printer"}, {"_sitebuiltins", "_Helper"},
    {"warnings", "catch_warnings"}, {"warnings", "WarningMessage"}, {"contextlib", "ContextDecorator"}, {"contextlib", "_GeneratorContextManagerBase"},
    {"contextlib", "ExitStack"}, {"functools", "partialmethod"}, {"types", "DynamicClassAttribute"}, {"types", "SimpleNamespace"},
    {"subprocess", "Popen"}, {"subprocess", "CompletedProcess"}, {"threading", "Thread"}, {"threading", "Condition"}, {"threading", "_RLock"},
    {"threading", "Timer"}, {"socket", "SocketIO"}, {"tempfile", "_TemporaryFileCloser"}, {"tempfile", "SpooledTemporaryFile"},
    {"ctypes", "CDLL"}, {"ctypes", "LibraryLoader"}, {"string", "Template"}, {"string", "Formatter"}, {"logging", "LogRecord"},
    {"logging", "PercentStyle"}, {"pickle", "_Unpickler"}, {"inspect", "BlockFinder"}, {"multiprocessing", "Process"},
    {"importlib.abc", "Finder"}, {"importlib.util", "_LazyModule"}, {"code", "InteractiveInterpreter"}, {"shutil", "ExecError"},
    {"linecache", "cache"}, {"site", "Quitter"}, {"enum", "auto"}, {"random", "Random"}, {"http.client", "HTTPConnection"},
    {"urllib.request", "Request"}, {"urllib.request", "OpenerDirector"}, {"ftplib", "FTP"}, {"smtplib", "SMTP"}, {"zipfile", "ZipFile"},
    {"tarfile", "TarFile"}, {"ast", "NodeVisitor"}, {"dis", "Bytecode"}, {"pathlib", "PurePath"}, {"weakref", "finalize"},
};

template <class Texts>
Value tuple_of_texts(Machine& m, const Texts& texts) {
  std::vector<Value> out;
  for (const std::string_view text : texts) out.push_back(Value::string(text));
  return m.heap().new_items(Kind::tuple, out.data(), static_cast<uint32_t>(out.size()));
}

}  // namespace

std::optional<Value> constant_named(Machine& m, std::string_view owner, std::string_view name) {
  // A module's __spec__.loader, which __loader__ is.
  if (name == "loader" || name == "__loader__") return m.resolve("_frozen_importlib", "BuiltinImporter");
  for (const TextConstant& constant : kTexts) {
    if (constant.owner == owner && constant.name == name) return Value::string(constant.text);
  }
  for (const RealConstant& constant : kReals) {
    if (constant.owner == owner && constant.name == name) return Value::real(constant.real);
  }
  for (const WholeConstant& constant : kWholes) {
    if (constant.owner == owner && constant.name == name) return Value::integer(constant.number);
  }
  return std::nullopt;
}

std::vector<Value> constants_of(const Machine& m, const CodeObject& code) {
  std::vector<Value> out = code.consts;
  if (!code.code.empty() || code.body == nullptr) return out;
  for (const ir::Block& block : code.body->blocks) {
    for (const ir::Instruction& at : block.instructions) {
      if (at.op != ir::Op::load_const || out.size() >= 65536) continue;
      if (std::none_of(out.begin(), out.end(), [&](Value v) { return v.same_as(at.value) || same_key(m.heap(), v, at.value); })) out.push_back(at.value);
    }
  }
  return out;
}

std::optional<Value> attribute_of_code(Machine& m, Value value, std::string_view name) {
  const CodeObject& code = m.heap().code(value);
  if (name == "co_code" || name == "_co_code_adaptive") return Value::bytes(code.code);
  if (name == "co_consts") {
    const std::vector<Value> all = constants_of(m, code);
    return m.heap().new_items(Kind::tuple, all.data(), static_cast<uint32_t>(all.size()));
  }
  if (name == "co_names") return tuple_of_texts(m, code.names);
  if (name == "co_varnames") return tuple_of_texts(m, code.varnames);
  if (name == "co_freevars") return tuple_of_texts(m, code.freevars);
  if (name == "co_cellvars") return tuple_of_texts(m, code.cellvars);
  if (name == "co_name") return Value::string(code.name);
  if (name == "co_qualname") return Value::string(code.qualname.empty() ? code.name : code.qualname);
  if (name == "co_filename") return Value::string(code.filename);
  if (name == "co_argcount") return Value::integer(code.argcount);
  if (name == "co_posonlyargcount") return Value::integer(code.posonlyargcount);
  if (name == "co_kwonlyargcount") return Value::integer(code.kwonlyargcount);
  if (name == "co_nlocals") return Value::integer(code.nlocals);
  if (name == "co_stacksize") return Value::integer(code.stacksize);
  if (name == "co_flags") return Value::integer(code.flags);
  if (name == "co_firstlineno") return Value::integer(code.firstlineno);
  if (name == "co_linetable" || name == "co_lnotab") return Value::bytes(code.linetable);
  if (name == "co_exceptiontable") return Value::bytes(code.exceptiontable);
  return std::nullopt;
}

bool is_builtin_type(std::string_view canonical) {
  static constexpr std::string_view kTypes[] = {
      "builtins.int", "builtins.str", "builtins.bytes", "builtins.bytearray", "builtins.float", "builtins.bool", "builtins.complex",
      "builtins.list", "builtins.tuple", "builtins.dict", "builtins.set", "builtins.frozenset", "builtins.object", "builtins.type",
      "builtins.range", "builtins.slice", "builtins.property", "builtins.staticmethod", "builtins.classmethod", "builtins.super",
      "builtins.map", "builtins.filter", "builtins.zip", "builtins.enumerate", "builtins.reversed", "builtins.memoryview", "builtins.unicode",
      "builtins.long"};
  return std::find(std::begin(kTypes), std::end(kTypes), canonical) != std::end(kTypes);
}

std::span<const KnownClass> well_known_classes() { return kClasses; }

bool is_builtin_name(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "abs", "aiter", "all", "anext", "any", "apply", "ascii", "basestring", "bin", "bool", "breakpoint", "buffer", "bytearray", "bytes",
      "callable", "chr", "classmethod", "cmp", "coerce", "compile", "complex", "copyright", "credits", "delattr", "dict", "dir", "divmod",
      "enumerate", "eval", "exec", "execfile", "exit", "file", "filter", "float", "format", "frozenset", "getattr", "globals", "hasattr",
      "hash", "help", "hex", "id", "input", "int", "intern", "isinstance", "issubclass", "iter", "len", "license", "list", "locals", "long",
      "map", "max", "memoryview", "min", "next", "object", "oct", "open", "ord", "pow", "print", "property", "quit", "range", "raw_input",
      "reduce", "reload", "repr", "reversed", "round", "set", "setattr", "slice", "sorted", "staticmethod", "str", "sum", "super", "tuple",
      "type", "unichr", "unicode", "vars", "xrange", "zip", "__import__", "__build_class__", "NotImplemented", "Ellipsis", "__debug__"};
  if (std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames)) return true;
  return !name.empty() && name[0] >= 'A' && name[0] <= 'Z' && (name.ends_with("Error") || name.ends_with("Exception") || name.ends_with("Warning") ||
         name == "StopIteration" || name == "StopAsyncIteration" || name == "KeyboardInterrupt" || name == "SystemExit" || name == "GeneratorExit" ||
         name == "ExceptionGroup" || name == "BaseExceptionGroup");
}

}  // namespace winnow::machine
