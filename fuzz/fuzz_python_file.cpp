// Files beside the weights: source, notebooks, lists of packages, scripts. The first byte chooses what the rest is called.
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr const char* kNames[] = {"modeling_x.py", "demo.ipynb", "requirements.txt", "install.sh", "Dockerfile", "environment.yml", "module", "site.pth"};
  if (size == 0) return 0;
  winnow::Budget budget = winnow::fuzz::small_budget();
  budget.code_steps = 50'000;
  winnow::fuzz::whole_scan(kNames[data[0] % 8], winnow::fuzz::bytes_of(data + 1, size - 1), winnow::Show::decompiled, budget);
  return 0;
}
