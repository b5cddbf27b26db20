// Marshalled objects without a magic number: which version of Python wrote them is told by the layout of the code
// objects and by whether their instructions make sense (decode.h). Several versions may be left, which then
// nearly always decode alike (3.6 and 3.7, 3.8 and 3.9, now and then 3.11 and 3.12).
#pragma once

#include "code/bytecode/marshal.h"

namespace winnow::bytecode {

struct InferOptions {
  // What the file claims (Keras' version, the pickle's writer). The attacker may have written it: it decides
  // only between versions that the bytes leave equal.
  std::optional<PythonVersion> prior;
  uint64_t base = 0;                       // added to every offset that is told
  uint64_t values = uint64_t{1} << 23;     // as in MarshalOptions
  uint64_t codes = uint64_t{1} << 17;
};

struct Inferred {
  Unmarshalled contents;                // its code objects carry versions[0]
  std::vector<PythonVersion> versions;  // those that fit best, the likeliest first; never empty
  uint32_t faults = 0;                  // what speaks against versions[0] (Validity::faults, over all code objects)
};

// Errors: those of read_marshal, of the layout that came furthest.
Result<Inferred> infer(Heap& heap, Bytes bytes, const InferOptions& options = {});

// How well the versions of a layout suit code objects that are already there, the likeliest first. `oldest_minor`:
// those before are not considered (0: all).
struct Ranking {
  std::vector<PythonVersion> versions;
  uint32_t faults = 0;
};
Ranking rank_versions(const Heap& heap, std::span<const Value> codes, CodeLayout layout, uint8_t oldest_minor,
                      std::optional<PythonVersion> prior);

}  // namespace winnow::bytecode
