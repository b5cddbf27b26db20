// Configurations of Keras as JSON, YAML, metadata or in HDF5: what they carry is read, run and judged.
#include "records.h"
#include "target.h"
#include "winnow.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::Options options;
  options.jobs = 1;
  options.budget = winnow::fuzz::small_budget();
  options.show = winnow::Show::decompiled;
  (void)winnow::scan("config.json", winnow::fuzz::bytes_of(data, size), options);
  return 0;
}

WINNOW_MUTATE_RECORDS(file.starts_with("\x89HDF") ? &winnow::fuzz::kHdf5Records : nullptr)
