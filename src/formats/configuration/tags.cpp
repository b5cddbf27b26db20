// Objects that tags of YAML make.
//
// PyYAML's Loader, UnsafeLoader and, in versions before 5.4, FullLoader, and ruamel.yaml with typ='unsafe':
//   !!python/name:a.b, !!python/module:a.b          what is imported under that name
//   !!python/object/apply:a.b, /new:, !!python/object:   calls, __new__, with state, items and entries behind
// A handle or a verbatim tag may spell them otherwise; libyaml has undone that.
//
// HyperPyYAML, which SpeechBrain reads hyperparams.yaml with: !new: !apply: !applyref: call, !name: prepares a call,
// !module: imports, !tuple reads its text again with PyYAML's Loader. pylearn2 and others: !obj:a.b, !call:a.b.
#include "formats/configuration/reading.h"

namespace winnow::configuration {
namespace {

constexpr std::string_view kPython = "tag:yaml.org,2002:python/";

}  // namespace

std::optional<Value> Reading::evaluate_tag(NodeId id, const Node& node, int depth) {
  std::string_view tag = node.tag;
  if (tag.starts_with(kPython)) {
    tag.remove_prefix(kPython.size());
    const size_t colon = tag.find(':');
    if (colon == std::string_view::npos) return std::nullopt;  // tuple, unicode, long: plain data
    return python_object(tag.substr(0, colon), tag.substr(colon + 1), id, depth);
  }
  if (!tag.starts_with('!')) return std::nullopt;
  tag.remove_prefix(1);
  const size_t colon = tag.find(':');
  if (colon != std::string_view::npos) return hyper_object(tag.substr(0, colon), tag.substr(colon + 1), id, depth);
  if (tag == "tuple" && node.kind == NodeKind::text && node.text.find('!') != std::string_view::npos && node.text.size() > 2) {
    const std::string list = "[" + std::string(node.text.substr(1, node.text.size() - 2)) + "]";
    scan_.child(artifact_, "tuple", scan_.own({as_bytes(list).begin(), as_bytes(list).end()}));
  }
  if (tag == "function" && node.kind == NodeKind::text) {  // of the evaluation harness for language models: a function of a file beside
    refer_to_module(node.text.substr(0, node.text.rfind('.')), "lm_eval");
  }
  return std::nullopt;
}

Value Reading::python_object(std::string_view kind, std::string_view name, NodeId id, int depth) {
  Heap& heap = machine_.heap();
  name_format("yaml-objects");
  has_objects_ = true;
  machine_.place.offset = document_[id].offset;
  if (kind == "module") {
    held_.push_back(machine_.import_name(name, ""));
    return held_.back();
  }
  const size_t dot = name.rfind('.');
  const Value callee = dot == std::string_view::npos ? machine_.import_name("builtins", name) : machine_.import_name(name.substr(0, dot), name.substr(dot + 1));
  held_.push_back(callee);
  if (kind == "name") return callee;
  if (kind != "object" && kind != "object/apply" && kind != "object/new") return Value::unknown();
  note_call(name);
  const Node& node = document_[id];
  if (kind == "object") {
    const Value made = machine_.construct(callee, heap.new_tuple({}), Value::none());
    if (node.kind == NodeKind::map && node.count > 0) machine_.set_state(made, evaluate_plain_map(id, node, depth));
    return made;
  }
  Value arguments = heap.new_tuple({}), keywords = Value::none();
  std::optional<NodeId> state, items, entries;
  if (node.kind == NodeKind::list) {
    arguments = evaluate_list(node, Kind::tuple, depth);
  } else if (node.kind == NodeKind::map) {
    if (const auto given = find(id, "args")) arguments = evaluate(*given, depth);
    if (const auto given = find(id, "kwds")) keywords = evaluate(*given, depth);
    state = find(id, "state");
    items = find(id, "listitems");
    entries = find(id, "dictitems");
  }
  if (!arguments.is_sequence()) arguments = heap.new_tuple({arguments});
  machine_.place.offset = node.offset;
  const Value made = machine_.call(callee, arguments, keywords.is(Kind::dict) ? keywords : Value::none());
  if (state) {
    const Value value = evaluate(*state, depth);
    machine_.set_state(made, value);
    // What has neither __setstate__ nor a dict gets the first half given to the update of the second.
    if (value.is(Kind::tuple) && heap.items(value).size == 2) {
      const Items pair = heap.items(value);
      machine_.call(machine_.attribute(pair[1], "update"), heap.new_tuple({pair[0]}));
    }
  }
  if (items) machine_.call(machine_.attribute(made, "extend"), heap.new_tuple({evaluate(*items, depth)}));
  if (entries) {
    const Value pairs = evaluate(*entries, depth);
    if (pairs.is(Kind::dict)) {
      const Items held = heap.items(pairs);
      machine_.set_items(made, {held.data, held.size});
    }
  }
  return made;
}

Value Reading::hyper_object(std::string_view kind, std::string_view name, NodeId id, int depth) {
  Heap& heap = machine_.heap();
  const Node& node = document_[id];
  if (kind == "include") {
    refer("file", name, "hyperpyyaml.load_hyperpyyaml");
    return Value::unknown();
  }
  const bool imports = kind == "name" || kind == "module" || kind == "import";
  const bool calls = kind == "new" || kind == "apply" || kind == "applyref" || kind == "obj" || kind == "call" || kind == "function" || kind == "func";
  if (!imports && !calls) return evaluate_plain_map(id, node, depth);
  name_format("hyperpyyaml");
  const bool given = node.kind == NodeKind::map || node.kind == NodeKind::list ? node.count > 0 : false;
  machine_.place.offset = node.offset;
  if (imports && !given) return import_dotted(name);
  // With arguments, !name: makes a partial of them, which whoever has the result calls.
  Value arguments = heap.new_tuple({}), keywords = Value::none();
  if (node.kind == NodeKind::list) arguments = evaluate_list(node, Kind::tuple, depth);
  if (node.kind == NodeKind::map) {
    const auto positional = document_.find(id, "_args"), named = document_.find(id, "_kwargs");
    if (positional && named && node.count == 4) {
      arguments = evaluate(*positional, depth);
      keywords = evaluate(*named, depth);
    } else {
      keywords = evaluate_plain_map(id, node, depth);
    }
  }
  if (!arguments.is_sequence()) arguments = heap.new_tuple({arguments});
  return call_named(name, arguments, keywords.is(Kind::dict) ? keywords : Value::none(), node.offset);
}

}  // namespace winnow::configuration
