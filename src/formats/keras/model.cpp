#include "formats/keras/model.h"

#include <algorithm>

#include "code/machine/words.h"

namespace winnow::keras_format {

namespace {

constexpr uint64_t kMostVisits = 20'000'000;  // of nodes of one configuration: aliases of YAML multiply them
constexpr size_t kMostItems = 1'000'000;       // of one container that becomes a value
constexpr int kDeepestValue = 900;             // as deep as configurations are followed

Value value_at(machine::Machine& machine, const Document& document, NodeId id, int depth);

// Tells that a value of the configuration was cut.
void note_cut(machine::Machine& machine, const containers::Node& node) {
  machine.scan().gap(machine.trace().artifacts[machine.place.artifact], Fault::limit, node.offset, "a value in the configuration is too large or nested too deep");
}

Value list_of(machine::Machine& machine, const Document& document, const containers::Node& node, Kind kind, int depth) {
  std::vector<Value> items;
  if (node.count > kMostItems) note_cut(machine, node);
  for (uint32_t i = 0; i < node.count && items.size() < kMostItems; ++i) {
    items.push_back(value_at(machine, document, document.child(node, i), depth));
  }
  return machine.heap().new_items(kind, items.data(), static_cast<uint32_t>(items.size()));
}

// What deserialisation makes of a map with a class name.
Value object_of(machine::Machine& machine, const Document& document, NodeId id, std::string_view class_name, int depth) {
  const auto config = document.find(id, "config");
  if (class_name == "__tuple__") {
    const auto items = document.find(id, "items");
    return items ? list_of(machine, document, document[*items], Kind::tuple, depth) : Value::unknown();
  }
  if (class_name == "__ellipsis__") return Value::ellipsis();
  if (!config) {
    const std::string_view text = document.text(id, "value");
    return class_name == "__bytes__" ? machine.make_bytes(text) : Value::unknown();
  }
  if (class_name == "__bytes__") return machine.make_bytes(document.text(*config, "value"));
  const std::string_view module = document.text(id, "module");
  if (class_name == "function" && document.is_text(*config) && !module.empty()) {
    return machine.import_name(module, document[*config].text);
  }
  return Value::unknown();
}

Value value_at(machine::Machine& machine, const Document& document, NodeId id, int depth) {
  const containers::Node& node = document[id];
  if (depth > kDeepestValue || !machine.step()) {
    note_cut(machine, node);
    return Value::unknown();
  }
  switch (node.kind) {
    case NodeKind::null: return Value::none();
    case NodeKind::boolean: return Value::boolean(node.truth);
    case NodeKind::integer: return Value::integer(node.integer);
    case NodeKind::real: return Value::real(node.real);
    case NodeKind::text: return machine.heap().new_string(node.text);
    case NodeKind::list: return list_of(machine, document, node, node.tag.ends_with("python/tuple") ? Kind::tuple : Kind::list, depth + 1);
    case NodeKind::map: break;
  }
  const std::string_view class_name = document.text(id, "class_name");
  if (!class_name.empty()) return object_of(machine, document, id, class_name, depth + 1);
  std::vector<Value> items;
  if (node.count > kMostItems) note_cut(machine, node);
  for (uint32_t i = 0; i < node.count && items.size() < kMostItems; ++i) {
    items.push_back(value_at(machine, document, document.child(node, i), depth + 1));
  }
  return machine.heap().new_items(Kind::dict, items.data(), static_cast<uint32_t>(items.size()));
}

}  // namespace

Value value_of(machine::Machine& machine, const Document& document, NodeId node) {
  return node == kNoNode ? Value::none() : value_at(machine, document, node, 0);
}

void Model::read_json(std::string_view text, uint64_t base, std::string_view what) {
  const auto parsed = containers::parse_json(text);
  if (!parsed) {
    damaged_ = true;
    return scan_.gap(artifact_, parsed.error().fault, base + parsed.error().offset, std::string(what) + ": " + parsed.error().what);
  }
  read(parsed->document, parsed->document.root, base);
}

void Model::read(const Document& document, NodeId root, uint64_t base) {
  struct Count {
    Scan& scan;
    uint64_t visits = 0;
  } count{scan_};
  const Config config = gather(document, root, [](void* with) {
    auto& counted = *static_cast<Count*>(with);
    return ++counted.visits <= kMostVisits && counted.scan.step();
  }, &count);
  if (config.cut) {
    damaged_ = true;
    scan_.gap(artifact_, Fault::limit, base, "the configuration is too large or nested too deep to be followed to its end");
  }
  ++configs_;
  objects_ += config.objects;
  run_functions(document, config, base);
  follow_names(document, config, base);
  for (const NamedFile& file : config.files) tell_file(file, base);
  for (const CarriedPickle& pickle : config.pickles) give_pickle(pickle, base);
}

void Model::finding(std::string_view threat, Ruling ruling, std::string summary, std::string why, std::string_view callee,
                    std::string code, uint64_t offset) {
  Finding out;
  out.threat = threat;
  out.ruling = ruling;
  out.summary = std::move(summary);
  out.why = std::move(why);
  Evidence evidence;
  evidence.callee = callee;
  evidence.code = std::move(code);
  evidence.location.offset = offset;
  out.evidence.push_back(std::move(evidence));
  scan_.finding(artifact_, std::move(out));
}

void Model::conclude() {
  if (damaged_ || functions_ != 0 || reaches_) return;
  // Weights inside of an archive are what they are expected to be.
  if (configs_ == 0 && (!weights_ || artifact_.depth > 0)) return;
  Finding out;
  out.threat = "keras-lambda-code";
  out.ruling = Ruling::dismissed;
  if (configs_ == 0) {
    out.summary = "Holds weights only.";
    out.why = "There is no configuration in it: a loader takes numbers from such a file, and nothing that could run.";
  } else {
    out.summary = "Carries no code: " + std::to_string(objects_) + (objects_ == 1 ? " object" : " objects") + " described by name and settings.";
    out.why = customs_.empty() ? "No function comes as bytecode, and everything that is named is Keras' own."
                               : "No function comes as bytecode. What is not Keras' own has to be there already, in the program of whoever loads the model.";
  }
  scan_.finding(artifact_, std::move(out));
}

}  // namespace winnow::keras_format
