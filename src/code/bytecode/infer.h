// Marshalled objects without a magic number: which version of Python wrote them is told by the layout of the code
// objects and by whether their instructions make sense (decode.h). Several versions may be left, which then
// nearly always decode alike (3.6 and 3.7, 3.8 and 3.9, now and then 3.11 and 3.12).
#pragma once

#include <span>

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
  // Versions of the same layout that could run the code, too, but read other instructions in it. In what compilers
  // make that is rare (one function in ten of 3.8 to 3.10, whose jumps can be read in bytes and in words, else one in
  // hundreds); in what is made to look harmless it is the trick. Whoever asks what the code could do asks for each
  // (set_version), and does not mind when one of them makes no sense.
  std::vector<PythonVersion> others;
};

// Errors: those of read_marshal, of the layout that came furthest.
Result<Inferred> infer(Heap& heap, Bytes bytes, const InferOptions& options = {});

// How well the versions of one layout suit code objects that are already there.
struct Ranking {
  std::vector<PythonVersion> versions;  // those that fit best, the likeliest first; empty: none is considered
  uint32_t faults = 0;
  std::vector<PythonVersion> others;    // as in Inferred
};
// Whether localspluskinds were read, or made from other tables and so tell nothing of the version.
enum class Kinds : uint8_t { read, made };
struct RankOptions {
  CodeLayout layout = CodeLayout::python3_11;
  uint8_t oldest_minor = 0;  // of Python 3; those before are not considered
  Kinds kinds = Kinds::read;
  std::optional<PythonVersion> prior;
};
Ranking rank_versions(const Heap& heap, std::span<const Value> codes, const RankOptions& options);

}  // namespace winnow::bytecode
