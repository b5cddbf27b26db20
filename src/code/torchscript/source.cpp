// TorchScript is a subset of Python with names of its own (torch/csrc/jit/serialization/import_source.cpp). Our parser
// reads it, and the compiler of 3.14 lowers it, to which annotations are lazy, as types of other files are here.
//
// One thing is not as in Python: any operator of the namespace aten can be written as a method of its first argument,
// x.save("/path"). Those that act are turned into a look-up that knows of it.
#include "code/torchscript/source.h"

#include <unordered_set>

#include "code/machine/run.h"
#include "code/python/lower.h"
#include "code/python/parse.h"

namespace winnow::torchscript {
namespace {

using python::Node;
using python::Type;

constexpr size_t kLongest = size_t{32} << 20;

// Operators of aten that act on the world: all others compute.
bool acts(std::string_view name) { return name == "save" || name == "from_file"; }

struct Given {
  std::string_view name, module, member;
};

constexpr Given kGiven[] = {
    {"torch", "torch", "ops.aten"},
    {"ops", "torch", "ops"},
    {"__torch__", "__torch__", ""},
    {"fork", "torchscript", "fork"},
    {"awaitable", "torchscript", "fork"},
    {"annotate", "torchscript", "annotate"},
    {"unchecked_cast", "torchscript", "unchecked_cast"},
    {"uninitialized", "torchscript", "uninitialized"},
    {"Module", "torch.jit", "ScriptModule"},
    {"Interface", "torch.jit", "interface"},
    {"ModuleInterface", "torch.jit", "interface"},
    {"NamedTuple", "typing", "NamedTuple"},
    {"Enum", "enum", "Enum"},
    {"inf", "math", "inf"},
    {"nan", "math", "nan"},
    {"__method__", "torchscript", "method"},
};

class Rewriting {
 public:
  explicit Rewriting(python::Tree& tree) : tree_(tree) {}

  void run(Node* root) {
    work_.push_back(root);
    while (!work_.empty()) {
      Node* node = work_.back();
      work_.pop_back();
      if (node->type == Type::Assign) {
        for (const Node* target : node->items) targets_.insert(target);
      } else if (node->type == Type::AugAssign || node->type == Type::AnnAssign) {
        targets_.insert(node->first);
      }
      rewrite(node);
      for (Node* part : {node->first, node->second, node->third}) push(part);
      for (const python::List* list : {&node->items, &node->others, &node->body, &node->orelse, &node->handlers}) {
        for (Node* part : *list) push(part);
      }
    }
  }

 private:
  void push(Node* node) {
    if (node != nullptr) work_.push_back(node);
  }

  // x.save becomes __method__(x, "save"), and so does getattr(x, "save"), whose name is always a literal.
  void rewrite(Node* node) {
    if (node->type == Type::Attribute && acts(node->name) && targets_.count(node) == 0) {
      Node* object = node->first;
      const std::string_view name = node->name;
      node->type = Type::Call;
      node->first = make_name(node);
      tree_.append(node->items, object);
      tree_.append(node->items, make_text(node, name));
      node->name = {};
    } else if (node->type == Type::Call && node->first != nullptr && node->first->type == Type::Name && node->first->name == "getattr" &&
               node->items.size == 2 && node->items[1]->type == Type::Constant && node->items[1]->value.is(Kind::string) &&
               acts(node->items[1]->value.text())) {
      node->first = make_name(node);
    }
  }

  Node* make_name(const Node* at) {
    Node* name = tree_.make(Type::Name);
    name->name = "__method__";
    name->line = at->line;
    name->offset = at->offset;
    return name;
  }

  Node* make_text(const Node* at, std::string_view text) {
    Node* constant = tree_.make(Type::Constant);
    constant->value = Value::string(text);
    constant->line = at->line;
    constant->offset = at->offset;
    return constant;
  }

  python::Tree& tree_;
  std::vector<Node*> work_;
  std::unordered_set<const Node*> targets_;
};

}  // namespace

std::string qualifier_of(std::string_view member) {
  constexpr std::string_view kFolder = "code/", kEnding = ".py";
  const size_t at = member.starts_with(kFolder) ? 0 : member.find("/code/");
  if (at == std::string_view::npos || !member.ends_with(kEnding)) return {};
  member.remove_prefix(at + kFolder.size() + (at > 0 || member.starts_with('/') ? 1 : 0));
  std::string out(member.substr(0, member.size() - kEnding.size()));
  for (char& c : out) c = c == '/' ? '.' : c;
  return out;
}

Value define(machine::Machine& m, const Source& source, Value constants) {
  const Value globals = machine::new_globals(m, source.qualifier);
  for (const Given& given : kGiven) machine::set_global(m, globals, given.name, m.resolve(given.module, given.member));
  machine::set_global(m, globals, "CONSTANTS", constants);
  m.place.artifact = source.artifact;
  m.place.offset = 0;
  const Artifact& artifact = m.trace().artifacts[source.artifact];
  if (source.bytes.size() > kLongest) {
    m.scan().gap(artifact, Fault::limit, kLongest, "the source is longer than is read");
    return globals;
  }
  python::Tree tree(m.heap());
  python::ParseOptions options;
  options.version = {3, 14};
  const python::Parsed parsed = python::parse(tree, as_text(source.bytes), options);
  if (!parsed.ok()) {
    const auto& errors = parsed.errors;
    m.scan().gap(artifact, Fault::malformed, errors.empty() ? 0 : errors.front().offset,
                 errors.empty() ? std::string("the source does not parse") : errors.front().what);
  }
  if (parsed.root == nullptr) return globals;
  Rewriting(tree).run(parsed.root);
  python::LowerOptions lowering;
  lowering.version = {3, 14};
  lowering.artifact = source.artifact;
  lowering.filename = m.heap().arena().copy(source.qualifier);
  machine::run_module(m, python::lower(tree, *parsed.root, lowering), globals, Trigger::load);
  return globals;
}

}  // namespace winnow::torchscript
