// bytecode.pkl: (version, function...), a function being (name, (("instructions", ((op, x, n)...)), ("operators", ((name,
// overload, arguments)...)), ("constants", (...)), ...), schema). A stack and registers; instructions are looked at once,
// from first to last, branches being ways through the same code. What an operator is given stands on top of the stack,
// put there just before.
// torch/csrc/jit/mobile/{import,interpreter}.cpp, torch/csrc/jit/runtime/instruction.h.
#include "code/torchscript/mobile.h"

#include <algorithm>

#include "code/torchscript/archive.h"

namespace winnow::torchscript {
namespace {

using machine::Machine;

constexpr uint32_t kMostRegisters = 65536;
constexpr size_t kMostValues = 65536;   // on the stack

class Function {
 public:
  Function(Machine& m, Value self) : m_(m), heap_(m.heap()) { stack_.push_back(self); }

  void run(Value table) {
    const Value instructions = part(table, "instructions");
    operators_ = part(table, "operators");
    constants_ = part(table, "constants");
    if (!instructions.is(Kind::tuple) && !instructions.is(Kind::list)) return;
    const Items items = heap_.items(instructions);
    for (const Value& item : items) {
      if (!m_.step()) return m_.scan().gap(m_.trace().artifacts[m_.place.artifact], Fault::limit, 0, "the budget for work is used up");
      const Value op = at(item, 0), x = at(item, 1), n = at(item, 2);
      if (op.is(Kind::string) && x.is(Kind::integer) && n.is(Kind::integer)) execute(op.text(), x.as_integer(), n.as_integer());
    }
  }

 private:
  Value at(Value sequence, uint32_t index) const {
    if (!sequence.is_sequence()) return Value::unknown();
    const Items& items = heap_.items(sequence);
    return index < items.size ? items[index] : Value::unknown();
  }

  // The second of the pair whose first is `name`.
  Value part(Value pairs, std::string_view name) const {
    if (!pairs.is_sequence()) return Value::unknown();
    for (const Value& pair : heap_.items(pairs)) {
      const Value key = at(pair, 0);
      if (key.is(Kind::string) && key.text() == name) return at(pair, 1);
    }
    return Value::unknown();
  }

  Value pop() {
    if (stack_.empty()) return Value::unknown();
    const Value value = stack_.back();
    stack_.pop_back();
    return value;
  }

  std::vector<Value> pop_many(int64_t count) {
    std::vector<Value> values(static_cast<size_t>(std::clamp<int64_t>(count, 0, 4096)), Value::unknown());
    for (size_t i = values.size(); i-- > 0;) values[i] = pop();
    return values;
  }

  void push(Value value) {
    if (stack_.size() < kMostValues) stack_.push_back(value);
  }

  Value& register_at(int64_t index) {
    const auto at = static_cast<uint32_t>(std::clamp<int64_t>(index, 0, kMostRegisters));
    if (at >= registers_.size()) registers_.resize(at + 1, Value::unknown());
    return registers_[at];
  }

  void execute(std::string_view op, int64_t x, int64_t n) {
    if (op == "LOADC") return push(x >= 0 ? at(constants_, static_cast<uint32_t>(x)) : Value::unknown());
    if (op == "LOAD" || op == "MOVE") return push(register_at(x));
    if (op == "STORE") { register_at(x) = pop(); return; }
    if (op == "STOREN") {
      // The first argument is the module itself; what the caller gives is not known.
      const std::vector<Value> values = stack_.size() < static_cast<size_t>(std::max<int64_t>(n, 0)) ? std::vector<Value>{pop()} : pop_many(n);
      for (size_t i = 0; i < values.size(); ++i) register_at(x + static_cast<int64_t>(i)) = values[i];
      return;
    }
    if (op == "GET_ATTR") return push(attribute(pop(), x));
    if (op == "SET_ATTR") { pop(); pop(); return; }
    if (op == "DROP" || op == "JF") { pop(); return; }
    if (op == "LIST_CONSTRUCT" || op == "TUPLE_CONSTRUCT") {
      const std::vector<Value> values = pop_many(op == "LIST_CONSTRUCT" ? n : x);
      return push(heap_.new_items(op == "LIST_CONSTRUCT" ? Kind::list : Kind::tuple, values.data(), static_cast<uint32_t>(values.size())));
    }
    if (op == "OP" || op == "OPN") return call(at(operators_, static_cast<uint32_t>(std::max<int64_t>(x, 0))), op == "OPN" ? std::optional(n) : std::nullopt);
    if (op == "JMP" || op == "LOOP" || op == "DROPR" || op == "RET") return;
    push(Value::unknown());
  }

  void call(Value entry, std::optional<int64_t> count) {
    const Value name = at(entry, 0), given = at(entry, 2);
    if (!name.is(Kind::string)) return push(Value::unknown());
    const size_t colons = name.text().find("::");
    if (colons == std::string_view::npos) return push(Value::unknown());
    const std::string space(name.text().substr(0, colons)), operation(name.text().substr(colons + 2));
    // How many arguments stand on the stack is told, but by early versions: then all of them may be.
    const int64_t told = given.is(Kind::integer) && given.as_integer() >= 0 ? given.as_integer() : static_cast<int64_t>(std::min<size_t>(stack_.size(), 8));
    const std::vector<Value> arguments = pop_many(count ? *count : told);
    const bool code = m_.place.code;
    m_.place.code = true;
    push(m_.call_from_code(m_.resolve("torch", "ops." + space + "." + operation), arguments, Value::none()));
    m_.raised.reset();
    m_.place.code = code;
  }

  // Attributes are counted in the order of the pickled state.
  Value attribute(Value object, int64_t slot) const {
    if (!object.is(Kind::object) || slot < 0) return Value::unknown();
    const Growth& of = heap_.growth(heap_.object(object));
    if (!of.has_state || !of.state.is(Kind::dict)) return Value::unknown();
    const Items& pairs = heap_.items(of.state);
    const auto index = static_cast<uint64_t>(slot) * 2 + 1;
    return index < pairs.size ? tagged(heap_, pairs[static_cast<uint32_t>(index)]) : Value::unknown();
  }

  Machine& m_;
  Heap& heap_;
  std::vector<Value> stack_, registers_;
  Value operators_, constants_;
};

}  // namespace

void run_bytecode(Machine& m, Value program, Value self, uint32_t artifact) {
  if (!program.is_sequence()) return;
  const Machine::Place outer = m.place;
  m.place.artifact = artifact;
  m.place.offset = 0;
  m.place.line = 0;
  const Items functions = m.heap().items(program);
  for (const Value& function : functions) {
    if (!function.is_sequence() || m.heap().items(function).size < 2) continue;
    const Items parts = m.heap().items(function);
    const bool loads = parts[0].is(Kind::string) && parts[0].text().ends_with(".__setstate__");
    m.place.trigger = loads ? Trigger::load : Trigger::inference;
    Function(m, self).run(parts[1]);
  }
  m.place = outer;
}

}  // namespace winnow::torchscript
