#include "code/python/unicode.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "code/python/print_literals.h"

namespace winnow::python {
namespace {

struct Range {
  uint32_t first, last;
};
struct Shift {
  uint32_t first, last;
  int32_t by;
};
struct Spelling {
  uint32_t first, at, length;
};

#include "code/python/unicode_tables.inc"

template <class Row, size_t kSize>
const Row* row_at_or_before(const Row (&rows)[kSize], char32_t c) {
  const Row* row = std::upper_bound(std::begin(rows), std::end(rows), c,
                                    [](char32_t point, const Row& r) { return point < r.first; });
  return row == std::begin(rows) ? nullptr : row - 1;
}

template <size_t kSize>
bool contains(const Range (&ranges)[kSize], char32_t c) {
  const Range* range = row_at_or_before(ranges, c);
  return range != nullptr && c <= range->last;
}

bool is_ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

const Shift* shift_of(char32_t c) {
  const Shift* shift = row_at_or_before(kShifted, c);
  return shift != nullptr && c <= shift->last ? shift : nullptr;
}

const Spelling* spelling_of(char32_t c) {
  const Spelling* spelling = row_at_or_before(kSpelled, c);
  return spelling != nullptr && c == spelling->first ? spelling : nullptr;
}

}  // namespace

bool is_identifier_start(char32_t c) { return c < 0x80 ? is_ascii_letter(c) : contains(kStart, c); }

bool is_identifier_continue(char32_t c) {
  return c < 0x80 ? is_ascii_letter(c) || (c >= '0' && c <= '9') : contains(kContinue, c);
}

bool is_normalised(char32_t c) { return c < 0x80 || (shift_of(c) == nullptr && spelling_of(c) == nullptr); }

void append_normalised(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (const Shift* shift = shift_of(c)) {
    append_utf8(out, static_cast<char32_t>(static_cast<int32_t>(c) + shift->by));
  } else if (const Spelling* spelling = spelling_of(c)) {
    for (uint32_t i = 0; i < spelling->length; i++) append_utf8(out, kPool[spelling->at + i]);
  } else {
    append_utf8(out, c);
  }
}

char ascii_named(std::string_view name) {
  struct Named {
    std::string_view name;
    char c;
  };
  static constexpr Named kNames[] = {
      {"SPACE", ' '}, {"EXCLAMATION MARK", '!'}, {"QUOTATION MARK", '"'}, {"NUMBER SIGN", '#'}, {"DOLLAR SIGN", '$'},
      {"PERCENT SIGN", '%'}, {"AMPERSAND", '&'}, {"APOSTROPHE", '\''}, {"LEFT PARENTHESIS", '('},
      {"RIGHT PARENTHESIS", ')'}, {"ASTERISK", '*'}, {"PLUS SIGN", '+'}, {"COMMA", ','}, {"HYPHEN-MINUS", '-'},
      {"FULL STOP", '.'}, {"SOLIDUS", '/'}, {"COLON", ':'}, {"SEMICOLON", ';'}, {"LESS-THAN SIGN", '<'},
      {"EQUALS SIGN", '='}, {"GREATER-THAN SIGN", '>'}, {"QUESTION MARK", '?'}, {"COMMERCIAL AT", '@'},
      {"LEFT SQUARE BRACKET", '['}, {"REVERSE SOLIDUS", '\\'}, {"RIGHT SQUARE BRACKET", ']'},
      {"CIRCUMFLEX ACCENT", '^'}, {"LOW LINE", '_'}, {"GRAVE ACCENT", '`'}, {"LEFT CURLY BRACKET", '{'},
      {"VERTICAL LINE", '|'}, {"RIGHT CURLY BRACKET", '}'}, {"TILDE", '~'}, {"LINE FEED", '\n'}, {"NEW LINE", '\n'},
      {"NULL", '\0'}, {"CARRIAGE RETURN", '\r'}, {"CHARACTER TABULATION", '\t'}, {"DIGIT ZERO", '0'},
      {"DIGIT ONE", '1'}, {"DIGIT TWO", '2'}, {"DIGIT THREE", '3'}, {"DIGIT FOUR", '4'}, {"DIGIT FIVE", '5'},
      {"DIGIT SIX", '6'}, {"DIGIT SEVEN", '7'}, {"DIGIT EIGHT", '8'}, {"DIGIT NINE", '9'},
  };
  std::string upper;
  for (const char c : name) upper += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  for (const auto& [text, c] : kNames) {
    if (upper == text) return c;
  }
  constexpr std::string_view kSmall = "LATIN SMALL LETTER ", kCapital = "LATIN CAPITAL LETTER ";
  if (upper.size() == kSmall.size() + 1 && upper.starts_with(kSmall)) return static_cast<char>(upper.back() | 0x20);
  if (upper.size() == kCapital.size() + 1 && upper.starts_with(kCapital)) return upper.back();
  return 0;
}

}  // namespace winnow::python
