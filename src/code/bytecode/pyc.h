// Compiled Python modules: a header of 8 to 16 bytes, and the marshalled code object of the module's top level,
// which `import` runs.
// Source: the history of magic numbers and the header's fields in CPython's Lib/importlib/_bootstrap_external.py
// and PEP 552.
#pragma once

#include "code/bytecode/marshal.h"

namespace winnow::bytecode {

struct PycHeader {
  uint16_t magic = 0;
  PythonVersion version;
  std::optional<CodeLayout> layout;  // of alphas whose code objects are laid out like an older version's
  uint32_t flags = 0;                // 3.7 and later: bit 0 by hash, bit 1 check the source; others are refused
  uint32_t modified = 0;             // seconds since 1970; 0 for hash-based files
  uint32_t source_size = 0;          // 3.3 and later
  uint64_t source_hash = 0;          // of hash-based files
  uint32_t size = 0;                 // of the header
};

struct Pyc {
  PycHeader header;
  Unmarshalled contents;  // value is Kind::code; `end` counts from the start of the file
};

// The CPython minor version whose files begin with this magic number, alphas included; 2.3 and later.
std::optional<PythonVersion> version_of_magic(uint16_t magic);

// Whether a magic number and a code object stand where they should. Cheap.
bool looks_like_pyc(Bytes bytes);

// Errors: truncated, malformed, unsupported (a version that is not read).
Result<PycHeader> read_pyc_header(Bytes bytes);

// Errors: those of the header and of read_marshal, and malformed when the object is not a code object.
// `options.version` and `.layout` are ignored.
Result<Pyc> read_pyc(Heap& heap, Bytes bytes, MarshalOptions options = {});

}  // namespace winnow::bytecode
