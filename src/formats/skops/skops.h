// schema.json of skops archives: scikit-learn models as a tree of nodes.
#pragma once

#include "core/format.h"

namespace winnow::skops {

bool is_schema(const Artifact& artifact);
void read_schema(Scan& scan, const Artifact& artifact);
inline constexpr Format kSchema{"skops", is_schema, read_schema};

}  // namespace winnow::skops
