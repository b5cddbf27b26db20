// A TensorFlow graph is a program: its nodes read and write files, open connections, call Python. They run when the
// model is asked (or, behind an initialiser, when it is loaded), with what the graph computes as arguments.
#include "formats/tensorflow/tensorflow.h"

#include "code/graph/steering_finding.h"
#include "code/graph/tensorflow.h"
#include "code/graph/tensorflow_program.h"
#include "code/graph/tensorflow_run.h"

namespace winnow::tensorflow_format {

bool is_graph(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 4) return false;
  // A field of the outer message with bytes or a number: everything else is told by one look.
  const auto first = std::to_integer<uint8_t>(artifact.bytes[0]);
  if (first != 0x0a && first != 0x08 && first != 0x12) return false;
  return graph::container_of(artifact.bytes).has_value();
}

void read_graph(Scan& scan, const Artifact& artifact) {
  const graph::Container container = *graph::container_of(artifact.bytes);
  const graph::Model model = graph::read_model(artifact.bytes, container);
  switch (container) {
    case graph::Container::saved_model: scan.recognise(artifact, "tensorflow-savedmodel"); break;
    case graph::Container::meta_graph: scan.recognise(artifact, "tensorflow-metagraph"); break;
    case graph::Container::graph: scan.recognise(artifact, "tensorflow-graph"); break;
  }
  if (model.damage) scan.gap(artifact, *model.damage);
  Trace trace;
  trace.dialect = "tensorflow";
  trace.threat = "tensorflow-operation";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  graph::run(machine, model);
  trace.finished = true;
  scan.submit(trace);
  for (const graph::Graph& main : model.graphs) {
    graph::tell_steering(scan, artifact, graph::program_of(model, main), "tensorflow.raw_ops.");
  }
}

}  // namespace winnow::tensorflow_format
