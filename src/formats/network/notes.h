// The findings that readers of networks share.
#pragma once

#include <string>

#include "core/scan.h"

namespace winnow::network {

// Something in the network that is not the runtime's own.
struct Note {
  Ruling ruling = Ruling::dismissed;
  Trigger trigger = Trigger::load;
  std::string summary, why;
  std::string callee, code;
  uint64_t offset = 0;
};
void note(Scan& scan, const Artifact& artifact, Note said);

// Nothing in the network is but the runtime's own; `why` says what reads it.
void note_nothing(Scan& scan, const Artifact& artifact, std::string_view why);

// Whether a path that a model gives leads out of its folder.
bool leaves_folder(std::string_view path);

}  // namespace winnow::network
