// Expressions: an operand gets parentheses where it binds less than its place wants. What stands to the left
// of an operator, a call or a point is walked in a loop, since generated code chains thousands of them.
#include "code/python/printer.h"

namespace winnow::python {
namespace {

struct Symbol {
  std::string_view text;
  Precedence precedence;
};

Symbol symbol(Operator op) {
  switch (op) {
    case Operator::none: return {"?", kAtom};
    case Operator::And: return {"and", kAnd};
    case Operator::Or: return {"or", kOr};
    case Operator::Add: return {"+", kArithmetic};
    case Operator::Sub: return {"-", kArithmetic};
    case Operator::Mult: return {"*", kTerm};
    case Operator::MatMult: return {"@", kTerm};
    case Operator::Div: return {"/", kTerm};
    case Operator::Mod: return {"%", kTerm};
    case Operator::Pow: return {"**", kPower};
    case Operator::LShift: return {"<<", kShift};
    case Operator::RShift: return {">>", kShift};
    case Operator::BitOr: return {"|", kBitOr};
    case Operator::BitXor: return {"^", kBitXor};
    case Operator::BitAnd: return {"&", kBitAnd};
    case Operator::FloorDiv: return {"//", kTerm};
    case Operator::Invert: return {"~", kFactor};
    case Operator::Not: return {"not", kNot};
    case Operator::UAdd: return {"+", kFactor};
    case Operator::USub: return {"-", kFactor};
    case Operator::Eq: return {"==", kCompare};
    case Operator::NotEq: return {"!=", kCompare};
    case Operator::Lt: return {"<", kCompare};
    case Operator::LtE: return {"<=", kCompare};
    case Operator::Gt: return {">", kCompare};
    case Operator::GtE: return {">=", kCompare};
    case Operator::Is: return {"is", kCompare};
    case Operator::IsNot: return {"is not", kCompare};
    case Operator::In: return {"in", kCompare};
    case Operator::NotIn: return {"not in", kCompare};
  }
  return {"?", kAtom};
}

Precedence above(Precedence precedence) { return static_cast<Precedence>(precedence + 1); }

bool has(const List& items, Type type) {
  for (const Node* item : items) {
    if (item != nullptr && item->type == type) return true;
  }
  return false;
}

}  // namespace

bool Printer::stops() {
  if (stopped_) return true;
  const bool full = out_.size() > options_.max_bytes;
  if (!full && depth_ <= options_.max_depth) return false;
  stopped_ = full;
  complete_ = false;
  write("__winnow_too_deep__");
  return true;
}

Precedence Printer::precedence(const Node& node) const {
  switch (node.type) {
    case Type::NamedExpr: return kNamed;
    case Type::Yield: case Type::YieldFrom: return kYield;
    case Type::Lambda: case Type::IfExp: return kTest;
    case Type::BoolOp: case Type::BinOp: case Type::UnaryOp: return symbol(node.op).precedence;
    case Type::Compare: return kCompare;
    case Type::Await: return kAwait;
    case Type::Starred: return kAtom;
    case Type::Constant:
      if (node.value.is(Kind::integer)) return node.value.as_integer() < 0 ? kFactor : kAtom;
      if (node.value.is(Kind::big_integer)) {
        return !node.value.text().empty() && (node.value.text().back() & 0x80) != 0 ? kFactor : kAtom;
      }
      if (node.value.is(Kind::real) || node.value.is(Kind::complex)) {
        Printer number(heap_, options_);
        number.value(node.value);
        return number.out_[0] == '-' ? kFactor : kAtom;
      }
      return kDotted;
    case Type::FormattedValue: case Type::Interpolation: return kAtom;
    default: return kDotted;
  }
}

// The operand that stands first in the text, and what it must bind like; null where there is none.
const Node* Printer::left_operand(const Node& node, Precedence& wanted) const {
  switch (node.type) {
    case Type::BinOp: {
      const Precedence own = symbol(node.op).precedence;
      wanted = node.op == Operator::Pow ? above(kPower) : own;
      return node.first;
    }
    case Type::Compare: wanted = above(kCompare); return node.first;
    case Type::IfExp: wanted = above(kTest); return node.first == nullptr ? nullptr : node.second;
    case Type::Attribute: case Type::Call: case Type::Subscript: wanted = kDotted; return node.first;
    default: return nullptr;
  }
}

void Printer::expression(const Node* node, Precedence wanted) {
  if (stops()) return;
  if (node == nullptr) {
    complete_ = false;
    return write("__winnow_missing__");
  }
  const Level level(*this);
  const size_t base = spine_.size();
  while (true) {
    Precedence next = kNamed;
    const Node* left = left_operand(*node, next);
    const bool is_tail = left != nullptr;
    const bool parens = precedence(*node) < wanted;
    if (parens) write('(');
    spine_.emplace_back(node, parens);
    if (!is_tail) {
      leaf(*node);
      break;
    }
    node = left;
    wanted = next;
  }
  bool innermost = true;
  while (spine_.size() > base) {
    const auto [at, parens] = spine_.back();
    spine_.pop_back();
    if (!innermost) tail(*at);
    innermost = false;
    if (parens) write(')');
  }
}

void Printer::leaf(const Node& node) {
  switch (node.type) {
    case Type::Name: return name(node.name);
    case Type::Constant: return value(node.value);
    case Type::BoolOp: return bool_op(node);
    case Type::UnaryOp: return unary(node);
    case Type::Lambda: return lambda(node);
    case Type::NamedExpr:
      expression(node.first, kAtom);
      write(" := ");
      return expression(node.second, kTest);
    case Type::Dict: return dictionary(node);
    case Type::Set: case Type::List: case Type::Tuple: return sequence(node);
    case Type::ListComp: case Type::SetComp: case Type::GeneratorExp: case Type::DictComp:
      return comprehension(node);
    case Type::Await:
      write("await ");
      return expression(node.first, kAtom);
    case Type::YieldFrom:
      write("yield from ");
      return expression(node.first, kTest);
    case Type::Yield:
      write("yield");
      if (node.first == nullptr) return;
      write(' ');
      return expression(node.first, kTest);
    case Type::FormattedValue: case Type::Interpolation: {
      formatted_value(node, kSingle, false);  // outside of a string: a tree that no parser makes
      return;
    }
    case Type::JoinedStr: case Type::TemplateStr: return formatted_string(node);
    case Type::Starred:
      write('*');
      return expression(node.first, kBitOr);
    case Type::Slice: return slice(node);
    case Type::Repr:
      write('`');
      expression(node.first, kTest);
      return write('`');
    case Type::Code:
      write("__winnow_code__(");
      if (node.value.is(Kind::code)) string(heap_.code(node.value).name, TextKind::unicode, "");
      return write(')');
    case Type::Bad:
      write("__winnow_bad__(");
      string(node.name, TextKind::unicode, "");
      return write(')');
    default: return part(node);
  }
}

// What follows the left operand.
void Printer::tail(const Node& node) {
  switch (node.type) {
    case Type::BinOp: {
      const Symbol at = symbol(node.op);
      write(' ');
      write(at.text);
      write(' ');
      return expression(node.second, node.op == Operator::Pow ? kFactor : above(at.precedence));
    }
    case Type::Compare:
      for (const Node* link : node.items) {
        if (link == nullptr) continue;
        write(' ');
        write(symbol(link->op).text);
        write(' ');
        expression(link->first, above(kCompare));
      }
      return;
    case Type::IfExp: return conditional(node);
    case Type::Attribute:
      write('.');
      return name(node.name, true);
    case Type::Call: return call_arguments(node);
    case Type::Subscript:
      write('[');
      subscript(node.second);
      return write(']');
    default: return;
  }
}

void Printer::conditional(const Node& start) {
  for (const Node* node = &start;;) {
    write(" if ");
    expression(node->first, above(kTest));
    write(" else ");
    const Node* next = node->third;
    if (next == nullptr || next->type != Type::IfExp || stopped_) return expression(next, kTest);
    expression(next->second, above(kTest));
    node = next;
  }
}

void Printer::bool_op(const Node& node) {
  const Symbol at = symbol(node.op);
  bool first = true;
  for (const Node* item : node.items) {
    if (!first) {
      write(' ');
      write(at.text);
      write(' ');
    }
    first = false;
    expression(item, above(at.precedence));
  }
}

void Printer::unary(const Node& node) {
  const Symbol at = symbol(node.op);
  write(at.text);
  if (node.op == Operator::Not) write(' ');
  // -5 read back is an operator on 5 again, but -(-5), a folded constant, must not become --5. Python 2 folds
  // -5 as it reads it.
  const bool is_number = node.first != nullptr && node.first->type == Type::Constant && at.precedence == kFactor;
  expression(node.first, !is_number ? at.precedence : is_2() && node.op == Operator::USub ? kDotted : kAtom);
}

void Printer::lambda(const Node& node) {
  write("lambda");
  const size_t before = out_.size();
  write(' ');
  arguments(node.first);
  if (out_.size() == before + 1) out_.resize(before);
  write(": ");
  expression(node.second, kTest);
}

void Printer::list(const List& items, Precedence wanted, std::string_view separator) {
  bool first = true;
  for (const Node* item : items) {
    if (!first) write(separator);
    first = false;
    expression(item, wanted);
    if (stopped_) return;
  }
}

void Printer::dictionary(const Node& node) {
  write('{');
  for (size_t i = 0; i < node.items.size; i++) {
    if (i != 0) write(", ");
    const Node* entry = i < node.others.size ? node.others[i] : nullptr;
    if (node.items[i] == nullptr) {
      write("**");
      expression(entry, kBitOr);
    } else {
      expression(node.items[i], kTest);
      write(": ");
      expression(entry, kTest);
    }
    if (stopped_) return;
  }
  write('}');
}

void Printer::sequence(const Node& node) {
  if (node.type == Type::Set && node.items.empty()) return write("{*()}");
  const bool is_list = node.type == Type::List, is_set = node.type == Type::Set;
  write(is_list ? '[' : is_set ? '{' : '(');
  list(node.items, kTest);
  if (!is_list && !is_set && node.items.size == 1) write(',');
  write(is_list ? ']' : is_set ? '}' : ')');
}

void Printer::comprehension(const Node& node) {
  const char open = node.type == Type::ListComp ? '[' : node.type == Type::GeneratorExp ? '(' : '{';
  write(open);
  expression(node.first, kTest);
  if (node.type == Type::DictComp) {
    write(": ");
    expression(node.second, kTest);
  }
  for (const Node* generator : node.items) {
    if (generator != nullptr) part(*generator);
  }
  write(open == '[' ? ']' : open == '(' ? ')' : '}');
}

void Printer::call_arguments(const Node& node) {
  if (node.items.size == 1 && node.others.empty() && node.items[0] != nullptr &&
      node.items[0]->type == Type::GeneratorExp) {
    return expression(node.items[0], kTest);
  }
  write('(');
  list(node.items, kTest);
  if (!node.items.empty() && !node.others.empty()) write(", ");
  list(node.others, kNamed);
  write(')');
}

// A tuple stands bare between brackets: only so may it hold slices.
void Printer::subscript(const Node* slice) {
  if (slice == nullptr || stops()) return;
  const bool is_tuple = slice->type == Type::Tuple && !slice->items.empty();
  if (is_tuple && (has(slice->items, Type::Slice) || !has(slice->items, Type::Starred) ||
                   options_.version >= PythonVersion{3, 11})) {
    const Level level(*this);
    bool first = true;
    for (const Node* item : slice->items) {
      if (!first) write(", ");
      first = false;
      if (item != nullptr && item->type == Type::Constant) value(item->value, true);
      else expression(item, kTest);
    }
    if (slice->items.size == 1) write(',');
    return;
  }
  if (slice->type != Type::Constant) return expression(slice, kTest);
  const Value constant = slice->value;
  if (constant.is(Kind::slice) && heap_.items(constant).size == 3) {  // 3.14 keeps them as constants
    const Items& parts = heap_.items(constant);
    if (!parts[0].is(Kind::none)) value(parts[0]);
    write(':');
    if (!parts[1].is(Kind::none)) value(parts[1]);
    if (!parts[2].is(Kind::none)) write(':'), value(parts[2]);
    return;
  }
  const bool bare = constant.is(Kind::tuple) && heap_.items(constant).size > 1;
  if (!bare) return value(constant, true);
  for (uint32_t i = 0; i < heap_.items(constant).size && !stopped_; i++) {
    if (i != 0) write(", ");
    value(heap_.items(constant)[i], true);
  }
}

void Printer::slice(const Node& node) {
  if (node.first != nullptr) expression(node.first, kTest);
  write(':');
  if (node.second != nullptr) expression(node.second, kTest);
  if (node.third == nullptr) return;
  write(':');
  expression(node.third, kTest);
}

// Of an assignment or a loop: several names need no parentheses.
void Printer::target(const Node* node) {
  if (node != nullptr && node->type == Type::Tuple && node->items.size > 1) return list(node->items, kTest);
  expression(node, kTest);
}

// Parts that stand inside expressions. Given alone they are printed too.
void Printer::part(const Node& node) {
  switch (node.type) {
    case Type::Arguments: return arguments(&node);
    case Type::Arg: return argument(&node, nullptr);
    case Type::Keyword:
      if (node.name.empty()) {
        write("**");
      } else {
        name(node.name);
        write('=');
      }
      return expression(node.first, kTest);
    case Type::Comprehension:
      write(node.number == 1 ? " async for " : " for ");
      target(node.first);
      write(" in ");
      expression(node.second, above(kTest));
      for (const Node* condition : node.items) {
        write(" if ");
        expression(condition, above(kTest));
      }
      return;
    case Type::CompareOp:
      write(symbol(node.op).text);
      write(' ');
      return expression(node.first, above(kCompare));
    case Type::Alias: return alias(node);
    case Type::WithItem:
      expression(node.first, kTest);
      if (node.second == nullptr) return;
      write(" as ");
      return expression(node.second, kTest);
    case Type::TypeVar: case Type::ParamSpec: case Type::TypeVarTuple:
      if (node.type != Type::TypeVar) write(node.type == Type::ParamSpec ? "**" : "*");
      name(node.name);
      if (node.type == Type::TypeVar && node.first != nullptr) {
        write(": ");
        expression(node.first, kTest);
      }
      if (node.second == nullptr) return;
      write(" = ");
      return expression(node.second, kTest);
    default:
      complete_ = false;
      return write("__winnow_missing__");
  }
}

void Printer::argument(const Node* node, const Node* fallback, std::string_view stars) {
  if (node == nullptr) return;
  write(stars);
  if (node->second != nullptr) {
    expression(node->second, kTest);
  } else {
    name(node->name);
  }
  if (node->first != nullptr) {
    write(": ");
    expression(node->first, kTest);
  }
  if (fallback == nullptr) return;
  write(node->first != nullptr ? " = " : "=");
  expression(fallback, kTest);
}

void Printer::arguments(const Node* node) {
  if (node == nullptr || stops()) return;
  const Level level(*this);
  bool first = true;
  const auto comma = [&] {
    if (!first) write(", ");
    first = false;
  };
  const size_t count = node->items.size, defaults = node->handlers.size;
  for (size_t i = 0; i < count; i++) {
    comma();
    const size_t with_default = i + defaults;
    argument(node->items[i], with_default >= count ? node->handlers[with_default - count] : nullptr);
    if (static_cast<int64_t>(i) + 1 == node->number) {
      comma();
      write('/');
    }
  }
  if (node->first != nullptr) {
    comma();
    argument(node->first, nullptr, "*");
  } else if (!node->others.empty()) {
    comma();
    write('*');
  }
  for (size_t i = 0; i < node->others.size; i++) {
    comma();
    argument(node->others[i], i < node->orelse.size ? node->orelse[i] : nullptr);
  }
  if (node->second != nullptr) {
    comma();
    argument(node->second, nullptr, "**");
  }
}

void Printer::type_parameters(const List& items) {
  if (items.empty()) return;
  write('[');
  list(items, kNamed);
  write(']');
}

void Printer::alias(const Node& node) {
  if (node.name == "*") write('*');
  else dotted_name(node.name);
  if (node.other.empty()) return;
  write(" as ");
  name(node.other);
}

}  // namespace winnow::python
