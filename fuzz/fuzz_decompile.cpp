// The decompiler: from instructions to structured text, with the proof and every fallback.
#include "code_object.h"

#include "code/bytecode/decompile.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace winnow;
  if (size < 2) return 0;
  Heap heap;
  const CodeObject code = fuzz::code_object(heap, data, size);
  (void)bytecode::source_text(bytecode::decompile(heap, code));
  return 0;
}
