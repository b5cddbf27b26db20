// Networks that are described as a list of layers: Core ML, Caffe, MXNet, Paddle and others. Most layers are the
// runtime's own. What is told here are those that bring in something else: Python code by name, classes of the program
// that loads the model, operations that touch files or the network, files elsewhere.
#pragma once

#include "core/format.h"

namespace winnow::network {

bool is_coreml(const Artifact& artifact);
void read_coreml(Scan& scan, const Artifact& artifact);
inline constexpr Format kCoreml{"coreml", is_coreml, read_coreml};

bool is_caffe_text(const Artifact& artifact);
void read_caffe_text(Scan& scan, const Artifact& artifact);
inline constexpr Format kCaffeText{"caffe-prototxt", is_caffe_text, read_caffe_text};

bool is_mxnet(const Artifact& artifact);
void read_mxnet(Scan& scan, const Artifact& artifact);
inline constexpr Format kMxnet{"mxnet-symbol", is_mxnet, read_mxnet};

bool is_paddle(const Artifact& artifact);
void read_paddle(Scan& scan, const Artifact& artifact);
inline constexpr Format kPaddle{"paddle-program", is_paddle, read_paddle};

bool is_paddle_text(const Artifact& artifact);
void read_paddle_text(Scan& scan, const Artifact& artifact);
inline constexpr Format kPaddleText{"paddle-json", is_paddle_text, read_paddle_text};

bool is_tensorrt(const Artifact& artifact);
void read_tensorrt(Scan& scan, const Artifact& artifact);
inline constexpr Format kTensorrt{"tensorrt-plan", is_tensorrt, read_tensorrt};

}  // namespace winnow::network
