// GGUF: the pairs of its header, and the templates among them.
#include "records.h"
#include "target.h"
#include "winnow.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::Options options;
  options.jobs = 1;
  options.budget = winnow::fuzz::small_budget();
  options.show = winnow::Show::decompiled;
  (void)winnow::scan("model.gguf", winnow::fuzz::bytes_of(data, size), options);
  return 0;
}

WINNOW_MUTATE_RECORDS(&winnow::fuzz::kGgufRecords)
