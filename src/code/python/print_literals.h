// The spelling of strings, numbers and names, without any tree.
#pragma once

#include <string>
#include <string_view>

#include "core/code_object.h"

namespace winnow::python {

// The four ways to quote, as bits of a set of them.
enum Quote : uint8_t { kSingle = 1, kDouble = 2, kTripleSingle = 4, kTripleDouble = 8, kAnyQuote = 15 };
std::string_view quote_text(Quote quote);

enum class TextKind : uint8_t {
  unicode,  // UTF-8 with surrogates: what is not printable ASCII becomes \x, \u or \U
  bytes,    // becomes \x
};

// Appends the inside of a literal; `quote` is escaped where it would end it. Triple quotes keep newlines.
// `double_braces`: for the text of an f-string.
void escape_text(std::string& out, std::string_view text, TextKind kind, Quote quote, bool double_braces = false);

// The inside of a literal without a single backslash, as f-strings before 3.12 need it for what they nest.
// False (and nothing appended) where the text cannot be written so.
bool plain_text(std::string& out, std::string_view text, TextKind kind, Quote quote);

// Single quotes unless that costs escapes, as repr.
Quote preferred_quote(std::string_view text, uint8_t allowed = kAnyQuote);

// As repr(float), but infinity is 1e309 and NaN (1e309-1e309).
std::string real_text(double value);
// repr of an integer in little-endian two's complement; hexadecimal where decimal would be absurd.
std::string big_integer_text(std::string_view digits);

// The next code point of UTF-8 with surrogates, and how many bytes it takes. A byte that is no UTF-8 is
// given as U+DC00 + byte, as surrogateescape does.
char32_t next_code_point(std::string_view text, size_t at, size_t& length);
void append_utf8(std::string& out, char32_t c);  // surrogates too

}  // namespace winnow::python
