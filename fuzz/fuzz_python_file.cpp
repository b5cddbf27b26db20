// Files beside the weights: source, notebooks, lists of packages, scripts. The first byte chooses what the rest is called.
#include "target.h"
#include "winnow.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr const char* kNames[] = {"modeling_x.py", "demo.ipynb", "requirements.txt", "install.sh", "Dockerfile", "environment.yml", "module", "site.pth"};
  if (size == 0) return 0;
  winnow::Options options;
  options.jobs = 1;
  options.budget = winnow::fuzz::small_budget();
  options.budget.code_steps = 50'000;
  options.show = winnow::Show::decompiled;
  (void)winnow::scan(kNames[data[0] % 8], winnow::fuzz::bytes_of(data + 1, size - 1), options);
  return 0;
}
