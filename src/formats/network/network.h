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

}  // namespace winnow::network
