// GGUF: the pairs of its header, and the templates among them.
#include "records.h"
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::fuzz::whole_scan("model.gguf", winnow::fuzz::bytes_of(data, size), winnow::Show::decompiled);
  return 0;
}

WINNOW_MUTATE_RECORDS(&winnow::fuzz::kGgufRecords)
