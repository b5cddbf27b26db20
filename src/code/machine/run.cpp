#include "code/machine/run.h"

#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

// The place of the machine while code runs for a front end.
class Entry {
 public:
  Entry(Machine& machine, Trigger trigger) : m_(machine), outer_(machine.place) {
    m_.place.trigger = trigger;
    Running& running = m_.running();
    const uint64_t budget = m_.scan().budget.code_steps;
    // One entry leaves something for those behind it.
    outermost_ = running.runs.empty();
    if (outermost_) running.limit = std::min(budget, running.steps + std::max<uint64_t>(budget / 4, 1));
    outer_told_ = running.told_steps;
  }
  ~Entry() {
    m_.place = outer_;
    if (outermost_) m_.raised.reset();
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  Machine& m_;
  Machine::Place outer_;
  bool outermost_ = false, outer_told_ = false;
};

// What a parameter is called that its caller does not give.
std::vector<Value> unknown_arguments(const Machine& m, Value function) {
  const Function& of = m.heap().function(function);
  const CodeObject& code = m.heap().code(of.code);
  const uint32_t defaults = of.defaults.is(Kind::tuple) ? m.heap().items(of.defaults).size : 0;
  const auto& names = code.varnames.empty() ? code.localsplusnames : code.varnames;
  std::vector<Value> out;
  const uint32_t needed = code.argcount - std::min(code.argcount, defaults);
  for (uint32_t i = 0; i < needed && i < names.size(); ++i) out.push_back(Value::unknown_named(names[i]));
  if (out.empty() && needed == 0 && (code.flags & CodeObject::kVarArgs) != 0) out.push_back(Value::unknown_named("args"));
  return out;
}

// Calls what was handed to something that may call it, when it would.
void run_callbacks(Machine& m);

void consume(Machine& m, Value generator) {
  // Whoever iterates over something without an end leaves it at some time.
  constexpr int kMost = 4096;
  for (int i = 0; i < kMost && !m.raised; ++i) {
    if (!resume(m, generator, Value::unknown_named("sent"))) break;
  }
}

Value call_with_unknown(Machine& m, Value function, Value self) {
  std::vector<Value> arguments = unknown_arguments(m, function);
  if (self.is_known() && !self.is(Kind::none)) {
    if (arguments.empty()) arguments.push_back(self);
    else arguments[0] = self;
  }
  const Value out = call_defined(m, function, arguments, Value::none());
  if (out.is(Kind::generator)) consume(m, out);
  m.raised.reset();
  return out;
}

constexpr size_t kMostCallbacks = 100'000;

void run_callbacks(Machine& m) {
  // Those that they hand on are behind them in the list.
  for (size_t i = 0; i < m.running().callbacks.size(); ++i) {
    if (i >= kMostCallbacks) {
      m.cut("more is handed to what may call it than is followed");
      break;
    }
    const auto [callee, trigger] = m.running().callbacks[i];
    m.place.trigger = trigger;
    if (callee.is(Kind::generator)) {
      consume(m, callee);
    } else if (callee.is(Kind::instance)) {
      const auto found = m.heap().instance(callee).cls.is(Kind::class_object) ? find_in_class(m, m.heap().instance(callee).cls, "__call__") : std::nullopt;
      if (found && found->is(Kind::function) && !m.heap().function(*found).called) call_with_unknown(m, *found, callee);
    } else {
      const Value function = callee.is(Kind::method) ? m.heap().link(callee).second : callee;
      if (!function.is(Kind::function) || m.heap().function(function).called) continue;
      call_with_unknown(m, function, callee.is(Kind::method) ? m.heap().link(callee).first : Value::none());
    }
    m.raised.reset();
  }
  m.running().callbacks.clear();
}

}  // namespace

Value new_globals(Machine& m, std::string_view module_name) {
  const Value globals = m.heap().new_items(Kind::dict, nullptr, 0);
  set_global(m, globals, "__name__", m.heap().new_string(module_name));
  set_global(m, globals, "__builtins__", m.resolve("builtins", ""));
  return globals;
}

void set_global(Machine& m, Value globals, std::string_view name, Value value) { m.heap().set_key(globals, m.heap().new_string(name), value); }

Value globals_of_module(Machine& m, std::string_view module) {
  const Value globals = new_globals(m, module);
  const Value name = m.resolve(module, "");
  set_global(m, globals, "*", m.heap().new_items(Kind::list, &name, 1));
  return globals;
}

