// Pickle opcodes under the names that Python's pickletools gives them.
#include <bit>
#include <charconv>

#include "assembler_parts.h"

namespace winnow::test {

namespace {

enum class Argument {
  none,
  u8,
  u16,
  i32,
  u32,
  u64,
  big_endian_double,
  line,       // INT 5, INT "0x10": the text as it stands, then a newline
  long_line,  // LONG 5: the same with an L
  repr_line,  // STRING "os": in single quotes; STRING raw="..." as it stands
  pair,       // GLOBAL "os system"
  bytes1,
  bytes4,
  bytes8,  // a length, then bytes; length=N lies about it
  long1,
  long4,  // LONG1 5, or bytes: LONG1 { hex 05 }
};

struct Opcode {
  const char* name;
  uint8_t code;
  Argument argument;
};

constexpr Opcode kOpcodes[] = {
    {"INT", 'I', Argument::line},
    {"BININT", 'J', Argument::i32},
    {"BININT1", 'K', Argument::u8},
    {"BININT2", 'M', Argument::u16},
    {"LONG", 'L', Argument::long_line},
    {"LONG1", 0x8a, Argument::long1},
    {"LONG4", 0x8b, Argument::long4},
    {"STRING", 'S', Argument::repr_line},
    {"BINSTRING", 'T', Argument::bytes4},
    {"SHORT_BINSTRING", 'U', Argument::bytes1},
    {"BINBYTES", 'B', Argument::bytes4},
    {"SHORT_BINBYTES", 'C', Argument::bytes1},
    {"BINBYTES8", 0x8e, Argument::bytes8},
    {"BYTEARRAY8", 0x96, Argument::bytes8},
    {"NEXT_BUFFER", 0x97, Argument::none},
    {"READONLY_BUFFER", 0x98, Argument::none},
    {"NONE", 'N', Argument::none},
    {"NEWTRUE", 0x88, Argument::none},
    {"NEWFALSE", 0x89, Argument::none},
    {"UNICODE", 'V', Argument::line},
    {"SHORT_BINUNICODE", 0x8c, Argument::bytes1},
    {"BINUNICODE", 'X', Argument::bytes4},
    {"BINUNICODE8", 0x8d, Argument::bytes8},
    {"FLOAT", 'F', Argument::line},
    {"BINFLOAT", 'G', Argument::big_endian_double},
    {"EMPTY_LIST", ']', Argument::none},
    {"APPEND", 'a', Argument::none},
    {"APPENDS", 'e', Argument::none},
    {"LIST", 'l', Argument::none},
    {"EMPTY_TUPLE", ')', Argument::none},
    {"TUPLE", 't', Argument::none},
    {"TUPLE1", 0x85, Argument::none},
    {"TUPLE2", 0x86, Argument::none},
    {"TUPLE3", 0x87, Argument::none},
    {"EMPTY_DICT", '}', Argument::none},
    {"DICT", 'd', Argument::none},
    {"SETITEM", 's', Argument::none},
    {"SETITEMS", 'u', Argument::none},
    {"EMPTY_SET", 0x8f, Argument::none},
    {"ADDITEMS", 0x90, Argument::none},
    {"FROZENSET", 0x91, Argument::none},
    {"POP", '0', Argument::none},
    {"DUP", '2', Argument::none},
    {"MARK", '(', Argument::none},
    {"POP_MARK", '1', Argument::none},
    {"GET", 'g', Argument::line},
    {"BINGET", 'h', Argument::u8},
    {"LONG_BINGET", 'j', Argument::u32},
    {"PUT", 'p', Argument::line},
    {"BINPUT", 'q', Argument::u8},
    {"LONG_BINPUT", 'r', Argument::u32},
    {"MEMOIZE", 0x94, Argument::none},
    {"EXT1", 0x82, Argument::u8},
    {"EXT2", 0x83, Argument::u16},
    {"EXT4", 0x84, Argument::i32},
    {"GLOBAL", 'c', Argument::pair},
    {"STACK_GLOBAL", 0x93, Argument::none},
    {"REDUCE", 'R', Argument::none},
    {"BUILD", 'b', Argument::none},
    {"INST", 'i', Argument::pair},
    {"OBJ", 'o', Argument::none},
    {"NEWOBJ", 0x81, Argument::none},
    {"NEWOBJ_EX", 0x92, Argument::none},
    {"PROTO", 0x80, Argument::u8},
    {"STOP", '.', Argument::none},
    {"FRAME", 0x95, Argument::u64},
    {"PERSID", 'P', Argument::line},
    {"BINPERSID", 'Q', Argument::none},
};

std::string python_repr(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte > 0x7e) {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + "'";
}

// A line of text: the next word or string, as it stands.
std::string plain_line(Parser& parser) {
  const Token token = parser.next();
  if (token.kind != TokenKind::word && token.kind != TokenKind::string) parser.fail("a line is missing");
  return token.text;
}

std::string sized(Parser& parser, size_t width) {
  const Options options = parser.options();
  const std::string data = parser.argument();
  const auto length = options.find("length");
  return little_endian(length == options.end() ? data.size() : length->second.number(), width) + data;
}

// Little-endian two's complement in as few bytes as hold it.
std::string long_bytes(uint64_t value) {
  std::string out;
  auto rest = static_cast<int64_t>(value);
  while (rest != 0 && rest != -1) {
    out += static_cast<char>(rest);
    rest >>= 8;
  }
  const bool negative = static_cast<int64_t>(value) < 0;
  if (negative ? out.empty() || !(out.back() & 0x80) : !out.empty() && (out.back() & 0x80)) {
    out += static_cast<char>(negative ? 0xff : 0);
  }
  return out;
}

std::string sized_long(Parser& parser, size_t width) {
  const Options options = parser.options();
  const bool is_number = parser.peek().kind == TokenKind::word &&
                         parser.peek().text.find_first_not_of("-0123456789abcdefx") == std::string::npos;
  const std::string data = is_number ? long_bytes(parser.number()) : parser.argument();
  const auto length = options.find("length");
  return little_endian(length == options.end() ? data.size() : length->second.number(), width) + data;
}

std::string double_bytes(Parser& parser) {
  const Token token = parser.next();
  double value = 0;
  std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
  return big_endian(std::bit_cast<uint64_t>(value), 8);
}

// "os system" splits at its last space; two strings are taken as they are.
std::string pair(Parser& parser) {
  std::string module = plain_line(parser);
  if (parser.peek().kind == TokenKind::string) return module + "\n" + plain_line(parser) + "\n";
  const size_t space = module.rfind(' ');
  if (space == std::string::npos) parser.fail("module and name are missing: \"os system\"");
  module[space] = '\n';
  return module + "\n";
}

std::string argument_bytes(Parser& parser, Argument kind) {
  switch (kind) {
    case Argument::none: return "";
    case Argument::u8: return little_endian(parser.number(), 1);
    case Argument::u16: return little_endian(parser.number(), 2);
    case Argument::i32:
    case Argument::u32: return little_endian(parser.number(), 4);
    case Argument::u64: return little_endian(parser.number(), 8);
    case Argument::big_endian_double: return double_bytes(parser);
    case Argument::line: return plain_line(parser) + "\n";
    case Argument::long_line: {
      const bool raw = parser.peek().kind == TokenKind::string;
      return plain_line(parser) + (raw ? "\n" : "L\n");
    }
    case Argument::repr_line: {
      const Options options = parser.options();
      if (const auto raw = options.find("raw"); raw != options.end()) return raw->second.text + "\n";
      return python_repr(plain_line(parser)) + "\n";
    }
    case Argument::pair: return pair(parser);
    case Argument::bytes1: return sized(parser, 1);
    case Argument::bytes4: return sized(parser, 4);
    case Argument::bytes8: return sized(parser, 8);
    case Argument::long1: return sized_long(parser, 1);
    case Argument::long4: return sized_long(parser, 4);
  }
  return "";
}

}  // namespace

std::optional<std::string> assemble_opcode(Parser& parser, const std::string& word) {
  for (const Opcode& opcode : kOpcodes) {
    if (word == opcode.name) {
      return std::string(1, static_cast<char>(opcode.code)) + argument_bytes(parser, opcode.argument);
    }
  }
  return std::nullopt;
}

}  // namespace winnow::test
