// Subgraphs become functions, the first one the main graph. Tensors with data become constants, operators nodes:
//   * those of Select TF ("Flex"): TensorFlow's own kernel runs the NodeDef that stands in their options, whatever the
//     operator is called (tensorflow/lite/delegates/flex/kernel.cc), so the NodeDef is the node;
//   * builtins that pass texts on or call subgraphs: the operation of TensorFlow that does the same;
//   * other builtins compute numbers; custom operators are code of the application.
// Fields: tensorflow/lite/schema/schema.fbs.
#include "formats/tflite/graph.h"

#include <array>

namespace winnow::tflite {
namespace {

using containers::FlatBuffer;
using containers::FlatTable;
using containers::FlatVector;

constexpr uint64_t kCustom = 32, kPlaceholder = 127;
constexpr uint64_t kMostConstant = 65536;   // bytes of a constant that is looked at
constexpr uint32_t kMostItems = 256;        // texts or numbers of it
enum TensorType : uint64_t { kInt32 = 2, kInt64 = 4, kString = 5, kBool = 6 };

struct Builtin {
  uint64_t code;
  std::string_view op;
  std::array<int8_t, 2> subgraphs = {-1, -1};  // fields of its options that call one
  std::array<std::string_view, 2> names = {};
  uint32_t options = 4;                        // the field of the operator that holds them
};

constexpr Builtin kBuiltins[] = {
    {2, "ConcatV2"},   {22, "Reshape"}, {43, "Squeeze"}, {53, "Cast"}, {64, "Select"}, {69, "Tile"}, {70, "ExpandDims"}, {83, "Pack"}, {123, "SelectV2"},
    {130, "BroadcastTo"},
    {31, "PartitionedCall", {0, -1}, {"f", ""}},
    {118, "If", {0, 1}, {"then_branch", "else_branch"}},
    {119, "While", {0, 1}, {"cond", "body"}},
    {129, "StatefulPartitionedCall", {0, -1}, {"f", ""}},
    {200, "While", {0, 1}, {"cond", "body"}, 12},
    {206, "PartitionedCall", {1, -1}, {"f", ""}, 12},
};

const Builtin* builtin(uint64_t code) {
  for (const Builtin& one : kBuiltins) {
    if (one.code == code) return &one;
  }
  return nullptr;
}

// Protocol buffers, as attributes hold them.
void put_number(std::string& out, uint64_t value) {
  for (; value > 0x7f; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  out += static_cast<char>(value);
}

void put_field(std::string& out, uint32_t number, std::string_view content) {
  put_number(out, number << 3 | 2);
  put_number(out, content.size());
  out += content;
}

class Conversion {
 public:
  Conversion(FlatBuffer& file, Converted& out, const std::function<bool()>& allow) : file_(file), out_(out), allow_(allow) {}

  void run() {
    const FlatTable model = file_.root();
    codes_ = model.vector(1, 4);
    buffers_ = model.vector(4, 4);
    const FlatVector subgraphs = model.vector(2, 4);
    for (uint32_t i = 0; i < subgraphs.size() && !out_.spent; ++i) {
      graph::Graph graph = convert(subgraphs.table(i), i);
      for (uint32_t n = 0; n < graph.nodes.size(); ++n) graph.by_name.emplace(graph.nodes[n].name, n);
      if (i == 0) {
        out_.model.graphs.push_back(std::move(graph));
      } else {
        out_.model.function_index.emplace(graph.name, static_cast<uint32_t>(out_.model.functions.size()));
        out_.model.functions.push_back(std::move(graph));
      }
    }
    // What the file says of itself, so that what nothing claims is known.
    model.text(3);
    const FlatVector metadata = model.vector(6, 4);
    for (uint32_t i = 0; i < metadata.size() && allow(); ++i) metadata.table(i).text(0);
    for (uint32_t i = 0; i < buffers_.size() && allow(); ++i) data_of(i);
  }

 private:
  bool allow() {
    out_.spent = out_.spent || !allow_();
    return !out_.spent;
  }

  std::string_view keep(std::string text) { return out_.texts.emplace_back(std::move(text)); }
  std::string_view subgraph_name(uint64_t index) { return keep("subgraph_" + std::to_string(index)); }

  // The content of a buffer: inside, or at a place in the file where the model is larger than its offsets can say.
  Bytes data_of(uint64_t index) {
    if (index >= buffers_.size()) return {};
    const FlatTable buffer = buffers_.table(static_cast<uint32_t>(index));
    const uint64_t offset = buffer.number(1, 8), size = buffer.number(2, 8);
    if (offset <= 1) return buffer.vector(0, 1).bytes();
    return outside(offset, size);
  }

  Bytes outside(uint64_t offset, uint64_t size) {
    if (offset > file_.bytes().size() || size > file_.bytes().size() - offset) {
      file_.damaged(file_.bytes().size(), "data outside of the flat buffer lies behind the end of the file");
      return {};
    }
    file_.claim(offset, size);
    return slice(file_.bytes(), offset, size);
  }

  graph::Graph convert(const FlatTable& subgraph, uint32_t number) {
    graph::Graph graph;
    if (number > 0) graph.name = subgraph_name(number);
    const FlatVector tensors = subgraph.vector(0, 4), inputs = subgraph.vector(1, 4), operators = subgraph.vector(3, 4);
    std::vector<std::string_view> sources(tensors.size());  // what consumers of each tensor name
    for (uint32_t i = 0; i < tensors.size() && allow(); ++i) {
      const FlatTable tensor = tensors.table(i);
      sources[i] = keep("t" + std::to_string(i));
      if (auto node = constant(tensor, sources[i])) graph.nodes.push_back(std::move(*node));
    }
    for (uint32_t i = 0; i < inputs.size(); ++i) {
      const uint64_t index = inputs.number(i);
      if (index >= tensors.size()) continue;
      graph.parameters.push_back(sources[index]);
      if (number == 0) graph.nodes.push_back({.name = sources[index], .op = "Placeholder"});
    }
    if (number == 0) graph.parameters.clear();
    for (uint32_t i = 0; i < operators.size() && allow(); ++i) add(graph, operators.table(i), i, sources);
    return graph;
  }

  // What nodes give that stand for one operator of several outputs: "o3:1".
  void add(graph::Graph& graph, const FlatTable& op, uint32_t number, std::vector<std::string_view>& sources) {
    if (!op) return;
    graph::Node node;
    node.name = keep("o" + std::to_string(number));
    node.offset = op.position();
    const FlatVector inputs = op.vector(1, 4), outputs = op.vector(2, 4);
    for (uint32_t i = 0; i < inputs.size(); ++i) {
      const uint64_t index = inputs.number(i);
      if (index < sources.size()) node.inputs.push_back(sources[index]);
    }
    for (uint32_t i = 0; i < outputs.size(); ++i) {
      const uint64_t index = outputs.number(i);
      if (index < sources.size()) sources[index] = i == 0 ? node.name : keep(std::string(node.name) + ":" + std::to_string(i));
    }
    const FlatTable code = codes_.table(static_cast<uint32_t>(op.number(0, 4)));
    if (!code) return file_.damaged(op.position(), "an operator has no code");
    const auto old_code = static_cast<int8_t>(static_cast<uint8_t>(code.number(0, 1)));
    const auto new_code = static_cast<int32_t>(static_cast<uint32_t>(code.number(3, 4)));
    const auto which = static_cast<uint64_t>(std::max<int64_t>(old_code, new_code));
    const std::string_view name = code.text(1);
    if (which == kCustom || (!name.empty() && which == kPlaceholder)) return add_custom(graph, op, name, std::move(node));
    const Builtin* known = builtin(which);
    if (known == nullptr) {
      node.op = "TFLite";
    } else {
      node.op = known->op;
      const FlatTable options = op.table(known->options);
      for (size_t i = 0; i < known->subgraphs.size(); ++i) {
        if (known->subgraphs[i] >= 0 && options) call(node, known->names[i], options.number(static_cast<uint32_t>(known->subgraphs[i]), 4));
      }
    }
    graph.nodes.push_back(std::move(node));
  }

  void call(graph::Node& node, std::string_view attribute, uint64_t subgraph) {
    std::string function, value;
    put_field(function, 1, subgraph_name(subgraph));
    put_field(value, 10, function);
    node.attributes.push_back({attribute, as_bytes(keep(std::move(value)))});
  }

  void add_custom(graph::Graph& graph, const FlatTable& op, std::string_view name, graph::Node node) {
    constexpr std::string_view kFlex = "Flex";
    Bytes options = op.vector(5, 1).bytes();
    if (const uint64_t offset = op.number(9, 8); offset > 1) options = outside(offset, op.number(10, 8));
    if (!name.starts_with(kFlex)) {
      out_.custom.insert(name);
      node.op = "TFLite";
      graph.nodes.push_back(std::move(node));
      return;
    }
    graph::Node inner = graph::read_node(as_bytes(containers::flex_text(options, 1)));
    const std::string_view called = containers::flex_text(options, 0);
    node.attributes = std::move(inner.attributes);
    const std::string_view first = inner.op.empty() ? called.empty() ? name.substr(kFlex.size()) : called : inner.op;
    // Where the three names differ, a reader that goes by another one runs another operation.
    for (const std::string_view other : {called, name.substr(kFlex.size())}) {
      if (other.empty() || other == first) continue;
      graph::Node twin = node;
      twin.name = keep(std::string(node.name) + "/" + std::string(other));
      twin.op = other;
      graph.nodes.push_back(std::move(twin));
    }
    node.op = first;
    graph.nodes.push_back(std::move(node));
  }

  // A tensor with data, as TensorFlow's Const: texts and whole numbers; of others only that they are constant.
  std::optional<graph::Node> constant(const FlatTable& tensor, std::string_view name) {
    const Bytes data = data_of(tensor.number(2, 4));
    if (data.empty()) return std::nullopt;
    graph::Node node{.name = name, .op = "Const"};
    const uint64_t type = tensor.number(1, 1);
    if (data.size() > kMostConstant) return node;
    std::string content;
    uint32_t count = 0;
    if (type == kString) count = put_texts(content, data);
    if (type == kInt32) count = put_numbers(content, data, 3, 7, 4);
    if (type == kInt64) count = put_numbers(content, data, 9, 10, 8);
    if (type == kBool) count = put_numbers(content, data, 10, 11, 1);
    if (count == 0) return node;
    if (count > 1) put_field(content, 2, "x");
    std::string value;
    put_field(value, 8, content);
    node.attributes.push_back({"value", as_bytes(keep(std::move(value)))});
    return node;
  }

  // A count, the places of the texts and of the end, the texts (tensorflow/lite/string_util.h).
  static uint32_t put_texts(std::string& out, Bytes data) {
    FlatBuffer numbers(data);
    const uint64_t count = numbers.number(0, 4);
    if (count == 0 || count > kMostItems) return 0;
    put_number(out, 1 << 3);
    put_number(out, 7);
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t begin = numbers.number(4 + i * 4, 4), end = numbers.number(8 + i * 4, 4);
      if (numbers.damage() || end < begin || end > data.size()) return 0;
      put_field(out, 8, as_text(slice(data, begin, end - begin)));
    }
    return static_cast<uint32_t>(count);
  }

  static uint32_t put_numbers(std::string& out, Bytes data, uint32_t type, uint32_t field, uint32_t width) {
    FlatBuffer numbers(data);
    const uint64_t count = std::min<uint64_t>(data.size() / width, kMostItems);
    put_number(out, 1 << 3);
    put_number(out, type);
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t value = numbers.number(i * width, width);
      put_number(out, field << 3);
      put_number(out, width == 4 ? static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(static_cast<uint32_t>(value)))) : value);
    }
    return static_cast<uint32_t>(count);
  }

  FlatBuffer& file_;
  Converted& out_;
  const std::function<bool()>& allow_;
  FlatVector codes_, buffers_;
};

}  // namespace

Converted convert(FlatBuffer& file, const std::function<bool()>& allow) {
  Converted out;
  Conversion(file, out, allow).run();
  return out;
}

}  // namespace winnow::tflite
