// TensorFlow's graphs as they stand in SavedModels, MetaGraphs and bare GraphDefs: nodes with an op, inputs and
// attributes, and a library of functions that nodes call. Read from the protocol buffers without copying; tensors
// are looked at only where they hold text or a few numbers.
// Fields: tensorflow/core/protobuf/{saved_model,meta_graph}.proto, core/framework/{graph,node_def,function,
// attr_value,tensor}.proto.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"
#include "core/value.h"

namespace winnow::graph {

struct Attribute {
  std::string_view name;
  Bytes value;      // an AttrValue message
};

struct Node {
  std::string_view name, op, device;
  std::vector<std::string_view> inputs;  // "node", "node:1", "^control"; in functions "node:output:0"
  std::vector<Attribute> attributes;
  uint64_t offset = 0;                   // in the file
};

// The main graph, or one function.
struct Graph {
  std::string_view name;                       // of a function
  std::vector<std::string_view> parameters;    // of a function
  std::vector<std::string_view> results;       // of a function, in its order: "node:output:0"
  std::vector<Node> nodes;
  std::unordered_map<std::string_view, uint32_t> by_name;
};

struct Model {
  std::vector<Graph> graphs;                   // main graphs
  std::vector<Graph> functions;
  std::unordered_map<std::string_view, uint32_t> function_index;
  std::vector<std::string_view> assets;        // tensors that the loader feeds with the places of asset files
  std::vector<std::string_view> savers;        // tensors and ops of the saver: the caller gives the path
  std::vector<std::string_view> initialisers;  // nodes that run when the model is loaded
  std::optional<Error> damage;                 // where the messages stop making sense
};

enum class Container : uint8_t { saved_model, meta_graph, graph };

// What the bytes are, by the shape of their outer messages; nothing when they are none of these.
std::optional<Container> container_of(Bytes bytes);

Model read_model(Bytes bytes, Container container);

// One NodeDef that stands alone; what is damaged of it is left out.
Node read_node(Bytes message);

const Attribute* attribute(const Node& node, std::string_view name);
std::string_view text_of(const Attribute& attribute);           // of a bytes attribute, or the first of a list
std::string_view function_of(const Attribute& attribute);       // the name that a func attribute gives
// Every function that an attribute names: one, or each of a list.
std::vector<std::string_view> functions_of(const Attribute& attribute);

// A tensor of text or of a few whole numbers as a value: one item, or a list; unknown for others.
Value tensor_value(Heap& heap, const Attribute& attribute);

}  // namespace winnow::graph
