// Writes an ONNX graph out as one list. Functions are entered with what they are called with; both branches of an If are
// written and chosen between; the body of a loop is written twice, so that what it carries on meets itself once.
#include "code/graph/onnx_program.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

namespace winnow::graph::onnx {
namespace {

constexpr int kDeepestCall = 40;       // functions and graphs inside each other
constexpr size_t kMostNumbers = 64;    // of a constant that are looked at
constexpr int64_t kFar = int64_t{1} << 30;

class Writer {
 public:
  explicit Writer(const Model& model) : model_(model) {
    for (uint32_t i = 0; i < model.functions.size(); ++i) {
      const Function& function = model.functions[i];
      functions_.emplace(std::make_pair(domain_of(function.domain), function.name), i);
    }
  }

  Program write() {
    if (model_.roots.empty()) return std::move(program_);
    const Graph& graph = model_.graphs[model_.roots.front()];
    Scope scope;
    add_initialisers(graph, scope);
    uint8_t count = 0;
    for (const ValueInfo& input : graph.inputs) {
      if (scope.values.count(input.name) != 0) continue;  // an initialiser that the caller may replace
      FlatValue value{input.name};
      value.input = static_cast<uint8_t>(std::min<int>(++count, 63));
      value.open = input.shaped ? open_axes(input.dimensions) : 3;
      value.integer = input.type != 1 && input.type != 10 && input.type != 11 && input.type != 16;
      scope.values[input.name] = program_.add_value(value);
    }
    nodes(graph, scope, 0);
    for (const ValueInfo& output : graph.outputs) {
      const ValueId id = find(scope, output.name);
      if (id != kNoValue) program_.results.push_back(id);
    }
    return std::move(program_);
  }

 private:
  struct Scope {
    std::unordered_map<std::string_view, ValueId> values;
    Scope* outer = nullptr;                  // of graphs inside of graphs
    const Node* caller = nullptr;            // of functions
    const Function* function = nullptr;
    const Scope* calling = nullptr;          // where the caller stands
  };

  static std::string_view domain_of(std::string_view domain) { return domain == "ai.onnx" ? std::string_view() : domain; }

  static ValueId find(const Scope& scope, std::string_view name) {
    for (const Scope* at = &scope; at != nullptr; at = at->outer) {
      const auto found = at->values.find(name);
      if (found != at->values.end()) return found->second;
    }
    return kNoValue;
  }

  ValueId constant(const Tensor& tensor, std::string_view name) {
    FlatValue value{name};
    value.constant = true;
    value.elements = elements_of(tensor);
    value.single_leading = !tensor.dimensions.empty() && tensor.dimensions.front() == 1;
    value.single_trailing = tensor.dimensions.size() > 1 && tensor.dimensions.back() == 1;
    const auto numbers = numbers_of(tensor, kMostNumbers);
    if (numbers && !numbers->empty()) {
      value.number = numbers->front();
      value.known = std::all_of(numbers->begin(), numbers->end(), [&](double n) { return n == value.number; });
      value.ramp = is_ramp(*numbers);
    }
    const ValueId id = program_.add_value(value);
    if (numbers && numbers->size() <= kMostNumbers) numbers_.emplace(id, *numbers);
    return id;
  }

  static bool is_ramp(const std::vector<double>& numbers) {
    if (numbers.size() < 3) return false;
    for (size_t i = 1; i < numbers.size(); ++i) {
      if (numbers[i] - numbers[i - 1] != 1) return false;
    }
    return true;
  }

  void add_initialisers(const Graph& graph, Scope& scope) {
    for (const uint32_t index : graph.initialisers) {
      const Tensor& tensor = model_.tensors[index];
      scope.values[tensor.name] = constant(tensor, tensor.name);
    }
  }

