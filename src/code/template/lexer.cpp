#include "code/template/lexer.h"

#include <cctype>

namespace winnow::jinja {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of other scripts belong to words, as in Python.
bool is_letter(char c) { return c == '_' || std::isalpha(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80; }

// The end of a string that starts at `at` with its quote: behind the closing one, or npos.
size_t string_end(std::string_view text, size_t at) {
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

// Where the tag that opened before `at` closes: strings and brackets inside hide the delimiter.
size_t tag_end(std::string_view text, size_t at, std::string_view closing) {
  int brackets = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (brackets <= 0 && text.substr(at).starts_with(closing)) return at;
    if (c == '"' || c == '\'') {
      const size_t end = string_end(text, at);
      if (end == std::string_view::npos) return text.find(closing, at);
      at = end;
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++brackets;
    if (c == ')' || c == ']' || c == '}') --brackets;
    ++at;
  }
  return std::string_view::npos;
}

bool is_raw_tag(std::string_view content, std::string_view name) {
  while (!content.empty() && is_space(content.front())) content.remove_prefix(1);
  if (!content.starts_with(name)) return false;
  content.remove_prefix(name.size());
  while (!content.empty() && is_space(content.front())) content.remove_prefix(1);
  return content.empty();
}

// Without the marks that trim white space around a tag.
std::string_view without_marks(std::string_view content, uint64_t& offset) {
  if (!content.empty() && (content.front() == '-' || content.front() == '+')) {
    content.remove_prefix(1);
    ++offset;
  }
  if (!content.empty() && (content.back() == '-' || content.back() == '+')) content.remove_suffix(1);
  return content;
}

}  // namespace

Segment Segments::next() {
  if (at_ >= text_.size()) return {};
  for (size_t at = at_;; ++at) {
    at = text_.find('{', at);
    if (at == std::string_view::npos || at + 1 >= text_.size()) at = text_.size();
    const char kind = at < text_.size() ? text_[at + 1] : '{';
    if (at < text_.size() && kind != '{' && kind != '%' && kind != '#') continue;
    if (at > at_) {
      const Segment text{Piece::text, text_.substr(at_, at - at_), at_, true};
      at_ = at;
      return text;
    }
    return tag(at);
  }
}

Segment Segments::tag(size_t at) {
  const char kind = text_[at + 1];
  const std::string_view closing = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
  const size_t end = kind == '#' ? text_.find(closing, at + 2) : tag_end(text_, at + 2, closing);
  Segment out;
  out.piece = kind == '{' ? Piece::expression : kind == '%' ? Piece::statement : Piece::comment;
  out.offset = at + 2;
  out.closed = end != std::string_view::npos;
  const size_t stop = out.closed ? end : text_.size();
  out.content = text_.substr(at + 2, stop - at - 2);
  at_ = out.closed ? end + 2 : text_.size();
  if (kind != '#') out.content = without_marks(out.content, out.offset);
  if (out.piece == Piece::statement && is_raw_tag(out.content, "raw")) return raw(at_);
  return out;
}

Segment Segments::raw(size_t body) {
  for (size_t at = text_.find("{%", body); at != std::string_view::npos; at = text_.find("{%", at + 2)) {
    const size_t end = text_.find("%}", at);
    if (end == std::string_view::npos) break;
    uint64_t offset = 0;
    if (!is_raw_tag(without_marks(text_.substr(at + 2, end - at - 2), offset), "endraw")) continue;
    at_ = end + 2;
    return {Piece::text, text_.substr(body, at - body), body, true};
  }
  at_ = text_.size();
  return {Piece::text, text_.substr(body), body, false};
}

Token Words::second() const {
  size_t at = at_;
  return scan(at);
}

Token Words::scan(size_t& at) const {
  while (at < content_.size() && is_space(content_[at])) ++at;
  Token token;
  token.offset = offset_ + at;
  if (at >= content_.size()) return token;
  const size_t start = at;
  const char c = content_[at];
  if (is_letter(c)) {
    while (at < content_.size() && (is_letter(content_[at]) || is_digit(content_[at]))) ++at;
    token.word = Word::name;
  } else if (is_digit(c)) {
    token.word = Word::integer;
    while (at < content_.size() && (is_letter(content_[at]) || is_digit(content_[at]))) ++at;
    if (at + 1 < content_.size() && content_[at] == '.' && is_digit(content_[at + 1])) {
      token.word = Word::real;
      for (++at; at < content_.size() && (is_digit(content_[at]) || is_letter(content_[at]));) ++at;
    }
    const char last = content_[at - 1];
    if (token.word == Word::real && (last == 'e' || last == 'E') && at < content_.size() && (content_[at] == '-' || content_[at] == '+')) {
      for (++at; at < content_.size() && is_digit(content_[at]);) ++at;
    }
  } else if (c == '"' || c == '\'') {
    const size_t end = string_end(content_, at);
    token.word = end == std::string_view::npos ? Word::bad : Word::string;
    at = end == std::string_view::npos ? content_.size() : end;
  } else {
    static constexpr std::string_view kTwo[] = {"==", "!=", "<=", ">=", "**", "//"};
    token.word = Word::symbol;
    at += 1;
    for (const std::string_view two : kTwo) {
      if (content_.substr(start).starts_with(two)) at = start + 2;
    }
    if (std::string_view("=<>*/+-~%|.,:()[]{}").find(c) == std::string_view::npos && at == start + 1) token.word = Word::bad;
  }
  token.text = content_.substr(start, at - start);
  return token;
}

}  // namespace winnow::jinja
