// Numbers, strings and f-strings.
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "code/python/parser.h"
#include "code/python/unicode.h"
#include "code/python/print_literals.h"

namespace winnow::python {
namespace {

constexpr size_t kMostDigits = 100'000;  // of decimal integers, whose conversion is quadratic

// Little-endian two's complement of the magnitude in `words`, as short as it can be.
std::string twos_complement(const std::vector<uint32_t>& words) {
  std::string out;
  for (const uint32_t word : words) {
    for (int i = 0; i < 4; i++) out += static_cast<char>(word >> (8 * i) & 0xff);
  }
  while (!out.empty() && out.back() == 0) out.pop_back();
  if (out.empty() || (out.back() & 0x80) != 0) out += '\0';
  return out;
}

unsigned digit_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

double real_of(const std::string& digits) {
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  (void)end;
  return error == std::errc() ? value : std::strtod(digits.c_str(), nullptr);
}

}  // namespace

Value Parser::integer(std::string_view digits, unsigned base, bool is_long) {
  uint64_t small = 0;
  bool fits = true;
  for (const char c : digits) {
    if (small > (uint64_t{INT64_MAX} - digit_value(c)) / base) {
      fits = false;
      break;
    }
    small = small * base + digit_value(c);
  }
  if (fits && !is_long) return Value::integer(static_cast<int64_t>(small));
  std::vector<uint32_t> words;
  if (base == 10) {
    if (digits.size() > kMostDigits) {
      fail("an integer with more digits than are read");
      return Value::unknown();
    }
    for (size_t i = 0; i < digits.size();) {  // nine digits at a time
      uint64_t carry = 0, scale = 1;
      for (size_t end = std::min(digits.size(), i + 9); i < end; i++) {
        carry = carry * 10 + digit_value(digits[i]);
        scale *= 10;
      }
      for (uint32_t& word : words) {
        const uint64_t sum = word * scale + carry;
        word = static_cast<uint32_t>(sum);
        carry = sum >> 32;
      }
      if (carry != 0) words.push_back(static_cast<uint32_t>(carry));
    }
  } else {
    const unsigned bits = base == 16 ? 4 : base == 8 ? 3 : 1;
    uint64_t held = 0;
    unsigned count = 0;
    for (size_t i = digits.size(); i-- > 0;) {
      held |= uint64_t{digit_value(digits[i])} << count;
      count += bits;
      if (count >= 32) {
        words.push_back(static_cast<uint32_t>(held));
        held >>= 32;
        count -= 32;
      }
    }
    if (count != 0) words.push_back(static_cast<uint32_t>(held));
  }
  return Value::big_integer(tree_.text(twos_complement(words)));
}

Node* Parser::number() {
  Node* node = make(Type::Constant);
  const std::string_view written = text_of(token());
  if (written.size() <= 18 && std::all_of(written.begin(), written.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
      (written[0] != '0' || written.size() == 1)) {
    int64_t value = 0;
    for (const char c : written) value = value * 10 + (c - '0');
    node->value = Value::integer(value);
    advance();
    return node;
  }
  std::string digits;
  for (const char c : written) {
    if (c != '_') digits += static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  bool is_long = false;
  if (digits.back() == 'l') {
    python_2_only();
    is_long = true;
    digits.pop_back();
  }
  unsigned base = 10;
  size_t skip = 0;
  if (digits.size() > 1 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'o' || digits[1] == 'b')) {
    base = digits[1] == 'x' ? 16 : digits[1] == 'o' ? 8 : 2;
    skip = 2;
    if (digits.size() == skip) return fail("a number without digits");
  } else if (digits.find_first_of(".ej") != digits.npos) {
    const bool imaginary = digits.back() == 'j';
    if (imaginary) digits.pop_back();
    const Value real = Value::real(real_of(digits));
    const Value parts[] = {Value::real(0), real};
    node->value = imaginary ? tree_.heap().new_items(Kind::complex, parts, 2) : real;
    advance();
    return node;
  } else if (digits[0] == '0' && digits.find_first_not_of('0') != digits.npos) {
    python_2_only();  // 0777
    base = 8;
    skip = 1;
  }
  for (size_t i = skip; i < digits.size(); i++) {
    if (digit_value(digits[i]) >= base) return fail("a digit that the base does not have");
  }
  node->value = integer(std::string_view(digits).substr(skip), base, is_long);
  if (!failed_) advance();
  return node;
}

// Of Python 2: minus a number as one constant. `is_long`: it is written with an L.
Node* Parser::negative(Node* node, bool is_long) {
  constexpr std::string_view kLeast("\0\0\0\0\0\0\0\x80\0", 9);  // minus it is the least int
  Node* number = node->first;
  const Value value = number->value;
  if (value.is(Kind::integer)) {
    number->value = Value::integer(-value.as_integer());
  } else if (value.is(Kind::real)) {
    number->value = Value::real(-value.as_real());
  } else if (value.is(Kind::complex)) {
    const Items& parts = tree_.heap().items(value);
    const Value negated[] = {parts[0], Value::real(-parts[1].as_real())};
    number->value = tree_.heap().new_items(Kind::complex, negated, 2);
  } else if (value.is(Kind::big_integer) && value.text() == kLeast && !is_long) {
    number->value = Value::integer(INT64_MIN);
  } else if (value.is(Kind::big_integer)) {
    std::string negated;
    unsigned carry = 1;
    for (const char c : value.text()) {
      carry += static_cast<uint8_t>(~c);
      negated += static_cast<char>(carry);
      carry >>= 8;
    }
    number->value = Value::big_integer(tree_.text(negated));
  } else {
    return node;
  }
  number->line = node->line;
  number->offset = node->offset;
  return number;
}

// Adjacent strings are one; with an f-string among them, a JoinedStr.
Node* Parser::strings() {
  const Token begin = token();
  if (begin.kind == Tok::string && peek() != Tok::string && peek() != Tok::fstring_start &&
      (begin.flags & (kEscapes | kBytes)) == 0 && !python_2_) {
    if ((begin.flags & (kRaw | kUnicode)) == (kRaw | kUnicode)) python_2_only();
    Node* node = make(Type::Constant);
    std::string_view text = text_of(begin);
    const size_t quotes = (begin.flags & kTriple) != 0 ? 3 : 1;
    text.remove_prefix(text.find_first_of("'\""));
    node->value = Value::string(text.substr(quotes, text.size() - 2 * quotes));
    advance();
    return node;
  }
  std::string text;
  bool is_unicode = false;
  Node* joined = nullptr;
  bool has_template = false;
  while (!failed_ && (kind() == Tok::string || kind() == Tok::fstring_start)) {
    if (kind() == Tok::string) {
      if (((token().flags & kBytes) != 0) != ((begin.flags & kBytes) != 0) && !python_2_) {
        return fail("bytes and text side by side");
      }
      string_piece(token(), text, is_unicode);
      advance();
      continue;
    }
    if (joined == nullptr) joined = make(Type::JoinedStr, begin);
    const bool is_template = (token().flags & kTemplate) != 0;
    has_template = has_template || is_template;
    advance();
    formatted(joined, text, is_template);
    expect(Tok::fstring_end, "an f-string is never closed");
  }
  if (joined == nullptr) return string_constant(begin, text, is_unicode);
  flush(joined, text, begin);
  if (has_template) joined->type = Type::TemplateStr;
  return joined;
}

Node* Parser::string_constant(const Token& from, std::string_view text, bool is_unicode) {
  Node* node = make(Type::Constant, from);
  node->value = is_unicode ? tree_.heap().new_string(text) : tree_.heap().new_bytes(text);
  return node;
}

// Appends what one string token stands for.
void Parser::string_piece(const Token& token, std::string& text, bool& is_unicode) {
  const uint8_t flags = token.flags;
  std::string_view inside = text_of(token);
  inside.remove_prefix(inside.find_first_of("'\""));
  const size_t quotes = (flags & kTriple) != 0 ? 3 : 1;
  inside = inside.substr(quotes, inside.size() - 2 * quotes);
  const bool here = (flags & kBytes) == 0 && (!python_2_ || options_.unicode_literals || (flags & kUnicode) != 0);
  if ((flags & (kRaw | kUnicode)) == (kRaw | kUnicode)) python_2_only();
  is_unicode = is_unicode || here;
  if (here || letters_ == nullptr) return unescape(text, inside, flags, here, false);
  // Python 2 keeps byte strings in the encoding of the file.
  std::string narrow;
  size_t length = 1;
  for (size_t i = 0; i < inside.size(); i += length) {
    const char32_t c = next_code_point(inside, i, length);
    const auto letter = std::find(std::begin(*letters_), std::end(*letters_), c);
    narrow += static_cast<char>(c < 0x80 ? c : static_cast<char32_t>(letter - std::begin(*letters_) + 0x80));
  }
  unescape(text, tree_.text(narrow), flags, here, false);
}

void Parser::unescape(std::string& out, std::string_view text, uint8_t flags, bool is_unicode, bool braces) {
  if ((flags & kEscapes) == 0) {
    out += text;
    return;
  }
  const bool raw = (flags & kRaw) != 0;
  const bool raw_unicode = raw && python_2_ && is_unicode;  // ur'\u0041' is A all the same
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\r') {
      out += '\n';
      i += i + 1 < text.size() && text[i + 1] == '\n' ? 2 : 1;
    } else if (braces && (c == '{' || c == '}')) {
      out += c;
      i += i + 1 < text.size() && text[i + 1] == c ? 2 : 1;
    } else if (c == '\\' && (!raw || (raw_unicode && i + 1 < text.size() && (text[i + 1] | 0x20) == 'u'))) {
      i = escape(out, text, i, is_unicode);
    } else if (c == '\\' && raw_unicode && i + 1 < text.size()) {
      out += c;  // of two backslashes the second escapes nothing
      if (text[i + 1] == '\\') out += '\\', i++;
      i++;
    } else {
      out += c;
      i++;
    }
  }
}

