// ONNX models (ModelProto).
#pragma once

#include "core/format.h"

namespace winnow::onnx_format {

bool is_onnx(const Artifact& artifact);
void read_onnx(Scan& scan, const Artifact& artifact);

inline constexpr Format kOnnx{"onnx", is_onnx, read_onnx};

}  // namespace winnow::onnx_format
