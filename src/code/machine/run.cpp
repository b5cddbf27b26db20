#include "code/machine/run.h"

#include <algorithm>
#include <unordered_set>

#include "code/machine/interpreter.h"
#include "code/machine/later.h"
#include "code/machine/models_written.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "knowledge/knowledge.h"

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

// Blocks of a function that no call of it has reached are entered, with nothing known of its arguments: they stand behind
// conditions that do not hold as we reckon, or not yet.
void enter_unreached(Machine& m, Value function, Value self);
// The same where a caller has given all that the program will ever give: what is met there is marked.
void enter_impossible(Machine& m, Value function, Value self);

// Calls what was handed to something that may call it, when it would.
void run_callbacks(Machine& m);
// Whether what a longer computation would have told is told as a gap.
enum class Blind : uint8_t { tell, accept };
void run_left(Machine& m, Blind what = Blind::tell);

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
      if (!function.is(Kind::function) || (m.heap().function(function).called && m.heap().function(function).name != kFinalizer)) continue;
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

// What a program put in the place of sys.excepthook gets what nobody handles.
static void call_exception_hook(Machine& m, Value raised) {
  m.raised.reset();
  const Value hook = m.attribute(m.resolve("sys", ""), "excepthook");
  if (!hook.is_known() || hook.is(Kind::name)) return;
  const Value given[] = {class_of(m, raised), raised, Value::none()};
  m.call(hook, given);
}

