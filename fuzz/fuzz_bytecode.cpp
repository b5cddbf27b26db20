// Decoder and lifter. What is lifted without an anomaly must keep the promises of the IR.
#include "code_object.h"

#include <cstdlib>

#include "code/bytecode/lift.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace winnow;
  if (size < 2) return 0;
  Heap heap;
  const CodeObject code = fuzz::code_object(heap, data, size);
  const ir::Body body = bytecode::lift(code, heap);
  const std::string fault = ir::check(body);
  if (body.anomalies.empty() && !fault.empty()) std::abort();
  (void)ir::to_text(body, heap);
  (void)bytecode::lift(code, heap);
  return 0;
}
