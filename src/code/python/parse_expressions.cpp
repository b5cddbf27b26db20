// Expressions by precedence climbing.
#include "code/python/parser.h"

namespace winnow::python {
namespace {

struct Infix {
  int precedence;  // 1 or, 2 and, 3 not, 4 comparison, 5 | ... 10 *; 0: none
  Operator op;
};

constexpr int kCompareLevel = 4, kBitOrLevel = 5;

Infix infix(Tok kind) {
  switch (kind) {
    case Tok::kw_or: return {1, Operator::Or};
    case Tok::kw_and: return {2, Operator::And};
    case Tok::eq: return {4, Operator::Eq};
    case Tok::ne: return {4, Operator::NotEq};
    case Tok::lt: return {4, Operator::Lt};
    case Tok::le: return {4, Operator::LtE};
    case Tok::gt: return {4, Operator::Gt};
    case Tok::ge: return {4, Operator::GtE};
    case Tok::kw_is: return {4, Operator::Is};
    case Tok::kw_in: return {4, Operator::In};
    case Tok::kw_not: return {4, Operator::NotIn};
    case Tok::vbar: return {5, Operator::BitOr};
    case Tok::caret: return {6, Operator::BitXor};
    case Tok::ampersand: return {7, Operator::BitAnd};
    case Tok::lshift: return {8, Operator::LShift};
    case Tok::rshift: return {8, Operator::RShift};
    case Tok::plus: return {9, Operator::Add};
    case Tok::minus: return {9, Operator::Sub};
    case Tok::star: return {10, Operator::Mult};
    case Tok::slash: return {10, Operator::Div};
    case Tok::double_slash: return {10, Operator::FloorDiv};
    case Tok::percent: return {10, Operator::Mod};
    case Tok::at: return {10, Operator::MatMult};
    default: return {0, Operator::none};
  }
}

}  // namespace

Node* Parser::expressions() {
  const auto item = [&]() -> Node* {
    if (kind() != Tok::star) return test();
    Node* star = make(Type::Starred);
    advance();
    star->first = operation(kBitOrLevel);
    return star;
  };
  Node* first = item();
  if (kind() != Tok::comma) return first;
  Node* tuple = make(Type::Tuple, first);
  tree_.append(tuple->items, first);
  while (!failed_ && accept(Tok::comma) && at_operand()) tree_.append(tuple->items, item());
  return tuple;
}

Node* Parser::expressions_or_yield() { return kind() == Tok::kw_yield ? yield() : expressions(); }

Node* Parser::named() {
  Node* node = test();
  if (kind() != Tok::walrus) return node;
  if (node->type != Type::Name) return fail("only a name can be assigned to with :=");
  Node* assigned = make(Type::NamedExpr, node);
  advance();
  assigned->first = node;
  assigned->second = test();
  return assigned;
}

Node* Parser::star_or_named() {
  if (kind() != Tok::star) return named();
  Node* star = make(Type::Starred);
  advance();
  star->first = operation(kBitOrLevel);
  return star;
}

// With conditional expressions, whose chain to the right is built in a loop.
Node* Parser::test() {
  Node* result = nullptr;
  Node** place = &result;
  while (true) {
    const bool is_lambda = kind() == Tok::kw_lambda;  // its body takes an `if` behind it
    Node* node = is_lambda ? lambda() : operation(kLowest);
    *place = node;
    if (kind() != Tok::kw_if || is_lambda) return result;
    Node* conditional = make(Type::IfExp, node);
    advance();
    conditional->second = node;
    conditional->first = operation(kLowest);
    *place = conditional;
    place = &conditional->third;
    if (!accept(Tok::kw_else)) {
      conditional->third = fail("else is expected");
      return result;
    }
  }
}

// `bare`: in a comprehension, where the body holds no condition.
Node* Parser::lambda(bool bare) {
  const Depth depth(*this);
  if (too_deep()) return fail("nested too deeply");
  Node* node = make(Type::Lambda);
  advance();
  node->first = parameters(Tok::colon, false);
  expect(Tok::colon, "a colon is expected");
  if (!bare) node->second = test();
  else node->second = kind() == Tok::kw_lambda ? lambda(true) : operation(kLowest);
  return node;
}

// Operators of at least this precedence.
Node* Parser::operation(int lowest) {
  const Depth depth(*this);
  if (too_deep()) return fail("nested too deeply");
  Node* left = nullptr;
  if (kind() == Tok::kw_not && lowest <= 3) {
    left = make(Type::UnaryOp);
    left->op = Operator::Not;
    advance();
    left->first = operation(3);
  } else {
    left = factor();
  }
  while (true) {
    const Infix at = infix(kind());
    if (at.precedence == 0 || at.precedence < lowest) return left;
    if (at.precedence == kCompareLevel) {
      if (kind() == Tok::kw_not && peek() != Tok::kw_in) return left;
      left = comparison(left);
      continue;
    }
    const bool is_bool = at.precedence <= 2;
    Node* node = make(is_bool ? Type::BoolOp : Type::BinOp, left);
    node->op = at.op;
    if (is_bool) {
      tree_.append(node->items, left);
      const Tok word = kind();
      while (!failed_ && accept(word)) tree_.append(node->items, operation(at.precedence + 1));
    } else {
      advance();
      node->first = left;
      node->second = operation(at.precedence + 1);
    }
    left = node;
  }
}

Node* Parser::comparison(Node* left) {
  Node* node = make(Type::Compare, left);
  node->first = left;
  while (!failed_) {
    const Infix at = infix(kind());
    if (at.precedence != kCompareLevel || (kind() == Tok::kw_not && peek() != Tok::kw_in)) break;
    Node* link = make(Type::CompareOp);
    link->op = at.op;
    if (at.op == Operator::NotEq && text_[token().begin] == '<') python_2_only();
    advance();
    if (at.op == Operator::NotIn) advance();
    if (at.op == Operator::Is && accept(Tok::kw_not)) link->op = Operator::IsNot;
    link->first = operation(kBitOrLevel);
    tree_.append(node->items, link);
  }
  return node;
}

Node* Parser::factor() {
  Operator op = Operator::none;
  switch (kind()) {
    case Tok::minus: op = Operator::USub; break;
    case Tok::plus: op = Operator::UAdd; break;
    case Tok::tilde: op = Operator::Invert; break;
    default: return power();
  }
  const Depth depth(*this);
  if (too_deep()) return fail("nested too deeply");
  Node* node = make(Type::UnaryOp);
  node->op = op;
  advance();
  const bool is_number = python_2_ && op == Operator::USub && kind() == Tok::number;
  const bool is_long = is_number && (text_of(token()).back() | 0x20) == 'l';
  node->first = factor();
  // Python 2 reads the sign as part of a number: -9223372036854775808 is no long.
  return is_number && node->first->type == Type::Constant ? negative(node, is_long) : node;
}

Node* Parser::power() {
  Node* base = nullptr;
  if (kind() == Tok::kw_await) {
    switch (peek()) {
      case Tok::name: case Tok::number: case Tok::string: case Tok::fstring_start: case Tok::lparen:
      case Tok::lbracket: case Tok::lbrace: case Tok::kw_None: case Tok::kw_True: case Tok::kw_False:
      case Tok::ellipsis:
        base = make(Type::Await);
        advance();
        base->first = trailers(atom());
        break;
      default: base = trailers(atom()); break;
    }
  } else {
    base = trailers(atom());
  }
  if (kind() != Tok::double_star) return base;
  const Depth depth(*this);
  Node* node = make(Type::BinOp, base);
  advance();
  node->op = Operator::Pow;
  node->first = base;
  node->second = too_deep() ? fail("nested too deeply") : factor();
  return node;
}

Node* Parser::trailers(Node* node) {
  while (true) {
    switch (kind()) {
      case Tok::dot: {
        Node* attribute = make(Type::Attribute, node);
        advance();
        attribute->first = node;
        attribute->name = identifier();
        node = attribute;
        break;
      }
      case Tok::lparen: node = call(node); break;
      case Tok::lbracket: node = subscript(node); break;
      default: return node;
    }
  }
}

Node* Parser::name_node() {
  Node* node = make(Type::Name);
  node->name = identifier();
  return node;
}

Node* Parser::atom() {
  switch (kind()) {
    case Tok::name: case Tok::kw_async: case Tok::kw_await: return name_node();
    case Tok::number: return number();
    case Tok::string: case Tok::fstring_start: return strings();
    case Tok::lparen: return group();
    case Tok::lbracket: return list_display();
    case Tok::lbrace: return brace_display();
    case Tok::backtick: return backquotes();
    case Tok::kw_None: case Tok::kw_True: case Tok::kw_False: case Tok::ellipsis: {
      // Python 2 has three dots in subscripts only (slice()); elsewhere it says Ellipsis.
      if (python_2_ && kind() == Tok::ellipsis) {
        Node* name = make(Type::Name);
        name->name = "Ellipsis";
        advance();
        return name;
      }
      Node* node = make(Type::Constant);
      node->value = kind() == Tok::kw_None   ? Value::none()
                    : kind() == Tok::ellipsis ? Value::ellipsis()
                                              : Value::boolean(kind() == Tok::kw_True);
      advance();
      return node;
    }
    default: return fail("an expression is expected");
  }
}

Node* Parser::yield() {
  Node* node = make(Type::Yield);
  advance();
  if (accept(Tok::kw_from)) {
    node->type = Type::YieldFrom;
    node->first = test();
  } else if (at_operand()) {
    node->first = expressions();
  }
  return node;
}

// What a loop or comprehension assigns to, up to `end`.
Node* Parser::target_list(Tok end) {
  const auto item = [&]() -> Node* {
    if (kind() != Tok::star) return operation(kBitOrLevel);
    Node* star = make(Type::Starred);
    advance();
    star->first = operation(kBitOrLevel);
    return star;
  };
  Node* first = item();
  if (kind() == Tok::comma) {
    Node* tuple = make(Type::Tuple, first);
    tree_.append(tuple->items, first);
    while (!failed_ && accept(Tok::comma) && kind() != end) tree_.append(tuple->items, item());
    first = tuple;
  }
  check_target(first, true);
  return first;
}

bool Parser::at_comprehension() const {
  return kind() == Tok::kw_for || (kind() == Tok::kw_async && peek() == Tok::kw_for);
}

void Parser::comprehensions(Node* node, bool is_list) {
  const auto without_condition = [&] { return kind() == Tok::kw_lambda ? lambda(true) : operation(kLowest); };
  while (!failed_ && at_comprehension()) {
    Node* part = make(Type::Comprehension);
    part->number = accept(Tok::kw_async) ? 1 : 0;
    advance();
    part->first = target_list(Tok::kw_in);
    expect(Tok::kw_in, "in is expected");
    part->second = without_condition();
    if (is_list && kind() == Tok::comma) {  // Python 2: [x for x in 1, 2]
      python_2_only();
      Node* tuple = make(Type::Tuple, part->second);
      tree_.append(tuple->items, part->second);
      while (!failed_ && accept(Tok::comma) && at_operand()) tree_.append(tuple->items, without_condition());
      part->second = tuple;
    }
    while (!failed_ && accept(Tok::kw_if)) tree_.append(part->items, without_condition());
    tree_.append(node->items, part);
  }
}

// Parentheses: a group, a tuple, a generator.
Node* Parser::group() {
  const Token open = token();
  advance();
  if (kind() == Tok::rparen) {
    advance();
    return make(Type::Tuple, open);
  }
  if (kind() == Tok::kw_yield) {
    Node* node = yield();
    expect(Tok::rparen, "a bracket is never closed");
    return node;
  }
  Node* first = star_or_named();
  if (at_comprehension()) {
    Node* node = make(Type::GeneratorExp, open);
    node->first = first;
    comprehensions(node, false);
    first = node;
  } else if (kind() == Tok::comma) {
    Node* tuple = make(Type::Tuple, open);
    tree_.append(tuple->items, first);
    while (!failed_ && accept(Tok::comma) && kind() != Tok::rparen) tree_.append(tuple->items, star_or_named());
    first = tuple;
  } else if (first->type == Type::Starred) {
    return fail("a * needs a sequence around it");
  }
  expect(Tok::rparen, "a bracket is never closed");
  return first;
}

Node* Parser::list_display() {
  Node* node = make(Type::List);
  advance();
  while (!failed_ && kind() != Tok::rbracket) {
    Node* item = star_or_named();
    if (node->items.empty() && at_comprehension()) {
      node->type = Type::ListComp;
      node->first = item;
      comprehensions(node, true);
      break;
    }
    tree_.append(node->items, item);
    if (!accept(Tok::comma)) break;
  }
  expect(Tok::rbracket, "a bracket is never closed");
  return node;
}

// A dict, a set, or a comprehension of either.
Node* Parser::brace_display() {
  Node* node = make(Type::Dict);
  advance();
  if (accept(Tok::rbrace)) return node;
  if (kind() == Tok::double_star) return dictionary(node, nullptr);
  Node* first = star_or_named();
  if (kind() == Tok::colon) return dictionary(node, first);
  node->type = Type::Set;
  if (at_comprehension()) {
    node->type = Type::SetComp;
    node->first = first;
    comprehensions(node, false);
  } else {
    tree_.append(node->items, first);
    while (!failed_ && accept(Tok::comma) && kind() != Tok::rbrace) tree_.append(node->items, star_or_named());
  }
  expect(Tok::rbrace, "a bracket is never closed");
  return node;
}

// From the first colon, or the first **.
Node* Parser::dictionary(Node* node, Node* key) {
  while (!failed_) {
    if (accept(Tok::double_star)) {
      Node* value = operation(kBitOrLevel);
      tree_.append(node->items, nullptr);
      tree_.append(node->others, value);
    } else {
      if (key == nullptr) key = test();
      expect(Tok::colon, "a colon is expected");
      Node* value = test();
      if (node->items.empty() && at_comprehension()) {
        node->type = Type::DictComp;
        node->first = key;
        node->second = value;
        comprehensions(node, false);
        break;
      }
      tree_.append(node->items, key);
      tree_.append(node->others, value);
      key = nullptr;
    }
    if (!accept(Tok::comma) || kind() == Tok::rbrace) break;
  }
  expect(Tok::rbrace, "a bracket is never closed");
  return node;
}

Node* Parser::backquotes() {
  python_2_only();
  Node* node = make(Type::Repr);
  advance();
  node->first = expressions();
  expect(Tok::backtick, "a backquote is never closed");
  return node;
}

Node* Parser::call(Node* function) {
  Node* node = make(Type::Call, function);
  node->first = function;
  advance();
  while (!failed_ && kind() != Tok::rparen) {
    argument(node);
    if (!accept(Tok::comma)) break;
  }
  expect(Tok::rparen, "a bracket is never closed");
  return node;
}

void Parser::argument(Node* call) {
  const bool is_name = kind() == Tok::name || kind() == Tok::kw_async || kind() == Tok::kw_await;
  if (kind() == Tok::double_star || (is_name && peek() == Tok::equal)) {
    Node* keyword = make(Type::Keyword);
    if (kind() == Tok::double_star) {
      advance();
    } else {
      keyword->name = identifier();
      advance();
    }
    keyword->first = test();
    tree_.append(call->others, keyword);
    return;
  }
  if (kind() == Tok::star) {
    Node* star = make(Type::Starred);
    advance();
    star->first = test();
    tree_.append(call->items, star);
    return;
  }
  Node* value = named();
  if (at_comprehension()) {
    Node* generator = make(Type::GeneratorExp, value);
    generator->first = value;
    comprehensions(generator, false);
    value = generator;
  }
  tree_.append(call->items, value);
}

Node* Parser::subscript(Node* value) {
  Node* node = make(Type::Subscript, value);
  node->first = value;
  advance();
  Node* first = slice();
  if (kind() == Tok::comma || first->type == Type::Starred) {
    Node* tuple = make(Type::Tuple, first);
    tree_.append(tuple->items, first);
    while (!failed_ && accept(Tok::comma) && kind() != Tok::rbracket) tree_.append(tuple->items, slice());
    first = tuple;
  }
  node->second = first;
  expect(Tok::rbracket, "a bracket is never closed");
  return node;
}

Node* Parser::slice() {
  if (python_2_ && kind() == Tok::ellipsis) {
    Node* dots = make(Type::Constant);
    dots->value = Value::ellipsis();
    advance();
    return dots;
  }
  Node* lower = kind() == Tok::colon ? nullptr : star_or_named();
  if (lower != nullptr && kind() != Tok::colon) return lower;
  Node* node = lower != nullptr ? make(Type::Slice, lower) : make(Type::Slice);
  node->first = lower;
  const auto ends = [&] { return kind() == Tok::comma || kind() == Tok::rbracket || kind() == Tok::colon; };
  advance();
  if (!ends()) node->second = test();
  if (!accept(Tok::colon)) return node;
  if (!ends()) {
    node->third = test();
  } else if (python_2_) {  // x[::] asks __getitem__, x[:] asks __getslice__
    node->third = make(Type::Constant);
    node->third->value = Value::none();
  }
  return node;
}

}  // namespace winnow::python
