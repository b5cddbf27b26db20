// Paths as texts that a file holds.
#pragma once

#include <string_view>

namespace winnow {

// Whether a path leads out of the folder that it is given in, whichever system takes it: absolute, of a home, a drive or
// a share, or by a part "..". Whoever unpacks archives asks containers/paths.h, which says why, and does not know homes.
bool leads_outside(std::string_view path);

}  // namespace winnow