  // Writes the nodes of a graph into its scope.
  void nodes(const Graph& graph, Scope& scope, int depth) {
    for (const Node& node : graph.nodes) {
      if (++work_ > 4 * kMostOperations || program_.operations.size() >= kMostOperations || depth > kDeepestCall) {
        program_.cut = true;
        return;
      }
      const auto function = functions_.find({domain_of(node.domain), node.op});
      if (function != functions_.end()) call(model_.functions[function->second], node, scope, depth);
      else if (node.op == "If") branch(node, scope, depth);
      else if (node.op == "Loop" || node.op == "Scan" || node.op == "SequenceMap") loop(node, scope, depth);
      else plain(node, scope);
    }
  }

  std::vector<ValueId> inputs_of(const Node& node, const Scope& scope) {
    std::vector<ValueId> in;
    for (const std::string_view name : node.inputs) in.push_back(name.empty() ? kNoValue : find(scope, name));
    return in;
  }

  std::vector<ValueId> outputs_of(const Node& node, Scope& scope) {
    std::vector<ValueId> out;
    for (const std::string_view name : node.outputs) {
      out.push_back(program_.add_value({name}));
      if (!name.empty()) scope.values[name] = out.back();
    }
    return out;
  }

  // A function is its nodes, with the call's inputs under the names of its own.
  void call(const Function& function, const Node& node, Scope& scope, int depth) {
    Scope inner;
    inner.caller = &node;
    inner.function = &function;
    inner.calling = &scope;
    const std::vector<ValueId> in = inputs_of(node, scope);
    for (size_t i = 0; i < function.inputs.size(); ++i) {
      if (i < in.size() && in[i] != kNoValue) inner.values[function.inputs[i]] = in[i];
    }
    nodes(model_.graphs[function.graph], inner, depth + 1);
    for (size_t i = 0; i < function.outputs.size() && i < node.outputs.size(); ++i) {
      const ValueId id = find(inner, function.outputs[i]);
      if (id != kNoValue && !node.outputs[i].empty()) scope.values[node.outputs[i]] = id;
    }
  }

  std::vector<ValueId> body(const Graph& graph, Scope& inner, int depth) {
    add_initialisers(graph, inner);
    nodes(graph, inner, depth + 1);
    std::vector<ValueId> out;
    for (const ValueInfo& output : graph.outputs) out.push_back(find(inner, output.name));
    return out;
  }

  const Graph* graph_of(const Node& node, std::string_view name) const {
    const Attribute* given = onnx::attribute(node, name);
    return given == nullptr || given->graphs.empty() ? nullptr : &model_.graphs[given->graphs.front()];
  }

  void branch(const Node& node, Scope& scope, int depth) {
    const ValueId condition = node.inputs.empty() ? kNoValue : find(scope, node.inputs.front());
    std::vector<std::vector<ValueId>> sides;
    for (const std::string_view name : {"then_branch", "else_branch"}) {
      Scope inner;
      inner.outer = &scope;
      inner.caller = scope.caller, inner.function = scope.function, inner.calling = scope.calling;
      const Graph* graph = graph_of(node, name);
      sides.push_back(graph == nullptr ? std::vector<ValueId>() : body(*graph, inner, depth));
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId yes = i < sides[0].size() ? sides[0][i] : kNoValue, no = i < sides[1].size() ? sides[1][i] : kNoValue;
      const ValueId out = program_.add_value({node.outputs[i]});
      Operation operation{Kind::choose};
      operation.op = node.op;
      operation.offset = node.offset;
      program_.add(operation, {condition, yes, no}, {out});
      if (!node.outputs[i].empty()) scope.values[node.outputs[i]] = out;
    }
  }

