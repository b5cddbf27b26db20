// PaddlePaddle's programs (__model__, .pdmodel, and since version 3 a text, .json): blocks of operators. Most compute. Some write and read files at the place
// that the program gives, open connections, or call Python functions that the process has registered (framework.proto,
// paddle/fluid/operators; of the text: paddle/fluid/pir/serialize_deserialize). They run when the model is used.
#include <algorithm>

#include "containers/document.h"
#include "containers/protobuf.h"
#include "core/print.h"
#include "formats/network/network.h"
#include "formats/network/notes.h"
#include "knowledge/knowledge.h"

namespace winnow::network {
namespace {

constexpr size_t kLongestText = size_t{256} << 20;

using containers::each_field;
using containers::ProtoField;
using containers::WireType;

enum class Act : uint8_t { writes, reads, connects, python };
struct Operator {
  std::string_view name;
  Act act;
  std::string_view place;  // the attribute that tells where
};
constexpr Operator kOperators[] = {{"save", Act::writes, "file_path"}, {"save_combine", Act::writes, "file_path"}, {"load", Act::reads, "file_path"},
                                   {"load_combine", Act::reads, "file_path"}, {"listen_and_serv", Act::connects, "endpoint"}, {"send", Act::connects, "endpoints"},
                                   {"recv", Act::connects, "endpoints"}, {"send_barrier", Act::connects, "endpoints"}, {"fetch_barrier", Act::connects, "endpoints"},
                                   {"checkpoint_notify", Act::connects, "endpoints"}, {"heter_listen_and_serv", Act::connects, "endpoint"}, {"py_func", Act::python, "forward_callable_id"},
                                   {"py_layer", Act::python, "forward_callable_id"}, {"c_gen_nccl_id", Act::connects, "endpoint"}, {"gen_nccl_id", Act::connects, "endpoint"}};

std::string_view text_of(Bytes message, uint32_t number) {
  std::string_view out;
  (void)each_field(message, [&](const ProtoField& field) {
    if (field.number == number && field.type == WireType::bytes) out = as_text(field.bytes);
    return true;
  });
  return out;
}

const Operator* find_operator(std::string_view name) {
  const auto* found = std::find_if(std::begin(kOperators), std::end(kOperators), [&](const Operator& one) { return one.name == name; });
  return found == std::end(kOperators) ? nullptr : found;
}

void tell(Scan& scan, const Artifact& artifact, const Operator& op, std::string_view place, uint64_t offset) {
  Note said{Ruling::suspected, Trigger::inference, "", "", "paddle." + std::string(op.name), std::string(op.name) + "(" + std::string(op.place) + "=" + quoted(place, false) + ")",
            offset};
  const bool outside = leaves_folder(place), sensitive = knowledge::sensitive_path(place) != nullptr;
  switch (op.act) {
    case Act::writes:
      said.ruling = outside || sensitive ? Ruling::confirmed : Ruling::suspected;
      said.summary = "Writes the file " + quoted(place, false) + " when the model is used.";
      said.why = "The operator saves a tensor where the program says. A program for inference saves nothing.";
      break;
    case Act::reads:
      said.ruling = sensitive ? Ruling::confirmed : outside ? Ruling::suspected : Ruling::dismissed;
      said.summary = "Reads the file " + quoted(place, false) + " when the model is used.";
      said.why = outside ? "It lies outside of the model's folder." : "It lies beside the model.";
      break;
    case Act::connects:
      said.ruling = place.empty() ? Ruling::suspected : Ruling::confirmed;
      said.summary = "Opens a connection to " + quoted(place, false) + " when the model is used.";
      said.why = "The operator belongs to training on several machines. A program for inference sends nothing.";
      scan.references.push_back({"url", std::string(place), said.callee});
      break;
    case Act::python:
      said.summary = "Calls a Python function of the process when the model is used.";
      said.why = "The operator names a function by its number among those that the process has registered; which one that is the file cannot know.";
      break;
  }
  scan.note(artifact, kThreat, std::move(said));
}

void tell_nothing(Scan& scan, const Artifact& artifact) {
  note_nothing(scan, artifact, "PaddlePaddle's operators compute; this program has none that touches files, the network or Python.");
}

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact) {}

