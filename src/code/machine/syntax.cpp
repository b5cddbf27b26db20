// Syntax trees as programs handle them. `ast.parse` gives instances of the classes in written_syntax.cpp, made of the parser's
// own tree; what a program made or changed of them becomes such a tree again where it is compiled or printed.
#include "code/machine/syntax.h"

#include <algorithm>
#include <initializer_list>

#include "code/machine/models.h"
#include "code/machine/models_written.h"
#include "code/machine/objects.h"
#include "code/python/parse.h"
#include "code/python/print.h"
#include "code/python/shapes.h"

namespace winnow::machine {
namespace {

using python::List;
using python::Node;
using python::Type;
using Found = std::optional<Value>;

constexpr int kDeepest = 150;
constexpr size_t kMostNodes = 20'000;
constexpr size_t kMostText = size_t{1} << 20;

std::string_view class_name(Machine& m, Value value) {
  const Value cls = value.is(Kind::instance) ? m.heap().instance(value).cls : value;
  if (cls.is(Kind::class_object)) return m.heap().class_of(cls).name;
  return cls.is(Kind::name) ? m.heap().name(cls).last : std::string_view();
}

// The members of a node by the letters of its shape; const or not as the node is.
template <typename Any>
auto& list_of(Any& node, char member) {
  switch (member) {
    case 'I': return node.items;
    case 'O': return node.others;
    case 'B': return node.body;
    case 'E': return node.orelse;
    case 'H': return node.handlers;
    default: return node.type == Type::MatchClass ? node.others : node.items;
  }
}

template <typename Any>
auto& part_of(Any& node, char member) {
  return member == '1' ? node.first : member == '2' ? node.second : node.third;
}

// From the parser's tree to instances.
class Reader {
 public:
  explicit Reader(Machine& m) : m_(m) {}

  bool whole() const { return whole_; }

  Value made(std::string_view name, std::initializer_list<std::pair<std::string_view, Value>> fields = {}) {
    const Value cls = written_definition(m_, std::string("ast.").append(name));
    if (!cls.is(Kind::class_object)) return failed();
    const Value out = new_instance(m_, cls);
    for (const auto& [field, value] : fields) set_defined_attribute(m_, out, field, value);
    return out;
  }

  Value list(Node* const* from, size_t count, int depth) {
    std::vector<Value> out;
    for (size_t i = 0; i < count; ++i) out.push_back(value(from[i], depth));
    return m_.heap().new_items(Kind::list, out.data(), static_cast<uint32_t>(out.size()));
  }
  Value list(const List& list, int depth) { return this->list(list.data, list.size, depth); }

  Value value(const Node* node, int depth = 0) {
    if (node == nullptr) return Value::none();
    if (depth > kDeepest || ++nodes_ > kMostNodes) return failed();
    ++depth;
    if (node->type == Type::Arguments) return arguments(*node, depth);
    if (node->type == Type::Compare) return comparison(*node, depth);
    const python::Shape* shape = python::shape_of(node->type);
    const Value out = made(shape->name);
    if (!whole_) return out;
    std::string_view fields = shape->fields;
    while (const auto field = python::next_field(fields)) set_defined_attribute(m_, out, field->name, member(*node, field->member, depth));
    return out;
  }

 private:
  Value failed() {
    whole_ = false;
    return Value::unknown();
  }

  Value text(std::string_view text) { return text.empty() ? Value::none() : Value::string(text); }

  Value member(const Node& node, char member, int depth) {
    switch (member) {
      case '1': case '2': case '3': return value(part_of(node, member), depth);
      case 'n': return Value::string(node.name);
      case 'N': return text(node.name);
      case 'o': return text(node.other);
      case 'v': return node.value;
      case 'p': return made(python::operator_class(node.op));
      case '#': return Value::integer(node.number);
      case 'S': return names(list_of(node, member));
      default: return list(list_of(node, member), depth);
    }
  }

