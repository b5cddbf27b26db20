// The pieces of a template: text between tags, and the words inside of them.
#pragma once

#include <cstdint>
#include <string_view>

namespace winnow::jinja {

enum class Piece : uint8_t { text, expression, statement, comment, end };

// One run of text, or one tag without its delimiters.
struct Segment {
  Piece piece = Piece::end;
  std::string_view content;
  uint64_t offset = 0;   // of the content
  bool closed = true;    // the closing delimiter was there
};

// Cuts a template into segments. `raw` blocks come as text.
class Segments {
 public:
  explicit Segments(std::string_view text) : text_(text) {}
  Segment next();

 private:
  Segment tag(size_t at);
  Segment raw(size_t body);

  std::string_view text_;
  size_t at_ = 0;
};

enum class Word : uint8_t { end, name, string, integer, real, symbol, bad };

struct Token {
  Word word = Word::end;
  std::string_view text;  // of a string with its quotes
  uint64_t offset = 0;
  bool is(std::string_view symbol_or_name) const {
    return (word == Word::symbol || word == Word::name) && text == symbol_or_name;
  }
};

// The words of one tag.
class Words {
 public:
  Words(std::string_view content, uint64_t offset) : content_(content), offset_(offset) { advance(); }
  const Token& peek() const { return token_; }
  Token take() {
    const Token taken = token_;
    advance();
    return taken;
  }
  bool accept(std::string_view text) {
    if (!token_.is(text)) return false;
    advance();
    return true;
  }
  bool at_end() const { return token_.word == Word::end; }
  // What stands behind the current word, without taking it.
  Token second() const;

 private:
  void advance() { token_ = scan(at_); }
  Token scan(size_t& at) const;

  std::string_view content_;
  uint64_t offset_;
  size_t at_ = 0;
  Token token_;
};

}  // namespace winnow::jinja
