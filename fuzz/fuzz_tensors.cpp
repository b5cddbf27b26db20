// safetensors, indices of split weights, MessagePack and skops' schemas: what begins like one of them is read as it.
#include "target.h"
#include "winnow.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::Options options;
  options.jobs = 1;
  options.budget = winnow::fuzz::small_budget();
  (void)winnow::scan("model", winnow::fuzz::bytes_of(data, size), options);
  return 0;
}
