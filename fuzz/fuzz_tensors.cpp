// safetensors, indices of split weights, MessagePack and skops' schemas: what begins like one of them is read as it.
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::fuzz::whole_scan("model", winnow::fuzz::bytes_of(data, size));
  return 0;
}
