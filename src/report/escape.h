// Text out of hostile files, made safe to put into a report. Names and strings of a model can hold bytes that
// are not UTF-8, terminal escapes, and characters that reorder what a reader sees.
#pragma once

#include <string>
#include <string_view>

namespace winnow::report {

// Valid UTF-8 from which the exact bytes can be had back: a byte that is not UTF-8 becomes the four
// characters \xNN, and so that these mean nothing else, so does a backslash before what would read as x and
// two digits. Everything else stays as it is. For names: paths, members, callables.
std::string escape_name(std::string_view name);

// Valid UTF-8 for sentences and code, where a backslash is already one: only invalid bytes become \xNN.
std::string escape_prose(std::string_view text);

// A finished JSON text that says the same, where what cannot be seen stands as \uXXXX, so that it does nothing on a
// terminal either.
std::string escape_json(std::string json);

// As escape_prose, and nothing in it moves the cursor, colours, rings or reorders: control and format
// characters are spelled out (\x1b, \u202e). Tabs become spaces; line ends are spelled out too.
std::string escape_terminal(std::string_view text);

// As escape_terminal, for the text of an HTML page: markup means nothing in it, and what was spelt out stands in
// <span class="unseen">, so that it can be told from the same characters written by the model.
std::string escape_html(std::string_view text);

// The same for the value of an attribute in double quotes, where no span can stand.
std::string escape_attribute(std::string_view text);

}  // namespace winnow::report
