#include "code/python/lexer.h"

#include <array>
#include <cstring>

#include "code/python/print_literals.h"
#include "code/python/unicode.h"

namespace winnow::python {
namespace {

constexpr size_t kDeepestIndent = 100;       // as CPython
constexpr size_t kMostTokens = 4'000'000;    // of one logical line: 24 bytes each

enum Class : uint8_t { kOther, kLetter, kDigit, kSpace, kQuote, kHigh };

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> table{};
  for (int c = 'a'; c <= 'z'; c++) table[static_cast<size_t>(c)] = kLetter;
  for (int c = 'A'; c <= 'Z'; c++) table[static_cast<size_t>(c)] = kLetter;
  for (int c = '0'; c <= '9'; c++) table[static_cast<size_t>(c)] = kDigit;
  table['_'] = kLetter;
  table[' '] = table['\t'] = table['\f'] = kSpace;
  table['\''] = table['"'] = kQuote;
  for (size_t c = 0x80; c < 0x100; c++) table[c] = kHigh;
  return table;
}
constexpr auto kClasses = make_classes();

Class class_of(char c) { return static_cast<Class>(kClasses[static_cast<uint8_t>(c)]); }
bool is_name_character(char c) { return class_of(c) == kLetter || class_of(c) == kDigit || class_of(c) == kHigh; }

struct Keyword {
  std::string_view text;
  Tok kind;
};
constexpr Keyword kKeywords[] = {
    {"False", Tok::kw_False}, {"None", Tok::kw_None}, {"True", Tok::kw_True}, {"and", Tok::kw_and},
    {"as", Tok::kw_as}, {"assert", Tok::kw_assert}, {"async", Tok::kw_async}, {"await", Tok::kw_await},
    {"break", Tok::kw_break}, {"class", Tok::kw_class}, {"continue", Tok::kw_continue}, {"def", Tok::kw_def},
    {"del", Tok::kw_del}, {"elif", Tok::kw_elif}, {"else", Tok::kw_else}, {"except", Tok::kw_except},
    {"finally", Tok::kw_finally}, {"for", Tok::kw_for}, {"from", Tok::kw_from}, {"global", Tok::kw_global},
    {"if", Tok::kw_if}, {"import", Tok::kw_import}, {"in", Tok::kw_in}, {"is", Tok::kw_is},
    {"lambda", Tok::kw_lambda}, {"nonlocal", Tok::kw_nonlocal}, {"not", Tok::kw_not}, {"or", Tok::kw_or},
    {"pass", Tok::kw_pass}, {"raise", Tok::kw_raise}, {"return", Tok::kw_return}, {"try", Tok::kw_try},
    {"while", Tok::kw_while}, {"with", Tok::kw_with}, {"yield", Tok::kw_yield},
};

constexpr size_t keyword_slot(std::string_view word) {
  return (static_cast<uint8_t>(word[0]) * 31u + static_cast<uint8_t>(word[1]) * 7u + word.size() * 3u) % 256;
}

// Open addressing over 256 slots; a slot holds an index + 1.
constexpr std::array<uint8_t, 256> make_keyword_table() {
  std::array<uint8_t, 256> table{};
  uint8_t index = 0;
  for (const Keyword& keyword : kKeywords) {
    size_t slot = keyword_slot(keyword.text);
    while (table[slot] != 0) slot = (slot + 1) % 256;
    table[slot] = ++index;
  }
  return table;
}
constexpr auto kKeywordTable = make_keyword_table();

Tok keyword(std::string_view word) {
  if (word.size() < 2 || word.size() > 8) return Tok::name;
  for (size_t slot = keyword_slot(word); kKeywordTable[slot] != 0; slot = (slot + 1) % 256) {
    const Keyword& found = kKeywords[kKeywordTable[slot] - 1];
    if (found.text == word) return found.kind;
  }
  return Tok::name;
}

bool is_name_in_2(Tok kind) {
  return kind == Tok::kw_False || kind == Tok::kw_True || kind == Tok::kw_nonlocal || kind == Tok::kw_async ||
         kind == Tok::kw_await;
}

// Keywords that stand in no bracket: one at the beginning of a line says that a bracket was left open.
bool begins_statement_only(Tok kind) {
  switch (kind) {
    case Tok::kw_def: case Tok::kw_class: case Tok::kw_return: case Tok::kw_while: case Tok::kw_try:
    case Tok::kw_raise: case Tok::kw_assert: case Tok::kw_del: case Tok::kw_pass: case Tok::kw_break:
    case Tok::kw_continue: case Tok::kw_global: case Tok::kw_with: case Tok::kw_import: case Tok::kw_except:
    case Tok::kw_finally: case Tok::kw_elif:
      return true;
    default: return false;
  }
}

}  // namespace

