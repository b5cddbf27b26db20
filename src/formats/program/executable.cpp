// A file that is itself a program, and is given as a model. llamafile (Mozilla-Ocho/llamafile) is the known kind: an
// Actually Portable Executable that starts on six operating systems, a zip behind it with weights in GGUF and `.args`, the
// command line that it gives to itself. To use such a model is to run a stranger's machine code, which no loader and no
// scanner of models can vouch for; so it is told as what it is. The weights inside are read like any others.
//
// A program that neither holds a model nor is called one is none of our business.
#include <algorithm>
#include <array>
#include <optional>

#include "containers/program.h"
#include "containers/zip.h"
#include "core/print.h"
#include "formats/program/program.h"
#include "knowledge/knowledge.h"

namespace winnow::program {
namespace {

constexpr size_t kMostSearched = size_t{64} << 20;  // bytes in which weights may begin
constexpr uint64_t kMostArguments = 65536;          // bytes of .args

constexpr std::array<std::string_view, 25> kModelEndings = {
    ".gguf", ".ggml",  ".bin",    ".pt",    ".pth",     ".pkl",     ".pickle", ".joblib", ".onnx",  ".safetensors", ".h5",  ".hdf5", ".keras",
    ".ckpt", ".model", ".tflite", ".npy",   ".npz",     ".msgpack", ".mlmodel", ".pb",    ".nemo",  ".pte",         ".pt2", ".llamafile"};

bool has_model_name(std::string_view path) {
  std::string name(path.substr(path.find_last_of('/') + 1));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::any_of(kModelEndings.begin(), kModelEndings.end(), [&](std::string_view ending) { return std::string_view(name).ends_with(ending); });
}

// Where weights in GGUF begin behind the program, not packed into a zip.
std::optional<uint64_t> find_weights(Bytes bytes) {
  const std::string_view text = as_text(slice(bytes, 0, kMostSearched));
  for (size_t at = text.find("GGUF"); at != std::string_view::npos; at = text.find("GGUF", at + 1)) {
    const std::string_view version = text.substr(at + 4, 4);
    if (version.size() == 4 && version[0] >= 1 && version[0] <= 3 && version.substr(1) == std::string_view("\0\0\0", 3)) return at;
  }
  return std::nullopt;
}

struct Inside {
  bool weights = false, configured = false;
  std::string arguments;
  std::string_view weights_name;
};

Inside look_inside(Scan& scan, Bytes bytes) {
  Inside inside;
  if (!containers::looks_like_zip(bytes)) return inside;
  const containers::Zip zip = containers::read_zip(bytes);
  for (const containers::ZipMember& member : zip.members) {
    if (!scan.step()) break;
    if (member.name.ends_with(".gguf") || member.name.ends_with(".ggml") || member.name.ends_with(".safetensors")) {
      inside.weights = true;
      inside.weights_name = member.name;
    }
    if (member.name != ".args" || member.size > kMostArguments) continue;
    inside.configured = true;
    containers::Limits limits;
    limits.allow = [&scan](uint64_t size) { return scan.inflate(size); };
    inside.arguments = std::string(as_text(containers::open_zip_member(zip, member, limits).bytes));
  }
  return inside;
}

// A sensitive place among the arguments, one of which stands on each line.
const knowledge::Sensitive* sensitive_argument(std::string_view arguments, std::string_view& which) {
  while (!arguments.empty()) {
    const size_t end = std::min(arguments.find('\n'), arguments.size());
    which = arguments.substr(0, end);
    if (const auto* found = knowledge::sensitive_path(which)) return found;
    arguments.remove_prefix(std::min(end + 1, arguments.size()));
  }
  return nullptr;
}

}  // namespace

bool is_executable(const Artifact& artifact) {
  return artifact.depth == 0 && artifact.hint == Hint::none && containers::is_program(artifact.bytes);
}

void read_executable(Scan& scan, const Artifact& artifact) {
  const Inside inside = look_inside(scan, artifact.bytes);
  const auto weights = find_weights(artifact.bytes);
  const bool holds_model = inside.weights || inside.configured || weights;
  if (!holds_model && !has_model_name(artifact.path)) return;
  scan.recognise(artifact, holds_model ? "llamafile" : "program");
  if (weights && !inside.weights) scan.child(artifact, "@" + std::to_string(*weights), slice(artifact.bytes, *weights));
  Finding finding;
  finding.threat = "executable-model";
  finding.ruling = Ruling::suspected;
  finding.trigger = Trigger::inference;
  finding.summary = holds_model ? "This model is a program: it is used by running its machine code." : "This file has the name of a model and is a program.";
  finding.why = holds_model ? "A llamafile carries its own runtime. Its machine code runs with the rights of whoever starts it and is not examined here; the weights inside are read "
                              "like others. Take the weights alone, or a program whose origin you can prove."
                            : "No loader of models reads the executables of an operating system; whoever starts it runs machine code that is not examined here.";
  Evidence evidence;
  evidence.code = "<executable, " + std::to_string(artifact.bytes.size()) + " bytes>";
  finding.evidence.push_back(evidence);
  if (inside.weights) {
    evidence.code = "weights: " + quoted(inside.weights_name, false, 200);
    finding.evidence.push_back(evidence);
  }
  if (!inside.arguments.empty()) {
    evidence.code = ".args: " + quoted(inside.arguments, false, 1000);
    finding.evidence.push_back(evidence);
  }
  std::string_view argument;
  if (const auto* sensitive = sensitive_argument(inside.arguments, argument)) {
    finding.ruling = Ruling::confirmed;
    finding.summary = "This model is a program that gives itself " + quoted(argument, false, 200) + " as an argument.";
    finding.why += " " + std::string(sensitive->why);
  }
  scan.finding(artifact, std::move(finding));
}

}  // namespace winnow::program
