// Compound statements.
#include "code/python/parser.h"

namespace winnow::python {

// A match statement needs a colon at the end of its line, where no expression may have one.
bool Parser::begins_match() const {
  if (tokens_.size() < 4 || peek() == Tok::colon || peek() == Tok::equal) return false;
  return tokens_[tokens_.size() - 2].kind == Tok::colon;
}

// Null, and nothing consumed, where a simple statement stands.
Node* Parser::compound() {
  switch (kind()) {
    case Tok::kw_if: return if_statement();
    case Tok::kw_while: return while_statement();
    case Tok::kw_for: return for_statement(false);
    case Tok::kw_try: return try_statement();
    case Tok::kw_with: return with_statement(false);
    case Tok::kw_def: return function({}, false);
    case Tok::kw_class: return class_definition({});
    case Tok::at: return decorated();
    case Tok::kw_async:
      if (peek() == Tok::kw_def) return function({}, true);
      if (peek() == Tok::kw_for || peek() == Tok::kw_with) {
        const Token begin = token();
        advance();
        Node* node = kind() == Tok::kw_for ? for_statement(true) : with_statement(true);
        node->line = begin.line;
        node->offset = begin.begin;
        return node;
      }
      return nullptr;
    case Tok::name: return is_word("match") && begins_match() ? match_statement() : nullptr;
    default: return nullptr;
  }
}

Node* Parser::if_statement() {
  Node* const outer = make(Type::If);
  Node *node = outer, *before = nullptr;
  while (true) {
    advance();
    node->first = named();
    block(node->body);
    if (failed_) {
      if (before != nullptr) before->orelse.size = 0;  // an elif whose line does not parse
      return outer;
    }
    if (kind() != Tok::kw_elif) break;
    Node* next = make(Type::If);
    tree_.append(node->orelse, next);
    before = node;
    node = next;
  }
  loop_else(node);
  return outer;
}

void Parser::loop_else(Node* node) {
  if (failed_ || kind() != Tok::kw_else) return;
  advance();
  block(node->orelse);
}

Node* Parser::while_statement() {
  Node* node = make(Type::While);
  advance();
  node->first = named();
  block(node->body);
  loop_else(node);
  return node;
}

Node* Parser::for_statement(bool is_async) {
  Node* node = make(is_async ? Type::AsyncFor : Type::For);
  advance();
  node->first = target_list(Tok::kw_in);
  expect(Tok::kw_in, "in is expected");
  node->second = expressions();
  block(node->body);
  loop_else(node);
  return node;
}

// The index of the bracket that closes the one at `open`, or that of the line's last token.
size_t Parser::matching_bracket(size_t open) const {
  size_t depth = 0;
  for (size_t i = open; i < tokens_.size(); i++) {
    switch (tokens_[i].kind) {
      case Tok::lparen: case Tok::lbracket: case Tok::lbrace: depth++; break;
      case Tok::rparen: case Tok::rbracket: case Tok::rbrace:
        if (--depth == 0) return i;
        break;
      default: break;
    }
  }
  return tokens_.size() - 1;
}

Node* Parser::with_item() {
  Node* item = make(Type::WithItem);
  item->first = test();
  if (!accept(Tok::kw_as)) return item;
  item->second = kind() == Tok::star ? fail("a target is expected") : operation(5);
  check_target(item->second);
  return item;
}

// with (a as b, c): since 3.9, which also made with (a, b): two managers. False, and nothing consumed, where the
// brackets belong to an expression.
bool Parser::with_items_in_parens(List& items) {
  if (kind() != Tok::lparen || python_2_) return false;
  if (options_.version.major == 3 && options_.version < PythonVersion{3, 9}) return false;
  const size_t close = matching_bracket(at_);
  if (close + 1 >= tokens_.size() || tokens_[close + 1].kind != Tok::colon) return false;
  const Mark before = mark();
  advance();
  List found;
  do {
    if (kind() == Tok::rparen && !found.empty()) break;
    tree_.append(found, with_item());
  } while (!failed_ && accept(Tok::comma));
  if (failed_ || at_ != close) {
    back_to(before);
    return false;
  }
  advance();
  items = found;
  return true;
}

Node* Parser::with_statement(bool is_async) {
  Node* node = make(is_async ? Type::AsyncWith : Type::With);
  advance();
  if (!with_items_in_parens(node->items)) {
    do {
      tree_.append(node->items, with_item());
    } while (!failed_ && accept(Tok::comma));
  }
  block(node->body);
  return node;
}

Node* Parser::try_statement() {
  Node* node = make(Type::Try);
  const Token begin = token();
  advance();
  block(node->body);
  while (!failed_ && kind() == Tok::kw_except) {
    bool star = false;
    Node* caught = handler(star);
    if (failed_) break;
    if (star) node->type = Type::TryStar;
    tree_.append(node->handlers, caught);
  }
  loop_else(node);
  if (!failed_ && kind() == Tok::kw_finally) {
    advance();
    block(node->others);
  } else if (!failed_ && node->handlers.empty()) {
    note("a try needs except or finally", begin.begin, begin.line);
  }
  return node;
}

Node* Parser::handler(bool& star) {
  Node* node = make(Type::ExceptHandler);
  advance();
  star = accept(Tok::star);
  if (kind() != Tok::colon) {
    node->first = test();
    if (accept(Tok::kw_as)) {
      if (kind() == Tok::name && peek() == Tok::colon) {
        node->name = identifier();
      } else if (python_2_) {
        node->second = test();
        check_target(node->second);
      } else {
        node->name = identifier();
      }
    } else if (kind() == Tok::comma) {
      // `except E, e` of Python 2, or 3.14's `except A, B`: classes are capitalised or dotted.
      const Token& next = tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_];
      const char initial = next.begin < text_.size() ? text_[next.begin] : 'A';
      const bool lower = next.kind == Tok::name && peek(2) == Tok::colon && (initial < 'A' || initial > 'Z');
      if (python_2_ || (lower && options_.version.major == 0)) {
        python_2_only();
        advance();
        if (kind() == Tok::name && peek() == Tok::colon) {
          node->name = identifier();
        } else {
          node->second = test();
          check_target(node->second);
        }
      } else {
        Node* types = make(Type::Tuple, node->first);
        tree_.append(types->items, node->first);
        while (!failed_ && accept(Tok::comma) && kind() != Tok::colon) tree_.append(types->items, test());
        node->first = types;
      }
    }
  }
  block(node->body);
  return node;
}

