#include "code/graph/tensorflow_run.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "bytes/place.h"
#include "code/graph/tensorflow_text.h"
#include "knowledge/knowledge.h"

namespace winnow::graph {
namespace {

constexpr int kDeepestFold = 64;      // nodes behind one input
constexpr int kDeepestCall = 16;      // functions that call functions
constexpr uint32_t kMostVisits = 20'000;

// Nodes that give one of their inputs on, as far as text is concerned.
constexpr std::string_view kSame[] = {
    "Identity", "IdentityN", "EnsureShape", "ExpandDims", "Reshape", "Squeeze", "StopGradient", "Snapshot", "PreventGradient",
    "CheckNumerics", "Cast", "BroadcastTo", "Tile", "Enter", "Exit", "NextIteration", "Merge", "RefIdentity", "Bitcast",
    "GuaranteeConst", "OptionalFromValue", "OptionalGetValue", "SelectV2", "Select"};

// Nodes through which data comes from outside: what is fed, and the elements of data sets.
constexpr std::string_view kSources[] = {"Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "_Arg", "IteratorGetNext",
                                         "IteratorGetNextSync", "IteratorV2", "OneShotIterator", "QueueDequeueV2", "QueueDequeueManyV2",
                                         "ReaderReadV2", "OptionalGetValue", "InfeedDequeue", "InfeedDequeueTuple", "Recv", "_Recv"};

// Nodes that choose among texts: only these inputs are texts, the others say which is taken.
struct Choice {
  std::string_view op;
  size_t first, last;
};
constexpr Choice kChoices[] = {{"LookupTableFind", 2, 2}, {"LookupTableFindV2", 2, 2}, {"Gather", 0, 0}, {"GatherV2", 0, 0}, {"GatherNd", 0, 0},
                               {"ResourceGather", 0, 0}, {"Select", 1, 2}, {"SelectV2", 1, 2}, {"Switch", 0, 0}, {"StridedSlice", 0, 0}, {"Slice", 0, 0},
                               {"Unpack", 0, 0}, {"DynamicPartition", 0, 0}, {"MutexLock", 0, 0}, {"BroadcastTo", 0, 0}, {"Tile", 0, 0}};

// Nodes that put keys and texts into a table: the texts are the third input.
constexpr std::string_view kTables[] = {"LookupTableImport", "LookupTableImportV2", "InitializeTable", "InitializeTableV2", "LookupTableInsert", "LookupTableInsertV2"};

constexpr size_t kMostTableTexts = 4096;

struct Output {
  std::string_view node;
  uint32_t index = 0;
  bool control = false;
};

// "^node", "node", "node:1" and, in functions, "node:output:1".
Output parse_input(std::string_view text) {
  Output out;
  out.control = text.starts_with('^');
  if (out.control) text.remove_prefix(1);
  const size_t first = text.find(':');
  out.node = text.substr(0, first);
  if (first == std::string_view::npos) return out;
  const std::string_view number = text.substr(text.rfind(':') + 1);
  std::from_chars(number.data(), number.data() + number.size(), out.index);
  return out;
}

class Run {
 public:
  Run(machine::Machine& machine, const Model& model) : machine_(machine), model_(model) {
    for (const std::string_view asset : model.assets) fed_.insert(asset.substr(0, asset.find(':')));
    for (const std::string_view saver : model.savers) fed_.insert(saver.substr(0, saver.find(':')));
    for (const std::string_view name : model.initialisers) initial_.insert(parse_input(name).node);
  }

  void run() {
    // Tables are filled elsewhere than they are asked: what is in them is gathered before.
    if (has_tables()) {
      gathering_ = true;
      visit_all();
      gathering_ = false;
      visited_.clear();
      visits_ = 0;
    }
    visit_all();
  }

 private:
  bool has_tables() const {
    const auto fills = [](const Graph& graph) {
      return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) { return is_table(node.op); });
    };
    return std::any_of(model_.graphs.begin(), model_.graphs.end(), fills) || std::any_of(model_.functions.begin(), model_.functions.end(), fills);
  }

