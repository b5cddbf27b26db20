// The questions that are asked of an ONNX model, one file each.
#pragma once

#include "code/graph/onnx.h"
#include "core/scan.h"

namespace winnow::onnx_format {

// places.cpp: files that tensors take their numbers from.
void find_places(Scan& scan, const Artifact& artifact, const graph::onnx::Model& model);

// operators.cpp: operators that neither ONNX nor the model itself defines, and metadata that loaders evaluate.
void call_operators(Scan& scan, const Artifact& artifact, const graph::onnx::Model& model);
void evaluate_metadata(Scan& scan, const Artifact& artifact, const graph::onnx::Model& model);

// backdoors.cpp: ways through the graph that pass the network by and steer its answer.
void find_backdoors(Scan& scan, const Artifact& artifact, const graph::onnx::Model& model);

// hidden.cpp: what stands where numbers, remarks or nothing are expected.
void find_hidden(Scan& scan, const Artifact& artifact, const graph::onnx::Model& model);

}  // namespace winnow::onnx_format
