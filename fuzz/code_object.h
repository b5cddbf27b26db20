// A code object around bytes of the fuzzer: the first byte chooses the version, the second says how long the exception
// table is, then come that table and the code.
#pragma once

#include "core/code_object.h"
#include "target.h"

namespace winnow::fuzz {

// `size` is at least two.
inline CodeObject code_object(Heap& heap, const uint8_t* data, size_t size) {
  const uint8_t version = data[0] % 17;
  CodeObject code;
  code.version = version == 16 ? PythonVersion{2, 7} : PythonVersion{3, version};
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
  const std::string_view rest = as_text(bytes_of(data + 2, size - 2));
  code.exceptiontable = rest.substr(0, data[1]);
  code.code = rest.substr(code.exceptiontable.size());
  code.linetable = code.exceptiontable;
  return code;
}

}  // namespace winnow::fuzz
