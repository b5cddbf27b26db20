// Simple statements, blocks, and how the parser goes on behind what does not parse.
#include "code/python/parser.h"

namespace winnow::python {
namespace {

Operator augmented(Tok kind) {
  switch (kind) {
    case Tok::plus_equal: return Operator::Add;
    case Tok::minus_equal: return Operator::Sub;
    case Tok::star_equal: return Operator::Mult;
    case Tok::slash_equal: return Operator::Div;
    case Tok::double_slash_equal: return Operator::FloorDiv;
    case Tok::percent_equal: return Operator::Mod;
    case Tok::double_star_equal: return Operator::Pow;
    case Tok::lshift_equal: return Operator::LShift;
    case Tok::rshift_equal: return Operator::RShift;
    case Tok::vbar_equal: return Operator::BitOr;
    case Tok::caret_equal: return Operator::BitXor;
    case Tok::ampersand_equal: return Operator::BitAnd;
    case Tok::at_equal: return Operator::MatMult;
    default: return Operator::none;
  }
}

}  // namespace

// The statements of a block up to its dedent, or of the module.
void Parser::statements(List& into, bool nested) {
  bool after_bad = false;
  while (kind() != Tok::end && !full_) {
    if (kind() == Tok::dedent) {
      if (nested) return;
      advance();
    } else if (kind() == Tok::indent) {
      // Too much indentation: a block whose header did not parse, or a piece cut from somewhere.
      if (!after_bad) note("this line is indented more than the one above", token().begin, token().line);
      advance();
      const Depth depth(*this);
      statements(into, true);
      accept(Tok::dedent);
    } else if (kind() == Tok::error && token().begin == token().end && peek() != Tok::newline) {
      note(token().what, token().begin, token().line);
      advance();
    } else {
      const size_t errors = errors_.size();
      statement(into);
      after_bad = errors_.size() != errors;
    }
  }
}

void Parser::statement(List& into) {
  const uint32_t begun = lines_;
  const uint32_t begin = token().begin;
  const int32_t line = token().line;
  Node* node = compound();
  if (node == nullptr) return simple_statements(into);
  // What parsed before the line that did not is kept: the body of an if whose else is broken.
  const bool kept = !failed_ || lines_ != begun;
  if (kept) tree_.append(into, node);
  if (!failed_) return;
  size_t first = 0;
  while (tokens_[first].kind == Tok::dedent || tokens_[first].kind == Tok::indent) first++;
  recover(into, kept ? tokens_[first].begin : begin, begin, kept ? tokens_[first].line : line);
}

// Makes the rest of the line a Bad node and goes on behind it.
void Parser::recover(List& into, size_t begin, uint32_t offset, int32_t line) {
  failed_ = false;
  size_t end = full_ ? text_.size() : tokens_.back().begin;
  if (end < begin) end = begin;
  nodes_ += 2;
  Node* bad = tree_.make(Type::Bad);
  Node* node = tree_.make(Type::Expr);
  node->first = bad;
  bad->name = text_.substr(begin, end - begin);
  bad->line = node->line = line;
  bad->offset = node->offset = offset;
  if (!bad->name.empty()) tree_.append(into, node);
  if (kind() == Tok::newline) next_line();
}

void Parser::simple_statements(List& into) {
  while (true) {
    const uint32_t begin = token().begin;
    const int32_t line = token().line;
    Node* node = simple_statement();
    if (!failed_ && kind() != Tok::semicolon && !at_line_end()) fail("the statement does not end here");
    if (failed_) return recover(into, begin, begin, line);
    tree_.append(into, node);
    note_future(*node);
    if (accept(Tok::semicolon) && !at_line_end()) continue;
    if (kind() == Tok::newline) next_line();
    return;
  }
}

// Of a compound statement: the colon, and the lines indented below or the statements behind it.
void Parser::block(List& into) {
  expect(Tok::colon, "a colon is expected");
  if (failed_) return;
  if (kind() != Tok::newline) return simple_statements(into);
  const int32_t line = token().line;
  const uint32_t offset = token().begin;
  next_line();
  if (kind() != Tok::indent) return note("an indented block is expected", offset, line);
  advance();
  const Depth depth(*this);
  statements(into, true);
  accept(Tok::dedent);
}

void Parser::note_future(const Node& node) {
  if (node.type != Type::ImportFrom || node.name != "__future__") return;
  for (const Node* item : node.items) {
    if (item->name == "print_function") options_.print_function = true;
    if (item->name == "unicode_literals") options_.unicode_literals = true;
  }
}

Node* Parser::simple_statement() {
  switch (kind()) {
    case Tok::kw_assert: case Tok::kw_break: case Tok::kw_continue: case Tok::kw_del: case Tok::kw_from:
    case Tok::kw_global: case Tok::kw_import: case Tok::kw_nonlocal: case Tok::kw_pass: case Tok::kw_raise:
    case Tok::kw_return:
      return keyword_statement();
    case Tok::name: break;
    default: return expression_statement();
  }
  const size_t size = token().end - token().begin;
  if (size < 4 || size > 5) return expression_statement();
  if (is_word("print") && begins_print_2()) return print_2();
  if (is_word("exec")) {
    const bool surely = peek() == Tok::string || peek() == Tok::name || peek() == Tok::number || peek() == Tok::backtick;
    if (surely || (python_2_ && peek() != Tok::equal && peek() != Tok::dot)) return exec_2();
  }
  if (is_word("type") && peek() == Tok::name && (peek(2) == Tok::equal || peek(2) == Tok::lbracket)) {
    return type_alias();
  }
  return expression_statement();
}

Node* Parser::keyword_statement() {
  switch (kind()) {
    case Tok::kw_pass: case Tok::kw_break: case Tok::kw_continue: {
      Node* node = make(kind() == Tok::kw_pass ? Type::Pass : kind() == Tok::kw_break ? Type::Break : Type::Continue);
      advance();
      return node;
    }
    case Tok::kw_return: {
      Node* node = make(Type::Return);
      advance();
      if (!at_line_end() && kind() != Tok::semicolon) node->first = expressions();
      return node;
    }
    case Tok::kw_assert: {
      Node* node = make(Type::Assert);
      advance();
      node->first = test();
      if (accept(Tok::comma)) node->second = test();
      return node;
    }
    case Tok::kw_raise: return raise();
    case Tok::kw_import: return import();
    case Tok::kw_from: return import_from();
    case Tok::kw_del: return delete_statement();
    default: return global();
  }
}

Node* Parser::raise() {
  Node* node = make(Type::Raise);
  advance();
  if (at_line_end() || kind() == Tok::semicolon) return node;
  node->first = test();
  if (accept(Tok::kw_from)) {
    node->second = test();
  } else if (accept(Tok::comma)) {
    python_2_only();
    node->number = 2;
    node->second = test();
    if (accept(Tok::comma)) node->third = test();
  }
  return node;
}

std::string_view Parser::dotted_name() {
  const std::string_view first = identifier();
  if (kind() != Tok::dot) return first;
  std::string name(first);
  while (!failed_ && accept(Tok::dot)) {
    name += '.';
    name += identifier();
  }
  return tree_.text(name);
}

Node* Parser::alias(bool dotted) {
  Node* node = make(Type::Alias);
  node->name = dotted ? dotted_name() : identifier();
  if (accept(Tok::kw_as)) node->other = identifier();
  return node;
}

Node* Parser::import() {
  Node* node = make(Type::Import);
  advance();
  do {
    tree_.append(node->items, alias(true));
  } while (!failed_ && accept(Tok::comma));
  return node;
}

Node* Parser::import_from() {
  Node* node = make(Type::ImportFrom);
  advance();
  while (kind() == Tok::dot || kind() == Tok::ellipsis) {
    node->number += kind() == Tok::dot ? 1 : 3;
    advance();
  }
  if (kind() != Tok::kw_import || node->number == 0) node->name = dotted_name();
  expect(Tok::kw_import, "import is expected");
  if (kind() == Tok::star) {
    Node* all = make(Type::Alias);
    all->name = "*";
    advance();
    tree_.append(node->items, all);
    return node;
  }
  const bool in_parens = accept(Tok::lparen);
  do {
    if (in_parens && kind() == Tok::rparen && !node->items.empty()) break;
    tree_.append(node->items, alias(false));
  } while (!failed_ && accept(Tok::comma));
  if (in_parens) expect(Tok::rparen, "a bracket is never closed");
  return node;
}

Node* Parser::delete_statement() {
  Node* node = make(Type::Delete);
  advance();
  do {
    if (!at_operand()) break;
    Node* target = operation(5);
    check_target(target);
    tree_.append(node->items, target);
  } while (!failed_ && accept(Tok::comma));
  if (node->items.empty()) fail("nothing to delete");
  return node;
}

Node* Parser::global() {
  Node* node = make(kind() == Tok::kw_global ? Type::Global : Type::Nonlocal);
  advance();
  do {
    Node* name = make(Type::Name);
    name->name = identifier();
    tree_.append(node->items, name);
  } while (!failed_ && accept(Tok::comma));
  return node;
}

Node* Parser::type_alias() {
  Node* node = make(Type::TypeAlias);
  advance();
  node->first = name_node();
  type_parameters(node->others);
  expect(Tok::equal, "= is expected");
  node->second = test();
  return node;
}

// Whether `print`, at the token, is Python 2's statement.
bool Parser::begins_print_2() const {
  if (options_.print_function) return false;
  switch (peek()) {
    case Tok::string: case Tok::name: case Tok::number: case Tok::backtick: case Tok::tilde: case Tok::kw_not:
    case Tok::kw_lambda: case Tok::kw_None: case Tok::kw_True: case Tok::kw_False: case Tok::lbrace: return true;
    case Tok::rshift: return options_.version.major != 3;  // print >>f, "x": shifting a function means nothing
    case Tok::equal: case Tok::dot: return false;
    default: return python_2_;
  }
}

Node* Parser::print_2() {
  python_2_only();
  Node* node = make(Type::Print);
  advance();
  node->number = 1;
  if (accept(Tok::rshift)) {
    node->first = test();
    if (!accept(Tok::comma)) return node;
  }
  while (!failed_ && !at_line_end() && kind() != Tok::semicolon) {
    node->number = 1;
    tree_.append(node->items, test());
    if (!accept(Tok::comma)) break;
    node->number = 0;
  }
  return node;
}

Node* Parser::exec_2() {
  python_2_only();
  Node* node = make(Type::Exec);
  advance();
  const bool in_parens = kind() == Tok::lparen;
  node->first = operation(5);
  if (accept(Tok::kw_in)) {
    node->second = test();
    if (accept(Tok::comma)) node->third = test();
  } else if (in_parens && node->first->type == Type::Tuple && (node->first->items.size == 2 || node->first->items.size == 3)) {
    const List parts = node->first->items;  // exec(code, globals) means the same
    node->first = parts[0];
    node->second = parts[1];
    node->third = parts.size == 3 ? parts[2] : nullptr;
  }
  return node;
}

// True for what may be assigned to; else a failure. Bounded: the parser bounded the depth of the node.
bool Parser::check_target(Node* node, bool starred) {
  if (failed_) return false;
  switch (node->type) {
    case Type::Name: case Type::Attribute: case Type::Subscript: return true;
    case Type::Starred:
      if (starred) return check_target(node->first);
      break;
    case Type::Tuple: case Type::List:
      for (Node* item : node->items) {
        if (!check_target(item, true)) return false;
      }
      return true;
    default: break;
  }
  fail("this cannot be assigned to");
  return false;
}

Node* Parser::expression_statement() {
  const bool in_parens = kind() == Tok::lparen;
  Node* first = expressions_or_yield();
  if (failed_) return first;
  switch (kind()) {
    case Tok::equal: return assignment(first);
    case Tok::colon: return annotated_assignment(first, in_parens);
    case Tok::newline: case Tok::end: case Tok::semicolon: break;
    default: {
      const Operator op = augmented(kind());
      if (op == Operator::none) break;
      Node* node = make(Type::AugAssign, first);
      const bool single = first->type == Type::Name || first->type == Type::Attribute || first->type == Type::Subscript;
      if (!single) return fail("this cannot be assigned to");
      advance();
      node->first = first;
      node->op = op;
      node->second = expressions_or_yield();
      return node;
    }
  }
  Node* node = make(Type::Expr, first);
  node->first = first;
  return node;
}

Node* Parser::assignment(Node* first) {
  Node* node = make(Type::Assign, first);
  while (!failed_ && accept(Tok::equal)) {
    check_target(first, true);
    tree_.append(node->items, first);
    first = expressions_or_yield();
  }
  node->first = first;
  return node;
}

Node* Parser::annotated_assignment(Node* target, bool in_parens) {
  const bool single = target->type == Type::Name || target->type == Type::Attribute || target->type == Type::Subscript;
  if (!single) return fail("only a single name can be annotated");
  Node* node = make(Type::AnnAssign, target);
  advance();
  node->number = target->type == Type::Name && !in_parens ? 1 : 0;
  node->first = target;
  node->second = test();
  if (accept(Tok::equal)) node->third = expressions_or_yield();
  return node;
}

}  // namespace winnow::python