void Lexer::add(Tok kind, size_t begin, size_t end, uint8_t flags) {
  tokens_->push_back({kind, flags, static_cast<uint32_t>(begin), static_cast<uint32_t>(end), line_, nullptr});
}

void Lexer::error(const char* what, size_t begin, size_t end) {
  add(Tok::error, begin, end);
  tokens_->back().what = what;
}

// Moves to the first character of the next line that holds code, whose column it gives (tabs go to the next
// eighth). False at the end of the text.
bool Lexer::skip_blank_lines(size_t& column) {
  while (at_ < text_.size()) {
    column = 0;
    for (; at_ < text_.size(); at_++) {
      const char c = text_[at_];
      if (c == ' ') column++;
      else if (c == '\t') column = (column / 8 + 1) * 8;
      else if (c == '\f') column = 0;
      else break;
    }
    if (at_ >= text_.size()) return false;
    if (text_[at_] == '\\' && (at(at_ + 1) == '\n' || at(at_ + 1) == '\r')) {
      // A continuation line in the indentation: what follows is indented like this.
      const size_t newline = at_ + 1;
      at_ = newline + (at(newline) == '\r' && at(newline + 1) == '\n' ? 2 : 1);
      line_++;
      while (class_of(at(at_)) == kSpace && at_ < text_.size()) at_++;
      if (at(at_) != '\n' && at(at_) != '\r' && at(at_) != '#') return at_ < text_.size();
    }
    if (text_[at_] == '#') {
      while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') at_++;
    }
    if (at_ >= text_.size()) return false;
    if (text_[at_] != '\n' && text_[at_] != '\r') return true;
    at_ += text_[at_] == '\r' && at(at_ + 1) == '\n' ? 2 : 1;
    line_++;
  }
  return false;
}

void Lexer::indentation(size_t column) {
  if (column > indents_.back()) {
    add(Tok::indent, at_, at_);
    if (indents_.size() > kDeepestIndent) error("indented too deeply", at_, at_);
    else indents_.push_back(column);
    return;
  }
  while (column < indents_.back()) {
    indents_.pop_back();
    add(Tok::dedent, at_, at_);
  }
  if (column > indents_.back()) {
    error("this dedent fits no line above", at_, at_);
  }
}

void Lexer::next_line(std::vector<Token>& tokens) {
  tokens.clear();
  tokens_ = &tokens;
  size_t column = 0;
  if (!skip_blank_lines(column)) {
    at_ = text_.size();
    for (; indents_.size() > 1; indents_.pop_back()) add(Tok::dedent, at_, at_);
    add(Tok::end, at_, at_);
    return;
  }
  line_begin_ = at_;
  line_begin_line_ = line_;
  no_joining_ = abandoned_ >= kMostAbandoned;
  indentation(column);
  line_done_ = false;
  depth_ = 0;
  modes_.clear();
  while (!line_done_) {
    if (tokens_->size() > kMostTokens) {
      error("a line with more tokens than are read", at_, at_);
      at_ = text_.size();
      break;
    }
    if (!modes_.empty() && modes_.back().kind != Mode::field) formatted_text();
    else if (!step()) break;
  }
  if (!line_done_) add(Tok::newline, at_, at_);
}

// One token. False at the end of the text.
bool Lexer::step() {
  if (!skip_space()) return false;
  if (line_done_) return true;
  const char c = text_[at_];
  switch (class_of(c)) {
    case kLetter: case kHigh: name(); return true;
    case kDigit: number(); return true;
    case kQuote: string(at_, 0); return true;
    case kSpace: return true;
    case kOther: break;
  }
  if (c == '.' && class_of(at(at_ + 1)) == kDigit) {
    number();
  } else {
    operators();
  }
  return true;
}

