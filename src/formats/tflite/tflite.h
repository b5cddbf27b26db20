// Models of TensorFlow Lite (LiteRT).
#pragma once

#include "core/format.h"

namespace winnow::tflite {

bool is_tflite(const Artifact& artifact);
void read_tflite(Scan& scan, const Artifact& artifact);
inline constexpr Format kTflite{"tflite", is_tflite, read_tflite};

}  // namespace winnow::tflite
