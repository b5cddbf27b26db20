// Pickles in a file or a member: plain ones, PyTorch's legacy streams, joblib's with arrays between the
// opcodes, dill, cloudpickle, Paddle. Code hides in every one of them: unpickling calls what it names.
#pragma once

#include "core/format.h"

namespace winnow::pickle_format {

bool probe(const Artifact&);
void read(Scan&, const Artifact&);

}  // namespace winnow::pickle_format