  void run() {
    scan_.recognise(artifact_, "paddle-program");
    fields(artifact_.bytes, [&](const ProtoField& block) {
      if (block.number != 1 || block.type != WireType::bytes) return true;
      fields(block.bytes, [&](const ProtoField& op) {
        if (op.number == 4 && op.type == WireType::bytes) look_at(op.bytes);
        return scan_.step();
      });
      return true;
    });
    if (!told_) tell_nothing(scan_, artifact_);
  }

 private:
  template <class Visit>
  void fields(Bytes message, const Visit& visit) {
    if (const auto damage = each_field(message, visit)) {
      Error error = *damage;
      error.offset += static_cast<uint64_t>(message.data() - artifact_.bytes.data());
      scan_.gap(artifact_, error);
    }
  }

  void look_at(Bytes op) {
    const std::string_view type = text_of(op, 3);
    const Operator* found = find_operator(type);
    if (found == nullptr) return;
    std::string place;
    (void)each_field(op, [&](const ProtoField& field) {
      if (field.number != 4 || field.type != WireType::bytes || text_of(field.bytes, 1) != found->place) return true;
      place = text_of(field.bytes, 5);
      if (place.empty()) place = text_of(field.bytes, 8);  // a list of texts
      return true;
    });
    told_ = true;
    tell(scan_, artifact_, *found, place, static_cast<uint64_t>(op.data() - artifact_.bytes.data()));
  }

  Scan& scan_;
  const Artifact& artifact_;
  bool told_ = false;
};

}  // namespace

// ProgramDesc: blocks, the first of which has the index 0 and a parent, and a version.
bool is_paddle(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 16 || artifact.bytes[0] != std::byte{0x0a}) return false;
  bool block = false;
  (void)each_field(artifact.bytes, [&](const ProtoField& field) {
    if (field.number != 1 || field.type != WireType::bytes || field.bytes.size() < 6) return false;
    bool index = false, parent = false, variable = false, wrong = false;
    int looked = 0;
    (void)each_field(field.bytes, [&](const ProtoField& inner) {
      if (inner.number == 1) index = inner.type == WireType::varint && inner.value == 0;
      else if (inner.number == 2) parent = inner.type == WireType::varint;
      else if (inner.number == 3 || inner.number == 4) variable = inner.type == WireType::bytes;
      else if (inner.number != 5) wrong = true;
      return ++looked < 4 && !wrong;
    });
    block = index && parent && variable && !wrong;
    return false;
  });
  return block;
}

void read_paddle(Scan& scan, const Artifact& artifact) { Reading(scan, artifact).run(); }

bool is_paddle_text(const Artifact& artifact) {
  const std::string_view start = as_text(artifact.bytes).substr(0, 256);
  return artifact.hint == Hint::none && start.starts_with('{') && start.find("\"base_code\"") < 16 && start.find("\"pir\"") != std::string_view::npos;
}

// Every object with a name and attributes is an operation: {"#": "1.save_combine", "A": [{"N": "file_path", "AT": {"D":
// "/tmp/x"}}], ...}; the number in front stands for the dialect. Those of bodies inside others are found likewise.
void read_paddle_text(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "paddle-json");
  if (artifact.bytes.size() > kLongestText) return scan.gap(artifact, Fault::limit, kLongestText, "the text is longer than is read");
  const auto parsed = containers::parse_json(as_text(artifact.bytes));
  if (!parsed) return scan.gap(artifact, parsed.error());
  const containers::Document& document = parsed->document;
  if (!scan.step(document.nodes.size())) return scan.gap(artifact, Fault::limit, 0, "the budget for work is used up");
  bool told = false;
  for (containers::NodeId id = 0; id < document.nodes.size(); ++id) {
    if (!document.is(id, containers::NodeKind::map)) continue;
    const std::string_view name = document.text(id, "#");
    const Operator* const found = find_operator(name.substr(name.find('.') + 1));
    const auto attributes = document.find(id, "A");
    if (found == nullptr || !attributes || !document.is(*attributes, containers::NodeKind::list)) continue;
    std::string_view place;
    for (uint32_t i = 0; i < document[*attributes].count; ++i) {
      const containers::NodeId one = document.child(document[*attributes], i);
      if (!document.is(one, containers::NodeKind::map) || document.text(one, "N") != found->place) continue;
      if (const auto value = document.find(one, "AT"); value && document.is(*value, containers::NodeKind::map)) place = document.text(*value, "D");
    }
    told = true;
    tell(scan, artifact, *found, place, document[id].offset);
  }
  if (!told) tell_nothing(scan, artifact);
}

}  // namespace winnow::network
