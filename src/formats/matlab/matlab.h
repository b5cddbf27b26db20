// MATLAB's .mat files of version 5 (version 7.3 is HDF5, which is read elsewhere).
#pragma once

#include "core/format.h"

namespace winnow::matlab {

bool is_mat(const Artifact& artifact);
void read_mat(Scan& scan, const Artifact& artifact);
inline constexpr Format kMat{"matlab", is_mat, read_mat};

}  // namespace winnow::matlab
