// Functions that a pickle carries: what dill, cloudpickle, marshal and the types module put together out of code
// objects. To the pickle they stay the objects that those calls returned; beside each stands the function itself, and
// it is run when the object is called.
#include <algorithm>

#include "code/bytecode/arguments.h"
#include "code/bytecode/infer.h"
#include "code/machine/interpreter.h"
#include "code/machine/machine.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/machine/run.h"

namespace winnow::machine {
namespace {

std::string_view last_part(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

bool is_maker(std::string_view canonical) {
  static constexpr std::string_view kLibraries[] = {"dill.", "cloudpickle.", "numba.core.serialize.", "numba.serialize.", "types.", "marshal.",
                                                    "new.", "builtins."};
  return std::any_of(std::begin(kLibraries), std::end(kLibraries), [&](std::string_view start) { return canonical.starts_with(start); });
}

Value argument(const Items& given, uint32_t i) { return i < given.size ? given[i] : Value::none(); }

}  // namespace

// The function, code or cell behind an object that a pickle's call returned; other values as they are.
Value Machine::defined(Value value) const {
  if (carried_.empty() || !value.is(Kind::object)) return value;
  const auto found = carried_.find(value.index());
  return found == carried_.end() ? value : found->second;
}

Value Machine::defined_items(Value container) {
  if (!container.is_sequence()) return container;
  const Items given = heap().items(container);
  std::vector<Value> values;
  for (const Value& item : given) values.push_back(defined(item));
  return heap().new_items(container.kind(), values.data(), static_cast<uint32_t>(values.size()));
}

// What a call of `name` makes, where that is a function, a code object or a cell; the call itself stays an event.
std::optional<Value> Machine::made_by(std::string_view name, Value arguments) {
  if (!is_maker(name)) return std::nullopt;
  const std::string_view last = last_part(name);
  const Items given = heap().items(arguments);
  if (last == "_create_code" || last == "CodeType" || last == "code") {
    std::vector<Value> parts(given.begin(), given.end());
    for (Value& part : parts) part = defined_items(part);
    // With the fields of 3.0 to 3.7 the last is by far the likeliest.
    const auto prior = parts.size() <= 15 ? std::optional(PythonVersion{3, 7}) : std::nullopt;
    const auto code = bytecode::code_from_arguments(heap(), parts, prior);
    return code ? std::optional(*code) : std::nullopt;
  }
  if (last == "_unmarshal" || name == "marshal.loads") {
    if (given.size == 0 || !given[0].is_text()) return std::nullopt;
    const auto read = bytecode::infer(heap(), as_bytes(given[0].text()));
    return read ? std::optional(read->contents.value) : std::nullopt;
  }
  const bool dill = last == "_create_function", skeleton = last == "_make_skel_func" || last == "_make_skeleton_func";
  if (dill || skeleton || last == "_make_function" || last == "FunctionType" || last == "LambdaType" || last == "function") {
    FunctionParts parts;
    parts.code = defined(argument(given, 0));
    if (!parts.code.is(Kind::code)) return std::nullopt;
    if (skeleton) {
      const Value cells = argument(given, 1), globals = argument(given, 2);
      if (globals.is(Kind::dict)) parts.globals = globals;
      std::vector<Value> empty;
      for (int64_t i = 0; cells.is(Kind::integer) && i < std::min<int64_t>(cells.as_integer(), 256); ++i) empty.push_back(heap().new_link(Kind::cell, Link{}));
      parts.closure = cells.is_sequence() ? defined_items(cells) : heap().new_items(Kind::tuple, empty.data(), static_cast<uint32_t>(empty.size()));
      return make_function(*this, parts);
    }
    if (argument(given, 1).is(Kind::dict)) parts.globals = argument(given, 1);
    parts.name = argument(given, 2);
    parts.defaults = argument(given, 3);
    parts.closure = defined_items(argument(given, 4));
    if (dill) parts.keyword_defaults = argument(given, 6);
    return make_function(*this, parts);
  }
  if (last == "_create_cell" || last == "_make_cell" || last == "_make_empty_cell" || last == "CellType") {
    Link link;
    if (given.size > 0) link.first = given[0], link.number = 1;
    return heap().new_link(Kind::cell, link);
  }
  return std::nullopt;
}

// cloudpickle's way to give a function its globals, defaults and cells once it exists.
void Machine::fill_function(std::string_view last, Value arguments) {
  const Items given = heap().items(arguments);
  if ((last == "cell_set" || last == "_cell_set") && given.size >= 2) {
    if (const Value cell = defined(given[0]); cell.is(Kind::cell)) {
      heap().link(cell).first = given[1];
      heap().link(cell).number = 1;
    }
    return;
  }
  if ((last != "_function_setstate" && last != "_fill_function") || given.size < 2) return;
  const Value function = defined(given[0]);
  if (!function.is(Kind::function)) return;
  Value slots = given[1];
  if (slots.is(Kind::tuple) && heap().items(slots).size >= 2) slots = heap().items(slots)[1];
  if (!slots.is(Kind::dict)) return;
  const auto slot = [&](std::string_view first, std::string_view second) -> Value {
    for (const std::string_view key : {first, second}) {
      if (const Value* held = heap().find(heap().items(slots), key)) return *held;
    }
    return Value::unknown();
  };
  if (const Value globals = slot("__globals__", "globals"); globals.is(Kind::dict)) {
    const Value own = heap().function(function).globals;
    const Items pairs = heap().items(globals);
    for (uint32_t i = 0; i + 1 < pairs.size && own.is(Kind::dict); i += 2) heap().set_key(own, pairs[i], pairs[i + 1]);
  }
  if (const Value defaults = slot("__defaults__", "defaults"); defaults.is(Kind::tuple)) heap().function(function).defaults = defaults;
  if (const Value defaults = slot("__kwdefaults__", "kwdefaults"); defaults.is(Kind::dict)) heap().function(function).keyword_defaults = defaults;
  const Value cells = slot("__closure__", "closure_values");
  const Value own = heap().function(function).closure;
  if (!cells.is_sequence()) return;
  const Items contents = heap().items(cells);
  if (!own.is(Kind::tuple) || heap().items(own).size == 0) {
    heap().function(function).closure = defined_items(cells);
    return;
  }
  for (uint32_t i = 0; i < std::min(contents.size, heap().items(own).size); ++i) {
    const Value target = heap().items(own)[i], content = defined(contents[i]);
    if (!target.is(Kind::cell)) continue;
    heap().link(target).first = content.is(Kind::cell) ? heap().link(content).first : contents[i];
    heap().link(target).number = 1;
  }
}

std::vector<Value> Machine::loose_codes() const {
  std::vector<Value> out;
  for (const auto& carried : carried_) {
    const Value value = carried.second;
    if (!value.is(Kind::code)) continue;
    const Value code = value;  // a structured binding is no capture in C++20 for every compiler
    const bool taken = std::any_of(heap().functions().begin(), heap().functions().end(), [&](const Function& f) { return f.code.same_as(code); });
    if (!taken) out.push_back(code);
  }
  std::sort(out.begin(), out.end(), [](Value a, Value b) { return a.index() < b.index(); });
  return out;
}

// A pickle calls a function that it carries: what the function does stands as events behind the call.
std::optional<Value> Machine::call_carried(Value callee, std::span<const Value> arguments, Value keywords) {
  const Value function = defined(callee);
  if (!function.is(Kind::function)) return std::nullopt;
  const auto event = static_cast<uint32_t>(trace_.events.size());
  const Value tuple = heap().new_items(Kind::tuple, arguments.data(), static_cast<uint32_t>(arguments.size()));
  const bool told = !place.code;
  Value result = told ? record(Op::call, callee, tuple, keywords) : Value::unknown();
  if (body_of(*this, heap().function(function).code) == nullptr) return result;
  if (told) trace_.events[event].entered = true;
  const Value returned = told ? call_function(*this, function, arguments, keywords, place.trigger) : call_defined(*this, function, arguments, keywords);
  // Where the result is known, the program goes on with it: the object only tells where it came from.
  if (returned.is_known() && !returned.is(Kind::none)) result = returned;
  return result;
}

}  // namespace winnow::machine
