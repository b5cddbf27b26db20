// The printer's insides: shared by print.cpp (statements), print_expressions.cpp, print_constants.cpp and
// print_strings.cpp. Chains to the left (a + b + c, x.y().z) are walked in a loop; all other nesting is counted.
#pragma once

#include <vector>

#include "code/python/print.h"
#include "code/python/print_literals.h"

namespace winnow::python {

enum Precedence : uint8_t {
  kNamed, kTuple, kYield, kTest, kOr, kAnd, kNot, kCompare, kBitOr, kBitXor, kBitAnd, kShift, kArithmetic,
  kTerm, kFactor, kPower, kAwait, kAtom, kDotted,  // kDotted: what may stand before a point; no number may
};

class Printer {
 public:
  Printer(const Heap& heap, const PrintOptions& options) : heap_(heap), options_(options), level_(options.indent) {}

  void any(const Node& node);
  void value(Value value, bool in_subscript = false);
  std::string take() { return std::move(out_); }
  bool complete() const { return complete_; }

 private:
  // Counts one level of nesting for as long as it lives.
  struct Level {
    explicit Level(Printer& printer) : printer_(printer) { printer.depth_++; }
    ~Level() { printer_.depth_--; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Printer& printer_;
  };
  // True where no more may be printed; a mark then stands in its place.
  bool stops();

  bool is_2() const { return options_.version.major == 2; }
  void write(std::string_view text) { out_ += text; }
  void write(char c) { out_ += c; }

  // print.cpp
  void module(const Node& node);
  void block(const List& body, bool documented = false);
  void statements(const List& body, bool documented);
  void statement(const Node* node);
  void simple_statement(const Node& node);
  void begin_line();
  void docstring(const Node& constant);
  void comment(std::string_view text);
  void decorators(const List& list);
  void function(const Node& node);
  void class_definition(const Node& node);
  void if_chain(const Node* node);
  void with(const Node& node);
  void try_statement(const Node& node);
  void handler(const Node& node, bool star);
  void match(const Node& node);
  void raise(const Node& node);
  void print_2(const Node& node);
  void import(const Node& node);
  void assignment(const Node& node);
  void annotated(const Node& node);
  void loop(const Node& node);
  void otherwise(const char* word, const List& body);

  // print_patterns.cpp
  void pattern(const Node* node, bool closed = false);
  void mapping_pattern(const Node& node);
  void class_pattern(const Node& node);

  // print_expressions.cpp
  void expression(const Node* node, Precedence wanted);
  const Node* left_operand(const Node& node, Precedence& wanted) const;
  Precedence precedence(const Node& node) const;
  void leaf(const Node& node);
  void tail(const Node& node);
  void bool_op(const Node& node);
  void unary(const Node& node);
  void conditional(const Node& node);
  void lambda(const Node& node);
  void dictionary(const Node& node);
  void sequence(const Node& node);
  void comprehension(const Node& node);
  void call_arguments(const Node& node);
  void subscript(const Node* slice);
  void slice(const Node& node);
  void target(const Node* node);
  void list(const List& items, Precedence wanted, std::string_view separator = ", ");
  void part(const Node& node);
  void arguments(const Node* node);
  void argument(const Node* node, const Node* fallback, std::string_view stars = {});
  void type_parameters(const List& list);
  void alias(const Node& node);

  // print_strings.cpp
  void formatted_string(const Node& node);
  bool formatted_with(const Node& node, Quote quote, bool strict);
  bool formatted_parts(const List& items, Quote quote, bool strict, bool is_spec);
  bool is_spelled_so(const Node& node) const;
  bool formatted_value(const Node& node, Quote quote, bool strict);
  void string(std::string_view text, TextKind kind, std::string_view prefix);

  // print_constants.cpp
  void complex(Value value);
  void constant_items(Value value);
  void name(std::string_view name, bool is_attribute = false);
  void dotted_name(std::string_view name);

  const Heap& heap_;
  PrintOptions options_;
  uint32_t level_;
  uint32_t depth_ = 0;
  bool complete_ = true;
  bool first_line_ = true;   // nothing yet in this block: no empty line before a def
  bool stopped_ = false;     // max_bytes is reached, and the mark for it is written
  // Inside an f-string's expression: which quotes strings may use, and that no backslash may stand. `misfit_` is
  // set where something could not be written so.
  uint8_t quotes_ = kAnyQuote;
  bool plain_ = false;
  bool misfit_ = false;
  bool loose_ = false;       // f-strings nest as they like: 3.12
  std::string out_;
  std::vector<std::pair<const Node*, bool>> spine_;
};

}  // namespace winnow::python
