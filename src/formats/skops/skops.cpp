// Reads the schema of a skops archive, as skops/io does: a tree of nodes, each with the class (__class__, __module__) of
// what it makes and the way of making it (__loader__). It is meant as a safe form of pickles, and is one as long as the
// types outside of skops' own list are not trusted; whoever loads a model with custom types trusts what the file lists
// (`load(file, trusted=get_untrusted_types(file=file))`), and then the tree can call anything, as a pickle can. Versions
// before 0.12 could be led past the list: CVE-2025-54412 (OperatorFuncNode), CVE-2025-54413 (MethodNode).
//
// So the tree is built on the machine like a pickle, call by call, and judged like one.
#include "formats/skops/skops.h"

#include <unordered_map>
#include <vector>

#include "code/machine/machine.h"
#include "code/pickle/unpickler.h"
#include "containers/document.h"

namespace winnow::skops {
namespace {

using containers::Document;
using containers::NodeId;
using containers::NodeKind;
using machine::Machine;

constexpr size_t kMostText = size_t{512} << 20;
constexpr size_t kMostEscaped = size_t{4} << 20;
constexpr int kDeepest = 300;  // nodes inside nodes; skops' own recursion ends before

class Building {
 public:
  enum class Holds : uint8_t { nodes, data };
  Building(Machine& m, const Document& document, Holds holds) : m_(m), heap_(m.heap()), document_(document), holds_(holds) {}

  Value build(NodeId id, int depth) {
    if (depth > kDeepest || !m_.step()) {
      if (!told_) m_.scan().gap(m_.trace().artifacts[0], Fault::limit, document_[id].offset, "nodes are nested too deeply, or too many");
      told_ = true;
      return Value::unknown();
    }
    if (holds_ == Holds::data || !document_.is(id, NodeKind::map)) return plain(id, depth);
    m_.place.offset = document_[id].offset;
    const auto known = number(id, "__id__");
    if (known) {
      if (const auto before = made_.find(*known); before != made_.end()) return before->second;
      made_.emplace(*known, Value::unknown());  // one that holds itself
    }
    const Value value = by_loader(id, document_.text(id, "__loader__"), depth + 1);
    if (known) made_[*known] = value;
    return value;
  }

 private:
  std::optional<int64_t> number(NodeId id, std::string_view key) const {
    const auto found = document_.find(id, key);
    return found && document_.is(*found, NodeKind::integer) ? std::optional(document_[*found].integer) : std::nullopt;
  }

  // JSON as it stands: arguments of slices, names.
  Value plain(NodeId id, int depth) {
    const containers::Node& node = document_[id];
    switch (node.kind) {
      case NodeKind::null: return Value::none();
      case NodeKind::boolean: return Value::boolean(node.truth);
      case NodeKind::integer: return Value::integer(node.integer);
      case NodeKind::real: return Value::real(node.real);
      case NodeKind::text: return heap_.new_string(node.text);
      case NodeKind::list: {
        std::vector<Value> items;
        for (uint32_t i = 0; i < node.count; ++i) items.push_back(build(document_.child(node, i), depth + 1));
        return heap_.new_items(Kind::list, items.data(), static_cast<uint32_t>(items.size()));
      }
      case NodeKind::map: return pairs(id, depth);
    }
    return Value::unknown();
  }

  Value pairs(NodeId id, int depth) {
    const containers::Node& node = document_[id];
    std::vector<Value> items;
    for (uint32_t i = 0; i + 1 < node.count; i += 2) {
      items.push_back(heap_.new_string(document_[document_.child(node, i)].text));
      items.push_back(build(document_.child(node, i + 1), depth + 1));
    }
    return heap_.new_items(Kind::dict, items.data(), static_cast<uint32_t>(items.size()));
  }

  Value part(NodeId id, std::string_view key, int depth) {
    const auto found = document_.find(id, key);
    return found ? build(*found, depth) : Value::none();
  }

  // What a node keeps under "content", as the parts of it that are nodes.
  std::optional<NodeId> content(NodeId id) const { return document_.find(id, "content"); }

  Value type_of(NodeId id) { return m_.import_name(document_.text(id, "__module__"), document_.text(id, "__class__")); }

  bool is_builtin(NodeId id, std::string_view name) const { return document_.text(id, "__module__") == "builtins" && document_.text(id, "__class__") == name; }

  Value call(Value callee, std::initializer_list<Value> arguments) { return m_.call(callee, heap_.new_tuple(arguments)); }

  Value spread(Value callee, Value arguments) { return m_.call(callee, arguments.is_sequence() ? arguments : heap_.new_tuple({arguments})); }

  // An instance without its __init__, and its state.
  Value object(NodeId id, Value arguments, std::string_view state_key, int depth) {
    const Value made = arguments.is(Kind::none) ? m_.construct(type_of(id), heap_.new_tuple({}), Value::none()) : spread(type_of(id), arguments);
    const Value state = part(id, state_key, depth);
    if (!state.is(Kind::none)) m_.set_state(made, state);
    return made;
  }

