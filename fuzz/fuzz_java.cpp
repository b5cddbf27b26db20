// Java's object streams.
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::fuzz::whole_scan("model.ser", winnow::fuzz::bytes_of(data, size));
  return 0;
}