  static bool is_table(std::string_view op) { return std::find(std::begin(kTables), std::end(kTables), op) != std::end(kTables); }

  void visit_all() {
    for (const Graph& graph : model_.graphs) {
      const std::unordered_set<std::string_view> at_load = behind_initialisers(graph);
      visit({graph, {}, 0, &at_load});
    }
    for (uint32_t i = 0; i < model_.functions.size(); ++i) {
      if (visited_.count(i) == 0) visit({model_.functions[i], {}, 0, nullptr});
    }
  }

  // One graph or one call of a function, with what is known of its arguments.
  struct Frame {
    const Graph& graph;
    std::vector<Value> arguments;
    int depth = 0;
    const std::unordered_set<std::string_view>* at_load = nullptr;
    std::unordered_map<std::string_view, Value> folded;
  };

  void visit(Frame frame) {
    if (++visits_ > kMostVisits) {
      if (visits_ == kMostVisits + 1) gap("the calls of functions are too many to be followed");
      return;
    }
    for (const Node& node : frame.graph.nodes) {
      if (!machine_.step()) return gap("the budget for work is used up");
      act(frame, node);
      for (const Attribute& attribute : node.attributes) call_functions(frame, node, attribute);
    }
  }

  void gap(const char* what) {
    machine_.scan().gap(machine_.trace().artifacts[0], Fault::limit, machine_.place.offset, what);
  }

  void gather_table(Frame& frame, const Node& node) {
    if (!is_table(node.op)) return;
    const Value texts = input(frame, node, 2, 0);
    const auto add = [&](Value text) {
      if (text.is_text() && table_texts_.size() < kMostTableTexts) table_texts_.push_back(text);
    };
    add(texts);
    if (texts.is(Kind::list)) {
      for (const Value& text : machine_.heap().items(texts)) add(text);
    }
  }

  void act(Frame& frame, const Node& node) {
    if (gathering_) return gather_table(frame, node);
    const std::string name = "tensorflow.raw_ops." + std::string(node.op);
    const knowledge::Callable* known = knowledge::find(name);
    if (known == nullptr || known->effect == knowledge::Effect::pure || known->effect == knowledge::Effect::construct) return;
    std::vector<Value> arguments;
    for (const std::string_view input : node.inputs) {
      const Output output = parse_input(input);
      if (!output.control) arguments.push_back(known_or_origin(frame, output));
    }
    for (const Attribute& attribute : node.attributes) {
      const std::string_view text = text_of(attribute);
      if (!text.empty() && !attribute.name.starts_with('_')) keywords_.insert(keywords_.end(), {Value::string(attribute.name), Value::string(text)});
    }
    Heap& heap = machine_.heap();
    const Value keywords = keywords_.empty() ? Value::none() : heap.new_items(Kind::dict, keywords_.data(), static_cast<uint32_t>(keywords_.size()));
    keywords_.clear();
    machine_.place.offset = node.offset;
    machine_.place.trigger = frame.at_load != nullptr && frame.at_load->count(node.name) != 0 ? Trigger::load : Trigger::inference;
    machine_.call(machine_.resolve("tensorflow", "raw_ops." + std::string(node.op)), arguments, keywords);
  }

  void call_functions(Frame& frame, const Node& node, const Attribute& attribute) {
    for (const std::string_view name : functions_of(attribute)) {
      const auto found = model_.function_index.find(name);
      if (found == model_.function_index.end()) continue;
      std::vector<Value> arguments;
      bool known = false;
      for (const std::string_view input : node.inputs) {
        const Output output = parse_input(input);
        if (output.control) continue;
        arguments.push_back(known_or_origin(frame, output));
        known = known || arguments.back().is_known() || !arguments.back().text().empty();
      }
      // The functions of data sets are given elements, which are not the node's inputs; what else they take follows.
      if (node.op.find("Dataset") != std::string_view::npos) {
        std::vector<Value> elements = elements_of(frame, node);
        known = std::any_of(elements.begin(), elements.end(), [](const Value& value) { return value.is_known(); });
        if (known && !arguments.empty()) elements.insert(elements.end(), arguments.begin() + 1, arguments.end());
        arguments = known ? std::move(elements) : std::vector<Value>();
      }
      // The condition of an If, and the index of a Case, are not given to the branches.
      if (node.op == "If" || node.op == "StatelessIf" || node.op == "Case" || node.op == "StatelessCase") {
        if (!arguments.empty()) arguments.erase(arguments.begin());
      }
      if (frame.depth >= kDeepestCall) continue;
      const bool first = visited_.insert(found->second).second;
      if (first || known) visit({model_.functions[found->second], std::move(arguments), frame.depth + 1, nullptr});
    }
  }

