#include "code/ir/equivalent.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "code/ir/fold.h"

namespace winnow::ir {
namespace {

constexpr uint32_t kDeepestStack = 100'000;

// What a stack slot holds. Two slots hold the same when they are the same symbol.
struct Symbol {
  enum Kind : uint8_t {
    constant,    // index: of the table of constants
    local,       // index: of the names; its present value
    fresh,       // what an effect gave, numbered on both sides alike
    fresh_bool,  // the same, known to be True or False
    code,        // index: of the heap
    cell,        // index: of the names
    cells,       // index: of the table of closures
    unbound,     // a local that was deleted
  };
  uint32_t index = 0;
  Kind kind = unbound;
  bool negated = false;  // only of booleans, and of what a test is about to take
  bool operator==(const Symbol&) const = default;
};

using Stack = std::vector<Symbol>;

struct Place {
  BlockId block = 0;
  uint32_t index = 0;
};

// One of the two bodies, where it stands.
struct Side {
  const Body* body = nullptr;
  Place at;
  Stack stack;
  std::map<uint32_t, Symbol> pending;  // locals assigned since the last effect, by name
  bool spins = false;                  // went in a circle without an effect
  bool jumped = false;
  uint32_t handled = 0;                // handlers entered and not left
  const Block& block() const { return body->blocks[at.block]; }
  bool at_exit() const { return at.index >= block().instructions.size(); }
  const Instruction& instruction() const { return block().instructions[at.index]; }
};

struct State {
  Place a, b;
  Stack stack_a, stack_b;
  Symbol known;        // a value that was tested just before
  bool truth = false;  // how that came out
};

bool is_extending(Op op) {
  return op == Op::list_append || op == Op::set_add || op == Op::map_add || op == Op::list_extend ||
         op == Op::set_update || op == Op::dict_update || op == Op::dict_merge;
}

// Whether an exception is still in hand at such a store tells nothing; the order of the two is the lifter's.
bool stores_a_name(Op op) {
  return op == Op::store_name || op == Op::store_global || op == Op::store_deref || op == Op::delete_name ||
         op == Op::delete_global || op == Op::delete_deref || op == Op::delete_fast;
}

// Effects that no exception comes from: where their handler is does not matter.
bool cannot_raise(const Instruction& i) {
  switch (i.op) {
    case Op::compare: return static_cast<Compare>(i.a) == Compare::is || static_cast<Compare>(i.a) == Compare::is_not;
    case Op::build_tuple: case Op::build_list: case Op::build_slice: case Op::make_function: case Op::load_common:
    case Op::load_build_class: case Op::load_locals: case Op::list_append: case Op::list_to_tuple:
    case Op::build_string: case Op::store_deref:
      return true;
    default: return false;
  }
}

class Comparison {
 public:
  Comparison(const Body& a, const Body& b, Heap& heap, const EquivalenceLimits& limits)
      : a_{.body = &a, .at = {}, .stack = {}, .pending = {}},
        b_{.body = &b, .at = {}, .stack = {}, .pending = {}},
        heap_(heap), limits_(limits) {}

  Verdict run() {
    if (a_.body->blocks.empty() || b_.body->blocks.empty()) {
      if (a_.body->blocks.empty() && b_.body->blocks.empty()) return std::move(verdict_);
      fail("a body is empty");
      return std::move(verdict_);
    }
    work_.push_back({});
    while (!work_.empty() && verdict_.kind == Verdict::Kind::equal) {
      State state = std::move(work_.back());
      work_.pop_back();
      follow(state);
    }
    return std::move(verdict_);
  }

 private:
  enum class Next : uint8_t { go_on, stop };

  void fail(std::string why) {
    if (verdict_.kind != Verdict::Kind::equal) return;
    verdict_.kind = Verdict::Kind::different;
    verdict_.why = std::move(why);
    place();
  }
  void give_up(std::string why) {
    if (verdict_.kind != Verdict::Kind::equal) return;
    verdict_.kind = Verdict::Kind::undecided;
    verdict_.why = std::move(why);
    place();
  }
  void place() {
    const auto offset = [](const Side& side) {
      if (side.body->blocks.empty()) return uint32_t{0};
      return side.at_exit() ? side.block().exit_offset : side.instruction().offset;
    };
    verdict_.block_a = a_.at.block;
    verdict_.block_b = b_.at.block;
    verdict_.offset_a = offset(a_);
    verdict_.offset_b = offset(b_);
  }
  bool ok() const { return verdict_.kind == Verdict::Kind::equal; }

  uint32_t name_id(std::string_view name) {
    return name_ids_.emplace(name, static_cast<uint32_t>(name_ids_.size())).first->second;
  }

