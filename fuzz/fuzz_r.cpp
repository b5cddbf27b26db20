// R's objects: all forms of the serialisation, the evaluator, the parser of texts that are evaluated.
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::fuzz::whole_scan("model.rds", winnow::fuzz::bytes_of(data, size));
  return 0;
}
