// Runs one pickle on the abstract machine, with the semantics of CPython's C unpickler (Modules/_pickle.c):
// frames are not enforced, integers are read as strtol and PyLong_FromString read them, marks are a stack of
// their own, MEMOIZE numbers by the count of filled slots.
//
// A fault at which CPython raises ends what really runs; everything before it has run. Where reading can go
// on (a missing memo slot, an empty stack) it does, with the events marked `unreached`, so that nothing is
// lost on a loader that is more lenient.
#pragma once

#include <functional>

#include "code/machine/machine.h"
#include "code/pickle/opcodes.h"

namespace winnow::pickle {

struct Outcome {
  uint64_t end = 0;            // offset behind the last opcode read
  bool stopped = false;        // reached STOP
  std::optional<Error> fault;  // the first one
  uint64_t opcodes = 0;
  uint64_t names = 0;          // names loaded
  Value root = Value::unknown();
};

// Loaders that read from the file between opcodes (joblib's arrays): asked after each BUILD for the offset at
// which the pickle goes on, given the offset behind BUILD. Nothing means: there.
using AfterBuild = std::function<std::optional<uint64_t>(machine::Machine&, Value object, uint64_t offset)>;

struct Options {
  AfterBuild after_build;
  bool lenient = true;  // go on behind faults that allow it
};

// Runs the pickle that starts at `start` of `data`. The machine's place names the artifact.
Outcome run(machine::Machine& machine, Bytes data, uint64_t start, const Options& options = {});

// Lets a machine read pickles that its program loads.
void attach(machine::Machine& machine);

// Whether `data` begins with a pickle: it runs to a STOP, or does what only a pickle does before it breaks.
// Cheap: looks at no more than a few thousand opcodes, and executes nothing.
struct Likeness {
  bool pickle = false;
  bool names = false;     // loads names
  bool known = false;     // loads names that knowledge lists
  bool calls = false;     // calls something
  bool stopped = false;
  uint64_t end = 0;       // behind the last opcode looked at
};
Likeness looks_like_pickle(Bytes data);

}  // namespace winnow::pickle
