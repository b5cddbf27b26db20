#include "report/escape.h"

#include <algorithm>
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

// A line end as in source code, anything else by its number.
void append_spelled(std::string& out, uint32_t code) {
  if (code == '\n') {
    out += "\\n";
  } else {
    append_hex(out, code < 0x100 ? "\\x%02x" : "\\u%04x", code);
  }
}

// One character of a page; what could be markup as an entity.
void append_entity(std::string& out, std::string_view character) {
  switch (character[0]) {
    case '&': out += "&amp;"; return;
    case '<': out += "&lt;"; return;
    case '>': out += "&gt;"; return;
    case '"': out += "&quot;"; return;
    case '\'': out += "&#39;"; return;
    case '`': out += "&#96;"; return;
    default: out += character;
  }
}

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// "\x" and two digits stand at `at`.
bool reads_as_escape(std::string_view text, size_t at) {
  return text.size() - at >= 4 && text[at] == '\\' && text[at + 1] == 'x' && is_hex_digit(text[at + 2]) &&
         is_hex_digit(text[at + 3]);
}

struct Range {
  uint32_t first, last;
};

// Characters that show nothing of their own but change how others are shown, or hide data: C0 and C1 controls, marks
// of direction, zero-width characters and fillers, line separators, variation selectors (not the one that makes an
// emoji of a sign), tags, and what is no character.
constexpr Range kUnseen[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},     {0x115f, 0x1160},
    {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0x2800, 0x2800},
    {0x3164, 0x3164}, {0xfdd0, 0xfdef}, {0xfe00, 0xfe0e}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
    {0xfffe, 0xffff}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool is_unseen(uint32_t code) {
  if (code >= 0x20 && code < 0x7f) return false;
  if (code >= 0x1fffe && (code & 0xfffe) == 0xfffe) return true;
  for (const Range& range : kUnseen) {
    if (code <= range.last) return code >= range.first;
  }
  return false;
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

std::string escape_json(std::string json) {
  if (std::all_of(json.begin(), json.end(), [](char c) { return static_cast<uint8_t>(c) < 0x7f; })) return json;
  return transform(json, [&](std::string& out, Character character, size_t at) {
    if (character.code < 0x7f || !is_unseen(character.code)) {
      out.append(json, at, character.size);
    } else if (character.code < 0x10000) {
      append_hex(out, "\\u%04x", character.code);
    } else {
      append_hex(out, "\\u%04x", 0xd800 + ((character.code - 0x10000) >> 10));
      append_hex(out, "\\u%04x", 0xdc00 + (character.code & 0x3ff));
    }
  });
}

std::string escape_terminal(std::string_view text) {
  return transform(text, [&](std::string& out, Character character, size_t at) {
    if (character.code == '\t') {
      out += "    ";
    } else if (is_unseen(character.code)) {
      append_spelled(out, character.code);
    } else {
      out += text.substr(at, character.size);
    }
  });
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (size_t at = 0; at < text.size();) {
    const Character character = decode(text, at);
    const std::string_view itself = text.substr(at, std::max<size_t>(character.size, 1));
    at += itself.size();
    if (character.size != 0 && !is_unseen(character.code)) {
      append_entity(out, itself);
      continue;
    }
    if (character.code == '\t') {
      out += "    ";
      continue;
    }
    out += "<span class=\"unseen\">";
    if (character.size == 0) {
      append_hex(out, "\\x%02x", static_cast<uint8_t>(itself[0]));
    } else {
      append_spelled(out, character.code);
    }
    out += "</span>";
  }
  return out;
}

std::string escape_attribute(std::string_view text) {
  const std::string safe = escape_terminal(text);
  std::string out;
  for (size_t at = 0; at < safe.size(); ++at) append_entity(out, std::string_view(safe).substr(at, 1));
  return out;
}

}  // namespace winnow::report
