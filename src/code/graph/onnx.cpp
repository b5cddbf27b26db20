#include "code/graph/onnx.h"

#include <algorithm>
#include <cstring>

#include "containers/protobuf.h"

namespace winnow::graph::onnx {
namespace {

using containers::each_field;
using containers::ProtoField;
using containers::WireType;

constexpr size_t kMostItems = 1024;     // of lists of numbers and texts that are kept
constexpr int kDeepestGraph = 24;       // graphs inside graphs; protobuf's parser stops at 100 messages, three for each
constexpr size_t kLeastUnknown = 32;    // bytes of a field that ONNX does not have
constexpr uint64_t kMostMemory = uint64_t{256} << 20;  // bytes: empty messages take two in the file and hundreds here

bool is_bytes(const ProtoField& field) { return field.type == WireType::bytes; }
bool is_bytes(const ProtoField& field, uint32_t number) { return field.number == number && is_bytes(field); }

class ModelReader {
 public:
  explicit ModelReader(Bytes bytes) : whole_(bytes) {}

  Model read() {
    Pieces main;
    walk(whole_, [&](const ProtoField& field) {
      if (field.type == WireType::varint && field.number == 1) model_.ir_version = static_cast<int64_t>(field.value);
      if (!is_bytes(field)) return;
      switch (field.number) {
        case 2: model_.producer = as_text(field.bytes); break;
        case 3: case 4: case 26: break;
        case 6: model_.notes.push_back({"doc_string", as_text(field.bytes), base(field.bytes)}); break;
        case 7: main.push_back(field.bytes); break;
        case 8: model_.domains.push_back(text_in(field.bytes, 1)); break;
        case 14: entry(field.bytes); break;
        case 20: training(field.bytes); break;
        case 25: function(field.bytes); break;
        default: unknown(field); break;
      }
    });
    // Messages of one field are one message.
    if (!main.empty()) model_.roots.insert(model_.roots.begin(), graph(main, 0));
    return std::move(model_);
  }

 private:
  using Pieces = std::vector<Bytes>;

  uint64_t base(Bytes part) const { return part.empty() ? 0 : static_cast<uint64_t>(part.data() - whole_.data()); }

  template <class Visit>
  void walk(Bytes message, Visit visit) {
    const auto error = each_field(message, [&](const ProtoField& field) {
      visit(field);
      spent_ += sizeof(std::string_view);
      return spent_ <= kMostMemory;
    });
    if (spent_ > kMostMemory) damaged(Fault::limit, base(message), "the graph has more parts than are read");
    if (error) damaged(error->fault, base(message) + error->offset, error->what);
  }

  void damaged(Fault fault, uint64_t offset, std::string what) {
    if (!model_.damage) model_.damage = Error{fault, offset, std::move(what)};
  }

  void unknown(const ProtoField& field) {
    if (is_bytes(field) && field.bytes.size() >= kLeastUnknown) model_.unknown.push_back({"", as_text(field.bytes), base(field.bytes)});
  }

  std::string_view text_in(Bytes message, uint32_t number) {
    std::string_view text;
    walk(message, [&](const ProtoField& field) {
      if (is_bytes(field, number)) text = as_text(field.bytes);
    });
    return text;
  }

  void entry(Bytes message) {
    Note note{{}, {}, base(message)};
    walk(message, [&](const ProtoField& field) {
      if (is_bytes(field, 1)) note.key = as_text(field.bytes);
      if (is_bytes(field, 2)) note.value = as_text(field.bytes);
    });
    model_.notes.push_back(note);
  }

  void training(Bytes message) {
    Pieces initial, algorithm;
    walk(message, [&](const ProtoField& field) {
      if (is_bytes(field, 1)) initial.push_back(field.bytes);
      if (is_bytes(field, 2)) algorithm.push_back(field.bytes);
      if (field.number > 4) unknown(field);
    });
    for (const Pieces& pieces : {initial, algorithm}) {
      if (pieces.empty()) continue;
      const uint32_t index = graph(pieces, 0);
      model_.roots.push_back(index);
    }
  }

