#include "code/bytecode/marshal_numbers.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "code/bytecode/marshal.h"

namespace winnow::bytecode {

std::optional<Value> long_from_digits(Arena& arena, std::string_view data, bool negative, Longs longs) {
  const size_t digits = data.size() / 2;
  const size_t size = digits * 15 / 8 + 2;  // the digits, and room for the sign
  char* const out = arena.allocate<char>(size);
  uint64_t pending = 0;
  unsigned bits = 0;
  size_t at = 0;
  for (size_t i = 0; i < digits; ++i) {
    const unsigned digit = static_cast<unsigned char>(data[2 * i]) | static_cast<unsigned>(static_cast<unsigned char>(data[2 * i + 1])) << 8;
    if (digit > 0x7fff || (digit == 0 && i + 1 == digits)) return std::nullopt;
    pending |= uint64_t{digit} << bits;
    for (bits += 15; bits >= 8; bits -= 8, pending >>= 8) out[at++] = static_cast<char>(pending);
  }
  for (; at < size; pending >>= 8) out[at++] = static_cast<char>(pending);
  if (negative) {
    unsigned carry = 1;
    for (size_t i = 0; i < size; ++i) {
      carry += static_cast<unsigned char>(~out[i]);
      out[i] = static_cast<char>(carry);
      carry >>= 8;
    }
  }
  // The shortest form: without bytes that only repeat the sign.
  size_t length = size;
  const char sign = negative && digits > 0 ? '\xff' : '\0';
  while (length > 0 && out[length - 1] == sign && (length == 1 ? sign == 0 : ((out[length - 2] ^ sign) & 0x80) == 0)) --length;
  if (longs == Longs::always_big || length > 8) return Value::big_integer({out, length});
  uint64_t value = sign == 0 ? 0 : UINT64_MAX;
  for (size_t i = length; i-- > 0;) value = value << 8 | static_cast<unsigned char>(out[i]);
  return Value::integer(static_cast<int64_t>(value));
}

std::optional<double> float_from_text(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  double value = 0;
  if (lower == "inf" || lower == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (lower == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    if (lower[0] != '.' && (lower[0] < '0' || lower[0] > '9')) return std::nullopt;
    const auto [end, error] = std::from_chars(lower.data(), lower.data() + lower.size(), value);
    if (end != lower.data() + lower.size() || error == std::errc::invalid_argument) return std::nullopt;
    // Within the 255 characters of marshal only an exponent leads out of range; its sign says which way.
    if (error == std::errc::result_out_of_range) value = lower.find("e-") != std::string::npos ? 0 : std::numeric_limits<double>::infinity();
  }
  return negative ? -value : value;
}

bool is_utf8_with_surrogates(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    const unsigned c = byte(i);
    if (c < 0x80) {
      ++i;
      continue;
    }
    const size_t size = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (size == 0 || text.size() - i < size) return false;
    for (size_t k = 1; k < size; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    // No overlong forms, nothing past U+10FFFF.
    if ((c == 0xe0 && byte(i + 1) < 0xa0) || (c == 0xf0 && byte(i + 1) < 0x90) || (c == 0xf4 && byte(i + 1) > 0x8f)) return false;
    i += size;
  }
  return true;
}

}  // namespace winnow::bytecode
