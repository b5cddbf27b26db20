// Decoder and lifter: the first byte chooses the version, the second says how long the exception table is, then
// come that table and the code. What is lifted without an anomaly must keep the promises of the IR.
#include <cstdlib>

#include "code/bytecode/lift.h"
#include "target.h"

namespace {

using namespace winnow;

CodeObject code_object(Heap& heap, PythonVersion version) {
  CodeObject code;
  code.version = version;
  const Value names[] = {Value::string("x"), Value::string("y")};
  const Value tuple = heap.new_items(Kind::tuple, names, 2);
  code.consts = {Value::none(), Value::integer(1), Value::string("x"), tuple, heap.new_items(Kind::tuple, names, 1),
                 heap.new_code({}), Value::bytes("b"), Value::boolean(true)};
  code.names = {"a", "b", "c", "StopAsyncIteration", "__exit__", "d", "e", "f"};
  code.varnames = {"p", "q", "r", "s"};
  code.cellvars = {"s"};
  code.freevars = {"t"};
  code.localsplusnames = {"p", "q", "r", "s", "t"};
  code.localspluskinds = {CodeObject::kLocal, CodeObject::kLocal, CodeObject::kLocal,
                          CodeObject::kLocal | CodeObject::kCell, CodeObject::kFree};
  code.firstlineno = 1;
  code.stacksize = 1u << 20;
  code.nlocals = 4;
  return code;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint8_t version = data[0] % 17;
  Heap heap;
  CodeObject code = code_object(heap, version == 16 ? PythonVersion{2, 7} : PythonVersion{3, version});
  const std::string_view rest = as_text(fuzz::bytes_of(data + 2, size - 2));
  code.exceptiontable = rest.substr(0, data[1]);
  code.code = rest.substr(code.exceptiontable.size());
  code.linetable = code.exceptiontable;
  const ir::Body body = bytecode::lift(code, heap);
  const std::string fault = ir::check(body);
  if (body.anomalies.empty() && !fault.empty()) std::abort();
  (void)ir::to_text(body, heap);
  (void)bytecode::lift(code, heap);
  return 0;
}