  // The elements of the data set that a node takes first, where they stand in the graph; of several texts the one that
  // names a place of the machine.
  std::vector<Value> elements_of(Frame& frame, const Node& node) {
    const Node* at = &node;
    for (int steps = 0; steps < kDeepestFold && !at->inputs.empty(); ++steps) {
      const auto found = frame.graph.by_name.find(parse_input(at->inputs[0]).node);
      if (found == frame.graph.by_name.end()) break;
      at = &frame.graph.nodes[found->second];
      if (at->op != "TensorDataset" && at->op != "TensorSliceDataset") continue;
      std::vector<Value> out;
      for (const std::string_view input : at->inputs) {
        if (parse_input(input).control) continue;
        Value value = known_or_origin(frame, parse_input(input));
        if (value.is(Kind::list) && machine_.heap().items(value).size > 0) {
          const Items& items = machine_.heap().items(value);
          value = items[0];
          for (const Value& item : items) {
            if (item.is_text() && knowledge::sensitive_path(item.text()) != nullptr) value = item;
          }
        }
        out.push_back(value);
      }
      return out;
    }
    return {};
  }

  Value fold(Frame& frame, const Output& output, int depth) {
    const auto& parameters = frame.graph.parameters;
    const auto parameter = std::find(parameters.begin(), parameters.end(), output.node);
    if (parameter != parameters.end()) {
      const size_t index = static_cast<size_t>(parameter - parameters.begin());
      return index < frame.arguments.size() ? frame.arguments[index] : Value::unknown();
    }
    if (frame.graph.name.empty() && fed_.count(output.node) != 0) return Value::unknown();
    const auto found = frame.graph.by_name.find(output.node);
    if (found == frame.graph.by_name.end() || depth > kDeepestFold || !machine_.step()) return Value::unknown();
    const auto memo = frame.folded.find(output.node);
    if (memo != frame.folded.end() && (output.index == 0 || !memo->second.is_known())) return memo->second;
    frame.folded[output.node] = Value::unknown();  // a loop of nodes gives nothing
    const Value value = fold_node(frame, frame.graph.nodes[found->second], output.index, depth + 1);
    frame.folded[output.node] = value;
    return value;
  }

  // What was folded; else a text of the model's own that it can be; else whether anything from outside had a part in it.
  Value known_or_origin(Frame& frame, const Output& output) {
    const Value value = fold(frame, output, 0);
    if (value.is_known()) return value;
    const Origin origin = origin_of(frame, output);
    // Of a text that the model computes all by itself a part is not what it becomes.
    if (origin.chosen.is_text() && (origin.outside || origin.whole)) return origin.chosen;
    return origin.outside ? Value::unknown() : Value::unknown_named(kComputed);
  }

  struct Origin {
    bool outside = false;
    Value chosen;      // a text among those that the model chooses from, or a part of one, that names a place of the machine
    bool sensitive = false;
    bool whole = false;
  };

  static bool is_remote(std::string_view text) {
    static constexpr std::string_view kSchemes[] = {"gs://", "s3://", "hdfs://", "viewfs://", "http://", "https://", "ftp://"};
    return std::any_of(std::begin(kSchemes), std::end(kSchemes), [&](std::string_view scheme) { return text.starts_with(scheme); });
  }

