// Writes a TensorFlow graph out as one list: nodes in an order in which they can be computed, functions entered with what
// they are called with, branches written both, bodies of loops twice. A node's outputs are one value here; only those of
// functions are told apart.
#include "code/graph/tensorflow_program.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "bytes/reader.h"
#include "containers/protobuf.h"

namespace winnow::graph {
namespace {

using containers::each_field;
using containers::ProtoField;
using containers::WireType;

constexpr int kDeepestCall = 30;
constexpr uint64_t kLarge = uint64_t{1} << 20;  // numbers of a variable whose size is not looked at

// Nodes that hold what the model has learned, or tables that it has brought along.
constexpr std::string_view kStores[] = {"VarHandleOp", "VariableV2", "Variable", "ReadVariableOp", "HashTableV2", "MutableHashTableV2", "ImmutableConst",
                                        "HashTable", "DestroyResourceOp", "NoOp", "ResourceVariable", "_VarHandlesOp", "RestoreV2", "VarIsInitializedOp"};
constexpr std::string_view kInputs[] = {"Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "_Arg"};

bool is_bytes(const ProtoField& field, uint32_t number) { return field.number == number && field.type == WireType::bytes; }

template <size_t kCount>
bool is_one_of(const std::string_view (&names)[kCount], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

struct Reference {
  std::string_view node;
  size_t index = 0;
};

// "^control" is nothing; "node", "node:1" and, in functions, "node:output:1".
std::optional<Reference> reference_of(std::string_view text) {
  if (text.empty() || text.front() == '^') return std::nullopt;
  Reference out{text.substr(0, text.find(':'))};
  if (text.find(':') != std::string_view::npos) {
    const std::string_view number = text.substr(text.rfind(':') + 1);
    std::from_chars(number.data(), number.data() + number.size(), out.index);
  }
  return out;
}

uint64_t number_of(const Node& node, std::string_view name) {
  const Attribute* found = attribute(node, name);
  uint64_t number = 0;
  if (found == nullptr) return 0;
  each_field(found->value, [&](const ProtoField& field) {
    if (field.type == WireType::varint && (field.number == 3 || field.number == 5 || field.number == 6)) number = field.value;
    return true;
  });
  return number;
}

std::vector<int64_t> dimensions_of(Bytes shape) {
  std::vector<int64_t> out;
  each_field(shape, [&](const ProtoField& field) {
    if (!is_bytes(field, 2) || out.size() > 16) return true;
    int64_t size = 0;
    each_field(field.bytes, [&](const ProtoField& part) {
      if (part.number == 1 && part.type == WireType::varint) size = static_cast<int64_t>(part.value);
      return true;
    });
    out.push_back(size);
    return true;
  });
  return out;
}

// The numbers of a small TensorProto.
struct Numbers {
  uint64_t elements = 1;
  std::vector<int64_t> dimensions;
  std::vector<double> values;  // empty where they are too many
};

Numbers tensor_numbers(Bytes tensor) {
  constexpr size_t kMost = 64;
  Numbers out;
  uint64_t type = 0;
  Bytes content;
  const auto add = [&](double value) {
    if (out.values.size() < kMost) out.values.push_back(value);
  };
  each_field(tensor, [&](const ProtoField& field) {
    if (field.number == 1 && field.type == WireType::varint) type = field.value;
    if (is_bytes(field, 2)) out.dimensions = dimensions_of(field.bytes);
    if (is_bytes(field, 4)) content = field.bytes;
    if (field.number == 5 && field.type == WireType::fixed32) add(std::bit_cast<float>(static_cast<uint32_t>(field.value)));
    if (field.number == 6 && field.type == WireType::fixed64) add(std::bit_cast<double>(field.value));
    if (is_bytes(field, 5)) {
      Reader from(field.bytes);
      while (from.left() >= 4 && out.values.size() < kMost) add(std::bit_cast<float>(from.le<uint32_t>()));
    }
    if (field.number == 7 || field.number == 10 || field.number == 11) {
      if (field.type == WireType::varint) add(static_cast<double>(static_cast<int64_t>(field.value)));
      else if (field.type == WireType::bytes) containers::each_varint(field.bytes, [&](uint64_t v) { return add(static_cast<double>(static_cast<int64_t>(v))), out.values.size() < kMost; });
    }
    return true;
  });
  for (const int64_t size : out.dimensions) out.elements = size > 0 && out.elements < kLarge * kLarge / static_cast<uint64_t>(size) ? out.elements * static_cast<uint64_t>(size) : out.elements;
  Reader from(content);
  while (from.left() > 0 && from.ok() && out.elements <= kMost && out.values.size() < out.elements) {
    if (type == 1) add(std::bit_cast<float>(from.le<uint32_t>()));
    else if (type == 2) add(std::bit_cast<double>(from.le<uint64_t>()));
    else if (type == 3) add(static_cast<int32_t>(from.le<uint32_t>()));
    else if (type == 9) add(static_cast<double>(static_cast<int64_t>(from.le<uint64_t>())));
    else if (type == 10 || type == 4) add(from.u8());
    else break;
  }
  if (out.elements > kMost) out.values.clear();
  return out;
}

class Writer {
 public:
  explicit Writer(const Model& model) : model_(model) {}

  Program write(const Graph& graph) {
    Scope scope;
    write_graph(graph, scope, 0);
    // What no other node takes is what the graph is for.
    std::unordered_set<std::string_view> taken;
    for (const Node& node : graph.nodes) {
      for (const std::string_view input : node.inputs) {
        if (const auto from = reference_of(input)) taken.insert(from->node);
      }
    }
    for (const Node& node : graph.nodes) {
      const auto found = scope.values.find(node.name);
      if (taken.count(node.name) != 0 || found == scope.values.end()) continue;
      std::copy_if(found->second.begin(), found->second.end(), std::back_inserter(program_.results), [](ValueId id) { return id != kNoValue; });
    }
    return std::move(program_);
  }

 private:
  struct Scope {
    std::unordered_map<std::string_view, std::vector<ValueId>> values;
  };

  static ValueId find(const Scope& scope, std::string_view input) {
    const auto from = reference_of(input);
    if (!from) return kNoValue;
    const auto found = scope.values.find(from->node);
    if (found == scope.values.end() || found->second.empty()) return kNoValue;
    return found->second[std::min(from->index, found->second.size() - 1)];
  }

  // Nodes behind those that they need; in a loop of nodes one of them comes first.
  static std::vector<uint32_t> order_of(const Graph& graph) {
    std::vector<uint32_t> order;
    std::vector<uint8_t> state(graph.nodes.size());
    std::vector<std::pair<uint32_t, size_t>> work;
    for (uint32_t start = 0; start < graph.nodes.size(); ++start) {
      if (state[start] != 0) continue;
      work.push_back({start, 0});
      state[start] = 1;
      while (!work.empty()) {
        auto& [at, next] = work.back();
        if (next == graph.nodes[at].inputs.size()) {
          order.push_back(at);
          work.pop_back();
          continue;
        }
        const auto from = reference_of(graph.nodes[at].inputs[next++]);
        if (!from) continue;
        const auto found = graph.by_name.find(from->node);
        if (found == graph.by_name.end() || state[found->second] != 0) continue;
        state[found->second] = 1;
        work.push_back({found->second, 0});
      }
    }
    return order;
  }

  void write_graph(const Graph& graph, Scope& scope, int depth) {
    for (const Node& node : graph.nodes) {
      if (node.op == "NextIteration" || node.op == "RefNextIteration") loop_nodes_.insert(node.name);
    }
    for (const uint32_t index : order_of(graph)) {
      if (++work_ > 4 * kMostOperations || program_.operations.size() >= kMostOperations || depth > kDeepestCall) {
        program_.cut = true;
        return;
      }
      write_node(graph.nodes[index], scope, depth);
    }
  }

  std::vector<ValueId> inputs_of(const Node& node, const Scope& scope) const {
    std::vector<ValueId> in;
    for (const std::string_view input : node.inputs) {
      if (!input.empty() && input.front() != '^') in.push_back(find(scope, input));
    }
    return in;
  }

  const Graph* function_named(std::string_view name) const {
    const auto found = model_.function_index.find(name);
    return found == model_.function_index.end() ? nullptr : &model_.functions[found->second];
  }

  const Graph* function_in(const Node& node, std::string_view name) const {
    const Attribute* found = attribute(node, name);
    return found == nullptr ? nullptr : function_named(function_of(*found));
  }

  std::vector<ValueId> call(const Graph& function, const std::vector<ValueId>& in, int depth) {
    Scope inner;
    for (size_t i = 0; i < function.parameters.size() && i < in.size(); ++i) {
      if (in[i] != kNoValue) inner.values[function.parameters[i]] = {in[i]};
    }
    write_graph(function, inner, depth + 1);
    std::vector<ValueId> out;
    for (const std::string_view result : function.results) out.push_back(find(inner, result));
    return out;
  }

  void write_node(const Node& node, Scope& scope, int depth) {
    std::vector<ValueId>& out = scope.values[node.name];
    if (!out.empty()) return;
    if (node.op == "Const" || node.op == "HostConst") return out.push_back(constant(node)), void();
    if (is_one_of(kInputs, node.op) && depth == 0) return out.push_back(input(node)), void();
    if (is_one_of(kStores, node.op)) return out.push_back(store(node)), void();
    std::vector<ValueId> in = inputs_of(node, scope);
    const Graph* called = function_named(node.op);
    if (called == nullptr && node.op.find("PartitionedCall") != std::string_view::npos) called = function_in(node, "f");
    std::vector<ValueId> made;
    if (called != nullptr) {
      made = call(*called, in, depth);
    } else if (node.op == "If" || node.op == "StatelessIf" || node.op == "Case" || node.op == "StatelessCase") {
      made = branches(node, in, depth);
    } else if (node.op == "While" || node.op == "StatelessWhile") {
      made = loop(node, in, depth);
    }
    if (made.empty()) made = {plain(node, in)};
    scope.values[node.name] = std::move(made);
  }

  ValueId constant(const Node& node) {
    FlatValue value{node.name};
    value.constant = true;
    Bytes tensor;
    if (const Attribute* found = attribute(node, "value")) {
      each_field(found->value, [&](const ProtoField& field) {
        if (is_bytes(field, 8)) tensor = field.bytes;
        return true;
      });
    }
    Numbers numbers = tensor_numbers(tensor);
    value.elements = numbers.elements;
    value.single_leading = !numbers.dimensions.empty() && numbers.dimensions.front() == 1;
    value.single_trailing = numbers.dimensions.size() > 1 && numbers.dimensions.back() == 1;
    if (!numbers.values.empty()) {
      value.number = numbers.values.front();
      value.known = std::all_of(numbers.values.begin(), numbers.values.end(), [&](double n) { return n == value.number; });
      // A single number stands for all elements.
      if (numbers.values.size() == 1 && numbers.elements <= 64) numbers.values.assign(numbers.elements, value.number);
    }
    const ValueId id = program_.add_value(value);
    if (!numbers.values.empty()) numbers_[id] = std::move(numbers.values);
    return id;
  }

  ValueId input(const Node& node) {
    FlatValue value{node.name};
    value.input = static_cast<uint8_t>(std::min<int>(++inputs_, 63));
    value.open = 3;
    const uint64_t type = number_of(node, "dtype");
    value.integer = type != 1 && type != 2 && type != 19;
    for (const std::string_view name : {"shape", "_output_shapes"}) {
      const Attribute* shape = attribute(node, name);
      if (shape == nullptr) continue;
      each_field(shape->value, [&](const ProtoField& field) {
        if (is_bytes(field, 7)) value.open = open_axes(dimensions_of(field.bytes));
        if (is_bytes(field, 1)) {
          each_field(field.bytes, [&](const ProtoField& item) {
            if (is_bytes(item, 7)) value.open = open_axes(dimensions_of(item.bytes));
            return true;
          });
        }
        return true;
      });
      break;
    }
    return program_.add_value(value);
  }

  ValueId store(const Node& node) {
    FlatValue value{node.name};
    value.constant = true;
    value.elements = kLarge;
    return program_.add_value(value);
  }

  std::vector<ValueId> branches(const Node& node, const std::vector<ValueId>& in, int depth) {
    const ValueId condition = in.empty() ? kNoValue : in.front();
    const std::vector<ValueId> given(in.begin() + (in.empty() ? 0 : 1), in.end());
    std::vector<std::vector<ValueId>> sides;
    for (const std::string_view name : {"then_branch", "else_branch", "branches"}) {
      const Attribute* found = attribute(node, name);
      if (found == nullptr) continue;
      for (const std::string_view function : functions_of(*found)) {
        const Graph* graph = function_named(function);
        if (graph != nullptr && sides.size() < 16) sides.push_back(call(*graph, given, depth));
      }
    }
    std::vector<ValueId> out;
    if (sides.empty()) return out;
    for (size_t i = 0; i < sides.front().size(); ++i) {
      ValueId chosen = sides.front()[i];
      for (size_t side = 1; side < sides.size(); ++side) {
        if (i < sides[side].size()) chosen = choose(node, condition, chosen, sides[side][i]);
      }
      out.push_back(chosen);
    }
    return out;
  }

  ValueId choose(const Node& node, ValueId condition, ValueId yes, ValueId no) {
    Operation operation{Kind::choose};
    operation.op = node.op;
    operation.offset = node.offset;
    const ValueId out = program_.add_value({node.name});
    program_.add(operation, {condition, yes, no}, {out});
    return out;
  }

  std::vector<ValueId> loop(const Node& node, const std::vector<ValueId>& in, int depth) {
    const Graph* condition = function_in(node, "cond");
    const Graph* body = function_in(node, "body");
    if (body == nullptr) return {};
    std::vector<ValueId> given = in;
    for (int round = 0; round < 2; ++round) {
      const std::vector<ValueId> made = call(*body, given, depth);
      for (size_t i = 0; i < given.size() && i < made.size(); ++i) {
        if (made[i] != kNoValue) given[i] = made[i];
      }
    }
    const std::vector<ValueId> asked = condition == nullptr ? std::vector<ValueId>() : call(*condition, in, depth);
    for (size_t i = 0; i < given.size(); ++i) {
      if (!asked.empty() && given[i] != in[i]) given[i] = choose(node, asked.front(), given[i], in[i]);
    }
    return given;
  }

  ValueId plain(const Node& node, const std::vector<ValueId>& in) {
    Operation operation{kind_of_tensorflow(node.op)};
    operation.op = node.op;
    operation.offset = node.offset;
    refine(operation, node, in);
    const bool constant = !in.empty() && operation.kind != Kind::random &&
                          std::all_of(in.begin(), in.end(), [&](ValueId id) { return id != kNoValue && program_.values[id].constant; });
    FlatValue value{node.name};
    value.constant = constant;
    for (const ValueId id : in) {
      if (constant) value.elements = std::max(value.elements, program_.values[id].elements);
    }
    value.ramp = operation.kind == Kind::ramp;
    if (value.ramp || operation.kind == Kind::join) value.elements = std::max<uint64_t>(value.elements, 2);
    if (operation.kind == Kind::fill) value.elements = 1;
    if (constant && operation.kind == Kind::copy && program_.values[in.front()].known) {
      value.known = true;
      value.number = program_.values[in.front()].number;
      if (numbers_.count(in.front()) != 0) numbers_[static_cast<ValueId>(program_.values.size())] = numbers_[in.front()];
    }
    const ValueId out = program_.add_value(value);
    // Where it is joined, a table with an axis stands first or last; it is no part of the data.
    std::vector<ValueId> data = in;
    if ((node.op == "Concat") && !data.empty()) data.erase(data.begin());
    if (node.op == "ConcatV2" && !data.empty()) data.pop_back();
    if ((node.op == "Split") && data.size() == 2) std::swap(data[0], data[1]);
    if (node.op == "GatherV2" && data.size() == 3) data.pop_back();
    if (node.op == "LookupTableFindV2" && data.size() == 3) data = {data[1]};
    program_.add(operation, data, {out});
    return out;
  }

  const std::vector<double>* numbers(const std::vector<ValueId>& in, size_t index) const {
    if (index >= in.size() || in[index] == kNoValue) return nullptr;
    const auto found = numbers_.find(in[index]);
    return found == numbers_.end() ? nullptr : &found->second;
  }

  void refine(Operation& operation, const Node& node, const std::vector<ValueId>& in) {
    const FlatValue* second = in.size() > 1 && in[1] != kNoValue ? &program_.values[in[1]] : nullptr;
    if (operation.kind == Kind::learned && second != nullptr && second->constant) {
      operation.axes = second->single_trailing ? 1 : 0;
    } else if (operation.kind == Kind::reduce) {
      const auto* axes = numbers(in, 1);
      operation.axes = axes == nullptr ? uint8_t{1} : static_cast<uint8_t>(std::min<size_t>(axes->size(), 8));
      operation.last = axes != nullptr && axes->size() == 1 && axes->front() == -1;
    } else if (operation.kind == Kind::position) {
      operation.axes = 1;
    } else if (operation.kind == Kind::merge) {
      // The head of a loop takes what was there before or what its body made of it: nothing decides between answers.
      const bool head = std::any_of(node.inputs.begin(), node.inputs.end(), [&](std::string_view input) { return loop_nodes_.count(reference_of(input).value_or(Reference{}).node) != 0; });
      if (head) operation.kind = Kind::running;
    } else if (node.op == "ExpandDims") {
      const auto* axis = numbers(in, 1);
      operation.last = axis != nullptr && !axis->empty() && (axis->front() == -1 || axis->front() >= 2);
    } else if (node.op == "Cast" && number_of(node, "DstT") == 10) {
      operation.kind = Kind::truth;
    } else if (node.op == "StridedSlice") {
      strided(operation, node, in);
    } else if (node.op == "Slice") {
      operation.narrow = true;
      const auto* sizes = numbers(in, 2);
      for (size_t i = 1; sizes != nullptr && i < sizes->size(); ++i) operation.axes = static_cast<uint8_t>(operation.axes + ((*sizes)[i] == 1 ? 1 : 0));
    } else if (node.op == "Unpack" || node.op == "Split" || node.op == "SplitV") {
      operation.narrow = true;
      operation.axes = node.op == "Unpack" ? 1 : 0;
    } else if (operation.kind == Kind::select && second != nullptr && second->constant) {
      operation.narrow = true;
      operation.axes = second->elements == 1 ? 1 : 0;
    } else if (operation.kind == Kind::power) {
      operation.kind = second != nullptr && second->known && second->number <= 2 ? Kind::smooth : Kind::power;
    }
  }

  void strided(Operation& operation, const Node& node, const std::vector<ValueId>& in) const {
    const auto *begin = numbers(in, 1), *end = numbers(in, 2);
    if (begin == nullptr || end == nullptr) return;
    const uint64_t any_begin = number_of(node, "begin_mask"), any_end = number_of(node, "end_mask"), shrunk = number_of(node, "shrink_axis_mask"),
                   made = number_of(node, "new_axis_mask") | number_of(node, "ellipsis_mask");
    for (size_t i = 0; i < begin->size() && i < end->size() && i < 64; ++i) {
      const uint64_t bit = uint64_t{1} << i;
      if ((made & bit) != 0) continue;
      const bool to_end = (any_end & bit) != 0, from_start = (any_begin & bit) != 0 || (*begin)[i] == 0;
      const bool one = (shrunk & bit) != 0 || (!to_end && (*end)[i] == (*begin)[i] + 1);
      if (!one && ((to_end && (from_start || (*begin)[i] > 0)) || (from_start && (*end)[i] == -1))) continue;
      operation.narrow = true;
      if (one) ++operation.axes;
    }
  }

  const Model& model_;
  Program program_;
  std::unordered_map<ValueId, std::vector<double>> numbers_;
  std::unordered_set<std::string_view> loop_nodes_;  // that carry on what the body of a loop has made
  size_t work_ = 0;
  int inputs_ = 0;
};

}  // namespace

Program program_of(const Model& model, const Graph& graph) { return Writer(model).write(graph); }

}  // namespace winnow::graph
