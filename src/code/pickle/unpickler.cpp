#include "code/pickle/unpickler.h"

#include <algorithm>
#include <array>

#include "code/pickle/keeping.h"
#include "code/pickle/numbers.h"

namespace winnow::pickle {
namespace {

using machine::Machine;

class Unpickler {
 public:
  Unpickler(Machine& machine, Bytes data, const Options& options)
      : machine_(machine), data_(data), options_(options), most_remembered_(machine.scan().budget.memo) {}

  Outcome run(uint64_t start);

 private:
  Heap& heap() { return machine_.heap(); }

  // A budget that ran out ends the run.
  [[gnu::cold, gnu::noinline]] bool spent(Limit limit, std::string_view what) {
    machine_.scan().ran_out(limit);
    fault(what, Fault::limit);
    return false;
  }

  // Faults: false ends the run. Kept out of the way of what runs for every few bytes of a model.
  [[gnu::cold, gnu::noinline]] bool fault(std::string_view what, Fault kind = Fault::malformed) {
    if (!outcome_.fault) outcome_.fault = Error{kind, at_.offset, std::string(what)};
    machine_.place.unreached = true;
    return options_.lenient && kind != Fault::limit;
  }
  [[gnu::cold, gnu::noinline]] bool lacks_value() {
    return fault(marks_.empty() ? "the stack is empty" : "a mark stands where a value is needed");
  }
  [[gnu::cold, gnu::noinline]] bool stands_in() {  // an unknown value for the one that lacks
    if (!lacks_value()) return false;
    push(Value::unknown());
    return true;
  }
  [[gnu::cold, gnu::noinline]] bool lacks_memo(uint64_t index) {
    return fault("memo slot " + std::to_string(index) + " is empty");
  }

  // The stack, above the latest mark.
  size_t fence() const { return marks_.empty() ? 0 : marks_.back(); }
  void push(Value value) { stack_.push(value); }
  bool pop(Value& out) {
    if (stack_.size() <= fence()) {
      out = Value::unknown();
      return lacks_value();
    }
    out = stack_.back();
    stack_.pop();
    return true;
  }
  bool top(Value& out) {
    if (stack_.size() <= fence() && !stands_in()) return false;
    out = stack_.back();
    return true;
  }
  // Where the values above the latest mark begin; the mark goes.
  bool take_mark(size_t& from) {
    if (marks_.empty()) {
      from = 0;
      return fault("no mark is set");
    }
    from = marks_.back();
    marks_.pop_back();
    return true;
  }
  std::span<const Value> above(size_t from) { return {stack_.data() + from, stack_.size() - from}; }
  void push_items(Kind kind, size_t from);
  void push_tuple(size_t count);

  bool step();
  bool control_opcode();
  bool data_opcode();
  [[gnu::noinline]] bool line_opcode();
  bool container_opcode();
  bool memo_opcode();
  [[gnu::noinline]] bool line_memo_opcode();
  bool object_opcode();
  bool load_name(std::string_view module, std::string_view name);
  bool stack_global();
  bool extension(uint64_t code);
  bool changes_registry() const;
  bool may_be_text(Value value) const;
  bool build();
  bool get(uint64_t index);
  bool put(uint64_t index);
  bool add(std::string_view method);
  bool set_items(size_t from);

