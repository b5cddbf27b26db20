// The findings that readers of networks share.
#pragma once

#include <string>

#include "core/scan.h"

namespace winnow::network {

inline constexpr const char* kThreat = "custom-operation";

// Nothing in the network is but the runtime's own; `why` says what reads it.
void note_nothing(Scan& scan, const Artifact& artifact, std::string_view why);

// Whether a path that a model gives leads out of its folder.
bool leaves_folder(std::string_view path);

}  // namespace winnow::network
