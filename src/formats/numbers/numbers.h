// Model formats that hold numbers and names and nothing that runs: XGBoost, LightGBM, CatBoost, MXNet's parameters,
// fastText, RKNN. They are told by their content, looked through for damage, and cleared with
// the reason.
#pragma once

#include "core/format.h"

namespace winnow::numbers {

bool is_numbers(const Artifact& artifact);
void read_numbers(Scan& scan, const Artifact& artifact);
inline constexpr Format kNumbers{"numbers", is_numbers, read_numbers};

}  // namespace winnow::numbers
