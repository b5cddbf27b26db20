// joblib writes the bytes of arrays between the opcodes of its pickle, behind the BUILD of a wrapper object
// that describes them (joblib/numpy_pickle.py, NumpyArrayWrapper.read_array).
#pragma once

#include <optional>

#include "code/machine/machine.h"

namespace winnow::pickle_format {

// Whether the object is joblib's description of an array that follows in the stream.
bool is_array_wrapper(const machine::Machine& machine, Value object);

// joblib before 0.10 kept arrays in files beside the pickle, named by NDArrayWrapper: a name with a path in it
// makes the loader open a file elsewhere.
void look_at_side_file(Scan& scan, const Artifact& artifact, const machine::Machine& machine, Value object);

// Where the pickle goes on behind the array that stands at `offset`. Nothing means that the description
// cannot be understood. Arrays of objects are pickles of their own and are run.
std::optional<uint64_t> behind_array(machine::Machine& machine, Bytes data, Value wrapper, uint64_t offset);

}  // namespace winnow::pickle_format
