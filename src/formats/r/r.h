// R's objects: .rds, .RData, .rda, and the parts of .rdx and .rdb, plain or behind a compression that its own format reads.
#pragma once

#include "core/format.h"

namespace winnow::r_format {

bool is_r(const Artifact& artifact);
void read_r(Scan& scan, const Artifact& artifact);
inline constexpr Format kR{"r", is_r, read_r};

bool is_lazy_load(const Artifact& artifact);
void read_lazy_load(Scan& scan, const Artifact& artifact);
inline constexpr Format kLazyLoad{"r-lazyload", is_lazy_load, read_lazy_load};

}  // namespace winnow::r_format