  // Loop: (count, condition, carried...) -> (carried..., collected...), the body takes (number, condition, carried...).
  // Scan: (carried..., scanned...), the body takes the same.
  void loop(const Node& node, Scope& scope, int depth) {
    const Graph* graph = graph_of(node, "body");
    const bool is_loop = node.op == "Loop";
    const size_t skip = is_loop ? 2 : 0, skip_out = is_loop ? 1 : 0;
    if (graph == nullptr) return plain(node, scope);
    const std::vector<ValueId> in = inputs_of(node, scope);
    const Attribute* scanned = onnx::attribute(node, "num_scan_inputs");
    const size_t parts = scanned != nullptr && scanned->integer > 0 ? static_cast<size_t>(scanned->integer) : 0;
    const size_t carried = is_loop ? in.size() - std::min<size_t>(in.size(), 2) : node.op == "Scan" ? in.size() - std::min(parts, in.size()) : 0;
    std::vector<ValueId> given = in, out;
    for (int round = 0; round < 2; ++round) {
      Scope inner;
      inner.outer = &scope;
      inner.caller = scope.caller, inner.function = scope.function, inner.calling = scope.calling;
      for (size_t i = 0; i < graph->inputs.size(); ++i) {
        ValueId id = i < given.size() ? given[i] : kNoValue;
        if (is_loop && i < 2) id = constant_value(graph->inputs[i].name);
        if (id != kNoValue) inner.values[graph->inputs[i].name] = id;
      }
      out = body(*graph, inner, depth);
      for (size_t i = 0; i < carried && i + skip_out < out.size(); ++i) {
        if (i + skip < given.size() && out[i + skip_out] != kNoValue) given[i + skip] = out[i + skip_out];
      }
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId id = program_.add_value({node.outputs[i]});
      const ValueId made = i + skip_out < out.size() ? out[i + skip_out] : kNoValue;
      const ValueId before = i < carried && i + skip < in.size() ? in[i + skip] : kNoValue;
      Operation operation{Kind::choose};
      operation.op = node.op;
      operation.offset = node.offset;
      // How often it runs decides between what was there before and what the body makes of it.
      const ValueId turns = is_loop ? steering_input(in, out) : kNoValue;
      program_.add(operation, {turns, made, before == kNoValue ? made : before}, {id});
      if (!node.outputs[i].empty()) scope.values[node.outputs[i]] = id;
    }
  }

  // Of the count, the condition before and the condition made by the body, one that is no constant.
  ValueId steering_input(const std::vector<ValueId>& in, const std::vector<ValueId>& out) const {
    for (const ValueId id : {in.empty() ? kNoValue : in[0], in.size() < 2 ? kNoValue : in[1], out.empty() ? kNoValue : out[0]}) {
      if (id != kNoValue && !program_.values[id].constant) return id;
    }
    return kNoValue;
  }

  ValueId constant_value(std::string_view name) {
    FlatValue value{name};
    value.constant = true;
    return program_.add_value(value);
  }

  // The attribute as it stands, or as the call of the function gives it.
  const Attribute* given(const Node& node, std::string_view name, const Scope& scope) const {
    const Attribute* found = onnx::attribute(node, name);
    for (const Scope* at = &scope; found != nullptr && !found->refers.empty() && at != nullptr && at->caller != nullptr; at = at->calling) {
      const std::string_view wanted = found->refers;
      const Attribute* outer = onnx::attribute(*at->caller, wanted);
      if (outer == nullptr) {
        const auto& defaults = at->function->defaults;
        const auto found_default = std::find_if(defaults.begin(), defaults.end(), [&](const Attribute& a) { return a.name == wanted; });
        outer = found_default == defaults.end() ? nullptr : &*found_default;
      }
      found = outer;
    }
    return found;
  }

  void plain(const Node& node, Scope& scope) {
    if (node.op == "Constant") return constant_node(node, scope);
    Operation operation{kind_of_onnx(node.op)};
    operation.op = node.op;
    operation.offset = node.offset;
    const std::vector<ValueId> in = inputs_of(node, scope);
    refine(operation, node, in, scope);
    const std::vector<ValueId> out = outputs_of(node, scope);
    program_.add(operation, in, out);
    if (!out.empty()) fold(operation, in, out.front());
  }

