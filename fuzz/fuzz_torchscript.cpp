// TorchScript: the source of one file, on the machine with a pickled object and constants. The input is the source, a NUL,
// the object's pickle, a NUL, and bytecode for phones as a pickle.
#include <algorithm>
#include <string_view>

#include "code/torchscript/archive.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace winnow;
  const std::string_view whole = as_text(fuzz::bytes_of(data, size));
  const size_t first = std::min(whole.find('\0'), whole.size());
  const std::string_view behind = whole.substr(std::min(first + 1, whole.size()));
  const size_t second = std::min(behind.find('\0'), behind.size());
  Scan scan(fuzz::small_budget());
  Artifact artifact;
  artifact.path = "model.pt";
  scan.artifacts.push_back(artifact);
  Trace trace;
  trace.dialect = "torchscript";
  trace.artifacts = {artifact, artifact, artifact};
  torchscript::Archive archive;
  archive.sources.push_back({"__torch__", as_bytes(whole.substr(0, first)), 1});
  archive.data = as_bytes(behind.substr(0, second));
  archive.bytecode = as_bytes(behind.substr(std::min(second + 1, behind.size())));
  archive.bytecode_artifact = 2;
  machine::Machine machine(scan, trace);
  torchscript::run(machine, archive);
  return 0;
}
