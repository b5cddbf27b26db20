#include "code/graph/tensorflow.h"

#include <algorithm>

#include "containers/protobuf.h"

namespace winnow::graph {
namespace {

using containers::each_field;
using containers::ProtoField;
using containers::WireType;

constexpr uint32_t kMostItems = 1024;  // of a tensor that is looked at

bool is_bytes(const ProtoField& field, uint32_t number) { return field.number == number && field.type == WireType::bytes; }

// Visits the messages inside `message`; keeps the first error.
template <class Visit>
void walk(Bytes message, std::optional<Error>& damage, uint64_t base, Visit visit) {
  const auto error = each_field(message, [&](const ProtoField& field) {
    visit(field);
    return true;
  });
  if (error && !damage) damage = Error{error->fault, base + error->offset, error->what};
}

uint64_t offset_in(Bytes whole, Bytes part) { return static_cast<uint64_t>(part.data() - whole.data()); }

class ModelReader {
 public:
  explicit ModelReader(Bytes bytes) : whole_(bytes) {}

  Model read(Container container) {
    if (container == Container::saved_model) {
      walk(whole_, model_.damage, 0, [&](const ProtoField& field) {
        if (is_bytes(field, 2)) meta_graph(field.bytes);
      });
    } else if (container == Container::meta_graph) {
      meta_graph(whole_);
    } else {
      graph_def(whole_);
    }
    for (Graph& graph : model_.graphs) index(graph);
    for (uint32_t i = 0; i < model_.functions.size(); ++i) {
      index(model_.functions[i]);
      model_.function_index.emplace(model_.functions[i].name, i);
    }
    return std::move(model_);
  }

  Node one_node() { return node(whole_); }

 private:
  uint64_t base(Bytes part) const { return offset_in(whole_, part); }

  static void index(Graph& graph) {
    for (uint32_t i = 0; i < graph.nodes.size(); ++i) graph.by_name.emplace(graph.nodes[i].name, i);
  }

  void meta_graph(Bytes message) {
    walk(message, model_.damage, base(message), [&](const ProtoField& field) {
      if (is_bytes(field, 2)) graph_def(field.bytes);
      if (is_bytes(field, 3)) saver(field.bytes);
      if (is_bytes(field, 4)) collection(field.bytes);
      if (is_bytes(field, 5)) signature(field.bytes);
      if (is_bytes(field, 6)) asset(field.bytes);
    });
  }

  void graph_def(Bytes message) {
    Graph graph;
    walk(message, model_.damage, base(message), [&](const ProtoField& field) {
      if (is_bytes(field, 1)) graph.nodes.push_back(node(field.bytes));
      if (is_bytes(field, 2)) library(field.bytes);
    });
    model_.graphs.push_back(std::move(graph));
  }

  void library(Bytes message) {
    walk(message, model_.damage, base(message), [&](const ProtoField& field) {
      if (is_bytes(field, 1)) model_.functions.push_back(function(field.bytes));
    });
  }

  Graph function(Bytes message) {
    Graph out;
    std::vector<std::pair<std::string_view, std::string_view>> given;
    walk(message, model_.damage, base(message), [&](const ProtoField& field) {
      if (is_bytes(field, 3)) out.nodes.push_back(node(field.bytes));
      if (is_bytes(field, 4)) given.push_back({first_text(field.bytes), second_text(field.bytes)});
      if (!is_bytes(field, 1)) return;
      walk(field.bytes, model_.damage, base(field.bytes), [&](const ProtoField& part) {
        if (is_bytes(part, 1)) out.name = as_text(part.bytes);
        if (is_bytes(part, 2)) out.parameters.push_back(first_text(part.bytes));
        if (is_bytes(part, 3)) out.results.push_back(first_text(part.bytes));
      });
    });
    for (std::string_view& result : out.results) {
      const auto found = std::find_if(given.begin(), given.end(), [&](const auto& pair) { return pair.first == result; });
      if (found != given.end()) result = found->second;
    }
    return out;
  }

  Node node(Bytes message) {
    Node out;
    out.offset = base(message);
    walk(message, model_.damage, out.offset, [&](const ProtoField& field) {
      if (field.type != WireType::bytes) return;
      switch (field.number) {
        case 1: out.name = as_text(field.bytes); break;
        case 2: out.op = as_text(field.bytes); break;
        case 3: out.inputs.push_back(as_text(field.bytes)); break;
        case 4: out.device = as_text(field.bytes); break;
        case 5: out.attributes.push_back(entry(field.bytes)); break;
        default: break;
      }
    });
    return out;
  }

