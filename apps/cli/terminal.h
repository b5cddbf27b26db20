// What the program knows of the terminal it runs in, and writing to it.
#pragma once

#include <cstdint>
#include <string_view>

namespace winnow::cli {

bool is_terminal(int descriptor);
bool wants_colour();  // of standard output: NO_COLOR (no-color.org) and TERM=dumb say no
uint32_t width();     // of standard output in columns, 100 where it has none

// All of `text`; false when it cannot be written.
bool write_all(int descriptor, std::string_view text);

// "winnow: " and the sentence, to standard error.
void complain(std::string_view sentence);

}  // namespace winnow::cli
