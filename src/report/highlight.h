// Colours for code in a report: Python as the decompilers print it, and what stands beside it (templates, the trace
// with its <unknown> values). Not a parser: whatever the text is, every byte of it is in exactly one stroke.
#pragma once

#include <string_view>
#include <vector>

namespace winnow::report {

enum class Ink : uint8_t {
  plain,
  keyword,
  constant,     // True, False, None, numbers
  string,
  comment,
  definition,   // the name behind def or class
  placeholder,  // <unknown>, <computed in the model>
  markup,       // {{ }} {% %} of templates
  callee,       // what the evidence is about
};

struct Stroke {
  std::string_view text;  // may hold line ends
  Ink ink = Ink::plain;
};

// `callee`: "os.system"; where it stands in the code it is marked, and so is its last part behind another object.
std::vector<Stroke> highlight(std::string_view code, std::string_view callee);

}  // namespace winnow::report
