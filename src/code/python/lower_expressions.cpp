// Expressions: operators, conditions, displays. Calls are in lower_calls.cpp, constants in lower_constants.cpp.
#include "code/python/lowering.h"

namespace winnow::python {
namespace {

constexpr uint32_t kStackGuideline = 30;  // past it displays are built piece by piece (3.10 and later)

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

void Lowerer::display(const Node* node) {
  const bool tuple = node->type == Type::Tuple, set = node->type == Type::Set;
  if (tuple) return starred_display(node->items, Op::build_tuple, 0);
  starred_display(node->items, set ? Op::build_set : Op::build_list, 0);
}

// A display of `items` behind `already` values that lie on the stack.
void Lowerer::starred_display(const List& items, Op build, uint32_t already) {
  const bool tuple = build == Op::build_tuple;
  const Op container = tuple ? Op::build_list : build;
  const Op add = build == Op::build_set ? Op::set_add : Op::list_append;
  const Op extend = build == Op::build_set ? Op::set_update : Op::list_extend;
  const bool starred = has_star(items);
  Value folded;
  const bool big = later(10) && items.size + already > kStackGuideline;
  if (later(9) && !(later(14) && big) && !tuple && items.size > 2 &&
      constant_tuple(items, build == Op::build_set ? Kind::frozen_set : Kind::tuple, &folded)) {
    emit(build, already);
    constant(folded);
    emit(extend, 1);
    return;
  }
  if (later(9) && tuple && items.size > 2 && constant_tuple(items, Kind::tuple, &folded)) {
    if (already == 0) return constant(folded);
    emit(container, already);
    constant(folded);
    emit(extend, 1);
    emit(Op::list_to_tuple);
    return;
  }
  if (!starred && !big) {
    for (const Node* item : items) expression(item);
    emit(build, items.size + already);
    return;
  }
  if (!later(9)) return starred_display_before_39(items, build, already);
  bool built = false;
  uint32_t count = already;
  if (big) {
    emit(container, already);
    built = true;
  }
  // 3.14 folds a run of constants in front, too.
  List leading = items;
  leading.size = 0;
  while (leading.size < items.size && items[leading.size]->type != Type::Starred) ++leading.size;
  uint32_t first = 0;
  if (later(14) && !big && already == 0 && leading.size > 2 &&
      constant_tuple(leading, build == Op::build_set ? Kind::frozen_set : Kind::tuple, &folded)) {
    emit(container, 0);
    constant(folded);
    emit(extend, 1);
    built = true;
    first = leading.size;
  }
  for (uint32_t i = first; i < items.size; ++i) {
    const Node* item = items[i];
    if (item->type == Type::Starred) {
      if (!built) emit(container, count);
      built = true;
      expression(item->first);
      emit(extend, 1);
    } else {
      expression(item);
      if (built) emit(add, 1);
      ++count;
    }
  }
  if (tuple) emit(Op::list_to_tuple);
}

// Up to 3.8 the pieces are all evaluated before they are joined.
void Lowerer::starred_display_before_39(const List& items, Op build, uint32_t already) {
  uint32_t parts = 0, seen = already;
  const Op piece = build == Op::build_set ? Op::build_set : Op::build_tuple;
  for (const Node* item : items) {
    if (item->type == Type::Starred) {
      if (seen > 0) {
        emit(piece, seen);
        ++parts;
      }
      seen = 0;
      expression(item->first);
      ++parts;
    } else {
      expression(item);
      ++seen;
    }
  }
  if (seen > 0) {
    emit(piece, seen);
    ++parts;
  }
  join(parts, build == Op::build_set ? Op::build_set : Op::build_list,
       build == Op::build_set ? Op::set_update : Op::list_extend);
  if (build == Op::build_tuple) emit(Op::list_to_tuple);
}

// The top `parts` values become one container that is extended with each, first to last.
void Lowerer::join(uint32_t parts, Op build, Op extend) {
  emit(build, 0);
  emit(Op::rotate, parts + 1);
  for (uint32_t i = parts; i > 0; --i) {
    // container p1 ... pi: the deepest is taken first.
    for (uint32_t k = 1; k < i; ++k) emit(Op::rotate, i);
    if (i > 1) {
      emit(extend, i);
    } else {
      emit(extend, 1);
    }
  }
}

void Lowerer::dict(const Node* node) {
  const uint32_t count = node->others.size;
  if (!later(9)) return dict_before_39(node);
  bool have = false;
  uint32_t elements = 0;
  const auto flush = [&](uint32_t begin, uint32_t end) {
    dict_part(node, begin, end);
    if (have) emit(Op::dict_update, 1);
    have = true;
    elements = 0;
  };
  for (uint32_t i = 0; i < count; ++i) {
    const bool unpacked = i >= node->items.size || node->items[i] == nullptr;
    if (unpacked) {
      if (elements > 0) flush(i - elements, i);
      if (!have) emit(Op::build_map, 0);
      have = true;
      expression(node->others[i]);
      emit(Op::dict_update, 1);
    } else if (later(10) && elements * 2 > kStackGuideline) {
      flush(i - elements, i + 1);
    } else {
      ++elements;
    }
  }
  if (elements > 0) flush(count - elements, count);
  if (!have) emit(Op::build_map, 0);
}

void Lowerer::dict_part(const Node* node, uint32_t begin, uint32_t end) {
  const bool big = later(10) && (end - begin) * 2 > kStackGuideline;
  bool constant_keys = later(6) && end - begin > 1 && !big;
  Value key;
  for (uint32_t i = begin; i < end && constant_keys; ++i) constant_keys = constant_of(node->items[i], &key);
  if (big) emit(Op::build_map, 0);
  for (uint32_t i = begin; i < end; ++i) {
    const bool value_first = !later(5);
    if (value_first) {
      expression(node->others[i]);
      expression(node->items[i]);
      swap(2);
    } else {
      expression(node->items[i]);
      expression(node->others[i]);
    }
    if (big) emit(Op::map_add, 1);
  }
  if (!big) emit(Op::build_map, end - begin);
}

void Lowerer::dict_before_39(const Node* node) {
  const uint32_t count = node->others.size;
  if (!later(5)) return dict_before_35(node);
  uint32_t elements = 0, parts = 0;
  bool unpacked = false;
  for (uint32_t i = 0; i < count; ++i) {
    unpacked = i >= node->items.size || node->items[i] == nullptr;
    if (elements == 0xffff || (elements > 0 && unpacked)) {
      dict_part(node, i - elements, i);
      ++parts;
      elements = 0;
    }
    if (unpacked) {
      expression(node->others[i]);
      ++parts;
    } else {
      ++elements;
    }
  }
  if (elements > 0 || parts == 0) {
    dict_part(node, count - elements, count);
    ++parts;
  }
  if (parts > 1 || unpacked) join(parts, Op::build_map, Op::dict_update);
}

// Python 2 and 3.0-3.4 store item by item, each value evaluated before its key.
void Lowerer::dict_before_35(const Node* node) {
  emit(Op::build_map, 0);
  for (uint32_t i = 0; i < node->others.size && i < node->items.size; ++i) {
    expression(node->others[i]);
    expression(node->items[i]);
    swap(2);
    emit(Op::map_add, 1);
  }
}

void Lowerer::joined(const Node* node) {
  const uint32_t count = node->items.size;
  if (count == 0) return constant_string("");
  if (later(10) && count > kStackGuideline) {
    constant_string("");
    emit(Op::load_attr).name = "join";
    emit(Op::build_list, 0);
    for (const Node* item : node->items) {
      expression(item);
      emit(Op::list_append, 1);
    }
    return call(1);
  }
  for (const Node* item : node->items) expression(item);
  if (count != 1) emit(Op::build_string, count);
}

namespace {

uint32_t conversion_of(int32_t number) {
  const ir::Conversion conversion = number == 's'   ? ir::Conversion::str
                                    : number == 'r' ? ir::Conversion::repr
                                    : number == 'a' ? ir::Conversion::ascii
                                                    : ir::Conversion::none;
  return static_cast<uint32_t>(conversion);
}

}  // namespace

void Lowerer::formatted(const Node* node) {
  expression(node->first);
  if (node->second != nullptr) expression(node->second);
  emit(Op::format_value, conversion_of(node->number), node->second != nullptr ? 1 : 0);
}

void Lowerer::interpolation(const Node* node) {
  expression(node->first);
  constant_string(node->name);
  if (node->second != nullptr) expression(node->second);
  emit(Op::build_interpolation, conversion_of(node->number), node->second != nullptr ? 1 : 0);
}

// t"...": the strings between the interpolations, one more than those, then the interpolations.
void Lowerer::template_string(const Node* node) {
  uint32_t strings = 0, values = 0;
  bool text = false;
  for (const Node* item : node->items) {
    if (item->type == Type::Interpolation) {
      if (!text) constant_string("");
      if (!text) ++strings;
      text = false;
      ++values;
    } else {
      expression(item);
      ++strings;
      text = true;
    }
  }
  if (!text) {
    constant_string("");
    ++strings;
  }
  emit(Op::build_tuple, strings);
  for (const Node* item : node->items) {
    if (item->type == Type::Interpolation) expression(item);
  }
  emit(Op::build_tuple, values);
  emit(Op::build_template);
}

}  // namespace winnow::python
