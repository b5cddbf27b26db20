// A compressed stream around one file, as joblib and pandas write pickles and people keep downloads. The
// decoded bytes are the one child; what stands behind the stream is another, which no loader asks for.
#pragma once

#include "core/format.h"

namespace winnow::compressed {

bool is_compressed(const Artifact& artifact);
void read_compressed(Scan& scan, const Artifact& artifact);
inline constexpr Format kCompressed{"compressed", is_compressed, read_compressed};

}  // namespace winnow::compressed
