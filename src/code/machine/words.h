// Small questions about how names are spelled, shared by the parts of the machine.
#pragma once

#include <string_view>

#include "knowledge/knowledge.h"

namespace winnow::machine {

// The first component without leading underscores: numpy.core._internal._sys is still sys.
inline std::string_view bare(std::string_view component) {
  while (!component.empty() && component.front() == '_') component.remove_prefix(1);
  return component;
}

// Whether the last part of a dotted name is in capitals, after underscores.
inline bool is_class_name(std::string_view canonical) {
  const std::string_view last = bare(canonical.substr(canonical.rfind('.') + 1));
  return !last.empty() && last.front() >= 'A' && last.front() <= 'Z';
}

}  // namespace winnow::machine
