// ONNX models: messages merged, graphs written out and followed. Bytes without an outer message are the graph's own, so
// that the fuzzer need not find the probe's way each time.
#include "code/graph/onnx_program.h"
#include "code/graph/steering.h"
#include "records.h"
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const winnow::Bytes bytes = winnow::fuzz::bytes_of(data, size);
  winnow::fuzz::whole_scan("model.onnx", bytes);
  const winnow::graph::onnx::Model model = winnow::graph::onnx::read_model(bytes);
  const auto found = winnow::graph::find_steering(winnow::graph::onnx::program_of(model));
  return found.size() == SIZE_MAX ? 1 : 0;
}

WINNOW_MUTATE_RECORDS(&winnow::fuzz::kProtobufRecords)