  Value by_loader(NodeId id, std::string_view loader, int depth) {
    if (loader == "JsonNode") return json(document_.text(id, "content"), depth);
    if (loader == "DictNode") return dict(id, depth);
    if (loader == "ListNode" || loader == "SetNode" || loader == "TupleNode") return sequence(id, loader, depth);
    if (loader == "FunctionNode" || loader == "TypeNode") return type_of(id);
    if (loader == "ConstructorFromReduceNode") return spread(type_of(id), part(id, "content", depth));
    if (loader == "BytesNode" || loader == "BytearrayNode") return Value::unknown_named(heap_.arena().copy(document_.text(id, "file")));
    if (loader == "OperatorFuncNode") {
      return spread(m_.import_name("operator", document_.text(id, "__class__")), part(id, "attrs", depth));
    }
    const auto inner = content(id);
    if (loader == "ReduceNode" || loader == "TreeNode" || loader == "LossNode" || loader == "SGDNode") {
      const auto reduce = document_.find(id, "__reduce__");
      const Value arguments = reduce && document_.is(*reduce, NodeKind::map) ? part(*reduce, "args", depth) : heap_.new_tuple({});
      return object(id, arguments, "content", depth);
    }
    if (!inner || !document_.is(*inner, NodeKind::map)) return other(id, depth);
    if (loader == "MethodNode") return m_.attribute(part(*inner, "obj", depth), heap_.arena().copy(document_.text(*inner, "func")));
    if (loader == "PartialNode") return partial(*inner, depth);
    if (loader == "DefaultDictNode") {
      const Value made = call(m_.import_name("collections", "defaultdict"), {part(*inner, "default_factory", depth)});
      part(*inner, "main", depth);
      return made;
    }
    if (loader == "RandomGeneratorNode" || loader == "RandomStateNode" || loader == "MaskedArrayNode" || loader == "SliceNode") return other(id, depth);
    return object(id, Value::none(), "content", depth);
  }

  Value json(std::string_view text, int depth) {
    const auto parsed = containers::parse_json(text);
    if (!parsed || depth > kDeepest) return Value::unknown();
    return Building(m_, parsed->document, Holds::data).build(parsed->document.root, depth + 1);
  }

  Value dict(NodeId id, int depth) {
    const auto inner = content(id);
    const Value items = inner && document_.is(*inner, NodeKind::map) ? pairs(*inner, depth) : heap_.new_items(Kind::dict, nullptr, 0);
    part(id, "key_types", depth);
    if (is_builtin(id, "dict")) return items;
    const Value made = m_.call(type_of(id), heap_.new_tuple({}));
    const Items held = heap_.items(items);
    if (held.size > 0) m_.set_items(made, {held.data, held.size});
    return made;
  }

  Value sequence(NodeId id, std::string_view loader, int depth) {
    const auto inner = content(id);
    const Value items = inner && document_.is(*inner, NodeKind::list) ? plain(*inner, depth) : heap_.new_items(Kind::list, nullptr, 0);
    const Items held = heap_.items(items);
    if (loader == "TupleNode") {
      const Value tuple = heap_.new_items(Kind::tuple, held.data, held.size);
      return is_builtin(id, "tuple") ? tuple : spread(type_of(id), tuple);
    }
    if (is_builtin(id, "list")) return items;
    return call(type_of(id), {items});
  }

  Value partial(NodeId inner, int depth) {
    std::vector<Value> arguments{part(inner, "func", depth)};
    const Value given = part(inner, "args", depth), named = part(inner, "kwds", depth);
    if (given.is_sequence()) arguments.insert(arguments.end(), heap_.items(given).begin(), heap_.items(given).end());
    part(inner, "namespace", depth);
    return m_.call(m_.import_name("functools", "partial"), arguments, named.is(Kind::dict) && heap_.items(named).size > 0 ? named : Value::none());
  }

  // Nodes of arrays, random generators, data types and those that later versions bring: the class is loaded, and what
  // stands below is built.
  Value other(NodeId id, int depth) {
    const Value made = type_of(id);
    const containers::Node& node = document_[id];
    for (uint32_t i = 1; i < node.count; i += 2) {
      const NodeId value = document_.child(node, i);
      if (document_.is(value, NodeKind::map) || document_.is(value, NodeKind::list)) build(value, depth);
    }
    return m_.construct(made, heap_.new_tuple({}), Value::none());
  }

  Machine& m_;
  Heap& heap_;
  const Document& document_;
  Holds holds_;
  std::unordered_map<int64_t, Value> made_;  // by __id__
  bool told_ = false;
};

}  // namespace

bool is_schema(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() > kMostText) return false;
  const std::string_view text = as_text(artifact.bytes);
  const size_t first = text.find_first_not_of(" \t\r\n", text.starts_with("\xef\xbb\xbf") ? 3 : 0);
  if (first == std::string_view::npos || text[first] != '{') return false;
  if (text.find("\"__loader__\"") != std::string_view::npos) return true;
  return artifact.depth > 0 && text.size() <= kMostEscaped && text.find("\\u00") != std::string_view::npos && artifact.path.ends_with("!schema.json");
}

void read_schema(Scan& scan, const Artifact& artifact) {
  const auto parsed = containers::parse_json(as_text(artifact.bytes));
  if (!parsed) {
    scan.recognise(artifact, "skops-schema");
    return scan.gap(artifact, parsed.error());
  }
  const Document& document = parsed->document;
  if (!document.is(document.root, NodeKind::map) || document.text(document.root, "__loader__").empty()) return;
  scan.recognise(artifact, "skops-schema");
  Trace trace;
  trace.dialect = "pickle";
  trace.threat = "skops-object";
  trace.artifacts.push_back(artifact);
  Machine machine(scan, trace);
  pickle::attach(machine);
  trace.root = Building(machine, document, Building::Holds::nodes).build(document.root, 0);
  trace.finished = true;
  machine.record(Op::result, trace.root, Value::none(), Value::none());
  scan.submit(trace);
}

}  // namespace winnow::skops
