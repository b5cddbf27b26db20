// Python source as tokens, one logical line at a time: Python 3 with f-strings nested per PEP 701, and what only
// Python 2 has (backticks, <>, 10L, ur''). Indentation becomes indent and dedent tokens at the beginning of
// a line, brackets join lines. What is wrong becomes an `error` token: the lexer never stops before the end, and a
// bracket or a string that is never closed costs its own line only.
// https://docs.python.org/3/reference/lexical_analysis.html
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace winnow::python {

enum class Tok : uint8_t {
  end, newline, indent, dedent, error,
  name, number, string,
  fstring_start, fstring_middle, fstring_end,
  // operators and delimiters
  lparen, rparen, lbracket, rbracket, lbrace, rbrace, comma, colon, semicolon, dot, ellipsis, arrow, equal,
  walrus, exclamation, backtick, at,
  plus, minus, star, slash, double_slash, percent, double_star, lshift, rshift, vbar, caret, ampersand, tilde,
  eq, ne, lt, le, gt, ge,
  plus_equal, minus_equal, star_equal, slash_equal, double_slash_equal, percent_equal, double_star_equal,
  lshift_equal, rshift_equal, vbar_equal, caret_equal, ampersand_equal, at_equal,
  // keywords
  kw_False, kw_None, kw_True, kw_and, kw_as, kw_assert, kw_async, kw_await, kw_break, kw_class, kw_continue,
  kw_def, kw_del, kw_elif, kw_else, kw_except, kw_finally, kw_for, kw_from, kw_global, kw_if, kw_import, kw_in,
  kw_is, kw_lambda, kw_nonlocal, kw_not, kw_or, kw_pass, kw_raise, kw_return, kw_try, kw_while, kw_with, kw_yield,
};

struct Token {
  Tok kind = Tok::end;
  uint8_t flags = 0;            // of strings and f-strings: StringFlag
  uint32_t begin = 0, end = 0;  // in the text
  int32_t line = 0;
  const char* what = nullptr;   // of errors
};

enum StringFlag : uint8_t {
  kRaw = 1, kBytes = 2, kUnicode = 4, kFormatted = 8, kTemplate = 16, kTriple = 32,
  kNonAscii = 64,  // of names: to be normalised
  kEscapes = 128,  // of strings: a backslash or carriage return is in it
};

class Lexer {
 public:
  // `python_2`: True, False, nonlocal, async and await are names.
  Lexer(std::string_view text, bool python_2) : text_(text), python_2_(python_2) {}

  // Replaces `tokens` by those of the next logical line: dedents or one indent, the line, a newline. At the
  // end of the text dedents and `end`.
  void next_line(std::vector<Token>& tokens);

 private:
  // Inside f-strings: the text of one, the format of a field, or a field.
  struct Mode {
    enum Kind : uint8_t { text, format, field } kind;
    uint8_t flags;
    char quote;
    uint32_t depth;  // of brackets where a field began
    uint32_t begin;  // of its f-string
  };

  static constexpr uint32_t kMostAbandoned = 8;

  char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  void add(Tok kind, size_t begin, size_t end, uint8_t flags = 0);
  void error(const char* what, size_t begin, size_t end);
  bool skip_blank_lines(size_t& column);
  void indentation(size_t column);
  bool step();
  bool skip_space();
  void end_of_line(size_t size);
  void name();
  void number();
  void operators();
  size_t operator_at(Tok& kind) const;
  void bracket(Tok kind, char c);
  bool string_prefix(size_t begin, size_t end, uint8_t& flags) const;
  void string(size_t begin, uint8_t flags);
  void formatted_character(char c, bool raw, uint8_t& flags);
  void formatted_text();
  void leave_formatted();
  bool unfinished(const char* what);
  void truncate(size_t position, int32_t line);

  std::string_view text_;
  bool python_2_;
  size_t at_ = 0;
  int32_t line_ = 1;
  bool line_done_ = false;
  uint32_t depth_ = 0;         // of brackets
  uint32_t abandoned_ = 0;     // brackets and strings that never closed: looking for the end again would be quadratic
  bool no_joining_ = false;    // this line is read again after such: brackets join nothing
  size_t line_begin_ = 0;      // of the logical line
  int32_t line_begin_line_ = 1;
  std::vector<size_t> indents_{0};
  std::vector<Mode> modes_;
  std::vector<Token>* tokens_ = nullptr;
};

}  // namespace winnow::python
