// Julia's objects in BSON, as BSON.jl writes them (Flux models).
#pragma once

#include "core/format.h"

namespace winnow::julia {

bool is_bson(const Artifact& artifact);
void read_bson(Scan& scan, const Artifact& artifact);
inline constexpr Format kBson{"julia-bson", is_bson, read_bson};

}  // namespace winnow::julia
