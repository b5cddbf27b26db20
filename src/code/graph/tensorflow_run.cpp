#include "code/graph/tensorflow_run.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <unordered_set>

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
    "GuaranteeConst", "OptionalFromValue", "OptionalGetValue", "StringStrip", "SelectV2", "Select"};

// Nodes through which data comes from outside: what is fed, and the elements of data sets.
constexpr std::string_view kSources[] = {"Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "_Arg", "IteratorGetNext",
                                         "IteratorGetNextSync", "IteratorV2", "OneShotIterator", "QueueDequeueV2", "QueueDequeueManyV2",
                                         "ReaderReadV2", "OptionalGetValue", "InfeedDequeue", "InfeedDequeueTuple", "Recv", "_Recv"};

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
    for (const Graph& graph : model_.graphs) {
      const std::unordered_set<std::string_view> at_load = behind_initialisers(graph);
      visit({graph, {}, 0, &at_load});
    }
    for (uint32_t i = 0; i < model_.functions.size(); ++i) {
      if (visited_.count(i) == 0) visit({model_.functions[i], {}, 0, nullptr});
    }
  }

 private:
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

  void act(Frame& frame, const Node& node) {
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
      // The functions of data sets are given elements, which are not the node's inputs.
      if (node.op.find("Dataset") != std::string_view::npos) arguments.clear(), known = false;
      // The condition of an If, and the index of a Case, are not given to the branches.
      if (node.op == "If" || node.op == "StatelessIf" || node.op == "Case" || node.op == "StatelessCase") {
        if (!arguments.empty()) arguments.erase(arguments.begin());
      }
      if (frame.depth >= kDeepestCall) continue;
      const bool first = visited_.insert(found->second).second;
      if (first || known) visit({model_.functions[found->second], std::move(arguments), frame.depth + 1, nullptr});
    }
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
    if (memo != frame.folded.end()) return memo->second;
    frame.folded[output.node] = Value::unknown();  // a loop of nodes gives nothing
    const Value value = fold_node(frame, frame.graph.nodes[found->second], output.index, depth + 1);
    frame.folded[output.node] = value;
    return value;
  }

  // What was folded; else whether anything from outside had a part in it.
  Value known_or_origin(Frame& frame, const Output& output) {
    const Value value = fold(frame, output, 0);
    if (value.is_known()) return value;
    return comes_from_outside(frame, output) ? Value::unknown() : Value::unknown_named(kComputed);
  }

  bool comes_from_outside(Frame& frame, const Output& from) {
    std::unordered_set<std::string_view> seen;
    std::vector<std::string_view> work{from.node};
    while (!work.empty()) {
      const std::string_view name = work.back();
      work.pop_back();
      if (!seen.insert(name).second) continue;
      const auto& parameters = frame.graph.parameters;
      const auto parameter = std::find(parameters.begin(), parameters.end(), name);
      if (parameter != parameters.end()) {
        const size_t index = static_cast<size_t>(parameter - parameters.begin());
        const Value given = index < frame.arguments.size() ? frame.arguments[index] : Value::unknown();
        if (!given.is_known() && given.text().empty()) return true;
        continue;
      }
      if (frame.graph.name.empty() && fed_.count(name) != 0) return true;
      const auto found = frame.graph.by_name.find(name);
      // A node that is not there, and work that is used up, say nothing in the model's favour or against it.
      if (found == frame.graph.by_name.end() || !machine_.step()) return true;
      const Node& node = frame.graph.nodes[found->second];
      if (std::find(std::begin(kSources), std::end(kSources), node.op) != std::end(kSources)) return true;
      for (const std::string_view input : node.inputs) {
        const Output output = parse_input(input);
        if (!output.control) work.push_back(output.node);
      }
    }
    return false;
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
    if (node.op == "StringJoin") return joined(frame, node, depth);
    if (node.op == "ReduceJoin" || node.op == "UnsortedSegmentJoin") return reduced(frame, node, depth);
    if (node.op == "Pack" || node.op == "ConcatV2" || node.op == "Concat") return packed(frame, node, depth);
    if (node.op == "StringFormat") return formatted(frame, node, depth);
    return computed(frame, node, depth);
  }

  std::string separator_of(const Node& node) const {
    const Attribute* separator = attribute(node, "separator");
    return separator == nullptr ? std::string() : std::string(text_of(*separator));
  }

  Value joined(Frame& frame, const Node& node, int depth) {
    std::string out;
    const std::string between = separator_of(node);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Value part = input(frame, node, i, depth);
      if (node.inputs[i].starts_with('^')) continue;
      if (!part.is_text()) return Value::unknown();
      if (i > 0) out += between;
      out += part.text();
    }
    return machine_.make_string(out);
  }

  Value reduced(Frame& frame, const Node& node, int depth) {
    const Value parts = input(frame, node, 0, depth);
    if (!parts.is(Kind::list)) return parts;
    std::string out;
    const Items& items = machine_.heap().items(parts);
    for (uint32_t i = 0; i < items.size; ++i) {
      if (!items[i].is_text()) return Value::unknown();
      if (i > 0) out += separator_of(node);
      out += items[i].text();
    }
    return machine_.make_string(out);
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

  Value formatted(Frame& frame, const Node& node, int depth) {
    const Attribute* pattern = attribute(node, "template");
    const Attribute* place = attribute(node, "placeholder");
    if (pattern == nullptr) return Value::unknown();
    const std::string_view holder = place == nullptr ? "%s" : text_of(*place);
    std::string_view rest = text_of(*pattern);
    std::string out;
    size_t next = 0;
    for (size_t at = rest.find(holder); !holder.empty() && at != std::string_view::npos; at = rest.find(holder)) {
      const Value part = input(frame, node, next++, depth);
      if (!part.is_text()) return Value::unknown();
      out += rest.substr(0, at);
      out += part.text();
      rest.remove_prefix(at + holder.size());
    }
    return machine_.make_string(out + std::string(rest));
  }

  // The rest are functions of Python under other names.
  Value computed(Frame& frame, const Node& node, int depth) {
    struct Known {
      std::string_view op, method;
    };
    static constexpr Known kMethods[] = {{"StringLower", "lower"}, {"StringUpper", "upper"}, {"StringStrip", "strip"}};
    for (const Known& known : kMethods) {
      if (node.op != known.op) continue;
      return machine_.call(machine_.attribute(input(frame, node, 0, depth), known.method), std::span<const Value>());
    }
    if (node.op == "DecodeBase64") {
      const Value text = input(frame, node, 0, depth);
      return text.is_text() ? machine_.call(machine_.resolve("base64", "urlsafe_b64decode"), std::span<const Value>(&text, 1)) : Value::unknown();
    }
    if (node.op == "AsString") {
      const Value number = input(frame, node, 0, depth);
      return number.is(Kind::integer) ? machine_.make_string(std::to_string(number.as_integer())) : Value::unknown();
    }
    if (node.op == "Substr") {
      const Value text = input(frame, node, 0, depth), start = input(frame, node, 1, depth), size = input(frame, node, 2, depth);
      if (!text.is_text() || !start.is(Kind::integer) || !size.is(Kind::integer) || start.as_integer() < 0 || size.as_integer() < 0) return Value::unknown();
      return Value::string(text.text().substr(std::min<size_t>(static_cast<size_t>(start.as_integer()), text.text().size()), static_cast<size_t>(size.as_integer())));
    }
    return Value::unknown();
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
  std::vector<Value> keywords_;
  uint32_t visits_ = 0;
};

}  // namespace

void run(machine::Machine& machine, const Model& model) { Run(machine, model).run(); }

}  // namespace winnow::graph