  void function(Bytes message) {
    Function out;
    Graph body;
    body.offset = base(message);
    walk(message, [&](const ProtoField& field) {
      if (!is_bytes(field)) return;
      switch (field.number) {
        case 1: out.name = as_text(field.bytes); break;
        case 4: out.inputs.push_back(as_text(field.bytes)); break;
        case 5: out.outputs.push_back(as_text(field.bytes)); break;
        case 7: body.nodes.push_back(node(field.bytes, 1)); break;
        case 9: out.domains.push_back(text_in(field.bytes, 1)); break;
        case 10: out.domain = as_text(field.bytes); break;
        case 11: out.defaults.push_back(attribute(field.bytes, 1)); break;
        case 13: out.overload = as_text(field.bytes); break;
        case 6: case 8: case 12: case 14: break;
        default: unknown(field); break;
      }
    });
    body.name = out.name;
    out.graph = static_cast<uint32_t>(model_.graphs.size());
    model_.graphs.push_back(std::move(body));
    model_.functions.push_back(std::move(out));
  }

  uint32_t graph(const Pieces& pieces, int depth) {
    Graph out;
    out.offset = base(pieces.front());
    for (const Bytes piece : pieces) {
      walk(piece, [&](const ProtoField& field) {
        if (!is_bytes(field)) return;
        switch (field.number) {
          case 1: out.nodes.push_back(node(field.bytes, depth + 1)); break;
          case 2: out.name = as_text(field.bytes); break;
          case 5: out.initialisers.push_back(tensor(field.bytes)); break;
          case 11: out.inputs.push_back(value_info(field.bytes)); break;
          case 12: out.outputs.push_back(value_info(field.bytes)); break;
          case 15: sparse(field.bytes, &out.initialisers); break;
          case 10: case 13: case 14: case 16: break;
          default: unknown(field); break;
        }
      });
    }
    model_.graphs.push_back(std::move(out));
    return static_cast<uint32_t>(model_.graphs.size() - 1);
  }

  Node node(Bytes message, int depth) {
    Node out;
    spent_ += sizeof out;
    out.offset = base(message);
    walk(message, [&](const ProtoField& field) {
      if (!is_bytes(field)) return;
      switch (field.number) {
        case 1: out.inputs.push_back(as_text(field.bytes)); break;
        case 2: out.outputs.push_back(as_text(field.bytes)); break;
        case 3: out.name = as_text(field.bytes); break;
        case 4: out.op = as_text(field.bytes); break;
        case 5: out.attributes.push_back(attribute(field.bytes, depth)); break;
        case 7: out.domain = as_text(field.bytes); break;
        case 8: out.overload = as_text(field.bytes); break;
        case 6: case 9: case 10: break;
        default: unknown(field); break;
      }
    });
    return out;
  }

  Attribute attribute(Bytes message, int depth) {
    Attribute out;
    spent_ += sizeof out;
    Pieces single_graph, single_tensor, single_sparse;
    walk(message, [&](const ProtoField& field) {
      if (field.number == 2 && field.type == WireType::fixed32) {
        out.number = number(static_cast<uint32_t>(field.value));
        out.has_number = true;
      }
      if (field.number == 3 && field.type == WireType::varint) out.integer = static_cast<int64_t>(field.value), out.has_integer = true;
      if (field.number == 8) integers(field, out.integers);
      if (!is_bytes(field)) return;
      switch (field.number) {
        case 1: out.name = as_text(field.bytes); break;
        case 4: out.text = as_text(field.bytes); break;
        case 5: single_tensor.push_back(field.bytes); break;
        case 6: single_graph.push_back(field.bytes); break;
        case 9: if (out.strings.size() < kMostItems) out.strings.push_back(as_text(field.bytes)); break;
        case 10: out.tensors.push_back(tensor(field.bytes)); break;
        case 11: add_graph({field.bytes}, depth, out); break;
        case 21: out.refers = as_text(field.bytes); break;
        case 22: single_sparse.push_back(field.bytes); break;
        case 23: sparse(field.bytes, &out.tensors); break;
        case 7: case 8: case 13: case 14: case 15: break;
        default: unknown(field); break;
      }
    });
    if (!single_graph.empty()) add_graph(single_graph, depth, out);
    for (const Bytes piece : single_tensor) out.tensors.push_back(tensor(piece));
    for (const Bytes piece : single_sparse) sparse(piece, &out.tensors);
    return out;
  }

