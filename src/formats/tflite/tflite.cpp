// Reads a TensorFlow Lite model: a flat buffer with operators in subgraphs, constants in buffers, and behind it, for
// models with metadata, a zip of associated files (which the zip reader gives).
//
// Builtin operators compute. Two kinds do not stand in the interpreter: custom operators, whose code the application
// links in and the file cannot bring, and those of Select TF, by which every operation of TensorFlow is there, WriteFile
// and ReadFile among them. They are run as a TensorFlow graph and judged as one.
#include "formats/tflite/tflite.h"

#include "code/graph/tensorflow_run.h"
#include "core/inert.h"
#include "core/print.h"
#include "core/unclaimed.h"
#include "formats/tflite/graph.h"

namespace winnow::tflite {
namespace {

constexpr size_t kMostNames = 16;   // custom operators, in a report
constexpr uint64_t kAlignment = 64;

void report_custom(Scan& scan, const Artifact& artifact, const std::set<std::string_view>& names) {
  Finding finding;
  finding.threat = "custom-operation";
  finding.ruling = Ruling::dismissed;
  finding.trigger = Trigger::inference;
  finding.summary = "Asks for " + std::to_string(names.size()) + (names.size() == 1 ? " operator" : " operators") + " that TensorFlow Lite does not have.";
  finding.why = "The code of a custom operator is a part of the application that runs the model; the file holds its name and its options, and an interpreter without it "
                "refuses to load the model.";
  for (const std::string_view name : names) {
    if (finding.evidence.size() >= kMostNames) break;
    Evidence evidence;
    evidence.callee = quoted(name, false, 100);
    evidence.callee = evidence.callee.substr(1, evidence.callee.size() - 2);
    evidence.code = evidence.callee;
    finding.evidence.push_back(std::move(evidence));
  }
  scan.finding(artifact, std::move(finding));
}

}  // namespace

bool is_tflite(const Artifact& artifact) {
  return (artifact.hint == Hint::none || artifact.hint == Hint::unclaimed) && artifact.bytes.size() >= 16 && as_text(artifact.bytes).substr(4, 4) == "TFL3";
}

void read_tflite(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "tflite");
  containers::FlatBuffer file(artifact.bytes);
  const Converted converted = convert(file, [&scan] { return scan.step(); });
  if (converted.spent) scan.gap(artifact, Fault::limit, 0, "the budget for work is used up");
  if (file.damage()) scan.gap(artifact, *file.damage());
  Trace trace;
  trace.dialect = "tensorflow";
  trace.threat = "tensorflow-operation";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  graph::run(machine, converted.model);
  trace.finished = true;
  const bool acts = !trace.events.empty();
  scan.submit(trace);
  if (!converted.custom.empty()) {
    report_custom(scan, artifact, converted.custom);
  } else if (!acts && !file.damage()) {
    report_inert(scan, artifact, "The operators of TensorFlow Lite that it uses compute; it asks for none of TensorFlow that touches files or the network.");
  }
  const Bytes rest = slice(artifact.bytes, file.end());
  // An archive behind the model is found from its end, and read as what it is.
  if (as_text(rest.first(std::min<size_t>(rest.size(), kAlignment))).find("PK\x03\x04") != std::string_view::npos) return;
  unclaimed_child(scan, artifact, artifact.bytes, file.end(), rest.size());
}

}  // namespace winnow::tflite
