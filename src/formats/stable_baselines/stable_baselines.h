// The member "data" of Stable-Baselines archives: JSON whose values, where JSON cannot hold them, are pickles
// in base64 under the key ":serialized:". Loading the model unpickles each of them with cloudpickle.
// stable_baselines3/common/save_util.py, json_to_data
#pragma once

#include "core/format.h"

namespace winnow::stable_baselines {

bool is_data(const Artifact& artifact);
void read_data(Scan& scan, const Artifact& artifact);
inline constexpr Format kData{"stable-baselines-data", is_data, read_data};

}  // namespace winnow::stable_baselines