  void add_graph(const Pieces& pieces, int depth, Attribute& to) {
    if (depth >= kDeepestGraph) return damaged(Fault::limit, base(pieces.front()), "graphs are nested too deeply");
    const uint32_t index = graph(pieces, depth);
    to.graphs.push_back(index);
  }

  void sparse(Bytes message, std::vector<uint32_t>* to) {
    walk(message, [&](const ProtoField& field) {
      if (is_bytes(field, 1) || is_bytes(field, 2)) to->push_back(tensor(field.bytes));
    });
  }

  uint32_t tensor(Bytes message) {
    Tensor out;
    spent_ += sizeof out;
    out.message = message;
    out.offset = base(message);
    walk(message, [&](const ProtoField& field) {
      if (field.type == WireType::varint && field.number == 2) out.type = static_cast<uint32_t>(field.value);
      if (field.type == WireType::varint && field.number == 14) out.external = field.value == 1;
      if (field.number == 1) integers(field, out.dimensions);
      if (!is_bytes(field)) return;
      switch (field.number) {
        case 6: if (out.strings.size() < kMostItems) out.strings.push_back(as_text(field.bytes)); break;
        case 8: out.name = as_text(field.bytes); break;
        case 9: out.raw = field.bytes; break;
        case 13: place(field.bytes, out); break;
        case 1: case 3: case 4: case 5: case 7: case 10: case 11: case 12: case 16: break;
        default: unknown(field); break;
      }
    });
    model_.tensors.push_back(std::move(out));
    return static_cast<uint32_t>(model_.tensors.size() - 1);
  }

  void place(Bytes message, Tensor& to) {
    std::pair<std::string_view, std::string_view> out;
    walk(message, [&](const ProtoField& field) {
      if (is_bytes(field, 1)) out.first = as_text(field.bytes);
      if (is_bytes(field, 2)) out.second = as_text(field.bytes);
    });
    if (to.places.size() < kMostItems) to.places.push_back(out);
  }

  // ValueInfoProto: the type of a tensor, or what a sequence or an optional holds.
  ValueInfo value_info(Bytes message) {
    ValueInfo out;
    spent_ += sizeof out;
    walk(message, [&](const ProtoField& field) {
      if (is_bytes(field, 1)) out.name = as_text(field.bytes);
      if (!is_bytes(field, 2)) return;
      walk(field.bytes, [&](const ProtoField& type) {
        if (is_bytes(type, 1)) tensor_type(type.bytes, out);
      });
    });
    return out;
  }

  void tensor_type(Bytes message, ValueInfo& out) {
    walk(message, [&](const ProtoField& field) {
      if (field.number == 1 && field.type == WireType::varint) out.type = static_cast<uint32_t>(field.value);
      if (!is_bytes(field, 2)) return;
      out.shaped = true;
      walk(field.bytes, [&](const ProtoField& dimension) {
        if (!is_bytes(dimension, 1) || out.dimensions.size() >= kMostItems) return;
        int64_t size = -1;
        walk(dimension.bytes, [&](const ProtoField& part) {
          if (part.number == 1 && part.type == WireType::varint) size = static_cast<int64_t>(part.value);
        });
        out.dimensions.push_back(size);
      });
    });
  }