// Appends what the escape at `at` stands for; the place behind it.
size_t Parser::escape(std::string& out, std::string_view text, size_t at, bool is_unicode) {
  if (at + 1 >= text.size()) {
    out += '\\';
    return at + 1;
  }
  const char c = text[at + 1];
  const auto add = [&](uint32_t code) {
    if (is_unicode) append_utf8(out, code);
    else out += static_cast<char>(code);
  };
  const auto hexadecimal = [&](size_t digits) -> size_t {
    uint32_t code = 0;
    const char* begin = text.data() + at + 2;
    const char* end = text.data() + std::min(text.size(), at + 2 + digits);
    const auto [stop, error] = std::from_chars(begin, end, code, 16);
    if (error != std::errc() || stop != begin + digits || code > 0x10ffff || *begin == '-') {
      note("an escape without its digits", token().begin, token().line);
      out += '\\';
      return at + 1;
    }
    add(code);
    return at + 2 + digits;
  };
  switch (c) {
    case '\n': return at + 2;
    case '\r': return at + (at + 2 < text.size() && text[at + 2] == '\n' ? 3 : 2);
    case '\\': case '\'': case '"': out += c; return at + 2;
    case 'a': out += '\a'; return at + 2;
    case 'b': out += '\b'; return at + 2;
    case 'f': out += '\f'; return at + 2;
    case 'n': out += '\n'; return at + 2;
    case 'r': out += '\r'; return at + 2;
    case 't': out += '\t'; return at + 2;
    case 'v': out += '\v'; return at + 2;
    case 'x': return hexadecimal(2);
    case 'u': if (is_unicode) return hexadecimal(4); break;
    case 'U': if (is_unicode) return hexadecimal(8); break;
    case 'N': {
      if (!is_unicode || at + 2 >= text.size() || text[at + 2] != '{') break;
      const size_t close = text.find_first_of("{}\\", at + 3);
      if (close == text.npos || text[close] != '}') break;
      const std::string_view name = text.substr(at + 3, close - at - 3);
      const char named = ascii_named(name);
      append_utf8(out, named != 0 || name == "NULL" ? static_cast<char32_t>(named) : 0xfffd);
      return close + 1;
    }
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': {
      uint32_t code = 0;
      size_t i = at + 1;
      for (; i < text.size() && i < at + 4 && text[i] >= '0' && text[i] <= '7'; i++) {
        code = code * 8 + static_cast<uint32_t>(text[i] - '0');
      }
      add(is_unicode ? code : code & 0xff);
      return i;
    }
    default: break;
  }
  out += '\\';
  return at + 1;
}

