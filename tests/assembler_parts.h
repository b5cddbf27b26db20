// What the files of the assembler share. Its input is ours, so it recurses and throws AssemblyError
// inside; assemble() turns that into a Result.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::test {

struct AssemblyError {
  uint64_t line;
  std::string what;
};

enum class TokenKind { word, string, open, close, newline, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  // of a string: the bytes it stands for
  uint64_t line = 0;
};

// The value of `key=value`: a word, a string or the bytes of a block.
struct Option {
  std::string text;
  uint64_t line = 0;
  uint64_t number() const;
};
using Options = std::map<std::string, Option, std::less<>>;

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& peek() const { return tokens_[at_]; }
  Token next() { return tokens_[peek().kind == TokenKind::end ? at_ : at_++]; }
  void skip_newlines() {
    while (peek().kind == TokenKind::newline) ++at_;
  }
  [[noreturn]] void fail(const std::string& what) const { throw AssemblyError{peek().line, what}; }

  // Statements up to the closing brace (or the end of the input at the top).
  std::string statements(TokenKind end);
  std::string block();  // { statements }
  std::string statement();

  // A string, or a statement whose bytes are taken: `base64 { ... }`.
  std::string argument();
  uint64_t number();
  Options options();  // key=value up to the end of the line or a brace
  bool at_block() const { return peek().kind == TokenKind::open; }

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

uint64_t parse_number(std::string_view text, uint64_t line);
std::string little_endian(uint64_t value, size_t size);
std::string big_endian(uint64_t value, size_t size);
std::string base128(uint64_t value);  // seven bits a byte, as protocol buffers write numbers

// Each gives nothing if `word` is not one of its own.
std::optional<std::string> assemble_opcode(Parser&, const std::string& word);
std::optional<std::string> assemble_container(Parser&, const std::string& word);
std::optional<std::string> assemble_codec(Parser&, const std::string& word);

// Raw deflate, for zip members.
std::string deflate(std::string_view data);
uint32_t crc_of(std::string_view data);

}  // namespace winnow::test
