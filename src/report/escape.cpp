#include "report/escape.h"

#include <cstdint>
#include <cstdio>

namespace winnow::report {
namespace {

struct Character {
  uint32_t code = 0;
  size_t size = 0;  // in bytes; 0: not UTF-8
};

bool continues(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<uint8_t>(text[at]) & 0xc0) == 0x80;
}

// The character at `at`, by the Unicode Standard's table 3-7: no overlong forms, no surrogates.
Character decode(std::string_view text, size_t at) {
  const auto first = static_cast<uint8_t>(text[at]);
  if (first < 0x80) return {first, 1};
  size_t size = 0;
  uint32_t code = 0;
  if (first >= 0xc2 && first <= 0xdf) size = 2, code = first & 0x1f;
  if (first >= 0xe0 && first <= 0xef) size = 3, code = first & 0x0f;
  if (first >= 0xf0 && first <= 0xf4) size = 4, code = first & 0x07;
  for (size_t i = 1; i < size; ++i) {
    if (!continues(text, at + i)) return {};
    code = code << 6 | (static_cast<uint8_t>(text[at + i]) & 0x3fu);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool no_scalar = (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff;
  return size == 0 || overlong || no_scalar ? Character{} : Character{code, size};
}

void append_hex(std::string& out, const char* form, uint32_t code) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, form, code);
  out += buffer;
}

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// "\x" and two digits stand at `at`.
bool reads_as_escape(std::string_view text, size_t at) {
  return text.size() - at >= 4 && text[at] == '\\' && text[at + 1] == 'x' && is_hex_digit(text[at + 2]) &&
         is_hex_digit(text[at + 3]);
}

// Characters that show nothing of their own but change how others are shown: C0 and C1 controls, marks of
// direction, zero-width characters, line separators, tags.
bool is_unseen(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0xad || code == 0x61c ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
         (code >= 0xe0000 && code <= 0xe007f);
}

template <class Write>
std::string transform(std::string_view text, Write write) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Character character = decode(text, at);
    if (character.size == 0) {
      append_hex(out, "\\x%02x", static_cast<uint8_t>(text[at]));
      at += 1;
    } else {
      write(out, character, at);
      at += character.size;
    }
  }
  return out;
}

}  // namespace

std::string escape_name(std::string_view name) {
  return transform(name, [&](std::string& out, Character character, size_t at) {
    out += reads_as_escape(name, at) ? "\\x5c" : name.substr(at, character.size);
  });
}

std::string escape_prose(std::string_view text) {
  return transform(text, [&](std::string& out, Character character, size_t at) {
    out += text.substr(at, character.size);
  });
}

std::string escape_terminal(std::string_view text) {
  return transform(text, [&](std::string& out, Character character, size_t at) {
    if (character.code == '\t') {
      out += "    ";
    } else if (character.code == '\n') {
      out += "\\n";
    } else if (!is_unseen(character.code)) {
      out += text.substr(at, character.size);
    } else {
      append_hex(out, character.code < 0x100 ? "\\x%02x" : "\\u%04x", character.code);
    }
  });
}

}  // namespace winnow::report
