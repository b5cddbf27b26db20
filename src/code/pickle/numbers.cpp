#include "code/pickle/numbers.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "code/machine/encodings.h"

namespace winnow::pickle {
namespace {

constexpr std::string_view kSpace = " \t\n\r\v\f";

std::string_view stripped(std::string_view text) {
  while (!text.empty() && kSpace.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
  while (!text.empty() && kSpace.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return text;
}

// PyLong_FromString for values that fit; larger ones keep only that they are large.
std::optional<Value> python_integer(Heap& heap, std::string_view text, int base) {
  text = stripped(text.substr(0, text.find('\0')));
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (base == 0) {
    base = 10;
    if (text.size() > 2 && text[0] == '0') {
      const char mark = text[1] | 0x20;
      const int named = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
      if (named != 0) base = named, text.remove_prefix(2);
    }
  }
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  if (digits.empty()) return std::nullopt;
  uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (read.ptr != digits.data() + digits.size()) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range || value > INT64_MAX) {
    return Value::big_integer(heap.arena().copy(digits));
  }
  return Value::integer(negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value));
}

}  // namespace

std::optional<Value> read_int(Heap& heap, std::string_view line) {
  if (line == "00" || line == "01") return Value::boolean(line[1] == '1');
  // strtol takes leading space, a sign, 0x, a leading 0 for octal, and must end at the newline.
  const std::string text(line);
  char* end = nullptr;
  errno = 0;
  const long value = std::strtol(text.c_str(), &end, 0);
  if (errno == 0 && end != text.c_str() && end == text.c_str() + text.size()) {
    if (line.size() == 2 && (value == 0 || value == 1)) return Value::boolean(value == 1);
    return Value::integer(value);
  }
  return python_integer(heap, line, 0);
}

std::optional<Value> read_long(Heap& heap, std::string_view line) {
  if (!line.empty() && line.back() == 'L') line.remove_suffix(1);
  return python_integer(heap, line, 0);
}

std::optional<uint64_t> read_index(std::string_view line) {
  std::string_view text = stripped(line.substr(0, line.find('\0')));
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> read_float(std::string_view line) {
  const std::string text(line.substr(0, line.find('\0')));
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
  return value;
}

Value read_binary_long(std::string_view raw) {
  if (raw.empty()) return Value::integer(0);
  if (raw.size() > 8) return Value::big_integer(raw);
  uint64_t value = (static_cast<unsigned char>(raw.back()) & 0x80) != 0 ? UINT64_MAX : 0;
  for (size_t i = raw.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(raw[i]);
  return Value::integer(static_cast<int64_t>(value));
}

std::optional<std::string> read_string(std::string_view line) {
  if (line.size() < 2 || line.front() != line.back() || (line.front() != '\'' && line.front() != '"')) {
    return std::nullopt;
  }
  return machine::decode_escapes(line.substr(1, line.size() - 2), machine::Escapes::bytes);
}

std::string read_unicode(std::string_view line) {
  // Only \u and \U are escapes here, and only behind an odd number of backslashes; the rest is Latin-1.
  std::string out;
  for (size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    const bool escape = c == '\\' && i + 1 < line.size() && (line[i + 1] == 'u' || line[i + 1] == 'U');
    if (escape) {
      const size_t digits = line[i + 1] == 'u' ? 4 : 8;
      uint32_t code = 0;
      if (i + 2 + digits <= line.size() &&
          std::from_chars(line.data() + i + 2, line.data() + i + 2 + digits, code, 16).ptr == line.data() + i + 2 + digits) {
        machine::append_utf8(out, code);
        i += 1 + digits;
        continue;
      }
    }
    if (c == '\\' && i + 1 < line.size() && line[i + 1] == '\\') {
      out += "\\\\";
      ++i;
      continue;
    }
    machine::append_utf8(out, c);
  }
  return out;
}

}  // namespace winnow::pickle
