// safetensors: a header in JSON and raw numbers behind it. Nothing in it is executed.
#pragma once

#include "core/format.h"

namespace winnow::safetensors {

bool is_safetensors(const Artifact& artifact);
void read_safetensors(Scan& scan, const Artifact& artifact);
inline constexpr Format kSafetensors{"safetensors", is_safetensors, read_safetensors};

}  // namespace winnow::safetensors
