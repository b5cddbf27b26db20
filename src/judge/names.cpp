#include "judge/names.h"

#include <algorithm>

namespace winnow::judge {
namespace {

using knowledge::Callable;
using knowledge::Effect;
using knowledge::Policy;

constexpr std::string_view kDoors[] = {"__globals__",   "__subclasses__", "__builtins__", "__code__",
                                       "__mro__",       "__bases__",      "__base__",     "f_globals",
                                       "f_builtins",    "gi_frame",       "__loader__",   "__import__",
                                       "__reduce_ex__", "func_globals"};

// The pickler of numba is a copy of cloudpickle under a name of its own.
// Under their canonical names: copies inside other packages are aliases of these.
constexpr std::string_view kFunctionPicklers[] = {"dill.", "cloudpickle.", "numba.core.serialize.", "numba.serialize."};

constexpr std::string_view kFillers[] = {"_function_setstate", "_fill_function", "_class_setstate",
                                         "_rehydrate_skeleton_class"};

constexpr std::string_view kRebuilderStarts[] = {
    "_rebuild", "_reconstruct", "__pyx_unpickle", "_unpickle", "_restore",         "_recreate",
    "_new_",    "_make",        "_from_",         "__newobj",  "_load_from_state", "_deserialize"};
constexpr std::string_view kRebuilderEnds[] = {"_ctor", "_reduce"};

// Modules of the standard library with nothing in them that acts on the machine.
constexpr std::string_view kHarmlessModules[] = {
    "re",          "math",   "cmath",     "collections", "itertools",   "functools",  "string",
    "json",        "random", "numbers",   "datetime",    "copy",        "statistics", "typing",
    "decimal",     "bisect", "fractions", "heapq",       "enum",        "time",       "abc",
    "dataclasses", "array",  "struct",    "token",       "unicodedata", "textwrap"};

constexpr std::string_view kChangingMethods[] = {
    "clear",   "update", "append",  "extend",     "insert",      "remove",      "pop", "popitem",
    "discard", "add",    "reverse", "setdefault", "__setitem__", "__delitem__", "sort"};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

bool is_one_of(std::span<const std::string_view> table, std::string_view word) {
  return std::find(table.begin(), table.end(), word) != table.end();
}

bool starts_with_one_of(std::span<const std::string_view> table, std::string_view word) {
  return std::any_of(table.begin(), table.end(),
                     [&](std::string_view start) { return word.starts_with(start); });
}

bool may_harm(const Callable* known) { return known != nullptr && !is_trusted(known); }

bool acts_on_machine(const Callable* known) {
  if (known == nullptr) return false;
  const Effect effect = known->effect;
  return runs_code(known) || effect == Effect::network || effect == Effect::file_write || effect == Effect::file_delete ||
         effect == Effect::terminate;
}

bool is_actor(const Name& name) {
  return acts_on_machine(name.known) && knowledge::policy_of(name.canonical) == Policy::stdlib &&
         (!names_class(name.canonical) || name.known->effect == Effect::process);
}

bool is_binder(std::string_view canonical) {
  static constexpr std::string_view kBinders[] = {"functools.partial", "functools.partialmethod", "types.MethodType", "builtins.staticmethod",
                                                  "builtins.classmethod", "builtins.property", "operator.methodcaller"};
  return is_one_of(kBinders, canonical);
}

bool runs_code(const Callable* known) {
  if (known == nullptr) return false;
  return known->effect == Effect::code || known->effect == Effect::process || known->effect == Effect::native;
}

std::string_view last_part(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

bool names_class(std::string_view dotted) {
  std::string_view last = last_part(dotted);
  while (last.starts_with('_')) last.remove_prefix(1);
  return !last.empty() && last.front() >= 'A' && last.front() <= 'Z';
}

bool is_builtin(std::string_view canonical) { return canonical.starts_with("builtins."); }

bool opens_door(std::string_view attribute) { return is_one_of(kDoors, attribute); }

bool is_function_pickler(std::string_view canonical) {
  return starts_with_one_of(kFunctionPicklers, canonical);
}

bool is_function_maker(std::string_view canonical) {
  return is_function_pickler(canonical) && contains(canonical, "func");
}

bool is_class_maker(std::string_view canonical) {
  return contains(canonical, "_skeleton_class") || contains(canonical, "_skeleton_enum") ||
         canonical.ends_with("_create_type") || canonical.ends_with("_load_type");
}

bool fills_state(const Name& name) { return is_one_of(kFillers, name.last); }

bool rebuilds(std::string_view canonical) {
  const std::string_view last = last_part(canonical);
  const auto ends = [&](std::string_view end) { return last.ends_with(end); };
  return starts_with_one_of(kRebuilderStarts, last) || contains(last, "unpickle") ||
         std::any_of(std::begin(kRebuilderEnds), std::end(kRebuilderEnds), ends);
}

bool restores_source(std::string_view canonical) {
  return knowledge::policy_of(canonical) == Policy::framework && last_part(canonical).starts_with("reduce_");
}

bool is_harmless_import(const Name& name) {
  if (is_trusted(name.known)) return true;
  return name.qualified.empty() && is_one_of(kHarmlessModules, name.canonical);
}

bool changes_module_state(const Name& name) {
  const size_t dot = name.qualified.rfind('.');
  if (dot == std::string_view::npos || names_class(name.qualified.substr(0, dot))) return false;
  return is_one_of(kChangingMethods, name.qualified.substr(dot + 1));
}

}  // namespace winnow::judge
