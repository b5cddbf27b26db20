// TensorFlow's graphs: containers told apart, nodes read, texts folded.
#include "records.h"
#include "target.h"
#include "winnow.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::Options options;
  options.jobs = 1;
  options.budget = winnow::fuzz::small_budget();
  (void)winnow::scan("saved_model.pb", winnow::fuzz::bytes_of(data, size), options);
  return 0;
}

WINNOW_MUTATE_RECORDS(&winnow::fuzz::kProtobufRecords)
