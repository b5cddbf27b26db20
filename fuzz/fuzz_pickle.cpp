// The pickle reader alone: opcodes, the unpickler on the abstract machine, and the guess whether it is one.
#include <cstdlib>

#include "code/pickle/opcodes.h"
#include "code/pickle/unpickler.h"
#include "core/trace.h"
#include "records.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace winnow;
  const Bytes bytes = fuzz::bytes_of(data, size);
  uint64_t at = 0;
  pickle::Instruction instruction;
  while (pickle::read_instruction(bytes, at, instruction)) {
    if (instruction.next <= at || instruction.next > size) std::abort();
    at = instruction.next;
  }
  if (pickle::looks_like_pickle(bytes).end > size) std::abort();

  Scan scan(fuzz::small_budget());
  Artifact artifact;
  artifact.path = "model.pkl";
  artifact.bytes = bytes;
  scan.artifacts.push_back(artifact);
  Trace trace;
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  pickle::attach(machine);
  if (pickle::run(machine, bytes, 0).end > size) std::abort();
  return 0;
}

WINNOW_MUTATE_RECORDS(&winnow::fuzz::kPickleRecords)