  Value names(const List& list) {
    std::vector<Value> out;
    for (const Node* name : list) out.push_back(Value::string(name->name));
    return m_.heap().new_items(Kind::list, out.data(), static_cast<uint32_t>(out.size()));
  }

  Value comparison(const Node& node, int depth) {
    std::vector<Value> ops, others;
    for (const Node* link : node.items) {
      ops.push_back(made(python::operator_class(link->op)));
      others.push_back(value(link->first, depth));
    }
    const auto size = static_cast<uint32_t>(ops.size());
    return made("Compare", {{"left", value(node.first, depth)}, {"ops", m_.heap().new_items(Kind::list, ops.data(), size)},
                            {"comparators", m_.heap().new_items(Kind::list, others.data(), size)}});
  }

  Value arguments(const Node& node, int depth) {
    const auto positional = std::min<size_t>(static_cast<size_t>(node.number), node.items.size);
    return made("arguments", {{"posonlyargs", list(node.items.data, positional, depth)}, {"args", list(node.items.data + positional, node.items.size - positional, depth)},
                              {"vararg", value(node.first, depth)}, {"kwonlyargs", list(node.others, depth)}, {"kw_defaults", list(node.orelse, depth)},
                              {"kwarg", value(node.second, depth)}, {"defaults", list(node.handlers, depth)}});
  }

  Machine& m_;
  size_t nodes_ = 0;
  bool whole_ = true;
};

// From instances to the parser's tree. What is no node, or goes too deep, is Bad: its value is not known.
class Writer {
 public:
  Writer(Machine& m, python::Tree& tree) : m_(m), tree_(tree) {}

  Node* node(Value value, int depth = 0) {
    if (value.is(Kind::none)) return nullptr;
    const std::string_view name = class_name(m_, value);
    if (!value.is(Kind::instance) || depth > kDeepest || ++nodes_ > kMostNodes) return tree_.make(Type::Bad);
    ++depth;
    if (name == "arguments") return arguments(value, depth);
    if (name == "Compare") return comparison(value, depth);
    if (name == "Index" || name == "Expression") return node(of(value, name == "Index" ? "value" : "body"), depth);
    for (const std::string_view old : {"Str", "Bytes", "Num", "NameConstant"}) {  // those of Python up to 3.11
      if (name != old) continue;
      Node* out = tree_.make(Type::Constant);
      out->value = of(value, old == "Num" ? "n" : old == "NameConstant" ? "value" : "s");
      return out;
    }
    const python::Shape* shape = python::shape_named(name == "Interactive" ? "Module" : name);
    if (shape == nullptr) return tree_.make(Type::Bad);
    Node* out = tree_.make(shape->type);
    if (shape->type == Type::FormattedValue || shape->type == Type::Interpolation) out->number = -1;
    std::string_view fields = shape->fields;
    while (const auto field = python::next_field(fields)) set(*out, field->member, of(value, field->name), depth);
    return out;
  }

 private:
  // A field; none where the node lacks it.
  Value of(Value node, std::string_view name) {
    const Value attributes = m_.heap().instance(node).attributes;
    const Value* found = attributes.is(Kind::dict) ? m_.heap().find(m_.heap().items(attributes), name) : nullptr;
    return found == nullptr ? Value::none() : *found;
  }

  std::string_view text(Value value) { return value.is_text() ? tree_.text(value.text()) : std::string_view(); }

  void set(Node& out, char member, Value value, int depth) {
    switch (member) {
      case '1': case '2': case '3': part_of(out, member) = node(value, depth); return;
      case 'n': case 'N': out.name = text(value); return;
      case 'o': out.other = text(value); return;
      case 'v': out.value = value; return;
      case 'p': out.op = python::operator_named(class_name(m_, value)); return;
      case '#': out.number = static_cast<int32_t>(integer_of(value).value_or(out.number)); return;
      default: return append(list_of(out, member), value, member == 'S', depth);
    }
  }

