// What only the disk can tell of a model's other files: that one of them is a link to somewhere else. A reader sees the
// bytes of one file, the engine knows where it lies.
#pragma once

#include "core/report.h"

namespace winnow::engine {

// Looks at every file that an ONNX model takes tensors from, where both lie on the disk, and tells of links that lead out
// of the model's folder. The cache of the Hugging Face Hub keeps its files as links into a folder of its own: those are
// told of and dismissed. Raises the verdict where there is a reason.
void tell_links(ArtifactReport& report);

}  // namespace winnow::engine
