// Jinja templates, as text and in GGUF: parsed, lowered, run and judged.
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  winnow::fuzz::whole_scan("chat_template.jinja", winnow::fuzz::bytes_of(data, size), winnow::Show::decompiled);
  return 0;
}
