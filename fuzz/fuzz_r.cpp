// R's objects: all forms of the serialisation, the evaluator, the parser of texts that are evaluated.
#include "target.h"
#include "winnow.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::Options options;
  options.jobs = 1;
  options.budget = winnow::fuzz::small_budget();
  (void)winnow::scan("model.rds", winnow::fuzz::bytes_of(data, size), options);
  return 0;
}