  Attribute entry(Bytes message) {
    Attribute out;
    walk(message, model_.damage, base(message), [&](const ProtoField& field) {
      if (is_bytes(field, 1)) out.name = as_text(field.bytes);
      if (is_bytes(field, 2)) out.value = field.bytes;
    });
    return out;
  }

  std::string_view first_text(Bytes message) {
    std::string_view text;
    walk(message, model_.damage, base(message), [&](const ProtoField& field) {
      if (is_bytes(field, 1) && text.empty()) text = as_text(field.bytes);
    });
    return text;
  }

  std::string_view second_text(Bytes message) {
    std::string_view text;
    walk(message, model_.damage, base(message), [&](const ProtoField& field) {
      if (is_bytes(field, 2)) text = as_text(field.bytes);
    });
    return text;
  }

  void saver(Bytes message) {
    walk(message, model_.damage, base(message), [&](const ProtoField& field) {
      if (field.number <= 3 && field.type == WireType::bytes) model_.savers.push_back(as_text(field.bytes));
    });
  }

  void asset(Bytes message) {
    walk(message, model_.damage, base(message), [&](const ProtoField& field) {
      if (is_bytes(field, 1)) model_.assets.push_back(first_text(field.bytes));
    });
  }

  // collection_def: the initialisers of TensorFlow 1 are node lists under these names.
  void collection(Bytes message) {
    const std::string_view name = first_text(message);
    if (name != "saved_model_main_op" && name != "legacy_init_op" && name != "table_initializer") return;
    collect_texts(message, 0);
  }

  void signature(Bytes message) {
    if (first_text(message) == "__saved_model_init_op") collect_texts(message, 0);
  }

  // The texts anywhere inside a small message: names of nodes stand among them.
  void collect_texts(Bytes message, int depth) {
    if (depth > 6 || message.size() > 64 * 1024) return;
    each_field(message, [&](const ProtoField& field) {
      if (field.type != WireType::bytes) return true;
      model_.initialisers.push_back(as_text(field.bytes));
      collect_texts(field.bytes, depth + 1);
      return true;
    });
  }

  Bytes whole_;
  Model model_;
};

struct Shape {
  uint32_t fields = 0;    // of the outer message that were seen, as bits
  bool version = false;   // field 1 is a small number
  bool nodes = false;     // field 1 reads as nodes
  bool meta = false;      // field 2 holds nodes inside
};

// What is cut short still reads as what it began as.
bool is_broken(const std::optional<Error>& error) { return error && error->fault != Fault::truncated; }

// Operations have names of letters, digits and a few marks; a message in that place is none.
bool is_operation_name(std::string_view name) {
  return !name.empty() && name.size() < 200 && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c != 0x7f; });
}

bool reads_as_node(Bytes message) {
  bool name = false, op = false, wrong = false;
  const auto error = each_field(message, [&](const ProtoField& field) {
    wrong = wrong || field.number > 7 || field.type != WireType::bytes;
    name = name || is_bytes(field, 1);
    op = op || (is_bytes(field, 2) && is_operation_name(as_text(field.bytes)));
    return !wrong;
  });
  return !is_broken(error) && !wrong && name && op;
}

// Whether the message is a GraphDef: its first node reads as one.
bool reads_as_graph(Bytes message) {
  bool node = false, wrong = false;
  each_field(message, [&](const ProtoField& field) {
    if (is_bytes(field, 1)) {
      node = reads_as_node(field.bytes);
      wrong = !node;
      return false;
    }
    wrong = wrong || field.number > 5;
    return !wrong;
  });
  return node && !wrong;
}

bool reads_as_meta_graph(Bytes message) {
  bool graph = false, wrong = false;
  each_field(message, [&](const ProtoField& field) {
    wrong = wrong || field.number > 7 || field.type != WireType::bytes;
    if (is_bytes(field, 2)) {
      graph = reads_as_graph(field.bytes);
      return false;
    }
    return !wrong;
  });
  return graph && !wrong;
}

}  // namespace

