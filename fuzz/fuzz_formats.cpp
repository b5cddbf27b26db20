// Descriptions of networks, XML, .mat, .t7, BSON and formats of numbers, each by its first bytes.
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::fuzz::whole_scan("model", winnow::fuzz::bytes_of(data, size));
  return 0;
}
