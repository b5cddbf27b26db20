// Compiled Python modules (.pyc), and bare marshalled code objects: what `import` or a loader of marshal runs.
// Every byte is code's: the module's top level runs on import, functions when somebody calls them.
#pragma once

#include "core/format.h"

namespace winnow::pyc_format {

bool probe(const Artifact& artifact);
void read(Scan& scan, const Artifact& artifact);

inline constexpr Format kPyc{"pyc", probe, read};

}  // namespace winnow::pyc_format
