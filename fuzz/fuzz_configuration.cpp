// Configurations as JSON and YAML: what they call, evaluate, render and refer to.
#include "target.h"
#include "winnow.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::Options options;
  options.jobs = 1;
  options.budget = winnow::fuzz::small_budget();
  options.show = winnow::Show::decompiled;
  (void)winnow::scan("config.yaml", winnow::fuzz::bytes_of(data, size), options);
  return 0;
}
