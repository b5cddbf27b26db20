// The one list of formats.
#pragma once

#include <span>

#include "core/format.h"

namespace winnow {

// In the order in which an artifact is shown to them. All that recognise it read it.
std::span<const Format> formats();

}  // namespace winnow
