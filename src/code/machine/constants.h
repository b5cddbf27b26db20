// What is known of the standard library beside its functions: constants, fields of code objects, which names are
// builtin types, and the classes that a walk through object.__subclasses__() finds.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "code/machine/machine.h"

namespace winnow::machine {

// string.ascii_lowercase, math.pi, os.sep ...; nothing where the machine does not know it, or where it tells what
// system the code runs on: both sides of such a question are of interest.
std::optional<Value> constant_named(Machine& machine, std::string_view owner, std::string_view name);
// co_code, co_consts, co_names ... of a code object.
std::optional<Value> attribute_of_code(Machine& machine, Value code, std::string_view name);
// co_consts; of code that was compiled from source and has no bytecode, those of its instructions.
std::vector<Value> constants_of(const Machine& machine, const CodeObject& code);
bool is_builtin_type(std::string_view canonical);  // builtins.int
// Module and class: those that a Python with the usual modules loaded derives from object, in no order to be relied on.
struct KnownClass { std::string_view module, name; };
std::span<const KnownClass> well_known_classes();

}  // namespace winnow::machine
