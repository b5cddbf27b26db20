// Lists of packages to install: requirements.txt and its kin.
#pragma once

#include "core/format.h"

namespace winnow::dependencies {

bool is_list(const Artifact& artifact);
void read_list(Scan& scan, const Artifact& artifact);
inline constexpr Format kDependencies{"dependencies", is_list, read_list};

}  // namespace winnow::dependencies
