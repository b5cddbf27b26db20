// What both sides must do at the same time, with the same operands.
#include <algorithm>

#include "code/ir/equivalent_parts.h"

namespace winnow::ir {

bool is_extending(Op op) {
  return op == Op::list_append || op == Op::set_add || op == Op::map_add || op == Op::list_extend ||
         op == Op::set_update || op == Op::dict_update || op == Op::dict_merge;
}

namespace {

// Whether an exception is still in hand at such a store tells nothing; the order of the two is the lifter's.
bool stores_a_name(Op op) {
  return op == Op::store_name || op == Op::store_global || op == Op::store_deref || op == Op::delete_name ||
         op == Op::delete_global || op == Op::delete_deref || op == Op::delete_fast;
}

// From 3.13 the jump that tests what these give may lie outside of their handler, and they cannot fail.
bool cannot_raise(const Instruction& i) {
  return i.op == Op::compare && (static_cast<Compare>(i.a) == Compare::is || static_cast<Compare>(i.a) == Compare::is_not);
}

}  // namespace

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

// Handlers that only locals were used under.
bool Comparison::noted_handlers() {
  if (a_.caught.size() != b_.caught.size()) {
    fail("only one side catches what using locals may raise");
    return false;
  }
  for (size_t k = 0; k < a_.caught.size(); ++k) {
    Stack &stack_a = a_.caught[k].kept, &stack_b = b_.caught[k].kept;
    const Symbol exception = new_symbol();
    stack_a.push_back(exception);
    stack_b.push_back(exception);
    fork(a_.caught[k].handler, b_.caught[k].handler, stack_a, stack_b, {}, false);
  }
  a_.caught.clear();
  b_.caught.clear();
  return ok();
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
  a_.caught.clear();
  b_.caught.clear();
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
    if (a_.spins != b_.spins) fail(words(a_) + " | " + words(b_));
    if (!ok() || !commit() || !noted_handlers() || a_.spins) return;
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

}  // namespace winnow::ir