// Spaces, comments and the ends of lines. False at the end of the text.
bool Lexer::skip_space() {
  while (true) {
    while (at_ < text_.size() && class_of(text_[at_]) == kSpace) at_++;
    if (at_ >= text_.size()) {
      if (depth_ != 0 || !modes_.empty()) return unfinished("a bracket is never closed");
      return false;
    }
    const char c = text_[at_];
    if (c == '#') {
      while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') at_++;
    } else if (c == '\n' || c == '\r') {
      const size_t size = c == '\r' && at(at_ + 1) == '\n' ? 2 : 1;
      if (depth_ == 0 || no_joining_) {
        end_of_line(size);
        return true;
      }
      at_ += size;
      line_++;
    } else if (c == '\\' && (at(at_ + 1) == '\n' || at(at_ + 1) == '\r')) {
      at_ += at(at_ + 1) == '\r' && at(at_ + 2) == '\n' ? 3 : 2;
      line_++;
    } else {
      return true;
    }
  }
}

void Lexer::end_of_line(size_t size) {
  if (depth_ != 0 || !modes_.empty()) error("a bracket is never closed", at_, at_);
  add(Tok::newline, at_, at_ + size);
  at_ += size;
  line_++;
  line_done_ = true;
}

// The text ended inside brackets or an f-string: the first line of what was opened is all that is given up.
bool Lexer::unfinished(const char* what) {
  abandoned_++;
  size_t end = line_begin_;
  while (end < text_.size() && text_[end] != '\n' && text_[end] != '\r') end++;
  truncate(end, line_begin_line_);
  error(what, end, end);
  modes_.clear();
  depth_ = 0;
  if (end < text_.size()) end_of_line(text_[end] == '\r' && at(end + 1) == '\n' ? 2 : 1);
  else return false;
  return true;
}

// Forgets the tokens that end behind `position` and goes on from there.
void Lexer::truncate(size_t position, int32_t line) {
  while (!tokens_->empty() && tokens_->back().end > position) tokens_->pop_back();
  at_ = position;
  line_ = line;
}

void Lexer::name() {
  const size_t begin = at_;
  uint8_t flags = 0;
  while (at_ < text_.size() && is_name_character(text_[at_])) {
    if (class_of(text_[at_]) != kHigh) {
      at_++;
      continue;
    }
    size_t length = 1;
    const char32_t c = next_code_point(text_, at_, length);
    if (at_ == begin ? !is_identifier_start(c) : !is_identifier_continue(c)) {
      if (at_ != begin) break;
      error("this character belongs to no token", at_, at_ + length);
      at_ += length;
      return;
    }
    flags = kNonAscii;
    at_ += length;
  }
  const std::string_view word = text_.substr(begin, at_ - begin);
  if (word.size() <= 2 && class_of(at(at_)) == kQuote && string_prefix(begin, at_, flags)) return string(begin, flags);
  Tok kind = keyword(word);
  if (python_2_ && is_name_in_2(kind)) kind = Tok::name;
  if (depth_ != 0 && begins_statement_only(kind) && tokens_->back().line != line_ && modes_.empty()) {
    at_ = begin;
    error("a bracket is never closed", begin, begin);
    add(Tok::newline, begin, begin);
    // The line begins again at its own indentation.
    while (at_ > 0 && text_[at_ - 1] != '\n' && text_[at_ - 1] != '\r') at_--;
    line_done_ = true;
    return;
  }
  add(kind, begin, at_, flags);
}

// Digits of any base with underscores, fractions, exponents and the suffixes j and L.
void Lexer::number() {
  const size_t begin = at_;
  const auto digits = [&](auto accepts) {
    while (at_ < text_.size() && (accepts(text_[at_]) || (text_[at_] == '_' && accepts(at(at_ + 1))))) at_++;
  };
  const auto decimal = [](char c) { return c >= '0' && c <= '9'; };
  const auto hexadecimal = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
  };
  const char base = static_cast<char>(at(at_ + 1) | 0x20);
  if (text_[at_] == '0' && (base == 'x' || base == 'o' || base == 'b')) {
    at_ += 2;
    if (base == 'x') digits(hexadecimal);
    else digits(decimal);
  } else {
    digits(decimal);
    if (at(at_) == '.') {
      at_++;
      digits(decimal);
    }
    const size_t sign = at(at_ + 1) == '+' || at(at_ + 1) == '-' ? 1 : 0;
    if ((at(at_) | 0x20) == 'e' && decimal(at(at_ + 1 + sign))) {
      at_ += 1 + sign;
      digits(decimal);
    }
    if ((at(at_) | 0x20) == 'j') at_++;
  }
  if ((at(at_) | 0x20) == 'l' && class_of(at(at_ + 1)) != kLetter) at_++;
  add(Tok::number, begin, at_);
}

