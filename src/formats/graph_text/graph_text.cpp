// TensorFlow's graphs as text. The loader takes saved_model.pbtxt where there is no saved_model.pb, so that a graph which
// acts can stand in either. The text is turned into the binary form field by field, by a table of those messages that say
// what runs; fields of training and debugging that the table does not have are left out.
#include "formats/graph_text/graph_text.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "containers/text_proto.h"

namespace winnow::graph_text {
namespace {

using containers::Document;
using containers::NodeId;
using containers::NodeKind;

constexpr size_t kLongest = size_t{512} << 20;
constexpr int kDeepest = 60;

enum class Message : uint8_t {
  none, saved_model, meta_graph, graph, library, function, signature, argument, node, attributes, attribute, attribute_list, name_list, tensor, shape, dimension,
  returns, meta_info, saver, collections, collection, node_list, bytes_list, asset, tensor_info, signatures, signature_def, tensor_infos, init_list,
};

enum class Form : uint8_t { text, number, boolean, real, message };

struct Field {
  Message of;
  std::string_view name;
  uint32_t number;
  Form form;
  Message inner = Message::none;
};

using enum Message;
constexpr Field kFields[] = {
    {saved_model, "saved_model_schema_version", 1, Form::number}, {saved_model, "meta_graphs", 2, Form::message, meta_graph},
    {meta_graph, "meta_info_def", 1, Form::message, meta_info}, {meta_graph, "graph_def", 2, Form::message, graph}, {meta_graph, "saver_def", 3, Form::message, saver},
    {meta_graph, "collection_def", 4, Form::message, collections}, {meta_graph, "signature_def", 5, Form::message, signatures}, {meta_graph, "asset_file_def", 6, Form::message, asset},
    {meta_info, "meta_graph_version", 1, Form::text}, {meta_info, "tags", 4, Form::text}, {meta_info, "tensorflow_version", 5, Form::text},
    {saver, "filename_tensor_name", 1, Form::text}, {saver, "save_tensor_name", 2, Form::text}, {saver, "restore_op_name", 3, Form::text},
    {collections, "key", 1, Form::text}, {collections, "value", 2, Form::message, collection}, {collection, "node_list", 1, Form::message, node_list},
    {collection, "bytes_list", 2, Form::message, bytes_list}, {node_list, "value", 1, Form::text}, {bytes_list, "value", 1, Form::text},
    {signatures, "key", 1, Form::text}, {signatures, "value", 2, Form::message, signature_def}, {signature_def, "inputs", 1, Form::message, tensor_infos},
    {signature_def, "outputs", 2, Form::message, tensor_infos}, {signature_def, "method_name", 3, Form::text}, {tensor_infos, "key", 1, Form::text},
    {tensor_infos, "value", 2, Form::message, tensor_info}, {tensor_info, "name", 1, Form::text}, {asset, "tensor_info", 1, Form::message, tensor_info}, {asset, "filename", 2, Form::text},
    {graph, "node", 1, Form::message, node}, {graph, "library", 2, Form::message, library}, {library, "function", 1, Form::message, function},
    {function, "signature", 1, Form::message, signature}, {function, "node_def", 3, Form::message, node}, {function, "ret", 4, Form::message, returns},
    {function, "attr", 5, Form::message, attributes}, {returns, "key", 1, Form::text}, {returns, "value", 2, Form::text}, {signature, "name", 1, Form::text},
    {signature, "input_arg", 2, Form::message, argument}, {signature, "output_arg", 3, Form::message, argument}, {argument, "name", 1, Form::text},
    {node, "name", 1, Form::text}, {node, "op", 2, Form::text}, {node, "input", 3, Form::text}, {node, "device", 4, Form::text}, {node, "attr", 5, Form::message, attributes},
    {attributes, "key", 1, Form::text}, {attributes, "value", 2, Form::message, attribute}, {attribute, "list", 1, Form::message, attribute_list}, {attribute, "s", 2, Form::text},
    {attribute, "i", 3, Form::number}, {attribute, "f", 4, Form::real}, {attribute, "b", 5, Form::boolean}, {attribute, "tensor", 8, Form::message, tensor},
    {attribute, "placeholder", 9, Form::text}, {attribute, "func", 10, Form::message, name_list}, {name_list, "name", 1, Form::text}, {name_list, "attr", 2, Form::message, attributes},
    {attribute_list, "s", 2, Form::text}, {attribute_list, "i", 3, Form::number}, {attribute_list, "func", 9, Form::message, name_list}, {tensor, "dtype", 1, Form::number},
    {tensor, "tensor_shape", 2, Form::message, shape}, {tensor, "tensor_content", 4, Form::text}, {tensor, "int_val", 7, Form::number}, {tensor, "string_val", 8, Form::text},
    {tensor, "int64_val", 10, Form::number}, {tensor, "bool_val", 11, Form::boolean}, {shape, "dim", 2, Form::message, dimension}, {dimension, "size", 1, Form::number},
};

// The types of tensors by their names (types.proto), as far as texts are made of them.
uint64_t number_of(std::string_view text) {
  struct Type { std::string_view name; uint64_t number; };
  static constexpr Type kTypes[] = {{"DT_FLOAT", 1}, {"DT_DOUBLE", 2}, {"DT_INT32", 3}, {"DT_UINT8", 4}, {"DT_INT16", 5}, {"DT_INT8", 6}, {"DT_STRING", 7}, {"DT_INT64", 9}, {"DT_BOOL", 10}};
  for (const Type& type : kTypes) {
    if (type.name == text) return type.number;
  }
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return static_cast<uint64_t>(value);
}

void put_number(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

class Writer {
 public:
  explicit Writer(const Document& document) : document_(document) {}

  std::string message(NodeId id, Message type, int depth) {
    std::string out;
    const auto& map = document_[id];
    if (map.kind != NodeKind::map || depth > kDeepest) {
      too_deep_ = too_deep_ || depth > kDeepest;
      return out;
    }
    for (uint32_t i = 0; i + 1 < map.count; i += 2) {
      const std::string_view key = document_[document_.child(map, i)].text;
      const auto* field = std::find_if(std::begin(kFields), std::end(kFields), [&](const Field& one) { return one.of == type && one.name == key; });
      if (field == std::end(kFields)) continue;
      const NodeId value = document_.child(map, i + 1);
      if (document_.is(value, NodeKind::list)) {
        for (uint32_t k = 0; k < document_[value].count; ++k) put(out, *field, document_.child(document_[value], k), depth);
      } else {
        put(out, *field, value, depth);
      }
    }
    return out;
  }

  bool too_deep() const { return too_deep_; }

 private:
  void put(std::string& out, const Field& field, NodeId value, int depth) {
    const std::string_view text = document_[value].text;
    switch (field.form) {
      case Form::number: put_number(out, field.number << 3); return put_number(out, number_of(text));
      case Form::boolean: put_number(out, field.number << 3); return put_number(out, text == "true" || text == "1" || text == "t" || text == "True");
      case Form::real: return;
      case Form::text: return put_bytes(out, field.number, text);
      case Form::message: return put_bytes(out, field.number, message(value, field.inner, depth + 1));
    }
  }

  static void put_bytes(std::string& out, uint32_t number, std::string_view bytes) {
    put_number(out, number << 3 | 2);
    put_number(out, bytes.size());
    out += bytes;
  }

  const Document& document_;
  bool too_deep_ = false;
};

// The first name in the text, and whether it is one of a graph.
Message kind_of(std::string_view text) {
  while (!text.empty()) {
    const size_t start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return none;
    text.remove_prefix(start);
    if (text[0] != '#') break;
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
  const size_t end = text.find_first_of(" \t\r\n:{<");
  const std::string_view name = text.substr(0, std::min(end, text.size()));
  if (name == "saved_model_schema_version" || name == "meta_graphs") return saved_model;
  if (name == "meta_info_def" || name == "graph_def") return meta_graph;
  if (name != "node" && name != "versions" && name != "library") return none;
  const std::string_view start = text.substr(0, 4096);
  return start.find("op:") != std::string_view::npos || start.find("op :") != std::string_view::npos || name == "library" ? graph : none;
}

}  // namespace

bool is_graph_text(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 16) return false;
  return kind_of(as_text(artifact.bytes).substr(0, 65536)) != none;
}

void read_graph_text(Scan& scan, const Artifact& artifact) {
  const Message kind = kind_of(as_text(artifact.bytes).substr(0, 65536));
  scan.recognise(artifact, kind == saved_model ? "tensorflow-savedmodel-text" : "tensorflow-graph-text");
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the text is longer than is read");
  if (!scan.inflate(artifact.bytes.size())) return scan.gap(artifact, Fault::limit, 0, "the budget for decoded data is used up");
  const auto parsed = containers::parse_text_proto(as_text(artifact.bytes));
  if (!parsed) return scan.gap(artifact, parsed.error());
  Writer writer(*parsed);
  const std::string binary = writer.message(parsed->root, kind, 0);
  if (writer.too_deep()) scan.gap(artifact, Fault::limit, 0, "messages are nested too deeply");
  const Bytes bytes = as_bytes(binary);
  if (!bytes.empty()) scan.child(artifact, "binary", scan.own(std::vector<std::byte>(bytes.begin(), bytes.end())));
}

}  // namespace winnow::graph_text
