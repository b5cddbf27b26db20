// The match statement (PEP 634).
#include "code/python/parser.h"

namespace winnow::python {

Node* Parser::match_statement() {
  Node* node = make(Type::Match);
  advance();
  node->first = star_or_named();
  if (kind() == Tok::comma) {
    Node* tuple = make(Type::Tuple, node->first);
    tree_.append(tuple->items, node->first);
    while (!failed_ && accept(Tok::comma) && at_operand()) tree_.append(tuple->items, star_or_named());
    node->first = tuple;
  }
  expect(Tok::colon, "a colon is expected");
  if (failed_) return node;
  const Token& colon = token();
  const uint32_t offset = colon.begin;
  const int32_t line = colon.line;
  if (kind() != Tok::newline) return fail("the cases of a match stand on lines of their own");
  next_line();
  if (kind() != Tok::indent) {
    note("an indented block is expected", offset, line);
    return node;
  }
  advance();
  const Depth depth(*this);
  while (!failed_ && is_word("case")) {
    Node* item = match_case();
    if (!failed_) tree_.append(node->items, item);
  }
  if (!failed_ && kind() != Tok::dedent && kind() != Tok::end) fail("a case is expected");
  if (!failed_) accept(Tok::dedent);
  return node;
}

Node* Parser::match_case() {
  Node* node = make(Type::MatchCase);
  advance();
  node->first = open_pattern();
  if (accept(Tok::kw_if)) node->second = named();
  block(node->body);
  return node;
}

// A sequence without brackets, or one pattern.
Node* Parser::open_pattern() {
  Node* first = kind() == Tok::star ? star_pattern() : as_pattern();
  if (kind() != Tok::comma && first->type != Type::MatchStar) return first;
  Node* node = make(Type::MatchSequence, first);
  tree_.append(node->items, first);
  while (!failed_ && accept(Tok::comma) && kind() != Tok::colon && kind() != Tok::kw_if) {
    tree_.append(node->items, kind() == Tok::star ? star_pattern() : as_pattern());
  }
  return node;
}

Node* Parser::star_pattern() {
  Node* node = make(Type::MatchStar);
  advance();
  node->name = identifier();
  if (node->name == "_") node->name = {};
  return node;
}

Node* Parser::as_pattern() {
  const Depth depth(*this);
  if (too_deep()) return fail("nested too deeply");
  Node* pattern = or_pattern();
  if (!accept(Tok::kw_as)) return pattern;
  Node* node = make(Type::MatchAs, pattern);
  node->first = pattern;
  node->name = identifier();
  return node;
}

Node* Parser::or_pattern() {
  Node* first = closed_pattern();
  if (kind() != Tok::vbar) return first;
  Node* node = make(Type::MatchOr, first);
  tree_.append(node->items, first);
  while (!failed_ && accept(Tok::vbar)) tree_.append(node->items, closed_pattern());
  return node;
}

Node* Parser::closed_pattern() {
  switch (kind()) {
    case Tok::name: return name_pattern();
    case Tok::kw_None: case Tok::kw_True: case Tok::kw_False: {
      Node* node = make(Type::MatchSingleton);
      node->value = kind() == Tok::kw_None ? Value::none() : Value::boolean(kind() == Tok::kw_True);
      advance();
      return node;
    }
    case Tok::number: case Tok::minus: case Tok::string: case Tok::fstring_start: {
      Node* node = make(Type::MatchValue);
      node->first = literal_pattern();
      return node;
    }
    case Tok::lparen: return sequence_pattern(Tok::rparen);
    case Tok::lbracket: return sequence_pattern(Tok::rbracket);
    case Tok::lbrace: return mapping_pattern();
    default: return fail("a pattern is expected");
  }
}

// Numbers with a sign, complex numbers, strings.
Node* Parser::literal_pattern() {
  if (kind() == Tok::string || kind() == Tok::fstring_start) return strings();
  const auto signed_number = [&]() -> Node* {
    if (kind() == Tok::number) return number();
    if (kind() != Tok::minus) return fail("a number is expected");
    Node* node = make(Type::UnaryOp);
    node->op = Operator::USub;
    advance();
    node->first = kind() == Tok::number ? number() : fail("a number is expected");
    return node;
  };
  Node* left = signed_number();
  if (kind() != Tok::plus && kind() != Tok::minus) return left;
  Node* node = make(Type::BinOp, left);
  node->op = kind() == Tok::plus ? Operator::Add : Operator::Sub;
  advance();
  node->first = left;
  node->second = kind() == Tok::number ? number() : fail("a number is expected");
  return node;
}

// A capture, the wildcard, a dotted name, or a class with patterns for its attributes.
Node* Parser::name_pattern() {
  const bool simple = peek() != Tok::dot && peek() != Tok::lparen;
  if (simple) {
    Node* node = make(Type::MatchAs);
    node->name = identifier();
    if (node->name == "_") node->name = {};
    return node;
  }
  Node* name = name_node();
  while (!failed_ && kind() == Tok::dot) {
    Node* attribute = make(Type::Attribute, name);
    advance();
    attribute->first = name;
    attribute->name = identifier();
    name = attribute;
  }
  if (kind() == Tok::lparen) return class_pattern(name);
  Node* node = make(Type::MatchValue, name);
  node->first = name;
  return node;
}

// Brackets, or parentheses, which without a comma only group.
Node* Parser::sequence_pattern(Tok close) {
  Node* node = make(Type::MatchSequence);
  advance();
  bool comma = false;
  while (!failed_ && kind() != close) {
    tree_.append(node->items, kind() == Tok::star ? star_pattern() : as_pattern());
    if (!accept(Tok::comma)) break;
    comma = true;
  }
  expect(close, "a bracket is never closed");
  const bool groups = close == Tok::rparen && !comma && node->items.size == 1 && node->items[0]->type != Type::MatchStar;
  return groups ? node->items[0] : node;
}

Node* Parser::mapping_pattern() {
  Node* node = make(Type::MatchMapping);
  advance();
  while (!failed_ && kind() != Tok::rbrace) {
    if (accept(Tok::double_star)) {
      node->name = identifier();
    } else {
      Node* key = nullptr;
      if (kind() == Tok::name) {
        key = name_pattern();
        if (key->type == Type::MatchValue) key = key->first;
        else fail("a mapping's key is a value");
      } else if (kind() == Tok::kw_None || kind() == Tok::kw_True || kind() == Tok::kw_False) {
        key = atom();
      } else {
        key = literal_pattern();
      }
      expect(Tok::colon, "a colon is expected");
      Node* pattern = as_pattern();
      if (failed_) break;
      tree_.append(node->items, key);
      tree_.append(node->others, pattern);
    }
    if (!accept(Tok::comma)) break;
  }
  expect(Tok::rbrace, "a bracket is never closed");
  return node;
}

Node* Parser::class_pattern(Node* cls) {
  Node* node = make(Type::MatchClass, cls);
  node->first = cls;
  advance();
  while (!failed_ && kind() != Tok::rparen) {
    if (kind() == Tok::name && peek() == Tok::equal) {
      Node* attribute = name_node();
      advance();
      Node* pattern = as_pattern();
      tree_.append(node->others, attribute);
      tree_.append(node->orelse, pattern);
    } else if (!node->others.empty()) {
      fail("a positional pattern behind a named one");
    } else {
      tree_.append(node->items, as_pattern());
    }
    if (!accept(Tok::comma)) break;
  }
  expect(Tok::rparen, "a bracket is never closed");
  return node;
}

}  // namespace winnow::python
