// Hidden behaviour of chat templates: what the model is told, or told differently, without the user seeing
// it, where words, dates and the like decide. The template need not escape from anything for that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "code/python/ast.h"
#include "code/template/flow.h"

namespace winnow::jinja {

enum class Weight : uint8_t { dismissed, suspected, confirmed };

struct Concern {
  Weight weight = Weight::suspected;
  std::string summary, why;
  std::string code;     // the condition's tag and the text
  uint64_t offset = 0;  // in the template: of the text, or of what is done to the words
};

struct Hidden {
  std::vector<Concern> concerns;  // the worst of each place, in the order of the template
  bool cut_short = false;         // the template is larger than is followed
};

Hidden find_hidden(const python::Node& module, std::string_view source, Inputs inputs);

}  // namespace winnow::jinja
