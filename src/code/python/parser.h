// The parser's insides: recursive descent over the tokens of one logical line at a time, precedence climbing for
// operators. A failure empties the line: every function then sees its end and returns, the statement becomes Bad.
#pragma once

#include "code/python/lexer.h"
#include "code/python/parse.h"
#include "code/python/source_text.h"

namespace winnow::python {

class Parser {
 public:
  // `python_2`: statements and literals are Python 2's. Otherwise Python 3's, and what only Python 2 has is
  // read too (`saw_python_2`).
  Parser(Tree& tree, std::string_view text, const ParseOptions& options, bool python_2, const Letters* letters);

  void run(Parsed& into);
  bool saw_python_2() const { return saw_python_2_; }

 private:
  static constexpr uint32_t kMaxDepth = 300;
  static constexpr int kLowest = 1;

  struct Depth {
    explicit Depth(Parser& parser) : parser_(parser) { parser_.depth_++; }
    ~Depth() { parser_.depth_--; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Parser& parser_;
  };
  struct Mark {  // a place to come back to, in the same line
    size_t at;
    size_t errors;
    bool saw_python_2;
  };

  // parse.cpp: tokens, nodes and failures
  const Token& token() const { return tokens_[at_]; }
  Tok kind() const { return tokens_[at_].kind; }
  Tok peek(size_t ahead = 1) const {
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead].kind : Tok::newline;
  }
  std::string_view text_of(const Token& token) const { return text_.substr(token.begin, token.end - token.begin); }
  bool is_word(std::string_view word) const { return kind() == Tok::name && text_of(token()) == word; }
  void advance() { if (at_ + 1 < tokens_.size()) at_++; }
  bool accept(Tok wanted) {
    if (kind() != wanted) return false;
    advance();
    return true;
  }
  void expect(Tok wanted, const char* what) { if (!accept(wanted)) fail(what); }
  void next_line();
  void unicode_docstring(const Node& module);
  Node* make(Type type) { return make(type, token()); }
  Node* make(Type type, const Token& from);
  Node* make(Type type, const Node* from);
  Node* fail(const char* what);
  void note(const char* what, uint32_t offset, int32_t line);
  bool too_deep() const { return depth_ > kMaxDepth; }
  Mark mark() const { return {at_, errors_.size(), saw_python_2_}; }
  void back_to(const Mark& mark);
  std::string_view identifier();
  bool at_line_end() const { return kind() == Tok::newline || kind() == Tok::end; }
  bool at_operand() const;
  void python_2_only() { saw_python_2_ = true; }

  // parse_statements.cpp
  void statements(List& into, bool nested);
  void statement(List& into);
  void recover(List& into, size_t begin, uint32_t offset, int32_t line);
  void simple_statements(List& into);
  Node* simple_statement();
  Node* keyword_statement();
  Node* expression_statement();
  Node* annotated_assignment(Node* target, bool in_parens);
  Node* assignment(Node* first);
  Node* raise();
  Node* import();
  Node* import_from();
  Node* alias(bool dotted);
  std::string_view dotted_name();
  Node* delete_statement();
  Node* global();
  Node* print_2();
  Node* exec_2();
  Node* type_alias();
  bool begins_print_2() const;
  bool begins_match() const;
  void block(List& into);
  bool check_target(Node* node, bool starred = false);
  void note_future(const Node& node);

  // parse_compound.cpp
  Node* compound();
  Node* if_statement();
  Node* while_statement();
  Node* for_statement(bool is_async);
  Node* with_statement(bool is_async);
  bool with_items_in_parens(List& items);
  Node* with_item();
  Node* try_statement();
  Node* handler(bool& star);
  Node* function(List decorators, bool is_async);
  Node* class_definition(List decorators);
  Node* decorated();
  void type_parameters(List& into);
  void loop_else(Node* node);
  size_t matching_bracket(size_t open) const;

  // parse_parameters.cpp
  Node* parameters(Tok end, bool annotated);
  Node* parameter(bool annotated);
  Node* tuple_parameter();

  // parse_patterns.cpp
  Node* match_statement();
  Node* match_case();
  Node* open_pattern();
  Node* as_pattern();
  Node* or_pattern();
  Node* closed_pattern();
  Node* sequence_pattern(Tok close);
  Node* mapping_pattern();
  Node* class_pattern(Node* cls);
  Node* literal_pattern();
  Node* name_pattern();
  Node* star_pattern();

  // parse_expressions.cpp
  Node* expressions();             // star_expressions: a tuple without brackets where commas are
  Node* expressions_or_yield();
  Node* named();                   // with := and *
  Node* star_or_named();
  Node* test();
  Node* lambda(bool bare = false);
  Node* operation(int lowest);
  Node* comparison(Node* left);
  Node* factor();
  Node* power();
  Node* trailers(Node* node);
  Node* atom();
  Node* yield();
  Node* target_list(Tok end);
  Node* group();
  Node* list_display();
  Node* brace_display();
  Node* dictionary(Node* node, Node* key);
  Node* backquotes();
  void comprehensions(Node* node, bool is_list);
  bool at_comprehension() const;
  Node* call(Node* function);
  void argument(Node* call);
  Node* subscript(Node* value);
  Node* slice();
  Node* name_node();

  // parse_literals.cpp
  Node* number();
  Value integer(std::string_view digits, unsigned base, bool is_long);
  Node* negative(Node* node, bool is_long);
  Node* strings();
  void string_piece(const Token& token, std::string& text, bool& is_unicode);
  Node* string_constant(const Token& from, std::string_view text, bool is_unicode);
  void formatted(Node* joined, std::string& pending, bool is_template);
  Node* field(bool is_template, std::string& pending);
  void flush(Node* joined, std::string& pending, const Token& from);
  void unescape(std::string& out, std::string_view text, uint8_t flags, bool is_unicode, bool braces);
  size_t escape(std::string& out, std::string_view text, size_t at, bool is_unicode);

  Tree& tree_;
  std::string_view text_;
  ParseOptions options_;
  bool python_2_;
  const Letters* letters_;  // of the file, or null
  Lexer lexer_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  uint32_t depth_ = 0;
  uint32_t nodes_ = 0;
  uint32_t lines_ = 0;    // logical lines that were begun
  bool failed_ = false;
  bool full_ = false;
  bool saw_python_2_ = false;
  std::vector<ParseError> errors_;
};

}  // namespace winnow::python