size_t Lexer::operator_at(Tok& kind) const {
  const char c = text_[at_], next = at(at_ + 1), third = at(at_ + 2);
  const auto choose = [&](Tok one, Tok with_equal) {
    kind = next == '=' ? with_equal : one;
    return next == '=' ? size_t{2} : size_t{1};
  };
  const auto twice = [&](Tok one, Tok one_equal, Tok two, Tok two_equal) {
    if (next != c) return choose(one, one_equal);
    kind = third == '=' ? two_equal : two;
    return third == '=' ? size_t{3} : size_t{2};
  };
  switch (c) {
    case '(': kind = Tok::lparen; return 1;
    case ')': kind = Tok::rparen; return 1;
    case '[': kind = Tok::lbracket; return 1;
    case ']': kind = Tok::rbracket; return 1;
    case '{': kind = Tok::lbrace; return 1;
    case '}': kind = Tok::rbrace; return 1;
    case ',': kind = Tok::comma; return 1;
    case ';': kind = Tok::semicolon; return 1;
    case '`': kind = Tok::backtick; return 1;
    case '~': kind = Tok::tilde; return 1;
    case ':': return choose(Tok::colon, Tok::walrus);
    case '=': return choose(Tok::equal, Tok::eq);
    case '!': return choose(Tok::exclamation, Tok::ne);
    case '+': return choose(Tok::plus, Tok::plus_equal);
    case '%': return choose(Tok::percent, Tok::percent_equal);
    case '|': return choose(Tok::vbar, Tok::vbar_equal);
    case '^': return choose(Tok::caret, Tok::caret_equal);
    case '&': return choose(Tok::ampersand, Tok::ampersand_equal);
    case '@': return choose(Tok::at, Tok::at_equal);
    case '*': return twice(Tok::star, Tok::star_equal, Tok::double_star, Tok::double_star_equal);
    case '/': return twice(Tok::slash, Tok::slash_equal, Tok::double_slash, Tok::double_slash_equal);
    case '>': return twice(Tok::gt, Tok::ge, Tok::rshift, Tok::rshift_equal);
    case '<':
      if (next == '>') {
        kind = Tok::ne;
        return 2;
      }
      return twice(Tok::lt, Tok::le, Tok::lshift, Tok::lshift_equal);
    case '-':
      if (next == '>') {
        kind = Tok::arrow;
        return 2;
      }
      return choose(Tok::minus, Tok::minus_equal);
    case '.':
      kind = next == '.' && third == '.' ? Tok::ellipsis : Tok::dot;
      return kind == Tok::dot ? 1 : 3;
    default: return 0;
  }
}

void Lexer::operators() {
  Tok kind = Tok::error;
  size_t size = operator_at(kind);
  if (size == 0) {
    size = 1;
    error(text_[at_] == '\0' ? "CPython refuses source with NUL" : "this character belongs to no token", at_, at_ + 1);
    at_++;
    return;
  }
  const bool in_field = !modes_.empty() && modes_.back().kind == Mode::field && modes_.back().depth == depth_;
  if (in_field && kind == Tok::walrus) {  // the format of a field begins at any colon
    kind = Tok::colon;
    size = 1;
  }
  add(kind, at_, at_ + size);
  at_ += size;
  switch (kind) {
    case Tok::lparen: case Tok::lbracket: case Tok::lbrace: depth_++; return;
    case Tok::rparen: case Tok::rbracket:
      if (depth_ != 0 && !in_field) depth_--;
      return;
    case Tok::rbrace:
      if (depth_ != 0) depth_--;
      if (in_field) modes_.pop_back();
      return;
    case Tok::colon:
      if (!in_field) return;
      modes_.push_back({Mode::format, modes_.back().flags, modes_.back().quote, depth_, modes_.back().begin});
      return;
    default: return;
  }
}

}  // namespace winnow::python
