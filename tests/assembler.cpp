#include "assembler.h"

#include <charconv>

#include "assembler_parts.h"

namespace winnow::test {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) step();
    add(TokenKind::newline, "");
    add(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  void add(TokenKind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

  void step() {
    const char c = text_[at_];
    if (is_space(c)) {
      ++at_;
    } else if (c == '\n') {
      add(TokenKind::newline, "");
      ++at_;
      ++line_;
    } else if (c == '{' || c == '}') {
      add(c == '{' ? TokenKind::open : TokenKind::close, std::string(1, c));
      ++at_;
    } else if (text_.substr(at_, 2) == "//") {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (c == '"') {
      ++at_;
      add(TokenKind::string, quoted());
    } else {
      std::string word;
      while (at_ < text_.size() && !is_space(text_[at_]) &&
             std::string_view("\n{}\"").find(text_[at_]) == std::string_view::npos) {
        word += text_[at_++];
        if (word.back() == '=') break;
      }
      add(TokenKind::word, word);
    }
  }

  std::string quoted() {
    std::string out;
    for (;;) {
      if (at_ >= text_.size()) throw AssemblyError{line_, "a string has no end"};
      const char c = text_[at_++];
      if (c == '"') return out;
      if (c == '\n') throw AssemblyError{line_, "a string runs past its line"};
      out += c == '\\' ? escape() : c;
    }
  }

  char escape() {
    const char c = at_ < text_.size() ? text_[at_++] : '\0';
    switch (c) {
      case 'n': return '\n';
      case 'r': return '\r';
      case 't': return '\t';
      case '0': return '\0';
      case '\\':
      case '"': return c;
      case 'x':
        if (at_ + 2 <= text_.size() && hex_digit(text_[at_]) >= 0 && hex_digit(text_[at_ + 1]) >= 0) {
          at_ += 2;
          return static_cast<char>(hex_digit(text_[at_ - 2]) * 16 + hex_digit(text_[at_ - 1]));
        }
        break;
      default: break;
    }
    throw AssemblyError{line_, "an escape is none of \\n \\r \\t \\0 \\\\ \\\" \\xNN"};
  }

  std::string_view text_;
  size_t at_ = 0;
  uint64_t line_ = 1;
  std::vector<Token> tokens_;
};

// `hex 80 04 95`: pairs of digits up to the end of the line or a closing brace.
std::string assemble_hex(Parser& parser) {
  std::string out;
  while (parser.peek().kind == TokenKind::word) {
    const Token token = parser.next();
    if (token.text.size() % 2 != 0) throw AssemblyError{token.line, "hex takes pairs of digits"};
    for (size_t i = 0; i < token.text.size(); i += 2) {
      const int high = hex_digit(token.text[i]), low = hex_digit(token.text[i + 1]);
      if (high < 0 || low < 0) throw AssemblyError{token.line, "'" + token.text + "' is not hex"};
      out += static_cast<char>(high * 16 + low);
    }
  }
  return out;
}

// Plain bytes and the functions on blocks that are neither opcodes, codecs nor containers.
std::optional<std::string> assemble_basic(Parser& parser, const std::string& word) {
  if (word == "hex") return assemble_hex(parser);
  if (word == "text") return parser.argument();
  if (word == "pickle" || word == "bytes") return parser.block();
  if (word == "zeros") return std::string(parser.number(), '\0');
  if (word == "u8") return little_endian(parser.number(), 1);
  if (word == "u16") return little_endian(parser.number(), 2);
  if (word == "u32") return little_endian(parser.number(), 4);
  if (word == "u64") return little_endian(parser.number(), 8);
  if (word == "be16") return big_endian(parser.number(), 2);
  if (word == "be32") return big_endian(parser.number(), 4);
  if (word == "be64") return big_endian(parser.number(), 8);
  if (word == "repeat") {
    const uint64_t times = parser.number();
    const std::string once = parser.block();
    std::string out;
    out.reserve(once.size() * times);
    for (uint64_t i = 0; i < times; ++i) out += once;
    return out;
  }
  if (word == "frame") {  // a FRAME that tells the truth
    const std::string inside = parser.block();
    return "\x95" + little_endian(inside.size(), 8) + inside;
  }
  if (word == "field") {  // of a protocol buffer: field NUMBER "text", or a block
    const uint64_t number = parser.number();
    const std::string inside = parser.at_block() ? parser.block() : parser.argument();
    return base128(number << 3 | 2) + base128(inside.size()) + inside;
  }
  if (word == "varint") {  // the same for a number: varint NUMBER VALUE
    const uint64_t number = parser.number();
    return base128(number << 3) + base128(parser.number());
  }
  if (word == "sized64") {  // a little-endian length before the text or block
    const std::string inside = parser.at_block() ? parser.block() : parser.argument();
    return little_endian(inside.size(), 8) + inside;
  }
  if (word == "sized32") {  // a little-endian length before the block
    const std::string inside = parser.block();
    return little_endian(inside.size(), 4) + inside;
  }
  if (word == "first" || word == "without_last") {
    const uint64_t count = parser.number();
    const std::string inside = parser.block();
    if (count > inside.size()) parser.fail(word + " of more bytes than there are");
    return inside.substr(0, word == "first" ? count : inside.size() - count);
  }
  if (word == "patch") {  // patch AT "bytes" { ... }
    const uint64_t at = parser.number();
    const std::string with = parser.argument();
    std::string inside = parser.block();
    if (at + with.size() > inside.size()) parser.fail("patch runs past the block");
    return inside.replace(at, with.size(), with);
  }
  return std::nullopt;
}

}  // namespace

uint64_t parse_number(std::string_view text, uint64_t line) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative ? 1 : 0);
  int base = 10;
  if (digits.starts_with("0x")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.starts_with("0o")) {
    base = 8;
    digits.remove_prefix(2);
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    throw AssemblyError{line, "'" + std::string(text) + "' is not a number"};
  }
  return negative ? ~value + 1 : value;
}

