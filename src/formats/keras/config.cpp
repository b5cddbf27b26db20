#include "formats/keras/config.h"

#include <algorithm>
#include <span>
#include <unordered_map>

#include "knowledge/knowledge.h"

namespace winnow::keras_format {

namespace {

using containers::Node;

constexpr int kDeepest = 900;       // Python's own limit is lower
constexpr size_t kMostOfAKind = 50'000;
constexpr size_t kLongestPath = size_t{64} << 10;  // more than any system opens
constexpr uint32_t kMostCalls = 4096;              // of one layer

// Keys under which layers and tokenizers take the name of a file.
constexpr std::string_view kFileKeys[] = {"vocabulary", "merges",     "proto",      "filepath",        "idf_weights",
                                          "vocab_file", "merges_file", "vocabulary_file", "model_file", "file_path",
                                          "tokenizer_file", "handle", "asset_path", "sentencepiece_model", "special_tokens_file"};

constexpr std::string_view kTrainingKeys[] = {"loss", "metrics", "weighted_metrics", "loss_weights", "optimizer",
                                              "compile_config", "training_config", "loss_config", "optimizer_config"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The members of one map, found quickly also where there are many: vocabularies have a million keys.
class Members {
 public:
  Members(const Document& document, NodeId map) : document_(document), map_(map) {
    constexpr uint32_t kMany = 64;
    const Node& node = document[map];
    if (node.count < kMany) return;
    for (uint32_t i = 0; i + 1 < node.count; i += 2) {
      const Node& key = document[document.child(node, i)];
      if (key.kind == NodeKind::text) last_[key.text] = document.child(node, i + 1);
    }
  }

  // The last value of a key, which is the one that Python keeps.
  std::optional<NodeId> find(std::string_view key) const {
    if (last_.empty()) return document_.find(map_, key);
    const auto found = last_.find(key);
    return found == last_.end() ? std::nullopt : std::optional(found->second);
  }
  std::string_view text(std::string_view key) const {
    const auto found = find(key);
    return found && document_.is_text(*found) ? document_[*found].text : std::string_view();
  }

 private:
  const Document& document_;
  NodeId map_;
  std::unordered_map<std::string_view, NodeId> last_;
};

// Where in the configuration the walk stands.
struct Context {
  std::string_view class_name, name;  // of the nearest object
  std::string_view key;               // under which the node stands
  Role role = Role::other;
  NodeId arguments = kNoNode, inbound = kNoNode;  // of the nearest Lambda
  int depth = 0;
};

class Walk {
 public:
  Walk(const Document& document, bool (*step)(void*), void* with) : document_(document), step_(step), with_(with) {}

  Config run(NodeId root) {
    visit(root, {});
    return std::move(out_);
  }

 private:
  void visit(NodeId id, Context context) {
    const Node& node = document_[id];
    if (out_.cut) return;
    if (++context.depth > kDeepest || !step_(with_)) {
      out_.cut = true;
      return;
    }
    if (node.kind == NodeKind::list) {
      for (uint32_t i = 0; i < node.count; ++i) visit(document_.child(node, i), context);
    } else if (node.kind == NodeKind::map) {
      visit_map(id, node, context);
    }
  }

  void visit_map(NodeId id, const Node& node, Context context) {
    const Members members(document_, id);
    const std::string_view class_name = members.text("class_name");
    const auto config = members.find("config");
    if (class_name == "__lambda__" && config) return lambda_object(*config, context);
    // The class of a type of TensorFlow stands under "spec_name", and is looked up as every other.
    const std::string_view spec = members.text("spec_name");
    if (!class_name.empty() && !spec.empty()) named_class(id, spec, context);
    if (!class_name.empty() && config) {
      ++out_.objects;
      if (class_name == "function" && document_.is_text(*config)) return named_function(id, *config, context);
      context.class_name = class_name;
      const std::string_view own_name = document_.text(*config, "name");
      context.name = !own_name.empty() ? own_name : members.text("name");
      if (context.role == Role::other) context.role = Role::layer;
      context.inbound = class_name == "Lambda" ? optional(members.find("inbound_nodes")) : kNoNode;
      context.arguments = class_name == "Lambda" ? optional(document_.find(*config, "arguments")) : kNoNode;
      if (spec.empty()) named_class(id, class_name, context);
      if (class_name == "TorchModuleWrapper") torch_module(*config, context);
      operation(id, *config, class_name, context);
    }
    typed_functions(members, node, context);
    if (context.class_name == "Lambda") source_text(members, context);
    if (!context.class_name.empty()) files(members, node, context);
    for (uint32_t i = 0; i + 1 < node.count; i += 2) {
      const Node& key = document_[document_.child(node, i)];
      const NodeId value = document_.child(node, i + 1);
      if (key.kind != NodeKind::text) {
        visit(document_.child(node, i), context);
      } else if (members.find(key.text) != value) {
        continue;  // a key that comes again: Python keeps the last one
      }
      Context inner = context;
      if (key.kind == NodeKind::text) inner.key = key.text;
      if (is_one_of(kTrainingKeys, inner.key)) inner.role = Role::training;
      if (inner.key == "output_shape" || inner.key == "mask") inner.role = Role::shape;
      visit(value, inner);
    }
  }

  std::string place(const Context& context) const {
    std::string out = context.key.empty() || context.key == "config" ? std::string("the configuration") : "'" + std::string(context.key.substr(0, 60)) + "'";
    if (!context.name.empty()) out += " of '" + std::string(context.name.substr(0, 100)) + "'";
    if (!context.class_name.empty()) out += " (" + std::string(context.class_name.substr(0, 100)) + ")";
    return out;
  }

  bool room(size_t used) {
    if (used >= kMostOfAKind) out_.cut = true;
    return used < kMostOfAKind;
  }

  bool fits(std::string_view path) {
    if (path.size() > kLongestPath) out_.cut = true;
    return path.size() <= kLongestPath;
  }

  // {"class_name": "__lambda__", "config": {"code", "defaults", "closure"} or {"value": [code, defaults, closure]}}
  void lambda_object(NodeId config, const Context& context) {
    ++out_.objects;
    if (const auto code = document_.find(config, "code")) {
      carried(*code, optional(document_.find(config, "defaults")), optional(document_.find(config, "closure")), {}, context);
    }
    if (const auto value = document_.find(config, "value")) carried(*value, kNoNode, kNoNode, {}, context);
  }

  static NodeId optional(std::optional<NodeId> node) { return node ? *node : kNoNode; }

  // Of code that is not a text, a list [code, defaults, closure] takes the place of all three.
  void carried(NodeId code, NodeId defaults, NodeId closure, std::string_view module, const Context& context) {
    const Node* node = &document_[code];
    if (node->kind == NodeKind::map) {  // a tuple of TensorFlow's JSON: {"class_name": "__tuple__", "items": [..]}
      const auto items = document_.find(code, "items");
      if (!items) return;
      node = &document_[*items];
    }
    if (node->kind == NodeKind::list) {
      if (node->count == 0) return;
      if (node->count > 1) defaults = document_.child(*node, 1);
      if (node->count > 2) closure = document_.child(*node, 2);
      node = &document_[document_.child(*node, 0)];
    }
    if (node->kind != NodeKind::text || !room(out_.carried.size())) return;
    const NodeId arguments = context.role == Role::layer ? context.arguments : kNoNode;
    const std::vector<NodeId> inputs = context.role == Role::layer ? inputs_of(context.inbound) : std::vector<NodeId>();
    out_.carried.push_back({node->text, defaults, closure, arguments, inputs, module, place(context), context.role, node->offset});
  }

  // "function": [code, defaults, closure], "function_type": "lambda", "module": "..."; and the same for whatever else
  // has a type beside it: output_shape, mask, the mode of Keras 1's Merge.
  void typed_functions(const Members& members, const Node& node, const Context& context) {
    static constexpr std::string_view kEnding = "_type";
    for (uint32_t i = 0; i + 1 < node.count; i += 2) {
      const Node& key = document_[document_.child(node, i)];
      if (key.kind != NodeKind::text || !key.text.ends_with(kEnding)) continue;
      const std::string_view base = key.text.substr(0, key.text.size() - kEnding.size());
      const std::string_view type = members.text(key.text);
      const auto value = members.find(base);
      if (!value || (type != "lambda" && type != "function")) continue;
      Context inner = context;
      inner.key = base;
      inner.role = base == "function" || base == "mode" ? Role::layer : Role::shape;
      const std::string_view module = members.text(base == "function" ? std::string("module") : std::string(base) + "_module");
      if (type == "lambda") {
        carried(*value, kNoNode, kNoNode, module, inner);
      } else if (document_.is_text(*value) && room(out_.named.size())) {
        // Only what is registered is found under such a name; that of a function that acts is told all the same.
        NamedObject object;
        object.name = document_[*value].text;
        const knowledge::Callable* known = knowledge::find(knowledge::canonical(module, object.name));
        const bool acts = !module.empty() && known != nullptr && !knowledge::is_trusted(known);
        if (acts) object.module = module;
        object.function = !acts;
        object.place = place(inner);
        object.role = inner.role;
        object.offset = document_[*value].offset;
        out_.named.push_back(std::move(object));
      }
    }
  }

  void source_text(const Members& members, const Context& context) {
    const auto value = members.find("function");
    if (!value || !document_.is_text(*value) || !members.text("function_type").empty()) return;
    const std::string_view text = document_[*value].text;
    const bool source = text.starts_with("lambda") || text.starts_with("def ") || text.find('(') != std::string_view::npos;
    if (source && room(out_.sources.size())) out_.sources.push_back({text, place(context), document_[*value].offset});
  }

  void named_function(NodeId id, NodeId config, const Context& context) {
    if (!room(out_.named.size())) return;
    NamedObject object;
    object.module = document_.text(id, "module");
    object.name = document_[config].text;
    object.registered = document_.text(id, "registered_name");
    object.function = true;
    object.place = place(context);
    object.role = context.role;
    object.offset = document_[config].offset;
    object.calls = calls_of(id);
    if (context.key == "function") {
      object.arguments = context.arguments;
      object.inputs = inputs_of(context.inbound);
    }
    for (const NodeId call : object.calls) visit(call, context);
    out_.named.push_back(std::move(object));
  }

  // In the list of a functional model's layers: the loader calls what it got.
  std::vector<NodeId> calls_of(NodeId id) {
    std::vector<NodeId> calls;
    const auto nodes = document_.find(id, "inbound_nodes");
    if (!nodes || !document_.is(*nodes, NodeKind::list)) return calls;
    const Node& list = document_[*nodes];
    if (list.count > kMostCalls) out_.cut = true;
    for (uint32_t i = 0; i < list.count && i < kMostCalls; ++i) calls.push_back(document_.child(list, i));
    return calls;
  }

  // What stands for the tensor in the calls of a layer: {"args": [x], ...} or {"kwargs": {"inputs": x}}.
  std::vector<NodeId> inputs_of(NodeId inbound) {
    std::vector<NodeId> inputs;
    if (inbound == kNoNode || !document_.is(inbound, NodeKind::list)) return inputs;
    const Node& list = document_[inbound];
    if (list.count > kMostCalls) out_.cut = true;
    for (uint32_t i = 0; i < list.count && i < kMostCalls; ++i) {
      const NodeId call = document_.child(list, i);
      const auto keywords = document_.find(call, "kwargs"), arguments = document_.find(call, "args");
      const auto named = keywords ? document_.find(*keywords, "inputs") : std::nullopt;
      if (named) {
        inputs.push_back(*named);
      } else if (arguments && document_.is(*arguments, NodeKind::list) && document_[*arguments].count > 0) {
        inputs.push_back(document_.child(document_[*arguments], 0));
      }
    }
    return inputs;
  }

  // {"class_name": "TFOpLambda", "config": {"function": "math.multiply"}}: a name of TensorFlow's whole public API.
  void operation(NodeId id, NodeId config, std::string_view class_name, const Context& context) {
    std::string_view symbol;
    if (class_name == "TFOpLambda") symbol = document_.text(config, "function");
    if (class_name == "ClassMethod") symbol = document_.text(config, "class_symbol");
    if (symbol.empty() || !room(out_.named.size())) return;
    NamedObject object;
    object.module = "tensorflow";
    object.name = symbol;
    object.function = object.operation = true;
    object.place = place(context);
    object.role = Role::layer;
    object.calls = calls_of(id);
    object.offset = document_[config].offset;
    out_.named.push_back(std::move(object));
  }

  void named_class(NodeId id, std::string_view class_name, const Context& context) {
    if (!room(out_.named.size())) return;
    NamedObject object;
    object.module = document_.text(id, "module");
    object.name = class_name;
    object.registered = document_.text(id, "registered_name");
    object.place = place(context);
    object.role = context.role;
    object.offset = document_[id].offset;
    out_.named.push_back(std::move(object));
  }

  void torch_module(NodeId config, const Context& context) {
    std::string_view text = document_.text(config, "module");
    // Before Keras 3.11 the bytes themselves stood there: {"class_name": "__bytes__", "config": {"value": "..."}}.
    const auto module = document_.find(config, "module");
    const auto inner = module ? document_.find(*module, "config") : std::nullopt;
    const bool raw = text.empty() && inner.has_value();
    if (raw) text = document_.text(*inner, "value");
    if (!text.empty() && room(out_.pickles.size())) out_.pickles.push_back({text, place(context), document_[config].offset, raw});
  }

  void files(const Members& members, const Node& node, const Context& context) {
    for (uint32_t i = 0; i + 1 < node.count; i += 2) {
      const Node& key = document_[document_.child(node, i)];
      if (key.kind != NodeKind::text || !is_one_of(kFileKeys, key.text)) continue;
      const NodeId value = document_.child(node, i + 1);
      if (members.find(key.text) != value) continue;
      Context inner = context;
      inner.key = key.text;
      const Node& given = document_[value];
      if (given.kind == NodeKind::text && !given.text.empty() && fits(given.text) && room(out_.files.size())) {
        out_.files.push_back({given.text, key.text, context.class_name, place(inner), given.offset});
      }
      if (context.class_name == "RWKVTokenizer" && given.kind == NodeKind::list) evaluated(given, inner);
    }
  }

  // Each line is "number literal length", and the literal is given to eval.
  void evaluated(const Node& list, const Context& context) {
    for (uint32_t i = 0; i < list.count && room(out_.evaluated.size()); ++i) {
      const Node& line = document_[document_.child(list, i)];
      if (line.kind != NodeKind::text) continue;
      const size_t first = line.text.find(' '), last = line.text.rfind(' ');
      if (first == std::string_view::npos || last <= first) continue;
      out_.evaluated.push_back({line.text.substr(first + 1, last - first - 1), place(context), line.offset});
    }
  }

  const Document& document_;
  bool (*step_)(void*);
  void* with_;
  Config out_;
};

bool is_object(const Document& document, NodeId id) {
  return document.find(id, "class_name") && (document.find(id, "config") || document.find(id, "spec_name"));
}

}  // namespace

Config gather(const Document& document, NodeId root, bool (*step)(void*), void* with) { return Walk(document, step, with).run(root); }

bool is_config(const Document& document) {
  if (is_object(document, document.root)) return true;
  for (const std::string_view key : {"model_config", "modelTopology", "config", "model"}) {
    const auto inner = document.find(document.root, key);
    if (!inner) continue;
    if (is_object(document, *inner)) return true;
    const auto model = document.find(*inner, "model_config");
    if (model && is_object(document, *model)) return true;
  }
  const Node& root = document[document.root];
  return root.kind == NodeKind::list && root.count > 0 && is_object(document, document.child(root, 0));
}

}  // namespace winnow::keras_format
