#include "formats/archive/torchscript.h"

#include <algorithm>

#include "formats/archive/layout.h"

namespace winnow::archive {
namespace {

constexpr size_t kMostEvidence = 16;

// What only native code of the loader's own process can provide: told, because who deploys the model has to bring it.
void report_foreign(Scan& scan, const Artifact& artifact, const Trace& trace) {
  Finding finding;
  for (const Name& name : trace.heap.names()) {
    const std::string_view full = name.canonical;
    const bool operation = full.starts_with("torch.ops.") && std::count(full.begin(), full.end(), '.') == 3;
    const bool native = full.starts_with("__torch__.torch.classes.") && std::count(full.begin(), full.end(), '.') >= 4;
    if ((!operation && !native) || name.known != nullptr || finding.evidence.size() >= kMostEvidence) continue;
    winnow::Evidence evidence;
    evidence.callee = full;
    evidence.code = full;
    finding.evidence.push_back(std::move(evidence));
  }
  if (finding.evidence.empty()) return;
  finding.threat = "custom-operation";
  finding.ruling = Ruling::dismissed;
  finding.trigger = Trigger::inference;
  finding.summary = "Asks for operators or classes that PyTorch itself does not have.";
  finding.why = "Their code is native and has to be loaded by whoever deploys the model; the archive holds their names only, and does not load without them.";
  scan.finding(artifact, std::move(finding));
}

void report_computing(Scan& scan, const Artifact& artifact) {
  Finding finding;
  finding.threat = "torchscript-operation";
  finding.ruling = Ruling::dismissed;
  finding.trigger = Trigger::inference;
  finding.summary = "Its code only computes.";
  finding.why = "TorchScript can call operators of PyTorch and nothing else; it was run as the loader and a caller would, and none of those that it reaches touches files.";
  scan.finding(artifact, std::move(finding));
}

}  // namespace

namespace {

// TorchScript imports nothing but itself; a source that does is Python, whatever else lies in the archive.
bool is_python(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if ((line.starts_with("import ") || line.starts_with("from ")) && line.find("__torch__") == std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

bool Torchscript::add(std::string_view name, Bytes bytes) {
  const std::string_view base = base_name(name);
  if (base == "data.pkl") archive_.data = bytes;
  if (base == "constants.pkl") archive_.constants = bytes;
  if (base == "bytecode.pkl") {
    archive_.bytecode = bytes;
    bytecode_ = name;
  }
  const bool source = !torchscript::qualifier_of(name).empty();
  if (source) sources_.emplace_back(name, bytes);
  return source && !is_python(as_text(bytes));
}

void Torchscript::run(Scan& scan, const Artifact& artifact) {
  if (sources_.empty() && archive_.bytecode.empty()) return;
  Trace trace;
  trace.dialect = "torchscript";
  trace.threat = "torchscript-operation";
  trace.artifacts.push_back(artifact);
  const auto place = [&](const std::string& member) {
    Artifact part = artifact;
    part.path += "!" + member;
    trace.artifacts.push_back(std::move(part));
    return static_cast<uint32_t>(trace.artifacts.size() - 1);
  };
  for (auto& [name, bytes] : sources_) archive_.sources.push_back({torchscript::qualifier_of(name), bytes, place(name)});
  if (!archive_.bytecode.empty()) archive_.bytecode_artifact = place(bytecode_);
  const size_t before = scan.findings.size();
  machine::Machine machine(scan, trace);
  torchscript::run(machine, archive_);
  trace.finished = true;
  scan.submit(trace);
  report_foreign(scan, artifact, trace);
  if (scan.findings.size() == before) report_computing(scan, artifact);
}

}  // namespace winnow::archive
