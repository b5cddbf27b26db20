// What only moves values about: each side runs it alone, up to its next effect.
#include <algorithm>

#include "code/ir/equivalent_parts.h"

namespace winnow::ir {
namespace {

constexpr uint32_t kDeepestStack = 100'000;

}  // namespace

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

// Using a local may fail, too: where that is caught counts like an effect's handler does.
void Comparison::note_handler(Side& side) {
  const Block& block = side.block();
  if (block.handler == kNoBlock || block.handler_depth > side.stack.size()) return;
  if (!side.caught.empty() && side.caught.back().handler == block.handler) return;
  side.caught.push_back({block.handler, Stack(side.stack.begin(), side.stack.begin() + block.handler_depth)});
  steps_ += block.handler_depth / 2;
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
    case Op::load_fast: note_handler(side); stack.push_back(read_local(side, name_id(i.name))); return true;
    case Op::load_fast_and_clear: {
      const uint32_t name = name_id(i.name);
      stack.push_back(read_local(side, name));
      side.pending[name] = {};
      return true;
    }
    case Op::store_fast:
    case Op::restore_fast: {
      if (i.op == Op::store_fast) note_handler(side);
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

}  // namespace winnow::ir
