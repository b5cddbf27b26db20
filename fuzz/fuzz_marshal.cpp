// Marshal of every version, compiled modules, code objects without a version, functions as Keras writes them, and
// arguments of CodeType. The first byte says which.
#include "code/bytecode/arguments.h"
#include "code/bytecode/disassemble.h"
#include "code/bytecode/function_text.h"
#include "code/bytecode/pyc.h"
#include "code/bytecode/repair.h"
#include "target.h"

namespace {

using namespace winnow;
using namespace winnow::bytecode;

constexpr size_t kMostText = size_t{1} << 18;

void show(Heap& heap, Value value) {
  if (value.is(Kind::code)) {
    (void)disassemble(heap, value, kMostText);
    (void)instruction_rows(heap, value);
  } else {
    (void)constant_text(heap, value);
  }
  // A tuple may be the arguments of a code object.
  if (!value.is(Kind::tuple)) return;
  const Items items = heap.items(value);
  const auto code = code_from_arguments(heap, {items.data, items.size});
  if (code) (void)disassemble(heap, *code, kMostText);
}

InferOptions small() {
  InferOptions options;
  options.values = 20'000;
  options.codes = 500;
  return options;
}

void read_as(Bytes bytes, PythonVersion version) {
  Heap heap;
  MarshalOptions options;
  options.version = version;
  options.values = small().values;
  options.codes = small().codes;
  const auto found = read_marshal(heap, bytes, options);
  if (found) show(heap, found->value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t mode = data[0] % 32;
  const Bytes bytes = fuzz::bytes_of(data + 1, size - 1);
  Heap heap;
  if (mode == 0) {
    const auto pyc = read_pyc(heap, bytes);
    if (pyc) show(heap, pyc->contents.value);
  } else if (mode == 1) {
    const auto found = infer(heap, bytes, small());
    if (found) show(heap, found->contents.value);
  } else if (mode == 2) {
    const auto found = read_function_text(heap, as_text(bytes), small());
    if (found) show(heap, found->code);
  } else if (mode == 3) {
    if (size < 4096) (void)turn_slashes_back(bytes, small());
  } else if (mode < 20) {
    read_as(bytes, {3, static_cast<uint8_t>(mode - 4)});
  } else {
    read_as(bytes, {2, 7});
  }
  return 0;
}
