#include "code/python/source_text.h"

#include <algorithm>
#include <charconv>

#include "code/python/print_literals.h"

namespace winnow::python {
namespace {

struct Charset {
  std::string_view name;
  Letters letters;
};

#include "code/python/charset_tables.inc"

bool is_coding_character(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' || c == '.';
}

// The name in a coding comment, which stands in one of the first two lines.
std::string_view coding_name(std::string_view text) {
  for (int line = 0; line < 2; line++) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view row = text.substr(0, end);
    const size_t begin = row.find_first_not_of(" \t\f");
    if (begin != row.npos && row[begin] != '#') return {};
    for (size_t at = row.find("coding"); begin != row.npos && at != row.npos; at = row.find("coding", at + 1)) {
      size_t from = at + 6;
      if (from >= row.size() || (row[from] != ':' && row[from] != '=')) continue;
      from = row.find_first_not_of(" \t", from + 1);
      if (from == row.npos) continue;
      size_t to = from;
      while (to < row.size() && is_coding_character(row[to])) to++;
      if (to > from) return row.substr(from, to - from);
    }
    if (end == text.size()) return {};
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return {};
}

// Lower case, - for all that stands between words.
std::string canonical(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '_' || c == '.' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return out;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), name) != words.end();
}

bool begins_with(std::string_view name, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return name.starts_with(word); });
}

// One of the charsets by the names that Python has for it; null for others.
const Letters* letters_of(std::string name) {
  const auto renamed = [&](std::string_view from, std::string_view to) {
    if (name.starts_with(from)) name = std::string(to) + name.substr(from.size());
  };
  if (is_one_of(name, {"l1", "latin", "latin1", "latin-1", "iso-latin-1", "8859", "iso8859"}) ||
      begins_with(name, {"latin-1-", "iso-8859-1-", "iso-latin-1-"})) {
    name = "iso8859-1";
  }
  renamed("windows-", "cp");
  renamed("ibm", "cp");
  renamed("iso-8859-", "iso8859-");
  renamed("iso8859_", "iso8859-");
  renamed("koi8r", "koi8-r");
  renamed("macroman", "mac-roman");
  renamed("macintosh", "mac-roman");
  renamed("tis620", "tis-620");
  for (const Charset& charset : kCharsets) {
    if (charset.name == name) return &charset.letters;
  }
  return nullptr;
}

std::string from_letters(std::string_view bytes, const Letters& letters) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    append_utf8(out, byte < 0x80 ? byte : letters[byte - 0x80]);
  }
  return out;
}

// Hexadecimal digits at `at`: true where all `count` are there.
bool hexadecimal(std::string_view bytes, size_t at, size_t count, uint32_t& code) {
  if (at + count > bytes.size()) return false;
  const char* begin = bytes.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + count, code, 16);
  return error == std::errc() && end == begin + count && code <= 0x10ffff;
}

