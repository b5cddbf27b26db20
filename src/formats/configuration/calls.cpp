// Callables by their dotted names. Every library that builds objects from a configuration has a spelling of its own for the same
// thing, and all of them call what they are told, whatever it is:
//
//   _target_, _args_, the rest by keyword   hydra.utils.instantiate, NeMo, MONAI, fairseq2, LazyConfig of detectron2
//   _component_, the rest by keyword        torchtune
//   target, params                          instantiate_from_config of latent diffusion and its many copies
//   class_path, init_args                   jsonargparse, LightningCLI
//   __kind__, class, args, kwargs           gluonts.core.serde
//   py/object, py/reduce, py/function       jsonpickle
//   (), the rest by keyword                 logging.config
//   class_name "module:Class", the rest     DeepPavlov
//   name "module.Class", params             pyannote.audio
//   lc, id, kwargs                          langchain_core.load
#include <algorithm>

#include "core/print.h"
#include "formats/configuration/reading.h"
#include "knowledge/knowledge.h"

namespace winnow::configuration {
namespace {

constexpr int kDeepest = 200;
constexpr size_t kMostItems = 10'000;
constexpr size_t kLongestName = 300;

// identifier(.identifier)*, with at least one dot where `dotted`.
bool is_name(std::string_view text, bool dotted) {
  if (text.empty() || text.size() > kLongestName) return false;
  bool start = true, dots = false;
  for (const char c : text) {
    if (c == '.' || c == ':') {
      if (start) return false;
      start = dots = true;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (!letter && (start || c < '0' || c > '9')) return false;
    start = false;
  }
  return !start && (dots || !dotted);
}

bool is_one_of(std::span<const std::string_view> table, std::string_view word) { return std::find(table.begin(), table.end(), word) != table.end(); }

// "module.path:Class"
bool is_class_in_module(std::string_view text) {
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos && is_name(text, true);
}

// Beside the name, of what kind ever: no arguments.
constexpr std::string_view kOwnKeys[] = {"_target_", "_convert_", "_recursive_", "_partial_", "_args_", "_requires_", "_disabled_", "_mode_",
                                         "_desc_",   "_component_", "()",      ".",            "class_name", "ref"};

}  // namespace

bool Reading::makes_call(NodeId id, const Members& members, const Place& place) const {
  const auto named = [&](Key key) { return is_name(text_of(members[key]), true); };
  if (members.has(Key::hydra_target) || (yaml_ && find(id, "_target_"))) return true;
  if (named(Key::component) || named(Key::class_path) || members.has(Key::factory)) return true;
  if (members.has(Key::kind) && named(Key::class_)) return true;
  if (members.has(Key::py_object) || members.has(Key::py_reduce) || members.has(Key::py_function) || members.has(Key::py_type) || members.has(Key::py_repr)) return true;
  if (named(Key::target)) return members.has(Key::params) || (yaml_ && place.parent == kNoNode);
  if (is_class_in_module(document_.text(id, "class_name"))) return true;
  if (yaml_ && members.has(Key::params) && is_name(document_.text(id, "name"), true)) return true;
  const auto type = members[Key::type];
  return members.has(Key::lc) && members.has(Key::id) && type && text_of(type) == "constructor";
}

// What a node becomes: each once, as in YAML, where aliases are the same object.
Value Reading::evaluate(NodeId id, int depth) {
  if (made_[id]) return *made_[id];
  if (++depth > kDeepest || !machine_.step()) {
    cut_ = true;
    return Value::unknown();
  }
  made_[id] = Value::unknown();
  const Node& node = document_[id];
  Value value = Value::unknown();
  if (const auto tagged = node.tag.empty() ? std::nullopt : evaluate_tag(id, node, depth)) {
    value = *tagged;
  } else {
    switch (node.kind) {
      case NodeKind::null: value = Value::none(); break;
      case NodeKind::boolean: value = Value::boolean(node.truth); break;
      case NodeKind::integer: value = Value::integer(node.integer); break;
      case NodeKind::real: value = Value::real(node.real); break;
      case NodeKind::text: value = text_value(id, depth); break;
      case NodeKind::list: value = evaluate_list(node, node.tag.ends_with("python/tuple") ? Kind::tuple : Kind::list, depth); break;
      case NodeKind::map: value = evaluate_map(id, node, depth); break;
    }
  }
  made_[id] = value;
  return value;
}

Value Reading::evaluate_list(const Node& node, Kind kind, int depth) {
  std::vector<Value> items;
  for (uint32_t i = 0; i < node.count && items.size() < kMostItems; ++i) items.push_back(evaluate(document_.child(node, i), depth));
  return machine_.heap().new_items(kind, items.data(), static_cast<uint32_t>(items.size()));
}

Value Reading::evaluate_map(NodeId id, const Node& node, int depth) {
  const Members members(document_, node);
  if (!makes_call(id, members, {{}, id == document_.root ? kNoNode : id, false, depth})) return evaluate_plain_map(id, node, depth);
  if (const auto target = find(id, "_target_")) {
    name_format("hydra-config");
    return call_target(id, resolved_text(*target), depth);
  }
  if (members.has(Key::component)) {
    name_format("torchtune-config");
    return call_target(id, text_of(members[Key::component]), depth);
  }
  if (members.has(Key::class_path)) {
    name_format("lightning-config");
    return call_with(id, text_of(members[Key::class_path]), std::nullopt, members[Key::init_args], depth);
  }
  if (members.has(Key::kind) && members.has(Key::class_)) {
    name_format("gluonts-config");
    if (text_of(members[Key::kind]) == "type") return import_dotted(text_of(members[Key::class_]));
    return call_with(id, text_of(members[Key::class_]), members[Key::arguments], members[Key::keywords], depth);
  }
  if (members.has(Key::lc)) {
    name_format("langchain-config");
    std::string name;
    const auto path = members[Key::id];
    for (uint32_t i = 0; document_.is(*path, NodeKind::list) && i < document_[*path].count; ++i) {
      name += (i == 0 ? "" : ".") + std::string(document_[document_.child(document_[*path], i)].text);
    }
    return call_with(id, name, std::nullopt, members[Key::keywords], depth);
  }
  if (members.has(Key::target) && !members.has(Key::py_object)) {
    name_format("target-config");
    // NeMo's own: the class is called with the whole configuration.
    if (!members.has(Key::params)) return import_dotted(text_of(members[Key::target]));
    return call_with(id, text_of(members[Key::target]), std::nullopt, members[Key::params], depth);
  }
  if (members.has(Key::factory)) return call_target(id, text_of(members[Key::factory]), depth);
  if (const std::string_view name = document_.text(id, "class_name"); is_class_in_module(name)) return call_target(id, name, depth);
  if (members.has(Key::params)) name_format("pyannote-config");
  if (members.has(Key::params)) return call_with(id, document_.text(id, "name"), std::nullopt, members[Key::params], depth);
  return pickled_object(id, members, depth);
}

void Reading::gather_entries(NodeId map, std::vector<Value>& out, int depth, int merges) {
  constexpr int kMostMerges = 64;
  const Node& node = document_[map];
  for (uint32_t i = 0; i + 1 < node.count && out.size() < 2 * kMostItems; i += 2) {
    const NodeId key = document_.child(node, i), value = document_.child(node, i + 1);
    if (document_[key].text == "<<" && yaml_ && merges < kMostMerges) {
      const Node& from = document_[value];
      if (from.kind == NodeKind::map) gather_entries(value, out, depth, merges + 1);
      for (uint32_t j = 0; from.kind == NodeKind::list && j < from.count; ++j) {
        if (document_.is(document_.child(from, j), NodeKind::map)) gather_entries(document_.child(from, j), out, depth, merges + 1);
      }
      continue;
    }
    out.push_back(evaluate(key, depth));
    out.push_back(evaluate(value, depth));
  }
}

Value Reading::evaluate_plain_map(NodeId id, const Node&, int depth) {
  std::vector<Value> items;
  gather_entries(id, items, depth, 0);
  return machine_.heap().new_items(Kind::dict, items.data(), static_cast<uint32_t>(items.size()));
}

// The arguments stand beside the name.
Value Reading::call_target(NodeId id, std::string_view name, int depth) {
  Heap& heap = machine_.heap();
  std::vector<Value> entries, keywords;
  gather_entries(id, entries, depth, 0);
  for (size_t i = 0; i + 1 < entries.size(); i += 2) {
    if (entries[i].is(Kind::string) && is_one_of(kOwnKeys, entries[i].text())) continue;
    keywords.push_back(entries[i]);
    keywords.push_back(entries[i + 1]);
  }
  Value arguments = heap.new_tuple({});
  if (const auto given = find(id, "_args_")) {
    arguments = evaluate(*given, depth);
    if (!arguments.is_sequence()) arguments = heap.new_tuple({arguments});
  }
  const Value named = keywords.empty() ? Value::none() : heap.new_items(Kind::dict, keywords.data(), static_cast<uint32_t>(keywords.size()));
  return call_named(name, arguments, named, document_[id].offset);
}

Value Reading::call_with(NodeId id, std::string_view name, std::optional<NodeId> arguments, std::optional<NodeId> keywords, int depth) {
  Heap& heap = machine_.heap();
  Value positional = arguments ? evaluate(*arguments, depth) : heap.new_tuple({});
  if (!positional.is_sequence()) positional = heap.new_tuple({positional});
  const Value named = keywords ? evaluate(*keywords, depth) : Value::none();
  if (keywords && document_.is(*keywords, NodeKind::list)) positional = named;
  return call_named(name, positional, named.is(Kind::dict) ? named : Value::none(), document_[id].offset);
}

Value Reading::call_named(std::string_view name, Value arguments, Value keywords, uint64_t offset) {
  static constexpr std::string_view kLookUps[] = {"hydra.utils.get_method", "hydra.utils.get_class", "hydra.utils.get_object", "hydra.utils.get_static_method", "pydoc.locate"};
  static constexpr std::string_view kInstantiators[] = {"hydra.utils.instantiate", "hydra.utils.call", "hydra.utils.instantiate_node"};
  if (name.empty() || name.size() > kLongestName) return Value::unknown();
  machine_.place.offset = offset;
  if (is_one_of(kLookUps, name)) {
    const Value* path = keywords.is(Kind::dict) ? machine_.heap().find(machine_.heap().items(keywords), "path") : nullptr;
    if (path == nullptr && arguments.is_sequence() && machine_.heap().items(arguments).size > 0) path = &machine_.heap().items(arguments)[0];
    if (path != nullptr && path->is(Kind::string)) return import_dotted(path->text());
  }
  if (is_one_of(kInstantiators, name)) return instantiated(arguments, keywords, offset);
  const Value callee = import_dotted(name);
  if (!callee.is_known()) return callee;
  note_call(name);
  arguments = by_position(name, arguments, keywords);
  machine_.place.offset = offset;
  return machine_.call(callee, arguments, keywords);
}

// A call of the function that makes calls, with a configuration that an earlier one may have put together.
Value Reading::instantiated(Value arguments, Value keywords, uint64_t offset) {
  Heap& heap = machine_.heap();
  const Value* config = keywords.is(Kind::dict) ? heap.find(heap.items(keywords), "config") : nullptr;
  if (config == nullptr && arguments.is_sequence() && heap.items(arguments).size > 0) config = &heap.items(arguments)[0];
  if (config == nullptr) return Value::unknown();
  const Value given = *config;
  const Value* name = given.is(Kind::dict) ? heap.find(heap.items(given), "_target_") : nullptr;
  if (name == nullptr || !name->is(Kind::string) || name->text().starts_with("hydra.")) return given;
  std::vector<Value> named;
  const Items entries = heap.items(given);
  Value positional = heap.new_tuple({});
  for (uint32_t i = 0; i + 1 < entries.size; i += 2) {
    if (entries[i].is(Kind::string) && entries[i].text() == "_args_" && entries[i + 1].is_sequence()) positional = entries[i + 1];
    if (entries[i].is(Kind::string) && is_one_of(kOwnKeys, entries[i].text())) continue;
    named.insert(named.end(), {entries[i], entries[i + 1]});
  }
  return call_named(name->text(), positional, named.empty() ? Value::none() : heap.new_items(Kind::dict, named.data(), static_cast<uint32_t>(named.size())), offset);
}

// Configurations give by keyword what programs give by position: the decoders are computed by position.
Value Reading::by_position(std::string_view name, Value arguments, Value& keywords) {
  struct Parameters {
    std::string_view name;
    std::array<std::string_view, 2> parameters;
  };
  static constexpr Parameters kDecoders[] = {
      {"base64.b64decode", {"s", ""}},          {"base64.b32decode", {"s", ""}},         {"base64.b16decode", {"s", ""}},   {"base64.b85decode", {"b", ""}},
      {"base64.a85decode", {"b", ""}},          {"base64.urlsafe_b64decode", {"s", ""}}, {"base64.decodebytes", {"s", ""}}, {"base64.standard_b64decode", {"s", ""}},
      {"codecs.decode", {"obj", "encoding"}},   {"codecs.encode", {"obj", "encoding"}},  {"zlib.decompress", {"data", ""}}, {"bz2.decompress", {"data", ""}},
      {"gzip.decompress", {"data", ""}},        {"lzma.decompress", {"data", ""}},       {"binascii.unhexlify", {"hexstr", ""}},
      {"importlib.import_module", {"name", "package"}}, {"builtins.bytes", {"source", "encoding"}}, {"builtins.str", {"object", "encoding"}}};
  Heap& heap = machine_.heap();
  const auto* decoder = std::find_if(std::begin(kDecoders), std::end(kDecoders), [&](const Parameters& one) { return one.name == name; });
  if (decoder == std::end(kDecoders) || !keywords.is(Kind::dict) || !arguments.is_sequence() || heap.items(arguments).size != 0) return arguments;
  std::vector<Value> given;
  for (const std::string_view parameter : decoder->parameters) {
    const Value* value = parameter.empty() ? nullptr : heap.find(heap.items(keywords), parameter);
    if (value == nullptr) break;
    given.push_back(*value);
  }
  if (given.empty() || given.size() * 2 != heap.items(keywords).size) return arguments;
  keywords = Value::none();
  return heap.new_items(Kind::tuple, given.data(), static_cast<uint32_t>(given.size()));
}

void Reading::note_call(std::string_view name) {
  constexpr size_t kMost = 1000;
  has_objects_ = true;
  if (called_.size() < kMost && std::find(called_.begin(), called_.end(), name) == called_.end()) called_.emplace_back(name);
}

// "os.system", "os:system"; without a dot a builtin, or a module.
Value Reading::import_dotted(std::string_view name) {
  if (!is_name(name, false)) return Value::unknown();
  std::string dotted(name);
  std::replace(dotted.begin(), dotted.end(), ':', '.');
  const size_t dot = dotted.rfind('.');
  has_objects_ = true;
  if (dot == std::string::npos) {
    const bool builtin = knowledge::find(knowledge::canonical("builtins", dotted)) != nullptr;
    held_.push_back(builtin ? machine_.import_name("builtins", dotted) : machine_.import_name(dotted, ""));
  } else {
    // The first part alone is certain to be a module: what it leads to is found by whoever knows its members.
    const std::string top = dotted.substr(0, dotted.find('.'));
    const std::string whole = knowledge::canonical(dotted.substr(0, dot), dotted.substr(dot + 1));
    const bool known = knowledge::find(whole) != nullptr;
    held_.push_back(known ? machine_.import_name(dotted.substr(0, dot), dotted.substr(dot + 1)) : machine_.import_name(top, dotted.substr(top.size() + 1)));
  }
  return held_.back();
}

// What jsonpickle puts together again.
Value Reading::pickled_object(NodeId id, const Members& members, int depth) {
  Heap& heap = machine_.heap();
  name_format("jsonpickle");
  machine_.place.offset = document_[id].offset;
  if (members.has(Key::py_function)) return import_dotted(text_of(members[Key::py_function]));
  if (members.has(Key::py_type)) return import_dotted(text_of(members[Key::py_type]));
  if (const auto text = members[Key::py_repr]) {
    const std::string_view whole = text_of(text);
    const size_t slash = whole.find('/');
    if (slash == std::string_view::npos) return Value::unknown();
    run_source("import " + std::string(whole.substr(0, slash)) + "\n" + std::string(whole.substr(slash + 1)), document_[id].offset);
    return Value::unknown();
  }
  const auto items_of = [&](NodeId node) -> Value {
    const auto tuple = document_.is(node, NodeKind::map) ? document_.find(node, "py/tuple") : std::nullopt;
    const Value value = evaluate(tuple ? *tuple : node, depth);
    return value.is_sequence() ? value : heap.new_tuple({});
  };
  Value made = Value::unknown();
  if (const auto reduced = members[Key::py_reduce]; reduced && document_.is(*reduced, NodeKind::list) && document_[*reduced].count > 0) {
    const Node& parts = document_[*reduced];
    const Value callee = evaluate(document_.child(parts, 0), depth);
    has_objects_ = true;
    made = machine_.call(callee, parts.count > 1 ? items_of(document_.child(parts, 1)) : heap.new_tuple({}), Value::none());
    if (parts.count > 2 && !document_.is(document_.child(parts, 2), NodeKind::null)) machine_.set_state(made, evaluate(document_.child(parts, 2), depth));
    return made;
  }
  const std::string_view name = text_of(members[Key::py_object]);
  if (name.empty()) return made;
  note_call(name);
  const Value cls = import_dotted(name);
  std::optional<NodeId> arguments = document_.find(id, "py/newargs");
  if (!arguments) arguments = document_.find(id, "py/initargs");
  made = arguments ? machine_.call(cls, items_of(*arguments), Value::none()) : machine_.construct(cls, heap.new_tuple({}), Value::none());
  const Value state = evaluate_plain_map(id, document_[id], depth);
  if (state.is(Kind::dict) && heap.items(state).size > 2) machine_.set_state(made, state);
  return made;
}

}  // namespace winnow::configuration
