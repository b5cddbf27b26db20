// Configurations of Keras as JSON, YAML, metadata or in HDF5: what they carry is read, run and judged.
#include "records.h"
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::fuzz::whole_scan("config.json", winnow::fuzz::bytes_of(data, size), winnow::Show::decompiled);
  return 0;
}

WINNOW_MUTATE_RECORDS(file.starts_with("\x89HDF") ? &winnow::fuzz::kHdf5Records : nullptr)