  uint64_t hash_of(Value value, uint32_t depth) const {
    uint64_t hash = (static_cast<uint64_t>(value.kind()) + 1) * 0x9e3779b97f4a7c15u;
    if (value.is_text()) hash ^= std::hash<std::string_view>{}(value.text());
    if (value.is(Kind::integer) || value.is(Kind::boolean) || value.is(Kind::real)) {
      hash ^= static_cast<uint64_t>(value.as_integer()) * 0xbf58476d1ce4e5b9u;
    }
    if (value.is(Kind::tuple) || value.is(Kind::slice)) {
      const Items& items = heap_.items(value);
      hash += items.size;
      for (uint32_t i = 0; i < items.size && i < 16 && depth < 3; ++i) {
        hash = hash * 0x94d049bb133111ebu + hash_of(items[i], depth + 1);
      }
    }
    return hash;
  }

  Symbol constant(Value value) {
    const uint64_t hash = hash_of(value, 0);
    std::vector<uint32_t>& bucket = constant_ids_[hash];
    for (const uint32_t id : bucket) {
      if (same_constant(heap_, constants_[id], value)) return {id, Symbol::constant, false};
    }
    constants_.push_back(value);
    bucket.push_back(static_cast<uint32_t>(constants_.size() - 1));
    return {bucket.back(), Symbol::constant, false};
  }

  Symbol new_symbol(bool boolean = false) {
    return {next_fresh_++, boolean ? Symbol::fresh_bool : Symbol::fresh, false};
  }

  void follow(State& state);
  void advance(Side& side);
  bool pure(Side& side, const Instruction& i);
  bool pure_build(Side& side, const Instruction& i);
  bool pure_operator(Side& side, const Instruction& i);
  bool static_branch(Side& side);
  static bool only_tested(const Body& body, Place at, bool may_copy);
  Symbol pop(Side& side);
  Symbol read_local(const Side& side, uint32_t name) const;
  void jump(Side& side, BlockId to);

  bool same(Symbol a, Symbol b);
  bool same_code(Value a, Value b);
  bool commit();
  bool commit_stacks(const std::map<uint32_t, Symbol>& assigned);
  // Python 2 keeps no such count.
  bool handled_differs() const { return a_.handled != b_.handled && a_.body->version.major >= 3; }
  Next effect();
  bool operands(const Instruction& x, const Instruction& y, std::vector<Symbol>& xs, std::vector<Symbol>& ys);
  bool take(Side& side, const Instruction& i, std::vector<Symbol>& into);
  bool same_instruction(const Instruction& x, const Instruction& y);
  bool exceptions();
  Next exit();
  Next exit_values(uint32_t count);
  void fork(BlockId to_a, BlockId to_b, const Stack& stack_a, const Stack& stack_b, Symbol known, bool truth);
  std::string key(State& state) const;
  static void renumber(Stack& stack, std::unordered_map<uint32_t, uint32_t>& numbers);
  std::string words(const Side& side) const;