  // `whole`: what is asked for can be this text, and not only hold it.
  static void consider(Origin& origin, Value text, bool whole) {
    if (!text.is_text() || origin.sensitive) return;
    const bool sensitive = knowledge::sensitive_path(text.text()) != nullptr;
    // What a place begins with tells where it lies, whatever follows: gs://bucket/ and a text of the caller.
    if (!whole && is_remote(text.text()) && !origin.chosen.is_text()) origin.chosen = text;
    if (sensitive || (whole && (leads_outside(text.text()) || text.text().find("://") != std::string_view::npos) && !origin.chosen.is_text())) origin.chosen = text, origin.whole = whole;
    origin.sensitive = sensitive;
  }

  Origin origin_of(Frame& frame, const Output& from) {
    Origin origin;
    std::unordered_set<std::string_view> seen;
    std::vector<std::pair<std::string_view, bool>> work{{from.node, true}};
    while (!work.empty()) {
      const auto [name, whole] = work.back();
      work.pop_back();
      if (!seen.insert(name).second) continue;
      const auto& parameters = frame.graph.parameters;
      const auto parameter = std::find(parameters.begin(), parameters.end(), name);
      if (parameter != parameters.end()) {
        const size_t index = static_cast<size_t>(parameter - parameters.begin());
        const Value given = index < frame.arguments.size() ? frame.arguments[index] : Value::unknown();
        consider(origin, given, whole);
        origin.outside = origin.outside || (!given.is_known() && given.text().empty());
        continue;
      }
      const auto found = frame.graph.by_name.find(name);
      const bool fed = frame.graph.name.empty() && fed_.count(name) != 0;
      // A node that is not there, and work that is used up, say nothing in the model's favour or against it.
      if (fed || found == frame.graph.by_name.end() || !machine_.step()) {
        origin.outside = true;
        continue;
      }
      const Node& node = frame.graph.nodes[found->second];
      if (std::find(std::begin(kSources), std::end(kSources), node.op) != std::end(kSources)) {
        origin.outside = true;
        continue;
      }
      walk_back(frame, node, whole, origin, work);
    }
    return origin;
  }

  // What the graph puts into a variable: the inputs of its assignments.
  const std::vector<std::string_view>* assigned_to(const Graph& graph, std::string_view variable) {
    auto [at, fresh] = assigned_.try_emplace(&graph);
    if (fresh) {
      for (const Node& node : graph.nodes) {
        if (node.op == "AssignVariableOp" && node.inputs.size() > 1) at->second[parse_input(node.inputs[0]).node].push_back(node.inputs[1]);
      }
    }
    const auto found = at->second.find(variable);
    return found == at->second.end() ? nullptr : &found->second;
  }

  // The inputs of a node that its text is made of.
  void walk_back(Frame& frame, const Node& node, bool whole, Origin& origin, std::vector<std::pair<std::string_view, bool>>& work) {
    if (node.op == "ReadVariableOp" && !node.inputs.empty()) {
      if (const auto* assigned = assigned_to(frame.graph, parse_input(node.inputs[0]).node)) {
        for (const std::string_view input : *assigned) work.push_back({parse_input(input).node, whole});
        return;
      }
    }
    if (node.op == "Const" || node.op == "HostConst") {
      const Value value = fold(frame, {node.name, 0, false}, 0);
      consider(origin, value, whole);
      if (value.is(Kind::list)) {
        for (const Value& text : machine_.heap().items(value)) consider(origin, text, whole);
      }
      return;
    }
    const auto choice = std::find_if(std::begin(kChoices), std::end(kChoices), [&](const Choice& c) { return c.op == node.op; });
    const bool chooses = choice != std::end(kChoices);
    const bool same = chooses || node.op == "Pack" || node.op == "Concat" || node.op == "ConcatV2" ||
                      std::find(std::begin(kSame), std::end(kSame), node.op) != std::end(kSame);
    if (node.op.starts_with("LookupTableFind")) {
      for (const Value& text : table_texts_) consider(origin, text, whole);
    }
    size_t index = 0;
    for (const std::string_view input : node.inputs) {
      const Output output = parse_input(input);
      if (output.control) continue;
      const bool taken = !chooses || (index >= choice->first && index <= choice->last);
      ++index;
      if (taken) work.push_back({output.node, whole && same});
    }
  }

