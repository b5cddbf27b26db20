// Scripts for the shell, and Dockerfiles.
#pragma once

#include "core/format.h"

namespace winnow::script {

bool is_script(const Artifact& artifact);
void read_script(Scan& scan, const Artifact& artifact);
inline constexpr Format kScript{"shell-script", is_script, read_script};

}  // namespace winnow::script
