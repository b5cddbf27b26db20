// Plans of TensorRT (.engine, .plan): kernels for one graphics card, and layers that are made by plugins. Kernels cannot
// reach the machine. Plugins come from libraries that the program has loaded; a plan brings none, but for the lean runtime
// of plans that fit several versions: a native library, which TensorRT loads only where setEngineHostCodeAllowed() says so.
#include "bytes/reader.h"
#include "formats/network/network.h"
#include "formats/network/notes.h"

namespace winnow::network {
namespace {

constexpr uint32_t kLongestNote = 1u << 20;         // the JSON that some exporters put first

bool is_plan(Bytes bytes) {
  const std::string_view text = as_text(bytes).substr(0, 4);
  return text == "ftrt" || text == "ptrt";
}

// Where the plan begins: behind a length and a note in JSON, which Ultralytics writes.
uint64_t start_of(Bytes bytes) {
  if (is_plan(bytes)) return 0;
  Reader reader(bytes);
  const uint32_t size = reader.le<uint32_t>();
  if (size < 2 || size > kLongestNote || reader.u8() != '{' || !is_plan(slice(bytes, uint64_t{4} + size))) return UINT64_MAX;
  return uint64_t{4} + size;
}

}  // namespace

bool is_tensorrt(const Artifact& artifact) {
  return artifact.hint == Hint::none && artifact.bytes.size() > 24 && start_of(artifact.bytes) != UINT64_MAX;
}

void read_tensorrt(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "tensorrt-plan");
  const std::string_view text = as_text(artifact.bytes);
  const uint64_t size = text.size();
  bool told = false;
  if (!scan.step(size / 4096)) return scan.gap(artifact, Fault::limit, 0, "the budget for work is used up");
  for (size_t at = text.find("\x7f" "ELF"); at != std::string_view::npos; at = text.find("\x7f" "ELF", at + 4)) {
    Reader reader(slice(artifact.bytes, at));
    reader.skip(16);
    const uint16_t kind = reader.le<uint16_t>(), machine = reader.le<uint16_t>();
    constexpr uint16_t kCuda = 190;  // kernels are ELF files, too
    if (!reader.ok() || machine == kCuda || kind < 2 || kind > 3) continue;
    told = true;
    scan.note(artifact, kThreat, {Ruling::suspected, Trigger::load, "Carries a native library.",
                          "Machine code for the processor stands in the plan. That is so where it fits several versions of TensorRT, and it runs only where the program allows it.",
                          "IRuntime.deserializeCudaEngine", "<ELF file for machine " + std::to_string(machine) + ">", at});
  }
  if (!told) note_nothing(scan, artifact, "Its kernels run on the graphics card and cannot reach the machine. Plugins are those that the program has loaded.");
}

}  // namespace winnow::network