void run_module(Machine& m, Value code, Value globals, Trigger trigger) {
  const Entry entry(m, trigger);
  if (!m.running().main_globals.is(Kind::dict)) m.running().main_globals = globals;
  run_code(m, code, globals, globals);
  m.place.code = true;
  if (m.raised) call_exception_hook(m, *m.raised);
  m.raised.reset();
  run_callbacks(m);
  if (m.enters_left) run_left(m);
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

namespace {

Value call_twice(Machine& m, Value function, Value self) {
  Later later(m, function, self);
  const Value out = call_with_unknown(m, function, self);
  later.call_again();
  enter_impossible(m, function, self);
  return out;
}

}  // namespace

Value call_unknown(Machine& m, Value function, Trigger trigger) {
  const Entry entry(m, trigger);
  Value out = Value::unknown();
  if (function.is(Kind::function)) {
    out = call_twice(m, function, Value::none());
  } else if (function.is(Kind::method) && m.heap().link(function).second.is(Kind::function)) {
    out = call_twice(m, m.heap().link(function).second, m.heap().link(function).first);
  } else if (function.is(Kind::class_object)) {
    out = new_instance(m, function);
    if (const auto initialiser = find_in_class(m, function, "__init__"); initialiser && initialiser->is(Kind::function)) call_with_unknown(m, *initialiser, out);
  } else if (function.is(Kind::instance)) {
    const auto found = m.heap().instance(function).cls.is(Kind::class_object) ? find_in_class(m, m.heap().instance(function).cls, "__call__") : std::nullopt;
    if (found && found->is(Kind::function)) out = call_twice(m, *found, function);
  }
  m.place.code = true;
  run_callbacks(m);
  return out;
}

namespace {

constexpr size_t kMostFunctions = 20'000;

// Of a module whose functions are called by others: budgets for each, and for what a budget left.
constexpr uint64_t kStepsOfFunction = 400'000;
constexpr uint64_t kStepsOfBlock = 20'000;
constexpr uint64_t kStepsLeft = 4'000'000;  // over all blocks that are entered from outside

// A call that runs what it is given, and what that is could not be computed.
bool runs_unknown(const Machine& m, const Event& event) {
  const Value callee = event.callee.is(Kind::attribute) ? m.heap().attribute(event.callee).resolved : event.callee;
  if (event.op != Op::call || !callee.is(Kind::name) || event.computed) return false;
  const knowledge::Callable* known = m.heap().name(callee).known;
  if (known == nullptr || (known->effect != knowledge::Effect::code && known->effect != knowledge::Effect::process)) return false;
  if (known->position < 0 || !event.arguments.is_sequence()) return false;
  const Items& given = m.heap().items(event.arguments);
  const auto position = static_cast<uint32_t>(known->position);
  return position < given.size && !given[position].is_known() && !given[position].is_derived();
}

// Where a budget ran out, what was not reached is entered block by block, each with what is known where it was left:
// nothing that stands in the code stays unseen. What only a longer computation could have told is a gap.
void run_left(Machine& m, Blind what) {
  Running& running = m.running();
  if (running.left.empty()) return;
  const size_t events = m.trace().events.size();
  const uint64_t most = running.steps + kStepsLeft;
  std::unordered_set<const ir::Body*> done;
  bool short_of = false;
  for (int rounds = 0; rounds < 4 && !running.left.empty(); ++rounds) {
    const auto left = std::move(running.left);
    running.left.clear();
    for (const auto& [body, frame] : left) {
      if (!done.insert(body).second) continue;
      for (ir::BlockId block = 0; block < body->blocks.size(); ++block) {
        const std::vector<uint8_t>& seen = running.seen[body];
        if (block < seen.size() && seen[block] != 0) continue;
        if (running.steps >= most || m.exhausted()) {
          short_of = true;
          break;
        }
        Frame other = frame;
        other.block = block;
        other.at = 0;
        other.stack.assign(8, Value::unknown());
        other.visits.clear();
        other.after = After::push;
        other.generator = false;
        other.delegating = false;
        running.limit = running.steps + kStepsOfBlock;
        Run run(m);
        run.run(std::move(other));
        m.raised.reset();
      }
    }
  }
  bool blind = false;
  for (size_t i = events; i < m.trace().events.size(); ++i) blind = blind || runs_unknown(m, m.trace().events[i]);
  running.left.clear();
  if ((!short_of && !(blind && what == Blind::tell)) || running.told_steps) return;
  running.told_steps = true;
  m.scan().gap(m.trace().artifacts[m.place.artifact], Fault::limit, m.place.offset, "the code runs longer than the budget of steps allows");
}

void enter_unreached(Machine& m, Value function, Value self) {
  if (m.exhausted() || !m.heap().function(function).code.is(Kind::code) || !half_seen(m, function)) return;
  m.place.line = 0;
  m.place.code = true;
  std::vector<Value> arguments = unknown_arguments(m, function);
  if (self.is_known() && !self.is(Kind::none) && !arguments.empty()) arguments[0] = self;
  auto frame = frame_of(m, function, arguments, Value::none());
  m.raised.reset();
  if (!frame) return;
  m.running().left.insert_or_assign(frame->body, std::move(*frame));
  run_left(m, Blind::accept);
}

void enter_impossible(Machine& m, Value function, Value self) {
  const Machine::Place outer = m.place;
  m.place.unreached = true;
  enter_unreached(m, function, self);
  m.place = outer;
}

// An instance of the class that a method belongs to, made as a program would, with arguments that are not known.
Value instance_for(Machine& m, std::vector<Value>& instances, Value cls, std::string_view method) {
  const uint32_t index = cls.index();
  if (instances.size() <= index) instances.resize(index + 1, Value::none());
  if (!instances[index].is(Kind::none)) return instances[index];
  instances[index] = new_instance(m, cls);
  const auto initialiser = find_in_class(m, cls, "__init__");
  if (initialiser && initialiser->is(Kind::function) && method != "__init__") {
    call_with_unknown(m, *initialiser, instances[index]);
  }
  return instances[index];
}

// What `__reduce__` gives is what pickles of the object call when they are loaded.
void call_as_pickled(Machine& m, Value made) {
  if (!made.is(Kind::tuple)) return;
  const Items& parts = m.heap().items(made);
  if (parts.size < 2 || !parts[0].is(Kind::name) || !parts[1].is(Kind::tuple)) return;
  const Value callee = parts[0], arguments = parts[1];
  m.place.code = true;
  m.call(callee, arguments, Value::none());
}

void run_one(Machine& m, std::vector<Value>& instances, Value function, Trigger trigger, Trigger construction) {
  const Function of = m.heap().function(function);
  Value self = Value::none();
  if (of.owner.is(Kind::class_object)) {
    m.place.trigger = construction;
    self = instance_for(m, instances, of.owner, of.name);
    if (!of.called && m.heap().function(function).called) return;
  }
  const uint64_t each = m.enters_left ? kStepsOfFunction : m.scan().budget.code_steps / 16 + 1;
  m.running().limit = std::min(m.scan().budget.code_steps, m.running().steps + each);
  m.place.trigger = trigger;
  m.place.line = 0;
  Later later(m, function, self);
  const Value made = call_with_unknown(m, function, self);
  // Of a program, what is left is entered in the end.
  if (!m.enters_left) later.call_again();
  if (of.name == "__reduce__" || of.name == "__reduce_ex__") call_as_pickled(m, made);
  m.place.code = true;
  run_callbacks(m);
  run_left(m);
}

// What these define may grow the list.
void make_loose_functions(Machine& m) {
  for (const Value& code : m.loose_codes()) {
    FunctionParts parts;
    parts.code = code;
    make_function(m, parts);
  }
}

// Functions that are made in loops are the same few many times over: of those behind the first many, each that nobody has
// seen yet.
void run_unseen(Machine& m, std::vector<Value>& instances, Trigger (*trigger_of)(std::string_view)) {
  size_t run = 0;
  for (uint32_t i = kMostFunctions; i < m.heap().functions().size(); ++i) {
    const Value function = Value::heap(Kind::function, i);
    const Function& of = m.heap().function(function);
    if (of.called || !of.code.is(Kind::code) || is_written(m, function) || is_beside(m, function)) continue;
    const ir::Body* body = m.keeps_origins ? body_of(m, of.code) : nullptr;
    const auto found = m.running().seen.find(body);
    if (found != m.running().seen.end() && !found->second.empty() && found->second[0] != 0) continue;
    if (body == nullptr || ++run > kMostFunctions) {
      m.place.code = true;
      return m.cut("there are more functions than are followed");
    }
    run_one(m, instances, function, trigger_of(of.name), trigger_of("__init__"));
  }
}

}  // namespace

void run_uncalled(Machine& m, Trigger trigger) {
  const Entry entry(m, trigger);
  make_loose_functions(m);
  std::vector<Value> instances;
  for (uint32_t i = 0; i < m.heap().functions().size(); ++i) {
    if (i >= kMostFunctions) {
      m.place.code = true;
      m.cut("there are more functions than are followed");
      break;
    }
    const Value function = Value::heap(Kind::function, i);
    if (m.heap().function(function).called || !m.heap().function(function).code.is(Kind::code) || is_written(m, function) || is_beside(m, function)) continue;
    run_one(m, instances, function, trigger, trigger);
  }
}

void run_uncalled(Machine& m, Trigger (*trigger_of)(std::string_view)) {
  const Entry entry(m, Trigger::other);
  make_loose_functions(m);
  std::vector<Value> instances;
  const Trigger construction = trigger_of("__init__");
  for (const Trigger wanted : {Trigger::load, Trigger::inference, Trigger::other}) {
    for (uint32_t i = 0; i < m.heap().functions().size() && i < kMostFunctions; ++i) {
      const Value function = Value::heap(Kind::function, i);
      const Function& of = m.heap().function(function);
      if (of.called || !of.code.is(Kind::code) || is_written(m, function) || is_beside(m, function)) continue;
      if (wanted != Trigger::other && trigger_of(of.name) != wanted) continue;
      run_one(m, instances, function, wanted, construction);
    }
  }
  run_unseen(m, instances, trigger_of);
  // What was called with what its own module gives may be called with something else.
  const auto count = static_cast<uint32_t>(std::min<size_t>(m.heap().functions().size(), kMostFunctions));
  for (uint32_t i = 0; i < count; ++i) {
    const Value function = Value::heap(Kind::function, i);
    const Function& of = m.heap().function(function);
    if (!of.called || !of.code.is(Kind::code) || !half_seen(m, function)) continue;
    const Trigger trigger = trigger_of(of.name);
    run_one(m, instances, function, trigger, construction);
    // Counters and switches that other calls will have changed by then: what they guard is entered, too.
    if (!half_seen(m, function)) continue;
    m.place.trigger = trigger;
    const Value owner = m.heap().function(function).owner;
    enter_unreached(m, function, owner.is(Kind::class_object) ? instance_for(m, instances, owner, "") : Value::none());
  }
}

void run_unreached(Machine& m, Value code, Value globals, Trigger trigger) {
  const Entry entry(m, trigger);
  m.place.code = m.place.unreached = true;
  if (auto frame = frame_of_code(m, code, globals, globals)) {
    m.running().left.insert_or_assign(frame->body, std::move(*frame));
    run_left(m, Blind::accept);
  }
}

}  // namespace winnow::machine
