// Classes, instances, functions and the other things that a program defines: how their attributes are found, how
// classes are made, and how their special methods are called.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "code/machine/machine.h"

namespace winnow::machine {

inline constexpr std::string_view kFinalizer = "__del__";

enum Descriptor : uint32_t { kProperty, kStaticMethod, kClassMethod, kCachedProperty, kAbstract };

// Calls a special method where the class of `self` has one (for class objects: their metaclass). Nothing means
// that there is none, or that Machine::raised is set.
std::optional<Value> call_special(Machine& machine, Value self, std::string_view name, std::span<const Value> arguments);

// The attribute of something that the program defines (Value::is_defined). Nothing: surely there is none.
std::optional<Value> defined_attribute(Machine& machine, Value base, std::string_view name);
// The same of any value, as getattr with a default and hasattr ask.
std::optional<Value> find_attribute(Machine& machine, Value base, std::string_view name);
// Sets an attribute of something that the program defines; false where the machine keeps none of it.
bool set_defined_attribute(Machine& machine, Value base, std::string_view name, Value value);
bool delete_attribute(Machine& machine, Value base, std::string_view name);

// What a class holds under a name, its bases included and nothing bound. Nothing: not found.
std::optional<Value> find_in_class(Machine& machine, Value cls, std::string_view name);
// A base outside of the program from which a class or an instance derives: a name. Null where there is none but
// object and the types of plain data.
std::optional<Value> opaque_base(Machine& machine, Value value);
Value class_of(Machine& machine, Value value);           // type(value): a class_object, a name, or unknown
std::optional<bool> is_subclass(Machine& machine, Value cls, Value of);  // `of` may be a tuple
std::optional<bool> is_instance(Machine& machine, Value value, Value of);

// type(name, bases, names): a class with the metaclass's hooks run.
Value make_class(Machine& machine, std::string_view name, Value bases, Value names, Value metaclass, Value keywords);
// What happens behind the class body: __set_name__, __init_subclass__, __init__ of the metaclass.
void finish_class(Machine& machine, Value made, Value keywords);
// cls(*arguments): the instance, its __new__ and __init__ run.
Value instantiate(Machine& machine, Value cls, std::span<const Value> arguments, Value keywords);
// The instance alone, for those who run __init__ themselves.
Value new_instance(Machine& machine, Value cls);

// Exceptions of Python itself.
bool is_exception_name(std::string_view canonical);
bool exception_is(std::string_view name, std::string_view base);  // bare names: KeyError is LookupError
Value new_exception(Machine& machine, Value cls, std::span<const Value> arguments);
// What `except*` takes of an exception or a group of them, and what is left: each a group, or None. Where it cannot be told
// both are the whole.
struct SplitGroup { Value match, rest; };
SplitGroup split_group(Machine& machine, Value exception, Value type, int depth);
// Those that tell what is not there, in the words of Python.
Value attribute_error(Machine& machine, Value base, std::string_view name);
Value name_error(Machine& machine, std::string_view name);

// Whether `globals()` of a function or a module outside holds a name; nothing: not such a thing, or not known.
std::optional<bool> names_in(Machine& machine, Value container, Value item);

}  // namespace winnow::machine
