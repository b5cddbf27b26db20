// Operators outside of ONNX, as calls for the judge: those of a domain that no runtime brings along need a library or a
// Python function that whoever runs the model is asked to register. And metadata: loaders of some detectors evaluate it.
#include <set>
#include <string>

#include "code/machine/machine.h"
#include "formats/onnx/parts.h"
#include "knowledge/knowledge.h"

namespace winnow::onnx_format {
namespace {

using graph::onnx::Attribute;
using graph::onnx::Function;
using graph::onnx::Graph;
using graph::onnx::Model;
using graph::onnx::Node;
using graph::onnx::Tensor;

constexpr std::string_view kOwnDomain = "ai.onnx";  // also written as nothing
constexpr size_t kMostOperators = 64;               // that are told of

std::string_view domain_of(std::string_view domain) { return domain.empty() ? kOwnDomain : domain; }

class Operators {
 public:
  Operators(Scan& scan, const Artifact& artifact, const Model& model) : scan_(scan), artifact_(artifact), model_(model) {
    for (const Function& function : model.functions) own_.emplace(domain_of(function.domain), function.name);
    trace_.dialect = "onnx";
    trace_.threat = "custom-operator";
    trace_.artifacts.push_back(artifact);
  }

  void run() {
    machine::Machine machine(scan_, trace_);
    machine.place.trigger = Trigger::inference;
    for (const Graph& graph : model_.graphs) {
      for (const Node& node : graph.nodes) {
        if (!scan_.step()) return scan_.gap(artifact_, Fault::limit, node.offset, "the budget for work is used up");
        call(machine, graph, node);
      }
    }
    trace_.finished = true;
    scan_.submit(trace_);
  }

 private:
  void call(machine::Machine& machine, const Graph& graph, const Node& node) {
    const std::pair<std::string_view, std::string_view> key{domain_of(node.domain), node.op};
    if (seen_.count(key) != 0 || own_.count(key) != 0) return;
    const std::string name = "onnx." + std::string(key.first) + "." + std::string(node.op);
    const knowledge::Callable* known = knowledge::find(name);
    const bool acts = known != nullptr && !knowledge::is_trusted(known);
    if (!acts) seen_.insert(key);  // what it is given makes no difference
    if (knowledge::is_trusted(known) || (known == nullptr && key.first == kOwnDomain)) return;
    // Those that are not known say the same again and again; those that act are all told.
    if (!acts && ++told_ > kMostOperators) return;
    std::vector<Value> arguments;
    for (const std::string_view input : node.inputs) arguments.push_back(value_of(graph, input));
    const Value keywords = attributes_of(machine.heap(), node);
    machine.place.offset = node.offset;
    machine.call(machine.resolve("onnx", std::string(key.first) + "." + std::string(node.op)), arguments, keywords);
  }

  // The text of a constant; what else an input is makes no difference.
  Value value_of(const Graph& graph, std::string_view input) const {
    for (const uint32_t index : graph.initialisers) {
      const Tensor& tensor = model_.tensors[index];
      if (tensor.name == input && tensor.strings.size() == 1) return Value::string(tensor.strings.front());
    }
    return Value::unknown();
  }

  static Value attributes_of(Heap& heap, const Node& node) {
    // A compiled program that stands in the attribute itself names no file.
    const Attribute* embedded = graph::onnx::attribute(node, "embed_mode");
    const bool inside = node.op == "EPContext" && (embedded == nullptr || embedded->integer != 0);
    std::vector<Value> keywords;
    for (const Attribute& attribute : node.attributes) {
      if (inside && attribute.name == "ep_cache_context") continue;
      if (attribute.name.empty()) continue;
      Value value = Value::unknown();
      if (!attribute.text.empty()) value = Value::string(attribute.text);
      else if (attribute.has_integer) value = Value::integer(attribute.integer);
      keywords.insert(keywords.end(), {Value::string(attribute.name), value});
    }
    return keywords.empty() ? Value::none() : heap.new_items(Kind::dict, keywords.data(), static_cast<uint32_t>(keywords.size()));
  }

  Scan& scan_;
  const Artifact& artifact_;
  const Model& model_;
  Trace trace_;
  std::set<std::pair<std::string_view, std::string_view>> own_, seen_;
  size_t told_ = 0;
};

// What YOLOv5 (detect, export; up to 7.0) and Ultralytics (up to 8.0) hand to eval().
bool is_evaluated(std::string_view key) {
  for (const std::string_view name : {"names", "stride", "imgsz", "batch", "kpt_shape", "args", "channels", "end2end"}) {
    if (key == name) return true;
  }
  return false;
}

}  // namespace

void call_operators(Scan& scan, const Artifact& artifact, const Model& model) { Operators(scan, artifact, model).run(); }

void evaluate_metadata(Scan& scan, const Artifact& artifact, const Model& model) {
  Trace trace;
  trace.dialect = "onnx";
  trace.threat = "onnx-metadata-code";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  for (const graph::onnx::Note& note : model.notes) {
    // A literal without a call can do nothing.
    if (!is_evaluated(note.key) || note.value.find('(') == std::string_view::npos) continue;
    const Value text = Value::string(note.value);
    machine.place.offset = note.offset;
    machine.call(machine.resolve("builtins", "eval"), std::span<const Value>(&text, 1));
  }
  trace.finished = true;
  if (!trace.events.empty()) scan.submit(trace);
}

}  // namespace winnow::onnx_format
