// ONNX models: graphs of nodes with an operator, inputs, outputs and attributes; functions that nodes call; graphs
// inside of attributes. Read from the protocol buffers as a stream of views. Tensors are described, never read: of a
// small one its place is kept, of a large one its size.
// Fields: onnx/onnx.proto3 of ONNX 1.23. What protobuf's own parser does is followed: fields come in any order,
// messages that are given twice are one message, the last of several numbers counts.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::graph::onnx {

enum class ElementType : uint32_t { undefined = 0, float32 = 1, uint8 = 2, int8 = 3, int32 = 6, int64 = 7, string = 8, boolean = 9, float64 = 11 };

struct Tensor {
  std::string_view name;
  uint32_t type = 0;
  std::vector<int64_t> dimensions;
  Bytes message;                 // the TensorProto
  Bytes raw;                     // raw_data
  std::vector<std::string_view> strings;  // string_data, the first of them
  bool external = false;         // data_location says that the data stand in another file
  std::vector<std::pair<std::string_view, std::string_view>> places;  // external_data: location, offset, ...
  uint64_t offset = 0;           // in the file
};

struct Attribute {
  std::string_view name;
  std::string_view text;                  // s
  std::string_view refers;                // ref_attr_name: in functions, the attribute of the call
  int64_t integer = 0;                    // i
  float number = 0;                       // f
  bool has_integer = false, has_number = false;
  std::vector<int64_t> integers;          // ints, the first of them
  std::vector<std::string_view> strings;  // strings, the first of them
  std::vector<uint32_t> graphs;           // into Model::graphs
  std::vector<uint32_t> tensors;          // into Model::tensors
};

struct Node {
  std::string_view name, op, domain, overload;
  std::vector<std::string_view> inputs, outputs;
  std::vector<Attribute> attributes;
  uint64_t offset = 0;
};

// What is known of an input, output or value of a graph.
struct ValueInfo {
  std::string_view name;
  uint32_t type = 0;                 // of elements; 0: not told
  bool shaped = false;
  std::vector<int64_t> dimensions;   // -1: not fixed
};

struct Graph {
  std::string_view name;
  std::vector<Node> nodes;
  std::vector<uint32_t> initialisers;   // into Model::tensors
  std::vector<ValueInfo> inputs, outputs;
  uint64_t offset = 0;
};

struct Function {
  std::string_view name, domain, overload;
  std::vector<std::string_view> inputs, outputs;
  std::vector<Attribute> defaults;      // of attributes that have one
  uint32_t graph = 0;                   // its nodes, into Model::graphs
  std::vector<std::string_view> domains;
};

// A text or bytes that stand beside the graph.
struct Note {
  std::string_view key, value;
  uint64_t offset = 0;
};

struct Model {
  int64_t ir_version = 0;
  std::string_view producer;
  std::vector<std::string_view> domains;   // of the operator sets that are imported
  std::vector<Graph> graphs;               // in the order of reading
  std::vector<uint32_t> roots;             // the model's graph, and those of its training
  std::vector<Function> functions;
  std::vector<Tensor> tensors;
  std::vector<Note> notes;                 // metadata_props and doc_string of the model
  std::vector<Note> unknown;               // fields that no version of ONNX has, of some size
  std::optional<Error> damage;             // where the messages stop making sense, or are too many
};

// Whether the outer message reads as a ModelProto: ONNX has no magic, so the graph inside must read as one.
bool is_model(Bytes bytes);

Model read_model(Bytes bytes);

const Attribute* attribute(const Node& node, std::string_view name);

// The numbers of a small tensor; nothing where it is large, elsewhere, or of another type. At most `most` are read.
std::optional<std::vector<double>> numbers_of(const Tensor& tensor, size_t most);

// How many elements the dimensions make; huge for sizes that overflow.
uint64_t elements_of(const Tensor& tensor);

}  // namespace winnow::graph::onnx
