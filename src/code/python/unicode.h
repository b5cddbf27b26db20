// What Unicode says of identifiers, as Python asks it.
#pragma once

#include <string>
#include <string_view>

namespace winnow::python {

// Of any code point: letters, `_`, and digits and marks behind the first.
bool is_identifier_start(char32_t c);
bool is_identifier_continue(char32_t c);

// Appends what Python's normalisation (NFKC) makes of a letter: 'o' for a mathematical bold fraktur o.
void append_normalised(std::string& out, char32_t c);
bool is_normalised(char32_t c);

// The ASCII characters that Unicode names: what \N{...} can hide a payload with. 0: another character.
char ascii_named(std::string_view name);

}  // namespace winnow::python