  Side a_, b_;
  Heap& heap_;
  const EquivalenceLimits& limits_;
  Verdict verdict_;
  std::vector<State> work_;
  std::unordered_set<std::string> seen_;
  std::unordered_map<std::string_view, uint32_t> name_ids_;
  std::vector<Value> constants_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> constant_ids_;
  std::map<std::vector<uint32_t>, uint32_t> closures_;
  uint32_t next_fresh_ = 0;
  uint64_t steps_ = 0;
  Symbol known_;
  bool truth_ = false;
};

std::string exit_words(const Block& block) {
  switch (block.exit) {
    case Exit::jump: return "jump";
    case Exit::branch: return "branch";
    case Exit::for_iter: return "for_iter";
    case Exit::return_value: return "return";
    case Exit::raise: return "raise of " + std::to_string(block.a);
    case Exit::reraise: return "reraise";
    case Exit::end_async_for: return "end_async_for";
    case Exit::invalid: return "invalid";
  }
  return "";
}

std::string Comparison::words(const Side& side) const {
  if (side.spins) return "endless loop";
  if (side.at_exit()) return exit_words(side.block());
  const Instruction& i = side.instruction();
  std::string text(op_name(i.op));
  if (!i.name.empty()) text += " " + std::string(i.name);
  if (i.a != 0) text += " " + std::to_string(i.a);
  return text;
}

Symbol Comparison::pop(Side& side) {
  if (side.stack.empty()) {
    fail("the stack is empty");
    return {};
  }
  const Symbol top = side.stack.back();
  side.stack.pop_back();
  return top;
}

Symbol Comparison::read_local(const Side& side, uint32_t name) const {
  const auto found = side.pending.find(name);
  return found != side.pending.end() ? found->second : Symbol{name, Symbol::local, false};
}

void Comparison::jump(Side& side, BlockId to) {
  if (to >= side.body->blocks.size()) return fail("a jump leads nowhere");
  side.at = {to, 0};
  side.jumped = true;
  side.handled = side.block().handled;
}

// Runs a side to its next effect, or to the exit of a block that is one.
void Comparison::advance(Side& side) {
  std::vector<BlockId> passed;
  while (ok()) {
    if (++steps_ > limits_.steps) return give_up("the limit of steps");
    if (side.at_exit()) {
      if (side.block().exit == Exit::jump) {
        jump(side, side.block().target);
      } else if (side.block().exit != Exit::branch || !static_branch(side)) {
        return;
      }
      side.spins = std::find(passed.begin(), passed.end(), side.at.block) != passed.end();
      if (side.spins) return;
      passed.push_back(side.at.block);
      steps_ += passed.size() / 16;
      continue;
    }
    if (!pure(side, side.instruction())) return;
    ++side.at.index;
    if (side.stack.size() > kDeepestStack) return give_up("the limit of the stack");
  }
}

// A branch whose way is known: on a constant, or on what was tested just before.
bool Comparison::static_branch(Side& side) {
  if (side.stack.empty()) return false;
  const Symbol top = side.stack.back();
  bool truth = false;
  if (top.kind == Symbol::constant) {
    if (!constant_truth(heap_, constants_[top.index], &truth)) return false;
  } else if (known_.kind != Symbol::unbound && top.kind == known_.kind && top.index == known_.index) {
    truth = truth_;
  } else {
    return false;
  }
  if (top.negated) truth = !truth;
  side.stack.pop_back();
  jump(side, truth ? side.block().target : side.block().otherwise);
  return true;
}

bool Comparison::pure(Side& side, const Instruction& i) {
  Stack& stack = side.stack;
  const auto holds = [&](uint32_t n) {
    if (stack.size() < n || n == 0) {
      fail("the stack is too low");
      return false;
    }
    return true;
  };
  switch (i.op) {
    case Op::load_const:
      stack.push_back(i.value.is(Kind::code) ? Symbol{i.value.index(), Symbol::code, false} : constant(i.value));
      return true;
    case Op::load_fast: stack.push_back(read_local(side, name_id(i.name))); return true;
    case Op::load_fast_and_clear: {
      const uint32_t name = name_id(i.name);
      stack.push_back(read_local(side, name));
      side.pending[name] = {};
      return true;
    }
    case Op::store_fast:
    case Op::restore_fast: {
      const Symbol value = pop(side);
      side.pending[name_id(i.name)] = value;
      return true;
    }
    case Op::delete_fast: {
      const auto found = side.pending.find(name_id(i.name));
      if (found == side.pending.end() || found->second.kind == Symbol::unbound) return false;
      found->second = {};
      return true;
    }
    case Op::load_name:
    case Op::load_global:
      // In Python 2 this is a constant that only its optimiser knows.
      if (side.body->version.major >= 3 || i.name != "None") return false;
      stack.push_back(constant(Value::none()));
      return true;
    case Op::load_closure: stack.push_back({name_id(i.name), Symbol::cell, false}); return true;
    case Op::copy:
      if (holds(i.a)) stack.push_back(stack[stack.size() - i.a]);
      return true;
    case Op::swap:
      if (holds(i.a)) std::swap(stack.back(), stack[stack.size() - i.a]);
      return true;
    case Op::rotate:
      if (holds(i.a)) std::rotate(stack.end() - i.a, stack.end() - 1, stack.end());
      return true;
    case Op::pop: pop(side); return true;
    case Op::enter_handler: ++side.handled; return true;  // compared where it matters
    case Op::leave_handler: side.handled -= side.handled > 0 ? 1 : 0; return true;
    case Op::build_tuple:
    case Op::build_slice:
    case Op::build_list:
    case Op::build_string:
    case Op::unpack_sequence: return pure_build(side, i);
    case Op::unary:
    case Op::binary:
    case Op::subscript: return pure_operator(side, i);
    default: return false;
  }
}

bool Comparison::pure_build(Side& side, const Instruction& i) {
  Stack& stack = side.stack;
  if (i.op == Op::unpack_sequence) {
    // Of a constant: its items.
    if (stack.empty() || stack.back().kind != Symbol::constant) return false;
    const Value value = constants_[stack.back().index];
    if (!value.is(Kind::tuple) || heap_.items(value).size != i.a) return false;
    stack.pop_back();
    for (uint32_t k = i.a; k > 0; --k) stack.push_back(constant(heap_.items(value)[k - 1]));
    return true;
  }
  if (i.a > stack.size()) return false;
  const size_t from = stack.size() - i.a;
  // A display that is unpacked at once only turns the values round.
  if ((i.op == Op::build_tuple || i.op == Op::build_list) && side.at.index + 1 < side.block().instructions.size()) {
    const Instruction& next = side.block().instructions[side.at.index + 1];
    if (next.op == Op::unpack_sequence && next.a == i.a) {
      std::reverse(stack.begin() + static_cast<std::ptrdiff_t>(from), stack.end());
      ++side.at.index;
      return true;
    }
  }
  if (i.op == Op::build_list) return false;
  if (i.op == Op::build_string && i.a == 2) {
    const Symbol empty = constant(Value::string({}));
    if ((stack[from] == empty) != (stack[from + 1] == empty)) {
      stack.erase(stack.begin() + static_cast<std::ptrdiff_t>(stack[from] == empty ? from : from + 1));
      return true;
    }
  }
  bool all_constant = true, all_cells = i.a > 0;
  for (size_t k = from; k < stack.size(); ++k) {
    all_constant &= stack[k].kind == Symbol::constant;
    all_cells &= stack[k].kind == Symbol::cell;
  }
  if (all_cells && i.op == Op::build_tuple) {
    std::vector<uint32_t> names;
    for (size_t k = from; k < stack.size(); ++k) names.push_back(stack[k].index);
    std::sort(names.begin(), names.end());
    const uint32_t id = closures_.emplace(std::move(names), static_cast<uint32_t>(closures_.size())).first->second;
    stack.resize(from);
    stack.push_back({id, Symbol::cells, false});
    return true;
  }
  if (!all_constant) return false;
  if (i.op == Op::build_string) {
    std::string text;
    for (size_t k = from; k < stack.size(); ++k) {
      if (!constants_[stack[k].index].is(Kind::string)) return false;
      text += constants_[stack[k].index].text();
    }
    stack.resize(from);
    stack.push_back(constant(heap_.new_string(text)));
    return true;
  }
  std::vector<Value> values;
  for (size_t k = from; k < stack.size(); ++k) values.push_back(constants_[stack[k].index]);
  if (i.op == Op::build_slice && values.size() == 2) values.push_back(Value::none());
  stack.resize(from);
  stack.push_back(constant(heap_.new_items(i.op == Op::build_tuple ? Kind::tuple : Kind::slice, values.data(),
                                           static_cast<uint32_t>(values.size()))));
  return true;
}

// Whether all that is done with the value on top is to test it, perhaps after having kept a copy that is dropped or
// tested as well.
bool Comparison::only_tested(const Body& body, Place at, bool may_copy) {
  for (uint32_t steps = 0; steps < 32; ++steps) {
    const Block& block = body.blocks[at.block];
    if (at.index < block.instructions.size()) {
      const Instruction& i = block.instructions[at.index];
      if (i.op == Op::pop) return !may_copy;
      if (may_copy && i.op == Op::copy && i.a == 1 && at.index + 1 == block.instructions.size() &&
          block.exit == Exit::branch && block.target < body.blocks.size() && block.otherwise < body.blocks.size()) {
        return only_tested(body, {block.target, 0}, false) && only_tested(body, {block.otherwise, 0}, false);
      }
      if (i.op != Op::unary || static_cast<Unary>(i.a) != Unary::logical_not) return false;
      ++at.index;
    } else if (block.exit == Exit::jump && block.target < body.blocks.size()) {
      at = {block.target, 0};
    } else {
      return block.exit == Exit::branch;
    }
  }
  return false;
}

bool Comparison::pure_operator(Side& side, const Instruction& i) {
  Stack& stack = side.stack;
  Value folded;
  if (i.op == Op::unary) {
    if (stack.empty()) return false;
    Symbol& top = stack.back();
    if (static_cast<Unary>(i.a) == Unary::logical_not) {
      if (top.kind == Symbol::fresh_bool || (top.kind != Symbol::constant && only_tested(*side.body, {side.at.block, side.at.index + 1}, true))) {
        top.negated = !top.negated;
        return true;
      }
    }
    if (top.kind != Symbol::constant || !fold_unary(heap_, static_cast<Unary>(i.a), constants_[top.index], &folded)) return false;
    top = constant(folded);
    return true;
  }
  if (stack.size() < 2) return false;
  const Symbol l = stack[stack.size() - 2], r = stack.back();
  if (l.kind != Symbol::constant || r.kind != Symbol::constant) return false;
  const Value x = constants_[l.index], y = constants_[r.index];
  const bool known = i.op == Op::binary ? fold_binary(heap_, side.body->version, static_cast<Binary>(i.a), x, y, &folded)
                                        : fold_subscript(heap_, side.body->version, x, y, &folded);
  if (!known) return false;
  stack.pop_back();
  stack.back() = constant(folded);
  return true;
}

constexpr uint32_t kFlagsThatMatter =
    CodeObject::kOptimized | CodeObject::kNewLocals | CodeObject::kVarArgs | CodeObject::kVarKeywords |
    CodeObject::kGenerator | CodeObject::kCoroutine | CodeObject::kIterableCoroutine | CodeObject::kAsyncGenerator;

std::string signature_difference(const Heap& heap, const CodeObject& a, const CodeObject& b) {
  if (a.name != b.name) return "names " + std::string(a.name) + " | " + std::string(b.name);
  if (a.argcount != b.argcount || a.posonlyargcount != b.posonlyargcount || a.kwonlyargcount != b.kwonlyargcount) {
    return "numbers of parameters of " + std::string(a.name);
  }
  if (((a.flags ^ b.flags) & kFlagsThatMatter) != 0) {
    return "flags of " + std::string(a.name) + " " + std::to_string(a.flags) + " | " + std::to_string(b.flags);
  }
  size_t parameters = a.argcount + a.kwonlyargcount;
  if ((a.flags & CodeObject::kVarArgs) != 0) ++parameters;
  if ((a.flags & CodeObject::kVarKeywords) != 0) ++parameters;
  const auto& names_a = a.varnames.empty() ? a.localsplusnames : a.varnames;
  const auto& names_b = b.varnames.empty() ? b.localsplusnames : b.varnames;
  for (size_t i = 0; i < parameters; ++i) {
    if (i >= names_a.size() || i >= names_b.size()) return "parameters of " + std::string(a.name);
    if (names_a[i] != names_b[i]) {
      return "parameters " + std::string(names_a[i]) + " | " + std::string(names_b[i]);
    }
  }
  std::vector<std::string_view> free_a = a.freevars, free_b = b.freevars;
  std::sort(free_a.begin(), free_a.end());
  std::sort(free_b.begin(), free_b.end());
  if (free_a != free_b) return "free variables of " + std::string(a.name);
  if ((a.flags & CodeObject::kOptimized) == 0 || a.name.starts_with("<")) return {};
  const auto docstring = [](const CodeObject& code) {
    const bool there = !code.consts.empty() && code.consts[0].is_text() &&
                       (code.version < PythonVersion{3, 14} || (code.flags & CodeObject::kHasDocstring) != 0);
    return there ? code.consts[0] : Value::none();
  };
  if (!same_constant(heap, docstring(a), docstring(b))) return "docstrings of " + std::string(a.name);
  return {};
}

bool Comparison::same_code(Value a, Value b) {
  const CodeObject& x = heap_.code(a);
  const CodeObject& y = heap_.code(b);
  const std::string difference = signature_difference(heap_, x, y);
  if (!difference.empty()) {
    fail(difference);
    return false;
  }
  for (const auto& [p, q] : verdict_.functions) {
    if (p.same_as(a) && q.same_as(b)) return true;
  }
  verdict_.functions.emplace_back(a, b);
  return true;
}

bool Comparison::same(Symbol a, Symbol b) {
  if (a == b) return true;
  if (a.kind == Symbol::code && b.kind == Symbol::code) {
    return same_code(Value::heap(Kind::code, a.index), Value::heap(Kind::code, b.index));
  }
  return false;
}

// Locals that were assigned on both sides since the last effect must have got the same.
bool Comparison::commit() {
  if (a_.pending.empty() && b_.pending.empty()) return true;
  // Assigning a variable to itself changes nothing.
  const auto settle = [](std::map<uint32_t, Symbol>& pending) {
    std::erase_if(pending, [](const auto& entry) {
      return entry.second == Symbol{entry.first, Symbol::local, false};
    });
  };
  settle(a_.pending);
  settle(b_.pending);
  auto x = a_.pending.begin();
  auto y = b_.pending.begin();
  const auto name_of = [&](uint32_t id) {
    for (const auto& [name, known] : name_ids_) {
      if (known == id) return std::string(name);
    }
    return std::string();
  };
  for (; x != a_.pending.end() || y != b_.pending.end(); ++x, ++y) {
    if (x == a_.pending.end() || y == b_.pending.end() || x->first != y->first) {
      const bool only_a = y == b_.pending.end() || (x != a_.pending.end() && x->first < y->first);
      fail("only one side stores " + name_of(only_a ? x->first : y->first));
      return false;
    }
    if (!same(x->second, y->second)) {
      fail("different values are stored to " + name_of(x->first));
      return false;
    }
  }
  return commit_stacks(a_.pending);
}

// Old values of assigned locals that are still on a stack get names of their own.
bool Comparison::commit_stacks(const std::map<uint32_t, Symbol>& assigned) {
  std::map<uint32_t, Symbol> old;
  for (Side* side : {&a_, &b_}) {
    for (Symbol& symbol : side->stack) {
      if (symbol.kind != Symbol::local || assigned.count(symbol.index) == 0) continue;
      auto [at, inserted] = old.emplace(symbol.index, Symbol{});
      if (inserted) at->second = new_symbol();
      const bool negated = symbol.negated;
      symbol = at->second;
      symbol.negated = negated;
    }
  }
  // What was just stored and is on a stack, too, is known by the variable's name.
  for (const auto& [name, value] : assigned) {
    if (value.kind != Symbol::fresh && value.kind != Symbol::fresh_bool) continue;
    if (value.kind == Symbol::fresh_bool) continue;
    for (Side* side : {&a_, &b_}) {
      for (Symbol& symbol : side->stack) {
        if (symbol.kind == value.kind && symbol.index == value.index && !value.negated) {
          symbol = {name, Symbol::local, symbol.negated};
        }
      }
    }
  }
  if (known_.kind == Symbol::local && assigned.count(known_.index) != 0) known_ = {};
  a_.pending.clear();
  b_.pending.clear();
  return true;
}

bool Comparison::same_instruction(const Instruction& x, const Instruction& y) {
  Op p = x.op, q = y.op;
  if (p == Op::build_const_map) p = Op::build_map;
  if (q == Op::build_const_map) q = Op::build_map;
  if (p != q || x.name != y.name || x.names != y.names) return false;
  if (is_extending(p)) return true;  // the container is compared, not its depth
  if (p == Op::build_string) return true;  // its operands are
  if (p == Op::compare) {
    const auto positive = [](uint32_t op) {
      if (static_cast<Compare>(op) == Compare::is_not) return static_cast<uint32_t>(Compare::is);
      if (static_cast<Compare>(op) == Compare::not_in) return static_cast<uint32_t>(Compare::in);
      return op;
    };
    return positive(x.a) == positive(y.a);
  }
  return x.a == y.a && x.b == y.b;
}

// Takes an effect's operands from the stack; of what extends a container, the container as well, which stays.
bool Comparison::take(Side& side, const Instruction& i, std::vector<Symbol>& into) {
  // The container that is extended lies deeper, and stays.
  const uint32_t pops = !is_extending(i.op) ? ir::effect(i).pops : i.op == Op::map_add ? 2 : 1;
  if (pops > side.stack.size()) {
    fail("the stack is too low");
    return false;
  }
  into.assign(side.stack.end() - pops, side.stack.end());
  side.stack.resize(side.stack.size() - pops);
  if (i.op == Op::build_const_map && i.value.is(Kind::tuple)) {
    std::vector<Symbol> pairs;
    const Items& keys = heap_.items(i.value);
    for (uint32_t k = 0; k < keys.size && k < into.size(); ++k) {
      pairs.push_back(constant(keys[k]));
      pairs.push_back(into[k]);
    }
    into = std::move(pairs);
  }
  if (i.op == Op::build_string) {  // 3.12.0 and 3.12.1 join empty texts to formats
    const Symbol empty = constant(Value::string({}));
    std::erase(into, empty);
  }
  if (is_extending(i.op)) {
    if (i.a > side.stack.size() || i.a == 0) {
      fail("the stack is too low");
      return false;
    }
    into.push_back(side.stack[side.stack.size() - i.a]);
  }
  return true;
}

// The places where an exception goes now must be alike.
bool Comparison::exceptions() {
  const Block &x = a_.block(), &y = b_.block();
  if (x.handler == kNoBlock && y.handler == kNoBlock) return true;
  if (x.handler == kNoBlock || y.handler == kNoBlock) {
    fail("only one side catches exceptions of " + words(a_) + " | " + words(b_));
    return false;
  }
  if (x.handler_depth > a_.stack.size() || y.handler_depth > b_.stack.size()) {
    fail("a handler keeps more than there is");
    return false;
  }
  Stack stack_a(a_.stack.begin(), a_.stack.begin() + x.handler_depth);
  Stack stack_b(b_.stack.begin(), b_.stack.begin() + y.handler_depth);
  const Symbol exception = new_symbol();
  stack_a.push_back(exception);
  stack_b.push_back(exception);
  fork(x.handler, y.handler, stack_a, stack_b, {}, false);
  return true;
}

void Comparison::renumber(Stack& stack, std::unordered_map<uint32_t, uint32_t>& numbers) {
  for (Symbol& symbol : stack) {
    if (symbol.kind != Symbol::fresh && symbol.kind != Symbol::fresh_bool) continue;
    symbol.index = numbers.emplace(symbol.index, static_cast<uint32_t>(numbers.size())).first->second;
  }
}

// Numbers the fresh symbols of a state by their order, and spells all of it.
std::string Comparison::key(State& state) const {
  std::unordered_map<uint32_t, uint32_t> numbers;
  renumber(state.stack_a, numbers);
  renumber(state.stack_b, numbers);
  if (state.known.kind == Symbol::fresh || state.known.kind == Symbol::fresh_bool) {
    const auto found = numbers.find(state.known.index);
    if (found == numbers.end()) {
      state.known = {};
    } else {
      state.known.index = found->second;
    }
  }
  std::string text;
  const auto number = [&](uint32_t n) { text.append(reinterpret_cast<const char*>(&n), sizeof n); };
  const auto symbol = [&](Symbol s) {
    number(s.index);
    text += static_cast<char>(s.kind * 2 + (s.negated ? 1 : 0));
  };
  number(state.a.block);
  number(state.a.index);
  number(state.b.block);
  number(state.b.index);
  number(static_cast<uint32_t>(state.stack_a.size()));
  for (const Symbol s : state.stack_a) symbol(s);
  for (const Symbol s : state.stack_b) symbol(s);
  symbol(state.known);
  text += state.truth ? '1' : '0';
  return text;
}

void Comparison::fork(BlockId to_a, BlockId to_b, const Stack& stack_a, const Stack& stack_b, Symbol known, bool truth) {
  if (to_a >= a_.body->blocks.size() || to_b >= b_.body->blocks.size()) return fail("a jump leads nowhere");
  steps_ += (stack_a.size() + stack_b.size()) / 2;  // they are copied
  State state{{to_a, 0}, {to_b, 0}, stack_a, stack_b, known, truth};
  if (seen_.insert(key(state)).second) work_.push_back(std::move(state));
}

void Comparison::follow(State& state) {
  a_.at = state.a;
  b_.at = state.b;
  a_.stack = std::move(state.stack_a);
  b_.stack = std::move(state.stack_b);
  a_.pending.clear();
  b_.pending.clear();
  a_.spins = b_.spins = a_.jumped = b_.jumped = false;
  a_.handled = a_.block().handled;
  b_.handled = b_.block().handled;
  known_ = state.known;
  truth_ = state.truth;
  next_fresh_ = static_cast<uint32_t>(a_.stack.size() + b_.stack.size());
  while (ok()) {
    advance(a_);
    advance(b_);
    if (!ok()) return;
    if (a_.spins || b_.spins) {
      if (a_.spins != b_.spins) fail(words(a_) + " | " + words(b_));
      return;
    }
    if (!commit()) return;
    if (a_.jumped || b_.jumped) {
      State now{a_.at, b_.at, a_.stack, b_.stack, known_, truth_};
      if (!seen_.insert(key(now)).second) return;
      a_.jumped = b_.jumped = false;
    }
    if (effect() == Next::stop) return;
  }
}

Comparison::Next Comparison::effect() {
  if (a_.at_exit() != b_.at_exit()) {
    fail(words(a_) + " | " + words(b_));
    return Next::stop;
  }
  if (a_.at_exit()) return exit();
  const Instruction &x = a_.instruction(), &y = b_.instruction();
  if (!same_instruction(x, y)) {
    fail(words(a_) + " | " + words(b_));
    return Next::stop;
  }
  if (!stores_a_name(x.op) && handled_differs()) {
    fail("exceptions in hand at " + words(a_));
    return Next::stop;
  }
  // Whatever else an effect takes, a handler keeps.
  if (!cannot_raise(x) && !exceptions()) return Next::stop;
  std::vector<Symbol> xs, ys;
  if (!take(a_, x, xs) || !take(b_, y, ys)) return Next::stop;
  const bool derived = x.op == Op::store_name && (x.name == "__firstlineno__" || x.name == "__static_attributes__");
  bool alike = xs.size() == ys.size();
  for (size_t k = 0; alike && !derived && k < xs.size(); ++k) alike = same(xs[k], ys[k]);
  if (!alike) {
    fail("operands of " + words(a_) + " | " + words(b_));
    return Next::stop;
  }
  if (x.op == Op::delete_fast) {  // it may fail: the variable's old value goes only after that
    a_.pending[name_id(x.name)] = {};
    b_.pending[name_id(x.name)] = {};
    known_ = {};
    ++a_.at.index;
    ++b_.at.index;
    return Next::go_on;
  }
  known_ = {};
  const bool boolean = x.op == Op::compare && static_cast<Compare>(x.a) >= Compare::in;
  const bool is_not = x.op == Op::unary && static_cast<Unary>(x.a) == Unary::logical_not;
  const uint32_t pushes = is_extending(x.op) ? 0 : ir::effect(x).pushes;
  for (uint32_t k = 0; k < pushes; ++k) {
    Symbol given = new_symbol(boolean || is_not);
    const auto negated = [&](const Instruction& i) {
      return boolean && (static_cast<Compare>(i.a) == Compare::is_not || static_cast<Compare>(i.a) == Compare::not_in);
    };
    given.negated = negated(x);
    a_.stack.push_back(given);
    given.negated = negated(y);
    b_.stack.push_back(given);
  }
  ++a_.at.index;
  ++b_.at.index;
  return Next::go_on;
}

Comparison::Next Comparison::exit_values(uint32_t count) {
  if (a_.stack.size() < count || b_.stack.size() < count) {
    fail("the stack is too low");
    return Next::stop;
  }
  for (uint32_t k = 0; k < count; ++k) {
    if (same(pop(a_), pop(b_))) continue;
    fail("operands of " + words(a_));
    return Next::stop;
  }
  return Next::go_on;
}

Comparison::Next Comparison::exit() {
  const Block &x = a_.block(), &y = b_.block();
  const bool raises_alike = x.exit == y.exit && (x.exit != Exit::raise || x.a == y.a);
  if (!raises_alike) {
    fail(words(a_) + " | " + words(b_));
    return Next::stop;
  }
  switch (x.exit) {
    case Exit::jump: return Next::go_on;
    case Exit::invalid: return Next::stop;
    case Exit::return_value: exit_values(1); return Next::stop;
    case Exit::raise:
      if (x.a == 0 && handled_differs()) fail("exceptions in hand at raise");
      if (exit_values(x.a) == Next::go_on) exceptions();
      return Next::stop;
    case Exit::reraise:
      if (exit_values(1) == Next::go_on) exceptions();
      return Next::stop;
    case Exit::branch: {
      if (a_.stack.empty() || b_.stack.empty()) {
        fail("the stack is too low");
        return Next::stop;
      }
      Symbol p = pop(a_), q = pop(b_);
      const bool swap_a = p.negated, swap_b = q.negated;
      p.negated = q.negated = false;
      if (!same(p, q)) {
        fail("conditions");
        return Next::stop;
      }
      if (p.kind != Symbol::fresh_bool && !exceptions()) return Next::stop;
      for (const bool truth : {true, false}) {
        fork(truth != swap_a ? x.target : x.otherwise, truth != swap_b ? y.target : y.otherwise, a_.stack, b_.stack, p, truth);
      }
      return Next::stop;
    }
    case Exit::for_iter: {
      if (a_.stack.empty() || b_.stack.empty() || !same(a_.stack.back(), b_.stack.back())) {
        fail("iterators");
        return Next::stop;
      }
      if (!exceptions()) return Next::stop;
      Stack next_a = a_.stack, next_b = b_.stack;
      const Symbol item = new_symbol();
      next_a.push_back(item);
      next_b.push_back(item);
      fork(x.target, y.target, next_a, next_b, {}, false);
      next_a.resize(next_a.size() - 2);
      next_b.resize(next_b.size() - 2);
      fork(x.otherwise, y.otherwise, next_a, next_b, {}, false);
      return Next::stop;
    }
    case Exit::end_async_for:
      if (exit_values(2) == Next::stop || !exceptions()) return Next::stop;
      fork(x.target, y.target, a_.stack, b_.stack, {}, false);
      return Next::stop;
  }
  return Next::stop;
}

}  // namespace

Verdict equivalent(const Body& a, const Body& b, Heap& heap, const EquivalenceLimits& limits) {
  Verdict verdict = Comparison(a, b, heap, limits).run();
  if (!limits.nested) return verdict;
  // Pairs of functions are worked off in the order of their making, each once.
  std::vector<std::pair<Value, Value>> work = verdict.functions;
  for (size_t at = 0; at < work.size() && verdict; ++at) {
    const std::shared_ptr<const Body> x = heap.code(work[at].first).body, y = heap.code(work[at].second).body;
    if (x == nullptr || y == nullptr) {
      verdict.kind = Verdict::Kind::undecided;
      verdict.why = "no body of " + std::string(heap.code(work[at].first).name);
      break;
    }
    EquivalenceLimits inner = limits;
    inner.nested = false;
    Verdict next = Comparison(*x, *y, heap, inner).run();
    for (const auto& pair : next.functions) {
      const bool known = std::any_of(work.begin(), work.end(), [&](const auto& other) {
        return other.first.same_as(pair.first) && other.second.same_as(pair.second);
      });
      if (!known) work.push_back(pair);
    }
    if (!next) {
      next.why = std::string(heap.code(work[at].first).name) + ": " + next.why;
      verdict = std::move(next);
    }
  }
  verdict.functions = std::move(work);
  return verdict;
}

Verdict equivalent(const CodeObject& a, const CodeObject& b, Heap& heap, const EquivalenceLimits& limits) {
  Verdict verdict;
  verdict.why = signature_difference(heap, a, b);
  if (verdict.why.empty() && (a.body == nullptr || b.body == nullptr)) verdict.why = "no body";
  if (!verdict.why.empty()) {
    verdict.kind = Verdict::Kind::different;
    return verdict;
  }
  return equivalent(*a.body, *b.body, heap, limits);
}

}  // namespace winnow::ir
