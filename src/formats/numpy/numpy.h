// NumPy's .npy files, versions 1 to 3: a magic, a header that is a Python dict literal, the data. An array
// whose type holds Python objects stores its data as a pickle, which numpy.load(allow_pickle=True) runs.
// Several arrays may stand behind one another. numpy/lib/_format_impl.py
#pragma once

#include "core/format.h"

namespace winnow::numpy {

bool is_npy(const Artifact& artifact);
void read_npy(Scan& scan, const Artifact& artifact);
inline constexpr Format kNpy{"npy", is_npy, read_npy};

}  // namespace winnow::numpy
