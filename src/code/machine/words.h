// Small questions about names and what is known of them, shared by the parts of the machine.
#pragma once

#include <string_view>

#include "knowledge/knowledge.h"

namespace winnow::machine {

// The first component without leading underscores: numpy.core._internal._sys is still sys.
inline std::string_view bare(std::string_view component) {
  while (!component.empty() && component.front() == '_') component.remove_prefix(1);
  return component;
}

inline bool is_trusted(const knowledge::Callable* known) {
  return known != nullptr && (known->effect == knowledge::Effect::pure || known->effect == knowledge::Effect::construct);
}

inline bool is_class_name(std::string_view canonical) {
  const std::string_view last = bare(canonical.substr(canonical.rfind('.') + 1));
  return !last.empty() && last.front() >= 'A' && last.front() <= 'Z';
}

}  // namespace winnow::machine