  void append(List& list, Value values, bool names, int depth) {
    if (!values.is_sequence()) return;
    for (uint32_t i = 0; i < m_.heap().items(values).size; ++i) {
      const Value value = m_.heap().items(values)[i];
      Node* made = names ? tree_.make(Type::Name) : node(value, depth);
      if (names) made->name = text(value);
      tree_.append(list, made);
    }
  }

  Node* comparison(Value value, int depth) {
    Node* out = tree_.make(Type::Compare);
    out->first = node(of(value, "left"), depth);
    const Value ops = of(value, "ops"), others = of(value, "comparators");
    if (!ops.is_sequence() || !others.is_sequence()) return tree_.make(Type::Bad);
    for (uint32_t i = 0; i < std::min(m_.heap().items(ops).size, m_.heap().items(others).size); ++i) {
      Node* link = tree_.make(Type::CompareOp);
      link->op = python::operator_named(class_name(m_, m_.heap().items(ops)[i]));
      link->first = node(m_.heap().items(others)[i], depth);
      tree_.append(out->items, link);
    }
    return out;
  }

  Node* arguments(Value value, int depth) {
    Node* out = tree_.make(Type::Arguments);
    append(out->items, of(value, "posonlyargs"), false, depth);
    out->number = static_cast<int32_t>(out->items.size);
    append(out->items, of(value, "args"), false, depth);
    out->first = node(of(value, "vararg"), depth);
    append(out->others, of(value, "kwonlyargs"), false, depth);
    append(out->orelse, of(value, "kw_defaults"), false, depth);
    out->second = node(of(value, "kwarg"), depth);
    append(out->handlers, of(value, "defaults"), false, depth);
    return out;
  }

  Machine& m_;
  python::Tree& tree_;
  size_t nodes_ = 0;
};

Found parse(Machine& m, const Call& call) {
  const Value* named = m.keyword(call, "mode");
  const Value mode = named != nullptr ? *named : call[2];
  return call[0].is_text() ? parse_tree(m, call[0].text(), mode.is_text() && mode.text() == "eval" ? Source::expression : Source::module) : std::nullopt;
}

// The source that such a tree stands for. What a program left out of it, or put where it does not belong, is spelled as missing.
std::optional<std::string> source_of(Machine& m, Value node) {
  if (!node.is(Kind::instance)) return std::nullopt;
  python::Tree tree(m.heap());
  const Node* root = Writer(m, tree).node(node);
  if (root == nullptr || root->type == Type::Bad) return std::nullopt;
  bool whole = true;
  std::string out = python::print(*root, m.heap(), {.max_depth = 2 * kDeepest, .max_bytes = kMostText}, &whole);
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

Found unparse(Machine& m, const Call& call) {
  const auto text = source_of(m, call[0]);
  return text ? std::optional(m.make_string(*text)) : std::nullopt;
}

constexpr ModelEntry kModels[] = {{"ast.parse", parse}, {"ast.unparse", unparse}};

}  // namespace

std::optional<Value> parse_tree(Machine& m, std::string_view text, Source kind) {
  if (text.size() > kMostText) return std::nullopt;
  python::Tree tree(m.heap());
  python::ParseOptions options;
  options.mode = kind == Source::expression ? python::ParseMode::expression : python::ParseMode::module;
  options.max_nodes = kMostNodes;
  const python::Parsed parsed = python::parse(tree, m.heap().arena().copy(text), options);
  if (parsed.root == nullptr || !parsed.ok()) return std::nullopt;
  Reader reader(m);
  Value out = reader.value(parsed.root);
  if (kind == Source::expression && parsed.root->type != Type::Module) out = reader.made("Expression", {{"body", out}});
  return reader.whole() ? std::optional(out) : std::nullopt;
}

std::optional<Value> compile_tree(Machine& m, Value node, Source kind) {
  const auto text = source_of(m, node);
  return text ? compile_source(m, *text, kind) : std::nullopt;
}

std::span<const ModelEntry> syntax_models() { return kModels; }

}  // namespace winnow::machine
