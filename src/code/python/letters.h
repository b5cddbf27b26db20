// Letters in their cases, and digits of every script, as Python's str knows them. Texts are UTF-8 with surrogates.
#pragma once

#include <string>
#include <string_view>

namespace winnow::python {

enum class Case : uint8_t { lower, upper, title, folded };

// str.lower(), upper(), casefold(); of title() what its first letter becomes. A final sigma is like any other.
std::string in_case(std::string_view text, Case how);
std::string capitalised(std::string_view text);  // str.capitalize()
std::string titled(std::string_view text);       // str.title()
std::string swapped(std::string_view text);      // str.swapcase()

// How many bytes a white space, or a line's end, takes at a place; 0: there is none.
size_t space_at(std::string_view text, size_t at);
size_t line_end_at(std::string_view text, size_t at);

bool is_printable(char32_t c);  // else repr() escapes it

// The text with decimal digits of other scripts as those of ASCII: what int() and float() read.
std::string with_ascii_digits(std::string_view text);

}  // namespace winnow::python