  Machine& machine_;
  Bytes data_;
  const Options& options_;
  const uint64_t most_remembered_;
  Instruction at_;
  Stack stack_;
  std::vector<size_t> marks_;
  Memo memo_;
  Outcome outcome_;
  bool done_ = false;
};

Outcome Unpickler::run(uint64_t start) {
  constexpr uint64_t kBetweenChecks = 4096;
  uint64_t position = start;
  const bool outer_unreached = machine_.place.unreached;
  while (!done_) {
    if (!read_instruction(data_, position, at_)) {
      at_.offset = position;
      if (!outcome_.fault) outcome_.fault = instruction_fault(data_, position);
      break;
    }
    if (outcome_.opcodes % kBetweenChecks == 0 && !machine_.scan().step(kBetweenChecks)) {
      fault("the pickle goes on longer than it is followed", Fault::limit);
      break;
    }
    ++outcome_.opcodes;
    if (!step()) break;
    position = at_.next;
  }
  outcome_.end = position;
  machine_.place.unreached = outer_unreached;
  return outcome_;
}

// The opcodes in groups, so that each needs one jump to its group and one inside.
enum class Group : uint8_t { control, data, memo, container, object };

constexpr std::array<Group, 256> kGroups = [] {
  std::array<Group, 256> table{};
  const auto set = [&](Group group, std::initializer_list<Opcode> opcodes) {
    for (const Opcode opcode : opcodes) table[static_cast<uint8_t>(opcode)] = group;
  };
  using enum Opcode;
  set(Group::data, {NONE, NEWTRUE, NEWFALSE, BININT, BININT1, BININT2, BINFLOAT, INT, LONG, LONG1, LONG4, FLOAT,
                    SHORT_BINUNICODE, BINUNICODE, BINUNICODE8, SHORT_BINSTRING, BINSTRING, SHORT_BINBYTES, BINBYTES,
                    BINBYTES8, BYTEARRAY8, STRING, UNICODE, NEXT_BUFFER, READONLY_BUFFER});
  set(Group::memo, {GET, BINGET, LONG_BINGET, PUT, BINPUT, LONG_BINPUT, MEMOIZE});
  set(Group::container, {EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT, EMPTY_SET, TUPLE, TUPLE1, TUPLE2, TUPLE3, LIST, DICT,
                         FROZENSET, APPEND, APPENDS, ADDITEMS, SETITEM, SETITEMS});
  set(Group::object, {GLOBAL, STACK_GLOBAL, EXT1, EXT2, EXT4, REDUCE, NEWOBJ, NEWOBJ_EX, INST, OBJ, BUILD, PERSID, BINPERSID});
  return table;
}();

bool Unpickler::step() {
  switch (kGroups[static_cast<uint8_t>(at_.opcode)]) {
    case Group::data: return data_opcode();
    case Group::memo: return memo_opcode();
    case Group::container: return container_opcode();
    case Group::object: return object_opcode();
    case Group::control: return control_opcode();
  }
  return false;
}

bool Unpickler::control_opcode() {
  switch (at_.opcode) {
    case Opcode::STOP: {
      Value root;
      const bool whole = pop(root);
      outcome_.root = root;
      outcome_.stopped = true;
      done_ = true;
      return whole;
    }
    case Opcode::PROTO:
      if (at_.number > 5) {
        // No unpickler goes on from here; whatever follows is not run.
        if (!outcome_.fault) outcome_.fault = Error{Fault::unsupported, at_.offset, "pickle protocol " + std::to_string(at_.number) + " does not exist"};
        return false;
      }
      return true;
    case Opcode::FRAME: return true;
    case Opcode::MARK: marks_.push_back(stack_.size()); return true;
    case Opcode::POP: {
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
        return true;
      }
      Value dropped;
      return pop(dropped);
    }
    case Opcode::POP_MARK: {
      size_t from = 0;
      if (!take_mark(from)) return false;
      stack_.shrink(from);
      return true;
    }
    case Opcode::DUP: {
      Value last;
      if (!top(last)) return false;
      push(last);
      return true;
    }
    default: return true;
  }
}

bool Unpickler::data_opcode() {
  switch (at_.opcode) {
    case Opcode::NONE: push(Value::none()); return true;
    case Opcode::NEWTRUE: push(Value::boolean(true)); return true;
    case Opcode::NEWFALSE: push(Value::boolean(false)); return true;
    case Opcode::BININT: case Opcode::BININT1: case Opcode::BININT2:
      push(Value::integer(static_cast<int64_t>(at_.number)));
      return true;
    case Opcode::BINFLOAT: push(Value::real(std::bit_cast<double>(at_.number))); return true;
    case Opcode::LONG1: case Opcode::LONG4: push(read_binary_long(at_.text)); return true;
    case Opcode::SHORT_BINUNICODE: case Opcode::BINUNICODE: case Opcode::BINUNICODE8:
    case Opcode::SHORT_BINSTRING: case Opcode::BINSTRING:
      push(Value::string(at_.text));
      return true;
    case Opcode::SHORT_BINBYTES: case Opcode::BINBYTES: case Opcode::BINBYTES8: case Opcode::BYTEARRAY8:
      push(Value::bytes(at_.text));
      return true;
    case Opcode::NEXT_BUFFER: push(Value::unknown()); return true;
    case Opcode::READONLY_BUFFER: {
      Value buffer;
      return top(buffer);
    }
    default: return line_opcode();
  }
}

// Data that protocol 0 spells out on a line.
bool Unpickler::line_opcode() {
  const auto put_number = [&](std::optional<Value> value) {
    push(value.value_or(Value::unknown()));
    return value ? true : fault("a number cannot be read");
  };
  switch (at_.opcode) {
    case Opcode::INT: return put_number(read_int(heap(), at_.text));
    case Opcode::LONG: return put_number(read_long(heap(), at_.text));
    case Opcode::FLOAT: {
      const auto real = read_float(at_.text);
      return put_number(real ? std::optional(Value::real(*real)) : std::nullopt);
    }
    case Opcode::STRING: {
      const auto text = read_string(at_.text);
      push(text ? heap().new_string(*text) : Value::string(at_.text));
      return text ? true : fault("the argument of STRING is not quoted");
    }
    case Opcode::UNICODE: push(heap().new_string(read_unicode(at_.text))); return true;
    default: return true;
  }
}

bool Unpickler::get(uint64_t index) {
  const Value* value = memo_.get(index);
  push(value ? *value : Value::unknown());
  return value != nullptr || lacks_memo(index);
}

bool Unpickler::put(uint64_t index) {
  Value value;
  if (!top(value)) return false;
  if (memo_.filled() >= most_remembered_ && memo_.get(index) == nullptr) {
    return spent(Limit::memo, "the pickle remembers more values than are kept");
  }
  memo_.put(index, value);
  return true;
}

bool Unpickler::memo_opcode() {
  switch (at_.opcode) {
    case Opcode::BINGET: case Opcode::LONG_BINGET: return get(at_.number);
    case Opcode::BINPUT: case Opcode::LONG_BINPUT: return put(at_.number);
    case Opcode::MEMOIZE: return put(memo_.filled());
    default: return line_memo_opcode();
  }
}

// GET and PUT, whose index protocol 0 spells out on a line.
bool Unpickler::line_memo_opcode() {
  const auto index = read_index(at_.text);
  if (index) return at_.opcode == Opcode::GET ? get(*index) : put(*index);
  if (at_.opcode == Opcode::GET) push(Value::unknown());
  return fault("a memo index cannot be read");
}

void Unpickler::push_items(Kind kind, size_t from) {
  const auto items = above(from);
  const Value made = heap().new_items(kind, items.data(), static_cast<uint32_t>(items.size()));
  stack_.shrink(from);
  push(made);
}

void Unpickler::push_tuple(size_t count) {
  while (stack_.size() < fence() + count) {
    if (!fault("the stack holds too few values for a tuple")) break;
    push(Value::unknown());
  }
  push_items(Kind::tuple, stack_.size() - count);
}

bool Unpickler::container_opcode() {
  if (machine_.exhausted()) return spent(Limit::memory, "the values take more memory than is given");
  size_t from = 0;
  switch (at_.opcode) {
    case Opcode::EMPTY_TUPLE: push(heap().new_items(Kind::tuple, nullptr, 0)); return true;
    case Opcode::EMPTY_LIST: push(heap().new_items(Kind::list, nullptr, 0)); return true;
    case Opcode::EMPTY_DICT: push(heap().new_items(Kind::dict, nullptr, 0)); return true;
    case Opcode::EMPTY_SET: push(heap().new_items(Kind::set, nullptr, 0)); return true;
    case Opcode::TUPLE1: push_tuple(1); return true;
    case Opcode::TUPLE2: push_tuple(2); return true;
    case Opcode::TUPLE3: push_tuple(3); return true;
    case Opcode::TUPLE: case Opcode::LIST: case Opcode::FROZENSET: case Opcode::DICT:
      if (!take_mark(from)) return false;
      if (at_.opcode == Opcode::DICT && above(from).size() % 2 != 0 && !fault("a dict has a key without a value")) return false;
      push_items(at_.opcode == Opcode::TUPLE  ? Kind::tuple
                 : at_.opcode == Opcode::LIST ? Kind::list
                 : at_.opcode == Opcode::DICT ? Kind::dict
                                              : Kind::set,
                 from);
      return true;
    case Opcode::APPEND:
      if (stack_.size() < fence() + 2) return fault("the stack holds too few values to append");
      from = stack_.size() - 1;
      machine_.place.offset = at_.offset;
      machine_.extend(stack_[from - 1], above(from), "append");
      stack_.shrink(from);
      return true;
    case Opcode::APPENDS: return add("extend");
    case Opcode::ADDITEMS: return add("add");
    case Opcode::SETITEM:
      if (stack_.size() < fence() + 3) return fault("the stack holds too few values to set an item");
      return set_items(stack_.size() - 2);
    case Opcode::SETITEMS:
      if (!take_mark(from)) return false;
      if (above(from).size() % 2 != 0 && !fault("an item has a key without a value")) return false;
      if (stack_.size() <= fence() || from <= fence()) return fault("items are set on nothing");
      return set_items(from);
    default: return true;
  }
}

// APPENDS and ADDITEMS: the values above the mark go to what stands below it.
bool Unpickler::add(std::string_view method) {
  size_t from = 0;
  if (!take_mark(from)) return false;
  if (from <= fence()) return fault("values are added to nothing");
  if (from < stack_.size()) {
    machine_.place.offset = at_.offset;
    machine_.extend(stack_[from - 1], above(from), method);
    stack_.shrink(from);
  }
  return true;
}

bool Unpickler::set_items(size_t from) {
  if (from < stack_.size()) {
    machine_.place.offset = at_.offset;
    auto pairs = above(from);
    machine_.set_items(stack_[from - 1], pairs.first(pairs.size() / 2 * 2));
    stack_.shrink(from);
  }
  return true;
}

bool Unpickler::load_name(std::string_view module, std::string_view name) {
  machine_.place.offset = at_.offset;
  ++outcome_.names;
  push(machine_.import_name(module, name));
  return true;
}

// Texts, and what functions gave that may be one. Arrays and other objects that are put together again are none: bytes
// of arrays that are read as opcodes come by them.
bool Unpickler::may_be_text(Value value) const {
  if (value.is_text() || value.is_derived() || value.is(Kind::attribute)) return true;
  if (value.is(Kind::name)) {
    const std::string_view name = machine_.heap().name(value).canonical;
    return name.ends_with(".__name__") || name.ends_with(".__module__") || name.ends_with(".__qualname__") || name.ends_with(".__doc__");
  }
  if (!value.is(Kind::object)) return false;
  const Value maker = machine_.heap().object(value).callee;
  if (machine_.trace().events[machine_.heap().object(value).event].op != Op::call) return false;
  return !maker.is(Kind::name) || machine_.heap().name(maker).canonical.find("econstruct") == std::string_view::npos;
}

bool Unpickler::stack_global() {
  Value name, module;
  if (!pop(name) || !pop(module)) return false;
  if (module.is_text() && name.is_text()) return load_name(module.text(), name.text());
  if (may_be_text(module) && may_be_text(name)) {
    // Texts that the program computes, and we cannot: the loader imports by them all the same.
    machine_.place.offset = at_.offset;
    ++outcome_.names;
    push(machine_.record(Op::call, machine_.resolve("pickle", "Unpickler.find_class"), heap().new_tuple({module, name}), Value::none()));
    return true;
  }
  push(Value::unknown());
  return fault("STACK_GLOBAL needs two strings");
}

// Whether the program got hold of the registry of extension codes: then what a code stands for is its own doing.
bool Unpickler::changes_registry() const {
  const std::vector<Name>& names = machine_.heap().names();
  return std::any_of(names.begin(), names.end(), [](const Name& name) {
    return name.canonical.starts_with("copyreg._inverted_registry") || name.canonical.starts_with("copyreg._extension_");
  });
}

bool Unpickler::extension(uint64_t code) {
  const auto found = machine_.extensions.find(static_cast<int64_t>(code));
  if (found == machine_.extensions.end() && changes_registry()) {
    ++outcome_.names;
    push(machine_.record(Op::call, machine_.resolve("pickle", "Unpickler.find_class"), heap().new_tuple({Value::integer(static_cast<int64_t>(code))}), Value::none()));
    return true;
  }
  push(found == machine_.extensions.end() ? Value::unknown() : found->second);
  ++outcome_.names;
  return found != machine_.extensions.end() || fault("extension code " + std::to_string(code) + " is not registered");
}

bool Unpickler::build() {
  Value state, object;
  if (!pop(state) || !top(object)) return false;
  machine_.set_state(object, state);
  if (!options_.after_build) return true;
  const auto next = options_.after_build(machine_, object, at_.next);
  if (!next) return true;
  at_.next = *next;
  // The loader replaces the description of the array by the array.
  stack_.back() = Value::unknown();
  return true;
}

bool Unpickler::object_opcode() {
  if (machine_.exhausted()) return spent(Limit::memory, "the values take more memory than is given");
  machine_.place.offset = at_.offset;
  Value callable, arguments, keywords = Value::none();
  size_t from = 0;
  switch (at_.opcode) {
    case Opcode::GLOBAL: return load_name(at_.text, at_.second);
    case Opcode::STACK_GLOBAL: return stack_global();
    case Opcode::EXT1: case Opcode::EXT2: return extension(at_.number);
    case Opcode::EXT4: return extension(static_cast<uint64_t>(at_.number));
    case Opcode::REDUCE:
      if (!pop(arguments) || !pop(callable)) return false;
      push(machine_.call(callable, arguments));
      return true;
    case Opcode::NEWOBJ_EX:
      if (!pop(keywords)) return false;
      [[fallthrough]];
    case Opcode::NEWOBJ:
      if (!pop(arguments) || !pop(callable)) return false;
      push(machine_.construct(callable, arguments, keywords));
      return true;
    case Opcode::INST:
      if (!take_mark(from)) return false;
      push_items(Kind::tuple, from);
      arguments = stack_.back();
      stack_.pop();
      load_name(at_.text, at_.second);
      callable = stack_.back();
      stack_.back() = machine_.call(callable, arguments);
      return true;
    case Opcode::OBJ:
      if (!take_mark(from)) return false;
      if (from >= stack_.size()) return fault("OBJ needs a class above the mark");
      callable = stack_[from];
      push_items(Kind::tuple, from + 1);
      arguments = stack_.back();
      stack_.shrink(from);
      push(machine_.call(callable, arguments));
      return true;
    case Opcode::BUILD: return build();
    case Opcode::PERSID: push(machine_.persistent_load(heap().new_string(at_.text))); return true;
    case Opcode::BINPERSID:
      if (!pop(callable)) return false;
      push(machine_.persistent_load(callable));
      return true;
    default: return true;
  }
}

}  // namespace

Outcome run(Machine& machine, Bytes data, uint64_t start, const Options& options) {
  return Unpickler(machine, data, options).run(start);
}

}  // namespace winnow::pickle
