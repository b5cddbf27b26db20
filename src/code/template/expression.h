// Jinja's expressions as Python's.
#pragma once

#include <optional>

#include "code/template/builder.h"
#include "code/template/lexer.h"

namespace winnow::jinja {

class Expressions {
 public:
  Expressions(Builder& builder, Words& words) : build_(builder), words_(words) {}

  // All of these give null when the words do not read as what is asked for; `problem` says why.
  Node* expression();                  // with filters, tests and the inline if
  Node* tuple();                       // expressions with commas between
  Node* target();                      // of for and set: names, a tuple of them, or namespace.attribute
  Node* filters_on(Node* value);       // name(...) | name(...), as behind `filter` and block `set`
  bool parameters(Node* arguments);    // (a, b=1) of macro and call
  Node* condition() { return either(); }  // without the inline if, as behind `for ... in` and before `if`

  std::string_view problem() const { return problem_; }

 private:
  Node* conditional();
  Node* either();
  Node* both();
  Node* negation();
  Node* comparison();
  Node* sum();
  Node* concatenation();
  Node* product();
  Node* power();
  enum class Filters : uint8_t { with, without };
  Node* unary(Filters filters);
  Node* primary();
  Node* literal_list(std::string_view closing, Type type);
  Node* dictionary();
  Node* string();
  Node* number(const Token& token);
  Node* postfix(Node* value);
  Node* filtered(Node* value);
  Node* filter(Node* value);
  Node* test(Node* value);
  Node* subscript(Node* value);
  Node* slice();
  bool arguments(Node* call);
  Node* fail(std::string_view why) {
    if (problem_.empty()) problem_ = why;
    return nullptr;
  }
  bool expect(std::string_view text) { return words_.accept(text) || fail("a closing bracket is missing") != nullptr; }

  Builder& build_;
  Words& words_;
  std::string_view problem_;
  int depth_ = 0;
};

// What a filter means in Python: `value|name(...)`, its arguments in `call`'s items and keywords; null where
// Python has no word for it.
Node* filter_in_python(Builder& build, std::string_view name, Node* value, const Node& call);

}  // namespace winnow::jinja