  // What is made of constants alone is one; of small ones the numbers are known where they only change their form.
  void fold(const Operation& operation, const std::vector<ValueId>& in, ValueId out) {
    std::vector<double> numbers;
    uint64_t elements = 0, most = 1;
    for (const ValueId id : in) {
      if (id == kNoValue) continue;
      const FlatValue& value = program_.values[id];
      if (!value.constant) return;
      elements += value.elements;
      most = std::max(most, value.elements);
      const auto found = numbers_.find(id);
      if (found != numbers_.end()) numbers.insert(numbers.end(), found->second.begin(), found->second.end());
    }
    if (in.empty() || operation.kind == Kind::random) return;
    FlatValue& made = program_.values[out];
    made.constant = true;
    made.ramp = operation.kind == Kind::ramp || (operation.kind == Kind::copy && in.front() != kNoValue && program_.values[in.front()].ramp);
    made.elements = operation.kind == Kind::join ? elements : operation.kind == Kind::ramp ? 2 : operation.kind == Kind::fill ? 1 : most;
    const bool first_only = operation.kind == Kind::copy || operation.kind == Kind::truth;
    const auto first = numbers_.find(in.front());
    if (first_only && first != numbers_.end()) numbers = first->second;
    else if (operation.kind != Kind::join || numbers.size() != elements || numbers.size() > kMostNumbers) {
      if (!arithmetic(operation, numbers)) return;
    }
    if (numbers.empty()) return;
    made.number = numbers.front();
    made.known = std::all_of(numbers.begin(), numbers.end(), [&](double n) { return n == made.number; });
    numbers_[out] = std::move(numbers);
  }

  // Two single numbers.
  static bool arithmetic(const Operation& operation, std::vector<double>& numbers) {
    if (numbers.size() != 2 || operation.input_count != 2) return false;
    const double a = numbers[0], b = numbers[1];
    if (operation.op == "Add") numbers = {a + b};
    else if (operation.op == "Sub") numbers = {a - b};
    else if (operation.op == "Mul") numbers = {a * b};
    else if (operation.op == "Div" && b != 0) numbers = {a / b};
    else return false;
    return true;
  }

  void constant_node(const Node& node, Scope& scope) {
    if (node.outputs.empty()) return;
    const Attribute* tensor = given(node, "value", scope);
    ValueId id = kNoValue;
    if (tensor != nullptr && !tensor->tensors.empty()) {
      id = constant(model_.tensors[tensor->tensors.front()], node.outputs.front());
    } else {
      id = constant_value(node.outputs.front());
      FlatValue& value = program_.values[id];
      const Attribute* integer = given(node, "value_int", scope);
      const Attribute* number = given(node, "value_float", scope);
      const Attribute* integers = given(node, "value_ints", scope);
      if (integer != nullptr) value.known = true, value.number = static_cast<double>(integer->integer);
      if (number != nullptr) value.known = true, value.number = number->number;
      if (integers != nullptr && !integers->integers.empty()) {
        value.elements = integers->integers.size();
        value.number = static_cast<double>(integers->integers.front());
        value.known = value.elements == 1;
        numbers_[id].assign(integers->integers.begin(), integers->integers.end());
      }
      if (value.known) numbers_[id] = {value.number};
    }
    scope.values[node.outputs.front()] = id;
  }

  // Whole numbers of an input that is a small constant, else of the attribute.
  std::optional<std::vector<int64_t>> numbers(const Node& node, const std::vector<ValueId>& in, size_t index, std::string_view name, const Scope& scope) const {
    if (index < in.size() && in[index] != kNoValue) {
      const auto found = numbers_.find(in[index]);
      if (found == numbers_.end()) return std::nullopt;
      std::vector<int64_t> out;
      for (const double n : found->second) out.push_back(n > 9e18 ? INT64_MAX : n < -9e18 ? INT64_MIN : static_cast<int64_t>(n));
      return out;
    }
    const Attribute* attribute = given(node, name, scope);
    if (attribute == nullptr) return std::nullopt;
    if (attribute->integers.empty() && attribute->has_integer) return std::vector<int64_t>{attribute->integer};
    return attribute->integers;
  }

