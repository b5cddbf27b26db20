// Reads an ExecuTorch program: a flat buffer with plans, each with a list of operators by name and delegates by name, and
// segments of data behind it. The runtime looks operators and backends up in tables of what was linked into it
// (runtime/executor/method.cpp). What it hands to a backend is that backend's affair, and some run it: those of CUDA and
// Metal write a library that the file, or the .ptd beside it, carries as data to a temporary file and link it
// (backends/cuda/runtime/cuda_backend.cpp). So data that is code of a host is told.
// Fields: schema/program.fbs, extension/flat_tensor/serialize/flat_tensor.fbs; the header: schema/extended_header.h.
#include "formats/executorch/executorch.h"

#include <algorithm>
#include <set>
#include <string>

#include "bytes/reader.h"
#include "code/machine/machine.h"
#include "containers/elf.h"
#include "containers/flatbuffer.h"
#include "core/inert.h"
#include "core/print.h"
#include "core/unclaimed.h"
#include "knowledge/knowledge.h"

namespace winnow::executorch {
namespace {

using containers::FlatBuffer;
using containers::FlatTable;
using containers::FlatVector;

constexpr std::string_view kIdentifiers[] = {"ET12", "ET11", "ET10"};
constexpr std::string_view kTensors = "FT01";  // data without a program: .ptd
constexpr size_t kMostNames = 16;  // in a report

// Where the segments begin; 0 where there is no extended header. That of tensors has an offset of the flat buffer first.
uint64_t segment_base(Bytes bytes) {
  Reader reader(bytes);
  reader.skip(8);
  const std::string_view mark = reader.text(4);
  if (mark != "eh00" && mark != "FH01") return 0;
  reader.skip(mark == "FH01" ? 4 + 8 + 8 : 4 + 8);
  return reader.le<uint64_t>();
}

// What a backend would link into the process, if it is one that does: libraries among the data.
class Libraries {
 public:
  void look_at(Bytes data, uint64_t offset) {
    if (!containers::is_native_code(data)) return;
    Evidence evidence;
    evidence.callee = containers::reaching_import(data);
    evidence.code = evidence.callee.empty() ? "<native code>" : evidence.callee;
    evidence.location.offset = offset;
    std::vector<Evidence>& list = evidence.callee.empty() ? found_ : acting_;
    if (list.size() < kMostNames) list.push_back(std::move(evidence));
  }

  bool report(Scan& scan, const Artifact& artifact) {
    if (found_.empty() && acting_.empty()) return false;
    Finding finding;
    finding.threat = "compiled-model-code";
    finding.trigger = Trigger::load;
    finding.ruling = acting_.empty() ? Ruling::dismissed : Ruling::suspected;
    finding.evidence = acting_.empty() ? std::move(found_) : std::move(acting_);
    finding.summary = finding.ruling == Ruling::dismissed ? "Brings native code that a backend links into the process."
                                            : "Brings native code that calls " + finding.evidence.front().callee + ", and a backend links it into the process.";
    finding.why = finding.ruling == Ruling::dismissed ? "Backends of CUDA and Metal carry the compiled model so. As far as can be told it was compiled from a model: it asks the system for nothing but memory, threads and numbers."
                                        : "What compilers make of a model computes. This code starts programs, reaches the network, changes files or loads further code, and it runs with the rights of whoever loads the model.";
    scan.finding(artifact, std::move(finding));
    return true;
  }

