// Expressions: operators and conditions. Displays are in lower_displays.cpp, calls in lower_calls.cpp, constants in
// lower_constants.cpp.
#include "code/python/lowering.h"

namespace winnow::python {
namespace {

ir::Binary binary_of(Operator op, bool old_division) {
  switch (op) {
    case Operator::Add: return ir::Binary::add;
    case Operator::Sub: return ir::Binary::subtract;
    case Operator::Mult: return ir::Binary::multiply;
    case Operator::MatMult: return ir::Binary::matrix_multiply;
    case Operator::Div: return old_division ? ir::Binary::divide : ir::Binary::true_divide;
    case Operator::Mod: return ir::Binary::remainder;
    case Operator::Pow: return ir::Binary::power;
    case Operator::LShift: return ir::Binary::left_shift;
    case Operator::RShift: return ir::Binary::right_shift;
    case Operator::BitOr: return ir::Binary::bit_or;
    case Operator::BitXor: return ir::Binary::bit_xor;
    case Operator::BitAnd: return ir::Binary::bit_and;
    case Operator::FloorDiv: return ir::Binary::floor_divide;
    default: return ir::Binary::add;
  }
}

bool has_star(const List& items) {
  for (const Node* item : items) {
    if (item->type == Type::Starred) return true;
  }
  return false;
}

}  // namespace

uint32_t Lowerer::operator_of(Operator op) const {
  return static_cast<uint32_t>(binary_of(op, python2() && (future_ & 0x2000) == 0));
}

void Lowerer::expression(const Node* node) {
  if (node == nullptr) return none();
  const Deeper deeper(*this);
  if (deeper.too_deep()) {
    emit(Op::unknown).name = "nested too deeply";
    return none();
  }
  const Node* outer = at_;
  at_ = node;
  Value folded;
  if (constant_of(node, &folded)) {
    constant(folded);
  } else {
    expression_inner(node);
  }
  at_ = outer;
}

void Lowerer::expression_inner(const Node* node) {
  switch (node->type) {
    case Type::BoolOp: return bool_operation(node);
    case Type::NamedExpr:
      expression(node->second);
      copy(1);
      return store(node->first);
    case Type::BinOp: return binary_operation(node);
    case Type::UnaryOp: return unary_operation(node);
    case Type::Lambda: return lambda(node);
    case Type::IfExp: return if_expression(node);
    case Type::Dict: return dict(node);
    case Type::Set:
    case Type::List:
    case Type::Tuple: return display(node);
    case Type::ListComp:
    case Type::SetComp:
    case Type::DictComp:
    case Type::GeneratorExp: return comprehension(node);
    case Type::Await:
      expression(node->first);
      return await();
    case Type::Yield:
      expression(node->first);
      emit(Op::yield_value);
      return;
    case Type::YieldFrom:
      expression(node->first);
      emit(Op::get_yield_from_iter);
      emit(Op::yield_from);
      return;
    case Type::Compare: return comparison(node);
    case Type::Call: return call_expression(node);
    case Type::FormattedValue: return formatted(node);
    case Type::Interpolation: return interpolation(node);
    case Type::JoinedStr: return joined(node);
    case Type::TemplateStr: return template_string(node);
    case Type::Constant:
    case Type::Code: return constant(node->value);
    case Type::Attribute: return attribute(node);
    case Type::Subscript:
      expression(node->first);
      slice_key(node->second);
      emit(Op::subscript);
      return;
    case Type::Slice: return slice_key(node);
    case Type::Starred: return expression(node->first);
    case Type::Name: return name(node->name, Access::load);
    case Type::Repr:
      expression(node->first);
      emit(Op::unary, static_cast<uint32_t>(ir::Unary::repr));
      return;
    case Type::Bad: return bad(node, true);
    default:  // a statement or a part where an expression should stand
      emit(Op::unknown).name = "no expression";
      return none();
  }
}

void Lowerer::await() {
  emit(Op::get_awaitable);
  emit(Op::await_value);
}

// Sums of thousands of terms lean to the left, and are walked without recursion.
void Lowerer::binary_operation(const Node* node) {
  std::vector<const Node*> spine;
  Value folded;
  const Node* left = node;
  while (left != nullptr && left->type == Type::BinOp && (left == node || !constant_of(left, &folded)) &&
         !percent_format_applies(left)) {
    spine.push_back(left);
    left = left->first;
  }
  if (spine.empty()) return percent_format(node);
  if (left != nullptr && left->type == Type::BinOp && !constant_of(left, &folded) && percent_format_applies(left)) {
    percent_format(left);
  } else {
    expression(left);
  }
  for (auto at = spine.rbegin(); at != spine.rend(); ++at) {
    expression((*at)->second);
    at_ = *at;
    emit(Op::binary, operator_of((*at)->op));
  }
}

void Lowerer::unary_operation(const Node* node) {
  // `not x in y` is `x not in y`, `not x is y` is `x is not y`.
  if (node->op == Operator::Not && node->first != nullptr && node->first->type == Type::Compare &&
      node->first->items.size == 1) {
    const Operator op = node->first->items[0]->op;
    const Operator opposite = op == Operator::In      ? Operator::NotIn
                              : op == Operator::NotIn ? Operator::In
                              : op == Operator::Is    ? Operator::IsNot
                              : op == Operator::IsNot ? Operator::Is
                                                      : Operator::none;
    if (opposite != Operator::none) {
      expression(node->first->first);
      membership_operand(node->first->items[0]);
      return compare_operator(opposite);
    }
  }
  expression(node->first);
  ir::Unary op = ir::Unary::logical_not;
  if (node->op == Operator::USub) op = ir::Unary::negative;
  if (node->op == Operator::UAdd) op = ir::Unary::positive;
  if (node->op == Operator::Invert) op = ir::Unary::invert;
  emit(Op::unary, static_cast<uint32_t>(op));
}

void Lowerer::bool_operation(const Node* node) {
  const BlockId end = block();
  for (uint32_t i = 0; i < node->items.size; ++i) {
    expression(node->items[i]);
    if (i + 1 == node->items.size) break;
    const BlockId next = block();
    copy(1);
    if (node->op == Operator::And) {
      branch(next, end);
    } else {
      branch(end, next);
    }
    start(next);
    pop();
  }
  start(end);
}

void Lowerer::compare_operator(Operator op) {
  switch (op) {
    case Operator::Lt: return compare(ir::Compare::lt);
    case Operator::LtE: return compare(ir::Compare::le);
    case Operator::Eq: return compare(ir::Compare::eq);
    case Operator::NotEq: return compare(ir::Compare::ne);
    case Operator::Gt: return compare(ir::Compare::gt);
    case Operator::GtE: return compare(ir::Compare::ge);
    case Operator::In: return compare(ir::Compare::in);
    case Operator::NotIn: return compare(ir::Compare::not_in);
    case Operator::Is: return compare(ir::Compare::is);
    case Operator::IsNot: return compare(ir::Compare::is_not);
    default: return compare(ir::Compare::eq);
  }
}

// The right side of a comparison. A constant list or set that is only looked into is made a tuple or frozenset.
void Lowerer::membership_operand(const Node* link) {
  if (link->op == Operator::In || link->op == Operator::NotIn) return looked_through(link->first, false);
  expression(link->first);
}

// A list or set that nobody keeps: of `for` (iterated) and `in`.
void Lowerer::looked_through(const Node* node, bool iterated) {
  Value folded;
  if (iterated && later(14) && node != nullptr && node->type == Type::Tuple && has_star(node->items)) {
    at_ = node;
    return starred_display(node->items, Op::build_list, 0);
  }
  if (node == nullptr || (node->type != Type::List && node->type != Type::Set) || has_star(node->items)) {
    return expression(node);
  }
  const bool list = node->type == Type::List;
  const bool constants = iterated ? later(5) : list || later(2);
  if (constants && (later(7) || !node->items.empty()) && constant_tuple(node->items, list ? Kind::tuple : Kind::frozen_set, &folded)) {
    at_ = node;
    return constant(folded);
  }
  if (!list || !later(8)) return expression(node);
  for (const Node* item : node->items) expression(item);
  emit(Op::build_tuple, node->items.size);
}

void Lowerer::comparison(const Node* node) {
  expression(node->first);
  const uint32_t count = node->items.size;
  const BlockId cleanup = block(), end = block();
  for (uint32_t i = 0; i < count; ++i) {
    const Node* link = node->items[i];
    if (i + 1 == count) {
      membership_operand(link);
      compare_operator(link->op);
      break;
    }
    expression(link->first);
    copy(1);
    emit(Op::rotate, 3);
    compare_operator(link->op);
    copy(1);
    const BlockId next = block();
    branch(next, cleanup);
    start(next);
    pop();
  }
  if (count > 1) {
    jump(end);
    start(cleanup);
    swap(2);
    pop();
    start(end);
  }
}

void Lowerer::if_expression(const Node* node) {
  const BlockId otherwise = block(), end = block();
  jump_if(node->first, otherwise, false);
  expression(node->second);
  const uint32_t depth = unit_->depth;
  if (alive()) jump(end);
  start(otherwise);
  if (alive()) expression(node->third);
  start(end);
  unit_->depth = depth;
}

// Goes to `target` when the test comes out as `when`; otherwise falls through.
void Lowerer::jump_if(const Node* test, BlockId target, bool when) {
  const Deeper deeper(*this);
  bool known = false;
  if (test != nullptr && !deeper.too_deep()) {
    if (truth(test, &known)) {
      if (known == when) jump(target);
      return;
    }
    switch (test->type) {
      case Type::UnaryOp:
        if (test->op != Operator::Not) break;
        return jump_if(test->first, target, !when);
      case Type::BoolOp: {
        const bool is_or = test->op == Operator::Or;
        const BlockId end = block();
        for (uint32_t i = 0; i < test->items.size; ++i) {
          const bool last = i + 1 == test->items.size;
          jump_if(test->items[i], last || is_or == when ? target : end, last ? when : is_or);
        }
        return start(end);
      }
      case Type::IfExp: {
        const BlockId otherwise = block(), end = block();
        jump_if(test->first, otherwise, false);
        jump_if(test->second, target, when);
        jump(end);
        start(otherwise);
        if (alive()) jump_if(test->third, target, when);
        return start(end);
      }
      case Type::Compare:
        if (test->items.size > 1) return jump_if_comparison(test, target, when);
        break;
      default: break;
    }
  }
  expression(test);
  at_ = test != nullptr ? test : at_;
  const BlockId next = block();
  if (when) {
    branch(target, next);
  } else {
    branch(next, target);
  }
  start(next);
}

void Lowerer::jump_if_comparison(const Node* test, BlockId target, bool when) {
  const uint32_t count = test->items.size;
  const BlockId cleanup = block(), end = block();
  expression(test->first);
  for (uint32_t i = 0; i + 1 < count; ++i) {
    expression(test->items[i]->first);
    copy(1);
    emit(Op::rotate, 3);
    compare_operator(test->items[i]->op);
    const BlockId next = block();
    branch(next, cleanup);
    start(next);
  }
  membership_operand(test->items[count - 1]);
  compare_operator(test->items[count - 1]->op);
  if (when) {
    branch(target, end);
  } else {
    branch(end, target);
  }
  start(cleanup);
  pop();
  if (!when && alive()) jump(target);
  start(end);
}

void Lowerer::slice_key(const Node* node) {
  if (node == nullptr || node->type != Type::Slice) return expression(node);
  expression(node->first);
  expression(node->second);
  if (node->third != nullptr) expression(node->third);
  emit(Op::build_slice, node->third != nullptr ? 3 : 2);
}

}  // namespace winnow::python
