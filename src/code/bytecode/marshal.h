// Python's marshal format, every dialect from 2.7 to 3.15: what `marshal.loads` would build from these bytes,
// as values of a heap. Nothing is executed; code objects become CodeObjects that others lift, show and run.
//
// Read as CPython's Python/marshal.c reads it, errors included: what an interpreter of that version refuses is
// refused, what it accepts is accepted, cycles through containers included. Bytes behind the object are
// ignored, as `loads` does, and told of by `end`.
//
// How Python's types become values:
// - str of 2.7 is Kind::bytes and unicode Kind::string; from 3.0 on bytes and str. Strings are UTF-8 in which
//   surrogates are kept. Names of code objects are views without that distinction;
// - int is Kind::integer where it fits 64 bits, else big_integer; long of 2.7 is always big_integer, so that
//   `1L` can be told from `1`;
// - strings, bytes, code and tables are views of the input where the bytes allow: it must outlive the heap.
#pragma once

#include <optional>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"
#include "core/code_object.h"

namespace winnow::bytecode {

// The fields of a marshalled code object, by the version that introduced them.
enum class CodeLayout : uint8_t {
  python2,      // argcount nlocals stacksize flags ...
  python3_0,    // + kwonlyargcount; 3.0 to 3.7 and the first alphas of 3.8
  python3_8,    // + posonlyargcount
  python3_11,   // no nlocals; localsplus, qualname, exceptiontable
};

CodeLayout layout_of(PythonVersion version);

struct MarshalOptions {
  PythonVersion version;             // whose marshal.loads
  std::optional<CodeLayout> layout;  // set: not the version's own
  uint64_t base = 0;                 // added to every offset that is told
  // Objects and entries of code objects' tables together. Sixteen bytes of memory and more each.
  uint64_t values = uint64_t{1} << 23;
  uint64_t codes = uint64_t{1} << 17;
  // Where set: offsets (without base) of bytes '/' that were read as part of a size, count, index or other
  // number. The last one before a failure is the first suspect of a replaced backslash: see repair.h.
  std::vector<uint64_t>* slashes = nullptr;
};

struct Unmarshalled {
  Value value;
  uint64_t end = 0;          // how many bytes were read
  std::vector<Value> codes;  // every code object, inner ones before those that hold them
  // The oldest minor version of Python 3 whose marshal has all forms that were met: 0, 4, 14 or 15.
  uint8_t oldest_minor = 0;
};

// Errors: truncated; malformed; limit (the budgets above, nesting beyond CPython's 2000). The offset is that of
// the object, or the field of it, that cannot be read.
Result<Unmarshalled> read_marshal(Heap& heap, Bytes bytes, const MarshalOptions& options);

// Gives every one of these code objects another version of the same layout; they are lifted anew.
void set_version(Heap& heap, const std::vector<Value>& codes, PythonVersion version);

// Whether the text is UTF-8 in which lone surrogates are allowed: what a str can be decoded from.
bool is_utf8_with_surrogates(std::string_view text);

}  // namespace winnow::bytecode