  static float number(uint32_t bits) {
    float out = 0;
    static_assert(sizeof out == sizeof bits);
    std::memcpy(&out, &bits, sizeof out);
    return out;
  }

  static void integers(const ProtoField& field, std::vector<int64_t>& to) {
    if (field.type == WireType::varint) {
      if (to.size() < kMostItems) to.push_back(static_cast<int64_t>(field.value));
    } else if (is_bytes(field)) {
      containers::each_varint(field.bytes, [&](uint64_t value) {
        to.push_back(static_cast<int64_t>(value));
        return to.size() < kMostItems;
      });
    }
  }

  Bytes whole_;
  Model model_;
  uint64_t spent_ = 0;  // bytes of memory, roughly
};

// What is cut short still reads as what it began as.
bool is_broken(const std::optional<Error>& error) { return error && error->fault != Fault::truncated; }

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

// A NodeProto: texts of these numbers, among them the name of an operator.
bool reads_as_node(Bytes message) {
  bool op = false, wrong = false;
  const auto error = each_field(message, [&](const ProtoField& field) {
    wrong = wrong || (field.number <= 10 && !is_bytes(field)) || (field.number > 10 && is_bytes(field) && field.number < 20);
    if (is_bytes(field, 4)) op = !field.bytes.empty() && field.bytes.size() < 256 && is_plain(as_text(field.bytes));
    return !wrong;
  });
  return !wrong && !is_broken(error) && op;
}

bool reads_as_value_info(Bytes message) {
  bool name = false, type = false, wrong = false;
  const auto error = each_field(message, [&](const ProtoField& field) {
    wrong = wrong || (field.number <= 4 && !is_bytes(field));
    name = name || (is_bytes(field, 1) && is_plain(as_text(field.bytes)));
    type = type || is_bytes(field, 2);
    return !wrong;
  });
  return !wrong && !is_broken(error) && name && type;
}

// A GraphProto by what it begins with: the first node or, where it has none, the first input, output or tensor.
bool reads_as_graph(Bytes message) {
  bool node = false, value = false, wrong = false;
  uint32_t fields = 0;
  each_field(message, [&](const ProtoField& field) {
    wrong = ++fields > 4096 || (field.number <= 16 && !is_bytes(field));
    if (is_bytes(field, 1)) {
      node = reads_as_node(field.bytes);
      wrong = !node;
      return false;
    }
    if (is_bytes(field, 11) || is_bytes(field, 12)) {
      value = reads_as_value_info(field.bytes);
      wrong = wrong || !value;
    }
    return !wrong;
  });
  // Thousands of tensors in front of the first node: what was seen fits.
  return node || (!wrong && value) || (fields > 4096);
}

}  // namespace

bool is_model(Bytes bytes) {
  bool graph = false, wrong = false;
  uint32_t fields = 0;
  each_field(bytes, [&](const ProtoField& field) {
    const bool number = field.number == 1 || field.number == 5;
    wrong = ++fields > 256 || (number && field.type != WireType::varint) || (!number && field.number <= 26 && !is_bytes(field));
    if (is_bytes(field, 7)) {
      graph = reads_as_graph(field.bytes);
      return false;
    }
    return !wrong;
  });
  return graph;
}

Model read_model(Bytes bytes) { return ModelReader(bytes).read(); }

const Attribute* attribute(const Node& node, std::string_view name) {
  const auto found = std::find_if(node.attributes.begin(), node.attributes.end(), [&](const Attribute& a) { return a.name == name; });
  return found == node.attributes.end() ? nullptr : &*found;
}

uint64_t elements_of(const Tensor& tensor) {
  uint64_t count = 1;
  for (const int64_t size : tensor.dimensions) {
    if (size < 0 || (size > 0 && count > (uint64_t{1} << 40) / static_cast<uint64_t>(size))) return uint64_t{1} << 40;
    count *= static_cast<uint64_t>(size);
  }
  return count;
}

}  // namespace winnow::graph::onnx