void Parser::flush(Node* joined, std::string& pending, const Token& from) {
  if (pending.empty()) return;
  tree_.append(joined->items, string_constant(from, pending, true));
  pending.clear();
}

// The inside of an f-string or of a format: text goes to `pending`, fields to `joined`. Stops at what ends it.
void Parser::formatted(Node* joined, std::string& pending, bool is_template) {
  while (!failed_) {
    if (kind() == Tok::fstring_middle) {
      unescape(pending, text_of(token()), token().flags, true, true);
      advance();
    } else if (kind() == Tok::lbrace) {
      const Token begin = token();
      Node* value = field(is_template, pending);  // a debug field ({x=}) adds its own text in front
      if (failed_) return;
      flush(joined, pending, begin);
      tree_.append(joined->items, value);
    } else {
      return;
    }
  }
}

Node* Parser::field(bool is_template, std::string& pending) {
  const Depth depth(*this);
  if (too_deep()) return fail("nested too deeply");
  Node* node = make(is_template ? Type::Interpolation : Type::FormattedValue);
  const uint32_t begin = token().end;
  advance();
  node->number = -1;
  node->first = expressions_or_yield();
  if (failed_) return node;
  if (is_template) node->name = text_.substr(begin, tokens_[at_ - 1].end - begin);
  const bool debug = accept(Tok::equal);
  if (debug) pending += text_.substr(begin, token().begin - begin);
  if (accept(Tok::exclamation)) {
    const std::string_view letter = kind() == Tok::name ? text_of(token()) : std::string_view();
    if (letter != "s" && letter != "r" && letter != "a") return fail("no conversion of f-strings");
    node->number = letter[0];
    advance();
  }
  if (kind() == Tok::colon) {
    const Token colon = token();
    advance();
    node->second = make(Type::JoinedStr, colon);
    std::string text;
    formatted(node->second, text, false);
    flush(node->second, text, colon);
  } else if (debug && node->number == -1) {
    node->number = 'r';
  }
  expect(Tok::rbrace, "a field of an f-string is never closed");
  return node;
}

}  // namespace winnow::python