Node* Parser::decorated() {
  List decorators;
  while (kind() == Tok::at) {
    advance();
    tree_.append(decorators, named());
    if (failed_) break;
    if (kind() != Tok::newline) return fail("the decorator does not end here");
    next_line();
  }
  Node* definition = nullptr;
  if (kind() == Tok::kw_def) definition = function(decorators, false);
  else if (kind() == Tok::kw_async && peek() == Tok::kw_def) definition = function(decorators, true);
  else if (kind() == Tok::kw_class) definition = class_definition(decorators);
  else fail("a definition is expected");
  if (!failed_) return definition;
  // Nothing to decorate: the decorators themselves are kept.
  Node* node = make(Type::Expr);
  node->first = make(Type::Tuple);
  node->first->items = decorators;
  return node;
}

Node* Parser::function(List decorators, bool is_async) {
  Node* node = make(is_async ? Type::AsyncFunctionDef : Type::FunctionDef);
  if (is_async) advance();
  advance();
  node->items = decorators;
  node->name = identifier();
  type_parameters(node->others);
  expect(Tok::lparen, "the parameters are expected");
  node->first = parameters(Tok::rparen, true);
  expect(Tok::rparen, "a bracket is never closed");
  if (accept(Tok::arrow)) node->second = test();
  block(node->body);
  return node;
}