  // What the attributes say beyond the name.
  void refine(Operation& operation, const Node& node, const std::vector<ValueId>& in, const Scope& scope) {
    const bool constant_index = in.size() > 1 && in[1] != kNoValue && program_.values[in[1]].constant;
    const FlatValue* weights = in.size() > 1 && in[1] != kNoValue ? &program_.values[in[1]] : nullptr;
    if (operation.kind == Kind::learned && weights != nullptr && weights->constant) {
      // One number is made of many.
      const bool conv = node.op.find("Conv") != std::string_view::npos;
      operation.axes = (conv ? weights->single_leading : weights->single_trailing || (node.op == "Gemm" && weights->single_leading)) ? 1 : 0;
    } else if (operation.kind == Kind::reduce) {
      const auto axes = numbers(node, in, 1, "axes", scope);
      const bool global = node.op.starts_with("Global");
      operation.axes = global ? 2 : axes && !axes->empty() ? static_cast<uint8_t>(std::min<size_t>(axes->size(), 8)) : in.size() > 1 && in[1] != kNoValue ? uint8_t{1} : kAllAxes;
      operation.last = axes && axes->size() == 1 && axes->front() == -1;
    } else if (operation.kind == Kind::position) {
      operation.axes = 1;
    } else if (node.op == "Unsqueeze") {
      const auto axes = numbers(node, in, 1, "axes", scope);
      operation.last = axes && axes->size() == 1 && (axes->front() == -1 || axes->front() >= 2);
    } else if (node.op == "Cast") {
      const Attribute* to = given(node, "to", scope);
      if (to != nullptr && to->integer == 9) operation.kind = Kind::truth;
    } else if (node.op == "Slice") {
      slice(operation, numbers(node, in, 1, "starts", scope), numbers(node, in, 2, "ends", scope));
    } else if (node.op == "ArrayFeatureExtractor" || node.op == "Gather" || node.op == "GatherND") {
      if (!constant_index) return;
      operation.narrow = true;
      const uint64_t taken = program_.values[in[1]].elements;
      operation.axes = node.op == "GatherND" ? static_cast<uint8_t>(std::min<uint64_t>(taken, 8)) : taken == 1 ? uint8_t{1} : uint8_t{0};
    } else if (node.op == "Split") {
      const auto sizes = numbers(node, in, 1, "split", scope);
      operation.narrow = true;
      operation.axes = sizes && !sizes->empty() && std::all_of(sizes->begin(), sizes->end(), [](int64_t n) { return n == 1; }) ? uint8_t{1} : uint8_t{0};
    } else if (node.op == "Pow") {
      // A square is no steep function.
      operation.kind = in.size() > 1 && in[1] != kNoValue && program_.values[in[1]].known && program_.values[in[1]].number <= 2 ? Kind::smooth : Kind::power;
    }
  }

  // Parts of constant place: one position of an axis, or a few of many.
  static void slice(Operation& operation, const std::optional<std::vector<int64_t>>& starts, const std::optional<std::vector<int64_t>>& ends) {
    if (!starts || !ends) return;
    for (size_t i = 0; i < starts->size() && i < ends->size(); ++i) {
      const int64_t start = (*starts)[i], end = (*ends)[i];
      const bool to_end = end > kFar;
      if ((to_end && start >= 0) || end < -kFar) continue;
      if (start == 0 && end == -1) continue;  // all but the last
      operation.narrow = true;
      const bool one = to_end ? start == -1 : end == start + 1;
      if (one) ++operation.axes;
    }
  }

  const Model& model_;
  Program program_;
  size_t work_ = 0;  // nodes that were looked at, also those that call functions without any
  std::map<std::pair<std::string_view, std::string_view>, uint32_t> functions_;
  std::unordered_map<ValueId, std::vector<double>> numbers_;
};

}  // namespace

Program program_of(const Model& model) { return Writer(model).write(); }

}  // namespace winnow::graph::onnx