  Value input(Frame& frame, const Node& node, size_t index, int depth) {
    for (const std::string_view text : node.inputs) {
      const Output output = parse_input(text);
      if (!output.control && index-- == 0) return fold(frame, output, depth);
    }
    return Value::unknown();
  }

  Value first_known(Frame& frame, const Node& node, int depth) {
    for (const std::string_view text : node.inputs) {
      const Output output = parse_input(text);
      const Value value = output.control ? Value::unknown() : fold(frame, output, depth);
      if (value.is_known()) return value;
    }
    return Value::unknown();
  }

  Value fold_node(Frame& frame, const Node& node, uint32_t index, int depth) {
    if (node.op == "Const" || node.op == "HostConst") {
      const Attribute* value = attribute(node, "value");
      return value == nullptr ? Value::unknown() : tensor_value(machine_.heap(), *value);
    }
    if (node.op == "IdentityN") return input(frame, node, index, depth);
    if (node.op == "Select" || node.op == "SelectV2") {
      const Value yes = input(frame, node, 1, depth);
      return yes.is_known() ? yes : input(frame, node, 2, depth);
    }
    if (std::find(std::begin(kSame), std::end(kSame), node.op) != std::end(kSame)) return first_known(frame, node, depth);
    if (node.op == "ReadVariableOp" && !node.inputs.empty()) {
      const auto* assigned = assigned_to(frame.graph, parse_input(node.inputs[0]).node);
      return assigned != nullptr && assigned->size() == 1 ? fold(frame, parse_input(assigned->front()), depth) : Value::unknown();
    }
    if (node.op == "Pack" || node.op == "ConcatV2" || node.op == "Concat") return packed(frame, node, depth);
    if (node.op == "Unpack") {
      const Value all = input(frame, node, 0, depth);
      if (!all.is(Kind::list)) return all;
      return index < machine_.heap().items(all).size ? machine_.heap().items(all)[index] : Value::unknown();
    }
    return is_text_operation(node.op) ? computed(frame, node, index, depth) : Value::unknown();
  }

  Value computed(Frame& frame, const Node& node, uint32_t index, int depth) {
    std::vector<Value> inputs;
    for (const std::string_view text : node.inputs) {
      const Output output = parse_input(text);
      if (!output.control) inputs.push_back(fold(frame, output, depth));
    }
    return text_operation(machine_, node, inputs, index);
  }

  Value packed(Frame& frame, const Node& node, int depth) {
    std::vector<Value> parts;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Value part = input(frame, node, i, depth);
      if (part.is(Kind::list)) {
        const Items& items = machine_.heap().items(part);
        parts.insert(parts.end(), items.begin(), items.end());
      } else {
        parts.push_back(part);
      }
    }
    return machine_.heap().new_items(Kind::list, parts.data(), static_cast<uint32_t>(parts.size()));
  }

  // The nodes that the initialisers need: they run when the model is loaded.
  std::unordered_set<std::string_view> behind_initialisers(const Graph& graph) const {
    std::unordered_set<std::string_view> reached;
    std::vector<std::string_view> work;
    for (const Node& node : graph.nodes) {
      if (initial_.count(node.name) != 0) work.push_back(node.name);
    }
    while (!work.empty()) {
      const std::string_view name = work.back();
      work.pop_back();
      const auto found = graph.by_name.find(name);
      if (found == graph.by_name.end() || !reached.insert(name).second) continue;
      for (const std::string_view text : graph.nodes[found->second].inputs) work.push_back(parse_input(text).node);
    }
    return reached;
  }

  machine::Machine& machine_;
  const Model& model_;
  std::unordered_set<std::string_view> fed_, initial_;
  std::unordered_set<uint32_t> visited_;
  std::unordered_map<const Graph*, std::unordered_map<std::string_view, std::vector<std::string_view>>> assigned_;
  std::vector<Value> keywords_;
  std::vector<Value> table_texts_;  // what the tables of the model can give
  bool gathering_ = false;          // tables are looked at, nothing is called
  uint32_t visits_ = 0;
};

}  // namespace

void run(machine::Machine& machine, const Model& model) { Run(machine, model).run(); }

}  // namespace winnow::graph