Node* Parser::class_definition(List decorators) {
  Node* node = make(Type::ClassDef);
  advance();
  node->orelse = decorators;
  node->name = identifier();
  type_parameters(node->handlers);
  if (kind() == Tok::lparen) {
    Node* arguments = call(node);  // gathered as a call's, then moved
    node->items = arguments->items;
    node->others = arguments->others;
  }
  block(node->body);
  return node;
}

void Parser::type_parameters(List& into) {
  if (kind() != Tok::lbracket) return;
  advance();
  do {
    if (kind() == Tok::rbracket && !into.empty()) break;
    const Tok star = kind();
    Node* node = make(star == Tok::star          ? Type::TypeVarTuple
                      : star == Tok::double_star ? Type::ParamSpec
                                                 : Type::TypeVar);
    if (star == Tok::star || star == Tok::double_star) advance();
    node->name = identifier();
    if (node->type == Type::TypeVar && accept(Tok::colon)) node->first = test();
    if (accept(Tok::equal)) node->second = kind() == Tok::star ? star_or_named() : test();
    tree_.append(into, node);
  } while (!failed_ && accept(Tok::comma));
  expect(Tok::rbracket, "a bracket is never closed");
}

// The parameters of a function or lambda, up to `end`, which stays.
Node* Parser::parameters(Tok end, bool annotated) {
  const Depth depth(*this);
  Node* node = make(Type::Arguments);
  bool keyword_only = false;
  while (!failed_ && kind() != end) {
    if (kind() == Tok::slash) {
      advance();
      node->number = static_cast<int32_t>(node->items.size);
      if (keyword_only || node->items.empty()) return fail("/ cannot stand here");
    } else if (accept(Tok::double_star)) {
      node->second = parameter(annotated);
      accept(Tok::comma);
      break;
    } else if (accept(Tok::star)) {
      if (keyword_only) return fail("a second * among the parameters");
      keyword_only = true;
      if (kind() != Tok::comma) node->first = parameter(annotated);
      else if (peek() == end || peek() == Tok::double_star) return fail("a name is expected behind *");
    } else {
      Node* name = parameter(annotated);
      Node* fallback = accept(Tok::equal) ? test() : nullptr;
      tree_.append(keyword_only ? node->others : node->items, name);
      if (keyword_only) tree_.append(node->orelse, fallback);
      else if (fallback != nullptr) tree_.append(node->handlers, fallback);
      else if (!node->handlers.empty()) return fail("a parameter without a default behind one with");
    }
    if (!accept(Tok::comma)) break;
  }
  if (kind() != end) fail("the parameters do not end here");
  return node;
}

Node* Parser::parameter(bool annotated) {
  Node* node = make(Type::Arg);
  if (kind() == Tok::lparen) {
    python_2_only();
    node->second = tuple_parameter();
    if (node->second->type == Type::Name) {  // (a) is a
      node->name = node->second->name;
      node->second = nullptr;
    }
    return node;
  }
  node->name = identifier();
  if (annotated && accept(Tok::colon)) node->first = kind() == Tok::star ? star_or_named() : test();
  return node;
}

// Python 2: def f((a, (b, c))).
Node* Parser::tuple_parameter() {
  const Depth depth(*this);
  if (too_deep()) return fail("nested too deeply");
  Node* node = make(Type::Tuple);
  expect(Tok::lparen, "a parameter is expected");
  bool comma = false;
  while (!failed_ && kind() != Tok::rparen) {
    tree_.append(node->items, kind() == Tok::lparen ? tuple_parameter() : name_node());
    if (!accept(Tok::comma)) break;
    comma = true;
  }
  expect(Tok::rparen, "a bracket is never closed");
  return node->items.size == 1 && !comma ? node->items[0] : node;
}

}  // namespace winnow::python