Value make_function(Machine& m, const FunctionParts& parts) {
  Heap& heap = m.heap();
  Function function;
  function.code = parts.code;
  function.globals = parts.globals;
  if (!function.globals.is_known()) function.globals = new_globals(m, "__main__");
  if (parts.name.is(Kind::string)) function.name = parts.name.text();
  else if (parts.code.is(Kind::code)) function.name = heap.code(parts.code).name;
  function.defaults = parts.defaults;
  if (parts.defaults.is(Kind::list)) {
    const Items items = heap.items(parts.defaults);
    function.defaults = heap.new_items(Kind::tuple, items.data, items.size);
  } else if (!parts.defaults.is(Kind::tuple)) {
    function.defaults = Value::none();
  }
  function.keyword_defaults = parts.keyword_defaults.is(Kind::dict) ? parts.keyword_defaults : Value::none();
  function.closure = Value::none();
  if (parts.closure.is_sequence()) {
    std::vector<Value> cells;
    for (const Value& content : Items(heap.items(parts.closure))) {
      Link link;
      link.first = content;
      link.number = 1;
      cells.push_back(content.is(Kind::cell) ? content : heap.new_link(Kind::cell, link));
    }
    function.closure = heap.new_items(Kind::tuple, cells.data(), static_cast<uint32_t>(cells.size()));
  }
  function.attributes = Value::none();
  function.owner = Value::none();
  return heap.new_function(function);
}

void run_module(Machine& m, Value code, Value globals, Trigger trigger) {
  const Entry entry(m, trigger);
  if (!m.running().main_globals.is(Kind::dict)) m.running().main_globals = globals;
  run_code(m, code, globals, globals);
  m.raised.reset();
  m.place.code = true;
  run_callbacks(m);
}

Value call_function(Machine& m, Value function, std::span<const Value> arguments, Value keywords, Trigger trigger) {
  const Entry entry(m, trigger);
  const Value out = m.call(function, arguments, keywords);
  if (out.is(Kind::generator)) consume(m, out);
  m.raised.reset();
  m.place.code = true;
  run_callbacks(m);
  return out;
}

Value call_unknown(Machine& m, Value function, Trigger trigger) {
  const Entry entry(m, trigger);
  Value out = Value::unknown();
  if (function.is(Kind::function)) {
    out = call_with_unknown(m, function, Value::none());
  } else if (function.is(Kind::method) && m.heap().link(function).second.is(Kind::function)) {
    out = call_with_unknown(m, m.heap().link(function).second, m.heap().link(function).first);
  } else if (function.is(Kind::class_object)) {
    out = new_instance(m, function);
    if (const auto initialiser = find_in_class(m, function, "__init__"); initialiser && initialiser->is(Kind::function)) call_with_unknown(m, *initialiser, out);
  } else if (function.is(Kind::instance)) {
    const auto found = m.heap().instance(function).cls.is(Kind::class_object) ? find_in_class(m, m.heap().instance(function).cls, "__call__") : std::nullopt;
    if (found && found->is(Kind::function)) out = call_with_unknown(m, *found, function);
  }
  m.place.code = true;
  run_callbacks(m);
  return out;
}

void run_uncalled(Machine& m, Trigger trigger) {
  constexpr size_t kMostFunctions = 20'000;
  const Entry entry(m, trigger);
  Heap& heap = m.heap();
  // What these define may grow the list.
  for (const Value& code : m.loose_codes()) {
    FunctionParts parts;
    parts.code = code;
    make_function(m, parts);
  }
  std::vector<Value> instances;
  for (uint32_t i = 0; i < heap.functions().size(); ++i) {
    if (i >= kMostFunctions) {
      m.place.code = true;
      m.cut("there are more functions than are followed");
      break;
    }
    const Value function = Value::heap(Kind::function, i);
    const Function of = heap.function(function);
    if (of.called || !of.code.is(Kind::code)) continue;
    Value self = Value::none();
    if (of.owner.is(Kind::class_object)) {
      const uint32_t index = of.owner.index();
      if (instances.size() <= index) instances.resize(index + 1, Value::none());
      if (instances[index].is(Kind::none)) {
        instances[index] = new_instance(m, of.owner);
        const auto initialiser = find_in_class(m, of.owner, "__init__");
        if (initialiser && initialiser->is(Kind::function) && of.name != "__init__") call_with_unknown(m, *initialiser, instances[index]);
      }
      self = instances[index];
      if (heap.function(function).called) continue;
    }
    m.running().limit = std::min(m.scan().budget.code_steps, m.running().steps + m.scan().budget.code_steps / 16 + 1);
    m.place.trigger = trigger;
    call_with_unknown(m, function, self);
    m.place.code = true;
    run_callbacks(m);
  }
}

}  // namespace winnow::machine
