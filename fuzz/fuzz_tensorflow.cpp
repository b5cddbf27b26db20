// TensorFlow's graphs: containers told apart, nodes read, texts folded.
#include "records.h"
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::fuzz::whole_scan("saved_model.pb", winnow::fuzz::bytes_of(data, size));
  return 0;
}

WINNOW_MUTATE_RECORDS(&winnow::fuzz::kProtobufRecords)