uint64_t Option::number() const { return parse_number(text, line); }

std::string little_endian(uint64_t value, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i) out += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
  return out;
}

std::string base128(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  return out + static_cast<char>(value);
}

std::string big_endian(uint64_t value, size_t size) {
  const std::string little = little_endian(value, size);
  return {little.rbegin(), little.rend()};
}

std::string Parser::statements(TokenKind end) {
  std::string out;
  for (skip_newlines(); peek().kind != end; skip_newlines()) {
    if (peek().kind == TokenKind::end) fail("a block has no end");
    out += statement();
  }
  return out;
}

std::string Parser::block() {
  skip_newlines();
  if (next().kind != TokenKind::open) fail("a block { ... } is missing");
  std::string out = statements(TokenKind::close);
  next();
  return out;
}

std::string Parser::statement() {
  const Token token = next();
  if (token.kind != TokenKind::word) throw AssemblyError{token.line, "a statement starts with a word"};
  for (auto* assemble : {assemble_basic, assemble_opcode, assemble_codec, assemble_container}) {
    if (auto out = assemble(*this, token.text)) return *std::move(out);
  }
  throw AssemblyError{token.line, "'" + token.text + "' is no opcode and no function"};
}

std::string Parser::argument() {
  if (peek().kind == TokenKind::string) return next().text;
  if (peek().kind == TokenKind::open) return block();
  if (peek().kind == TokenKind::word) return statement();
  fail("a string or a block is missing");
}

uint64_t Parser::number() {
  const Token token = next();
  if (token.kind != TokenKind::word) throw AssemblyError{token.line, "a number is missing"};
  return parse_number(token.text, token.line);
}

Options Parser::options() {
  Options out;
  while (peek().kind == TokenKind::word && peek().text.ends_with('=')) {
    const Token key = next();
    const bool is_plain = peek().kind == TokenKind::word || peek().kind == TokenKind::string;
    out[key.text.substr(0, key.text.size() - 1)] = {is_plain ? next().text : block(), key.line};
  }
  return out;
}

Result<std::string> assemble(std::string_view text) {
  try {
    return Parser(Lexer(text).run()).statements(TokenKind::end);
  } catch (const AssemblyError& error) {
    return Error{Fault::malformed, error.line, error.what};
  }
}

}  // namespace winnow::test
