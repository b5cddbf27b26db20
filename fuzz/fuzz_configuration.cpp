// Configurations as JSON and YAML: what they call, evaluate, render and refer to.
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::fuzz::whole_scan("config.yaml", winnow::fuzz::bytes_of(data, size), winnow::Show::decompiled);
  return 0;
}