 private:
  std::vector<Evidence> found_, acting_;
};

struct Contents {
  std::set<std::string> operators;
  std::set<std::string> foreign;    // operators and backends that only an application can bring
  bool spent = false;
};

std::string shown(std::string_view name) {
  const std::string text = quoted(name, false, 100);
  return text.substr(1, text.size() - 2);
}

Contents read_plans(Scan& scan, const FlatTable& program) {
  Contents out;
  const FlatVector plans = program.vector(1, 4);
  for (uint32_t p = 0; p < plans.size() && !out.spent; ++p) {
    const FlatTable plan = plans.table(p);
    const FlatVector operators = plan.vector(6, 4), delegates = plan.vector(7, 4);
    for (uint32_t i = 0; i < operators.size() && !out.spent; ++i) {
      out.spent = !scan.step();
      const std::string_view name = operators.table(i).text(0);
      const size_t colons = name.find("::");
      if (colons == std::string_view::npos) continue;
      const std::string full = "torch.ops." + std::string(name.substr(0, colons)) + "." + std::string(name.substr(colons + 2));
      const auto* known = knowledge::find(full);
      if (known == nullptr) out.foreign.insert(shown(name));
      else if (!is_trusted(known)) out.operators.insert(full);
    }
    for (uint32_t i = 0; i < delegates.size() && !out.spent; ++i) {
      out.spent = !scan.step();
      const FlatTable delegate = delegates.table(i);
      if (const std::string_view id = delegate.text(0); !id.empty()) out.foreign.insert(shown(id));
      // What it is compiled with, so that it counts as read.
      const FlatVector specifications = delegate.vector(2, 4);
      for (uint32_t k = 0; k < specifications.size() && scan.step(); ++k) specifications.table(k).vector(1, 1);
    }
  }
  return out;
}

// Segments behind the flat buffer: `list` is their vector.
void claim_segments(Scan& scan, FlatBuffer& file, const FlatVector& list, Libraries& libraries) {
  const uint64_t base = segment_base(file.bytes());
  for (uint32_t i = 0; i < list.size() && scan.step(); ++i) {
    const uint64_t offset = list.table(i).number(0, 8), size = list.table(i).number(1, 8);
    if (offset > file.bytes().size() || base > file.bytes().size() - offset || size > file.bytes().size() - base - offset) {
      return file.damaged(file.bytes().size(), "a segment lies behind the end of the file");
    }
    file.claim(base + offset, size);
    libraries.look_at(slice(file.bytes(), base + offset, size), base + offset);
  }
}

// Constants and what backends are given, where they stand in the flat buffer itself.
void claim_inline(Scan& scan, const FlatTable& program, Libraries& libraries) {
  const FlatVector constants = program.vector(2, 4), given = program.vector(3, 4);
  for (uint32_t i = 0; i < constants.size() && scan.step(); ++i) constants.table(i).vector(0, 1);
  for (uint32_t i = 0; i < given.size() && scan.step(); ++i) {
    const FlatVector data = given.table(i).vector(0, 1);
    libraries.look_at(data.bytes(), data.position());
  }
}

void report_foreign(Scan& scan, const Artifact& artifact, const std::set<std::string>& names) {
  Finding finding;
  finding.threat = "custom-operation";
  finding.ruling = Ruling::dismissed;
  finding.trigger = Trigger::inference;
  finding.summary = "Asks for operators or backends that the application has to bring.";
  finding.why = "Their code is linked into the application that runs the model; the file holds their names, and does not load without them.";
  for (const std::string& name : names) {
    if (finding.evidence.size() >= kMostNames) break;
    Evidence evidence;
    evidence.callee = evidence.code = name;
    finding.evidence.push_back(std::move(evidence));
  }
  scan.finding(artifact, std::move(finding));
}

// Operators that act are told as calls, of whose arguments nothing is known.
void report_acting(Scan& scan, const Artifact& artifact, const std::set<std::string>& operators) {
  Trace trace;
  trace.dialect = "torchscript";
  trace.threat = "torchscript-operation";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  machine.place.trigger = Trigger::inference;
  for (const std::string& name : operators) machine.call(machine.resolve("torch", name.substr(name.find('.') + 1)), std::span<const Value>());
  trace.finished = true;
  scan.submit(trace);
}

}  // namespace

bool is_executorch(const Artifact& artifact) {
  if (artifact.hint != Hint::none && artifact.hint != Hint::unclaimed) return false;
  const std::string_view identifier = as_text(artifact.bytes).substr(std::min<size_t>(4, artifact.bytes.size()), 4);
  return identifier == kTensors || std::find(std::begin(kIdentifiers), std::end(kIdentifiers), identifier) != std::end(kIdentifiers);
}

void read_executorch(Scan& scan, const Artifact& artifact) {
  FlatBuffer file(artifact.bytes);
  const bool tensors = file.identifier() == kTensors;
  scan.recognise(artifact, tensors ? "executorch-tensors" : "executorch");
  const FlatTable root = file.root();
  Libraries libraries;
  const Contents contents = tensors ? Contents{} : read_plans(scan, root);
  if (!tensors) claim_inline(scan, root, libraries);
  claim_segments(scan, file, root.vector(tensors ? 1 : 4, 4), libraries);
  if (contents.spent) scan.gap(artifact, Fault::limit, 0, "the budget for work is used up");
  if (file.damage()) scan.gap(artifact, *file.damage());
  if (!contents.operators.empty()) report_acting(scan, artifact, contents.operators);
  if (!contents.foreign.empty()) report_foreign(scan, artifact, contents.foreign);
  const bool brings = libraries.report(scan, artifact);
  if (!brings && contents.foreign.empty() && contents.operators.empty() && !file.damage()) {
    report_inert(scan, artifact, tensors ? "It is data that programs take by name." : "The runtime looks its operators up in a table of its own; they compute.");
  }
  unclaimed_child(scan, artifact, artifact.bytes, file.end(), artifact.bytes.size() - std::min<uint64_t>(file.end(), artifact.bytes.size()));
}

}  // namespace winnow::executorch
