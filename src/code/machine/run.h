// Entries for those who hold code: bytecode or source in the form of the IR is run on the machine, and what it
// does becomes events of the trace. Data that is known is computed; where it is not, both sides of a branch are
// followed, loops run once, handlers are entered. Nothing has an effect, everything is bounded: what a budget cut
// off becomes a gap that says so.
#pragma once

#include <span>
#include <string_view>

#include "code/machine/machine.h"

namespace winnow::machine {

// A dict with what a fresh module's globals hold: __name__, __builtins__. Front ends add what their loader puts there:
//   set_global(machine, globals, "os", machine.resolve("os", ""));
Value new_globals(Machine& machine, std::string_view module_name);
void set_global(Machine& machine, Value globals, std::string_view name, Value value);
// The globals of `module` as it would be imported (tf-keras: "module": "os"): names in it resolve to its members.
Value globals_of_module(Machine& machine, std::string_view module);

// What makes a function. `code` is a Kind::code value of the machine's heap; parts that are not there are none().
struct FunctionParts {
  Value code;
  Value globals = Value::unknown();           // a dict; unknown: a fresh module's
  Value name = Value::none();                 // a string; none: the code's
  Value defaults = Value::none();             // a tuple (other sequences are taken, too)
  Value keyword_defaults = Value::none();     // a dict
  Value closure = Value::none();              // a tuple of cells; of other values, each becomes the content of a cell
};
Value make_function(Machine& machine, const FunctionParts& parts);

// Runs the code of a module, a script or an `exec` in `globals`. `trigger` tells when the loader would.
void run_module(Machine& machine, Value code, Value globals, Trigger trigger);
// Calls anything as the program would and gives what it returns.
Value call_function(Machine& machine, Value function, std::span<const Value> arguments, Value keywords, Trigger trigger);
// Calls a function, class or method with arguments of which nothing is known: one for each parameter that has no default.
Value call_unknown(Machine& machine, Value function, Trigger trigger);
// Functions and methods that code made or the program holds and that nobody called: each is run once with unknown
// arguments. To be called last, before the trace is submitted.
void run_uncalled(Machine& machine, Trigger trigger);
// The same where the name of a function tells when it is called; those that run at `load` go first, those that run at
// `inference` next.
void run_uncalled(Machine& machine, Trigger (*trigger_of)(std::string_view function));

// What no way through a module led to, though it stands in it: blocks behind conditions that do not hold as we reckon.
void run_unreached(Machine& machine, Value code, Value globals, Trigger trigger);

// A whole module, from source or bytecode: its top level, at `trigger`; what stands behind `if __name__ == '__main__'`;
// then what others call in it, when their names say so.
struct Program {
  Value code;
  std::string_view path;  // of its file, by whose name it is imported
  Trigger trigger = Trigger::import;
  Trigger (*trigger_of)(std::string_view function);
};
void run_program(Machine& machine, const Program& program);

}  // namespace winnow::machine