std::optional<Container> container_of(Bytes bytes) {
  bool saved = false, first = true, number = false;
  each_field(bytes, [&](const ProtoField& field) {
    if (first && field.number == 1 && field.type == WireType::varint) number = field.value < 100;
    if (is_bytes(field, 2) && (number || first)) saved = reads_as_meta_graph(field.bytes);
    const bool more = first && number;
    first = false;
    return more;
  });
  if (saved) return Container::saved_model;
  if (reads_as_graph(bytes)) return Container::graph;
  if (reads_as_meta_graph(bytes)) return Container::meta_graph;
  return std::nullopt;
}

Model read_model(Bytes bytes, Container container) { return ModelReader(bytes).read(container); }

Node read_node(Bytes message) { return ModelReader(message).one_node(); }

const Attribute* attribute(const Node& node, std::string_view name) {
  const auto found = std::find_if(node.attributes.begin(), node.attributes.end(), [&](const Attribute& a) { return a.name == name; });
  return found == node.attributes.end() ? nullptr : &*found;
}

std::string_view text_of(const Attribute& attribute) {
  std::string_view text;
  each_field(attribute.value, [&](const ProtoField& field) {
    if (is_bytes(field, 2)) text = as_text(field.bytes);
    if (is_bytes(field, 1)) {
      each_field(field.bytes, [&](const ProtoField& item) {
        if (is_bytes(item, 2) && text.empty()) text = as_text(item.bytes);
        return true;
      });
    }
    return true;
  });
  return text;
}

std::string_view function_of(const Attribute& attribute) {
  const std::vector<std::string_view> all = functions_of(attribute);
  return all.empty() ? std::string_view() : all.front();
}

std::vector<std::string_view> functions_of(const Attribute& attribute) {
  std::vector<std::string_view> out;
  const auto named = [&](Bytes message) {
    each_field(message, [&](const ProtoField& field) {
      if (is_bytes(field, 1)) out.push_back(as_text(field.bytes));
      return true;
    });
  };
  each_field(attribute.value, [&](const ProtoField& field) {
    if (is_bytes(field, 10)) named(field.bytes);
    if (is_bytes(field, 1)) {
      each_field(field.bytes, [&](const ProtoField& item) {
        if (is_bytes(item, 9)) named(item.bytes);
        return true;
      });
    }
    return true;
  });
  return out;
}

namespace {

enum DataType : uint64_t { kInt32 = 3, kString = 7, kInt64 = 9, kBool = 10 };

// Whole numbers of a tensor: a packed run of varints, or one varint.
void add_numbers(const ProtoField& field, std::vector<Value>& values) {
  if (field.type == WireType::varint) {
    values.push_back(Value::integer(static_cast<int64_t>(field.value)));
  } else if (field.type == WireType::bytes) {
    uint64_t value = 0;
    uint32_t shift = 0;
    for (const std::byte byte : field.bytes) {
      if (values.size() >= kMostItems || shift > 63) return;
      value |= (std::to_integer<uint64_t>(byte) & 0x7f) << shift;
      shift += 7;
      if ((std::to_integer<uint8_t>(byte) & 0x80) != 0) continue;
      values.push_back(Value::integer(static_cast<int64_t>(value)));
      value = shift = 0;
    }
  }
}

}  // namespace

Value tensor_value(Heap& heap, const Attribute& attribute) {
  Bytes tensor;
  each_field(attribute.value, [&](const ProtoField& field) {
    if (is_bytes(field, 8)) tensor = field.bytes;
    return true;
  });
  uint64_t type = 0;
  std::vector<Value> values;
  bool dimensions = false;
  each_field(tensor, [&](const ProtoField& field) {
    if (field.number == 1 && field.type == WireType::varint) type = field.value;
    if (is_bytes(field, 2)) dimensions = !field.bytes.empty();
    if (values.size() >= kMostItems) return true;
    if (type == kString && is_bytes(field, 8)) values.push_back(Value::string(as_text(field.bytes)));
    if ((type == kInt32 && field.number == 7) || (type == kInt64 && field.number == 10) || (type == kBool && field.number == 11)) {
      add_numbers(field, values);
    }
    return true;
  });
  if (values.empty()) return Value::unknown();
  if (!dimensions || values.size() == 1) return values.front();
  return heap.new_items(Kind::list, values.data(), static_cast<uint32_t>(values.size()));
}

}  // namespace winnow::graph
