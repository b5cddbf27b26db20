// The index beside a model that is split over several files: which file holds which array.
#pragma once

#include "core/format.h"

namespace winnow::weight_index {

bool is_index(const Artifact& artifact);
void read_index(Scan& scan, const Artifact& artifact);
inline constexpr Format kIndex{"weight-index", is_index, read_index};

}  // namespace winnow::weight_index
