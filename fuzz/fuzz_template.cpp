// Jinja templates, as text and in GGUF: parsed, lowered, run and judged.
#include "target.h"
#include "winnow.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::Options options;
  options.jobs = 1;
  options.budget = winnow::fuzz::small_budget();
  options.show = winnow::Show::decompiled;
  (void)winnow::scan("chat_template.jinja", winnow::fuzz::bytes_of(data, size), options);
  return 0;
}
