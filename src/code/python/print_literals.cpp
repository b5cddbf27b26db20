#include "code/python/print_literals.h"

#include <charconv>
#include <cmath>
#include <vector>

#include "code/python/unicode.h"

namespace winnow::python {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_hex(std::string& out, uint32_t value, int digits) {
  for (int i = digits - 1; i >= 0; i--) out += kHex[value >> (4 * i) & 15];
}

void escape_code_point(std::string& out, char32_t c) {
  if (c < 0x100) {
    out += "\\x";
    append_hex(out, c, 2);
  } else if (c < 0x10000) {
    out += "\\u";
    append_hex(out, c, 4);
  } else {
    out += "\\U";
    append_hex(out, c, 8);
  }
}

bool is_triple(Quote quote) { return quote == kTripleSingle || quote == kTripleDouble; }

}  // namespace

std::string_view quote_text(Quote quote) {
  switch (quote) {
    case kSingle: return "'";
    case kDouble: return "\"";
    case kTripleSingle: return "'''";
    case kTripleDouble: return "\"\"\"";
    case kAnyQuote: break;
  }
  return "'";
}

char32_t next_code_point(std::string_view text, size_t at, size_t& length) {
  const auto byte = [&](size_t i) -> uint32_t {
    return at + i < text.size() ? static_cast<uint8_t>(text[at + i]) : 0;
  };
  const uint32_t first = byte(0);
  length = 1;
  if (first < 0x80) return first;
  const size_t wanted = first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
  if (first >= 0xf8 || wanted == 1) return 0xdc00 + first;
  char32_t c = first & (0xff >> (wanted + 1));
  for (size_t i = 1; i < wanted; i++) {
    if ((byte(i) & 0xc0) != 0x80) return 0xdc00 + first;
    c = c << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (wanted == 3 && c < 0x800) || (wanted == 4 && c < 0x10000);
  if (overlong || c > 0x10ffff) return 0xdc00 + first;
  length = wanted;
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

void escape_text(std::string& out, std::string_view text, TextKind kind, Quote quote, bool double_braces) {
  const char mark = quote_text(quote)[0];
  const bool triple = is_triple(quote);
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<uint8_t>(text[at]);
    if (byte >= 0x80) {
      size_t length = 1;
      if (kind == TextKind::bytes) {
        out += "\\x";
        append_hex(out, byte, 2);
      } else {
        escape_code_point(out, next_code_point(text, at, length));
      }
      at += length;
      continue;
    }
    const char c = text[at++];
    if (c == '\\') {
      out += "\\\\";
    } else if (c == mark) {
      // In triple quotes one that starts another run of three, or the last one, must not stand bare.
      const bool ends = at == text.size() || (at >= 2 && text[at - 2] == mark && at < text.size() && text[at] == mark) ||
                        (at + 1 < text.size() && text[at] == mark && text[at + 1] == mark);
      if (!triple || ends) out += '\\';
      out += c;
    } else if (c == '\n') {
      out += triple && !double_braces ? "\n" : "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      append_hex(out, byte, 2);
    } else {
      if (double_braces && (c == '{' || c == '}')) out += c;
      out += c;
    }
  }
}

bool plain_text(std::string& out, std::string_view text, TextKind kind, Quote quote) {
  const bool triple = is_triple(quote);
  for (size_t at = 0; at < text.size();) {
    size_t length = 1;
    const char32_t c = kind == TextKind::bytes ? static_cast<uint8_t>(text[at]) : next_code_point(text, at, length);
    if (kind == TextKind::bytes && c >= 0x80) return false;
    if (c == '\\' || c == '\r' || c == 0x7f) return false;
    if (c < 0x20 && c != '\t' && !(c == '\n' && triple)) return false;
    if (c >= 0x80 && !is_identifier_continue(c)) return false;  // only letters may stand unescaped
    at += length;
  }
  if (text.find(quote_text(quote)) != text.npos) return false;
  if (triple && !text.empty() && text.back() == quote_text(quote)[0]) return false;
  out += text;
  return true;
}

Quote preferred_quote(std::string_view text, uint8_t allowed) {
  if ((allowed & (kSingle | kDouble)) == 0) return (allowed & kTripleDouble) != 0 ? kTripleDouble : kTripleSingle;
  if ((allowed & kSingle) == 0) return kDouble;
  if ((allowed & kDouble) == 0) return kSingle;
  return text.find('\'') != text.npos && text.find('"') == text.npos ? kDouble : kSingle;
}

std::string real_text(double value) {
  if (std::isnan(value)) return "(1e309-1e309)";
  if (std::isinf(value)) return value < 0 ? "-1e309" : "1e309";
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, std::fabs(value), std::chars_format::scientific).ptr;
  const std::string text(digits, static_cast<size_t>(end - digits));
  const size_t e = text.find('e');
  std::string mantissa(text.substr(0, e));
  if (mantissa.size() > 1) mantissa.erase(1, 1);  // the point
  int exponent = std::atoi(text.c_str() + e + 1);
  std::string out = std::signbit(value) ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    out += mantissa[0];
    if (mantissa.size() > 1) out += "." + mantissa.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    exponent = std::abs(exponent);
    return out + (exponent < 10 ? "0" : "") + std::to_string(exponent);
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + mantissa;
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (mantissa.size() <= whole) return out + mantissa + std::string(whole - mantissa.size(), '0') + ".0";
  return out + mantissa.substr(0, whole) + "." + mantissa.substr(whole);
}

std::string big_integer_text(std::string_view digits) {
  std::vector<uint32_t> words((digits.size() + 3) / 4, 0);
  const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
  uint32_t carry = negative ? 1 : 0;
  for (size_t i = 0; i < digits.size(); i++) {
    uint32_t byte = static_cast<uint8_t>(digits[i]);
    if (negative) {
      byte = (byte ^ 0xff) + carry;
      carry = byte >> 8;
      byte &= 0xff;
    }
    words[i / 4] |= byte << (i % 4 * 8);
  }
  if (carry != 0) words.push_back(carry);  // -256 in one byte more than it needs
  while (!words.empty() && words.back() == 0) words.pop_back();
  if (words.empty()) return "0";
  std::string out = negative ? "-" : "";
  constexpr size_t kMostDecimalWords = 66;  // about 640 digits: what Python promises to convert without limit
  if (words.size() > kMostDecimalWords) {
    std::string hex;
    for (size_t i = words.size(); i-- > 0;) append_hex(hex, words[i], 8);
    hex.erase(0, hex.find_first_not_of('0'));
    return out + "0x" + hex;
  }
  std::vector<uint32_t> billions;
  while (!words.empty()) {
    uint64_t rest = 0;
    for (size_t i = words.size(); i-- > 0;) {
      rest = rest << 32 | words[i];
      words[i] = static_cast<uint32_t>(rest / 1'000'000'000);
      rest %= 1'000'000'000;
    }
    billions.push_back(static_cast<uint32_t>(rest));
    while (!words.empty() && words.back() == 0) words.pop_back();
  }
  out += std::to_string(billions.back());
  for (size_t i = billions.size() - 1; i-- > 0;) {
    const std::string part = std::to_string(billions[i]);
    out += std::string(9 - part.size(), '0') + part;
  }
  return out;
}

}  // namespace winnow::python