// unicode_escape (all escapes of a string) and raw_unicode_escape (\u and \U).
std::string from_escapes(std::string_view bytes, bool raw) {
  std::string out;
  for (size_t i = 0; i < bytes.size();) {
    const char c = bytes[i];
    const char kind = c == '\\' && i + 1 < bytes.size() ? bytes[i + 1] : '\0';
    const size_t digits = kind == 'u' ? 4 : kind == 'U' ? 8 : kind == 'x' && !raw ? 2 : 0;
    uint32_t code = 0;
    if (digits != 0 && hexadecimal(bytes, i + 2, digits, code)) {
      append_utf8(out, code);
      i += 2 + digits;
      continue;
    }
    constexpr std::string_view kLetters = "abfnrtv\\'\"", kMeant = "\a\b\f\n\r\t\v\\'\"";
    const size_t simple = kind == '\0' || raw ? kLetters.npos : kLetters.find(kind);
    if (simple != kLetters.npos) {
      out += kMeant[simple];
      i += 2;
    } else if (!raw && kind >= '0' && kind <= '7') {
      size_t end = i + 1;
      for (; end < bytes.size() && end < i + 4 && bytes[end] >= '0' && bytes[end] <= '7'; end++) {
        code = code * 8 + static_cast<uint32_t>(bytes[end] - '0');
      }
      append_utf8(out, code);
      i = end;
    } else if (!raw && kind == '\n') {
      i += 2;
    } else {
      append_utf8(out, static_cast<uint8_t>(c));
      i++;
    }
  }
  return out;
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// RFC 2152: +...- holds UTF-16 in base64.
std::string from_utf7(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size();) {
    if (bytes[i] != '+') {
      append_utf8(out, static_cast<uint8_t>(bytes[i++]));
      continue;
    }
    if (++i < bytes.size() && bytes[i] == '-') {
      out += '+';
      i++;
      continue;
    }
    uint32_t held = 0, high = 0;
    unsigned bits = 0;
    for (; i < bytes.size() && base64_value(bytes[i]) >= 0; i++) {
      held = held << 6 | static_cast<uint32_t>(base64_value(bytes[i]));
      bits += 6;
      if (bits < 16) continue;
      bits -= 16;
      const uint32_t unit = held >> bits & 0xffff;
      const bool is_low = unit >= 0xdc00 && unit < 0xe000;
      if (high != 0 && is_low) append_utf8(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
      else if (high != 0) append_utf8(out, high);
      const bool is_high = unit >= 0xd800 && unit < 0xdc00;
      if (!is_high && !(high != 0 && is_low)) append_utf8(out, unit);
      high = is_high ? unit : 0;
    }
    if (high != 0) append_utf8(out, high);
    if (i < bytes.size() && bytes[i] == '-') i++;
  }
  return out;
}

std::string from_rot13(std::string_view bytes) {
  std::string out(bytes);
  for (char& c : out) {
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'z') c = static_cast<char>(c + (lower <= 'm' ? 13 : -13));
  }
  return out;
}

}  // namespace

SourceText decode_source(Heap& heap, std::string_view bytes) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  SourceText source;
  source.text = bytes;
  if (bytes.starts_with(kMark)) {
    source.text.remove_prefix(kMark.size());
    source.skipped = kMark.size();
    return source;
  }
  const std::string coding = canonical(coding_name(bytes));
  if (coding.empty() || is_one_of(coding, {"utf-8", "utf8", "ascii", "us-ascii"}) || coding.starts_with("utf-8-")) {
    return source;
  }
  const auto decoded = [&](const std::string& text) {
    source.text = heap.arena().copy(text);
    source.decoded = true;
  };
  if (is_one_of(coding, {"unicode-escape", "unicodeescape"})) {
    decoded(from_escapes(bytes, false));
  } else if (is_one_of(coding, {"raw-unicode-escape", "rawunicodeescape"})) {
    decoded(from_escapes(bytes, true));
  } else if (is_one_of(coding, {"utf-7", "utf7", "u7", "unicode-1-1-utf-7"})) {
    decoded(from_utf7(bytes));
  } else if (is_one_of(coding, {"rot13", "rot-13"})) {
    decoded(from_rot13(bytes));
  } else {
    const Letters* letters = letters_of(coding);
    // Two bytes a letter, but ASCII stays what it is: only the text of strings is not known then.
    const bool extends_ascii = begins_with(coding, {"euc", "gb", "big5", "shift", "sjis", "cp9", "johab", "ms9", "hkscs"});
    const bool plain = std::none_of(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) != 0; });
    if (plain && (letters != nullptr || extends_ascii)) return source;
    if (letters == nullptr) source.problem = "an encoding that is not read: " + coding;
    if (letters == nullptr) letters = letters_of("iso8859-1");
    decoded(from_letters(bytes, *letters));
    source.letters = letters;
  }
  return source;
}

}  // namespace winnow::python
