// A Python code object: what marshal, pickle (dill, cloudpickle) or our own compiler of source made. Names are
// views of the input or the heap's arena; constants are values of the same heap (in pickles any value, a
// callable too).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/value.h"

namespace winnow {

namespace ir { struct Body; }

// A CPython minor version: {3, 11}. The instruction set, the layout of code objects and the compiler's habits
// follow from it.
struct PythonVersion {
  uint8_t major = 3;
  uint8_t minor = 0;
  auto operator<=>(const PythonVersion&) const = default;
};

struct CodeObject {
  enum Flag : uint32_t {
    kOptimized = 0x1, kNewLocals = 0x2, kVarArgs = 0x4, kVarKeywords = 0x8, kNested = 0x10, kGenerator = 0x20,
    kNoFree = 0x40, kCoroutine = 0x80, kIterableCoroutine = 0x100, kAsyncGenerator = 0x200,
    // 2.7 and 3.x below 3.9: 0x1000 .. 0x80000; later 0x20000 .. 0x1000000
    kHasDocstring = 0x4000000, kMethod = 0x8000000,  // 3.14 (has docstring), 3.14 (method)
  };
  enum Local : uint8_t {  // of 3.11's localspluskinds
    kArgPositional = 0x02, kArgKeyword = 0x04, kArgVar = 0x08,  // 3.14
    kHidden = 0x10, kLocal = 0x20, kCell = 0x40, kFree = 0x80,
  };

  PythonVersion version;
  uint32_t argcount = 0;  // positional, with the positional-only ones
  uint32_t posonlyargcount = 0, kwonlyargcount = 0;
  uint32_t nlocals = 0, stacksize = 0, flags = 0;
  std::string_view code;  // the instructions
  std::vector<Value> consts;
  std::vector<std::string_view> names;
  std::vector<std::string_view> varnames, cellvars, freevars;
  std::vector<std::string_view> localsplusnames;  // 3.11 and later: what fast indices refer to
  std::vector<uint8_t> localspluskinds;
  std::string_view name, qualname, filename;
  int32_t firstlineno = 0;
  std::string_view linetable;  // lnotab before 3.10
  std::string_view exceptiontable;
  uint64_t offset = 0;  // of the code object in its artifact
  uint32_t artifact = 0;  // of the trace, where code of several files runs; 0: wherever the program stands
  // The instructions as IR: set by what compiled source, or by the first lifting. Null: not lifted yet.
  // The instructions as IR, once they were lifted or came of compiled source; a memo: changes nothing of the code.
  mutable std::shared_ptr<const ir::Body> body;
};

}  // namespace winnow
