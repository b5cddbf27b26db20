#include "code/python/dump.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "code/python/print.h"
#include "code/python/print_literals.h"

namespace winnow::python {
namespace {

// A class of `ast` and its fields in their order, each with the member that holds it: 1 2 3 nodes (None where null),
// I O B E H lists (items, others, body, orelse, handlers), n a name, N one that may be None, o `other`,
// v the value, p the operator, # the number, S a list of names.
struct Shape {
  Type type;
  std::string_view name, fields;
};

constexpr Shape kShapes[] = {
    {Type::Module, "Module", "body=B"},
    {Type::FunctionDef, "FunctionDef", "name=n args=1 body=B decorator_list=I returns=2 type_params=O"},
    {Type::AsyncFunctionDef, "AsyncFunctionDef", "name=n args=1 body=B decorator_list=I returns=2 type_params=O"},
    {Type::ClassDef, "ClassDef", "name=n bases=I keywords=O body=B decorator_list=E type_params=H"},
    {Type::Return, "Return", "value=1"},
    {Type::Delete, "Delete", "targets=I"},
    {Type::Assign, "Assign", "targets=I value=1"},
    {Type::TypeAlias, "TypeAlias", "name=1 type_params=O value=2"},
    {Type::AugAssign, "AugAssign", "target=1 op=p value=2"},
    {Type::AnnAssign, "AnnAssign", "target=1 annotation=2 value=3 simple=#"},
    {Type::For, "For", "target=1 iter=2 body=B orelse=E"},
    {Type::AsyncFor, "AsyncFor", "target=1 iter=2 body=B orelse=E"},
    {Type::While, "While", "test=1 body=B orelse=E"},
    {Type::If, "If", "test=1 body=B orelse=E"},
    {Type::With, "With", "items=I body=B"},
    {Type::AsyncWith, "AsyncWith", "items=I body=B"},
    {Type::Match, "Match", "subject=1 cases=I"},
    {Type::Raise, "Raise", "exc=1 cause=2"},
    {Type::Try, "Try", "body=B handlers=H orelse=E finalbody=O"},
    {Type::TryStar, "TryStar", "body=B handlers=H orelse=E finalbody=O"},
    {Type::Assert, "Assert", "test=1 msg=2"},
    {Type::Import, "Import", "names=I"},
    {Type::ImportFrom, "ImportFrom", "module=N names=I level=#"},
    {Type::Global, "Global", "names=S"},
    {Type::Nonlocal, "Nonlocal", "names=S"},
    {Type::Expr, "Expr", "value=1"},
    {Type::Pass, "Pass", ""},
    {Type::Break, "Break", ""},
    {Type::Continue, "Continue", ""},
    {Type::Print, "Print", "dest=1 values=I nl=#"},
    {Type::Exec, "Exec", "body=1 globals=2 locals=3"},
    {Type::Comment, "Comment", "text=n"},
    {Type::BoolOp, "BoolOp", "op=p values=I"},
    {Type::NamedExpr, "NamedExpr", "target=1 value=2"},
    {Type::BinOp, "BinOp", "left=1 op=p right=2"},
    {Type::UnaryOp, "UnaryOp", "op=p operand=1"},
    {Type::Lambda, "Lambda", "args=1 body=2"},
    {Type::IfExp, "IfExp", "test=1 body=2 orelse=3"},
    {Type::Dict, "Dict", "keys=I values=O"},
    {Type::Set, "Set", "elts=I"},
    {Type::List, "List", "elts=I"},
    {Type::Tuple, "Tuple", "elts=I"},
    {Type::ListComp, "ListComp", "elt=1 generators=I"},
    {Type::SetComp, "SetComp", "elt=1 generators=I"},
    {Type::GeneratorExp, "GeneratorExp", "elt=1 generators=I"},
    {Type::DictComp, "DictComp", "key=1 value=2 generators=I"},
    {Type::Await, "Await", "value=1"},
    {Type::YieldFrom, "YieldFrom", "value=1"},
    {Type::Yield, "Yield", "value=1"},
    {Type::Compare, "Compare", "left=1 comparisons=I"},
    {Type::CompareOp, "CompareOp", "op=p comparator=1"},
    {Type::Call, "Call", "func=1 args=I keywords=O"},
    {Type::FormattedValue, "FormattedValue", "value=1 conversion=# format_spec=2"},
    {Type::Interpolation, "Interpolation", "value=1 str=n conversion=# format_spec=2"},
    {Type::JoinedStr, "JoinedStr", "values=I"},
    {Type::TemplateStr, "TemplateStr", "values=I"},
    {Type::Constant, "Constant", "value=v"},
    {Type::Attribute, "Attribute", "value=1 attr=n"},
    {Type::Subscript, "Subscript", "value=1 slice=2"},
    {Type::Starred, "Starred", "value=1"},
    {Type::Name, "Name", "id=n"},
    {Type::Slice, "Slice", "lower=1 upper=2 step=3"},
    {Type::Repr, "Repr", "value=1"},
    {Type::Code, "Code", "value=v"},
    {Type::Arg, "arg", "arg=n annotation=1 tuple=2"},
    {Type::Keyword, "keyword", "arg=N value=1"},
    {Type::Alias, "alias", "name=n asname=o"},
    {Type::WithItem, "withitem", "context_expr=1 optional_vars=2"},
    {Type::Comprehension, "comprehension", "target=1 iter=2 ifs=I is_async=#"},
    {Type::ExceptHandler, "ExceptHandler", "type=1 name=N body=B target=2"},
    {Type::MatchCase, "match_case", "pattern=1 guard=2 body=B"},
    {Type::TypeVar, "TypeVar", "name=n bound=1 default_value=2"},
    {Type::ParamSpec, "ParamSpec", "name=n default_value=2"},
    {Type::TypeVarTuple, "TypeVarTuple", "name=n default_value=2"},
    {Type::MatchValue, "MatchValue", "value=1"},
    {Type::MatchSingleton, "MatchSingleton", "value=v"},
    {Type::MatchSequence, "MatchSequence", "patterns=I"},
    {Type::MatchMapping, "MatchMapping", "keys=I patterns=O rest=N"},
    {Type::MatchClass, "MatchClass", "cls=1 patterns=I kwd_attrs=S kwd_patterns=E"},
    {Type::MatchStar, "MatchStar", "name=N"},
    {Type::MatchAs, "MatchAs", "pattern=1 name=N"},
    {Type::MatchOr, "MatchOr", "patterns=I"},
    {Type::Bad, "Bad", "text=n"},
};

constexpr std::string_view kOperators[] = {
    "none", "And", "Or", "Add", "Sub", "Mult", "MatMult", "Div", "Mod", "Pow", "LShift", "RShift", "BitOr", "BitXor",
    "BitAnd", "FloorDiv", "Invert", "Not", "UAdd", "USub", "Eq", "NotEq", "Lt", "LtE", "Gt", "GtE", "Is", "IsNot",
    "In", "NotIn"};

// Text, or a node whose text is still to come. The stack of them stands for recursion.
struct Work {
  const Node* node;
  std::string text;
};

class Dumper {
 public:
  explicit Dumper(const Heap& heap) : heap_(heap) {}

  std::string run(const Node& root) {
    work_.push_back({&root, {}});
    while (!work_.empty()) {
      const Work next = std::move(work_.back());
      work_.pop_back();
      out_ += next.text;
      if (next.node == nullptr) continue;
      const size_t base = work_.size();
      node(*next.node);
      std::reverse(work_.begin() + static_cast<std::ptrdiff_t>(base), work_.end());
    }
    return std::move(out_);
  }

 private:
  void text(std::string_view text) { work_.push_back({nullptr, std::string(text)}); }
  void child(const Node* node) {
    if (node == nullptr) text("None");
    else work_.push_back({node, {}});
  }
  void quoted(std::string_view string) { text(print(Value::string(string), heap_)); }

  void list(std::string_view name, Node* const* from, size_t count, bool names = false) {
    text(std::string(name) + "=[");
    for (size_t i = 0; i < count; i++) {
      if (i != 0) text(", ");
      if (names) quoted(from[i]->name);
      else child(from[i]);
    }
    text("]");
  }

  void node(const Node& node) {
    if (node.type == Type::Arguments) return arguments(node);
    for (const Shape& shape : kShapes) {
      if (shape.type != node.type) continue;
      text(shape.name);
      text("(");
      fields(node, shape.fields);
      text(")");
      return;
    }
  }

  void fields(const Node& node, std::string_view spec) {
    bool first = true;
    while (!spec.empty()) {
      const size_t equal = spec.find('='), end = std::min(spec.find(' '), spec.size());
      if (!first) text(", ");
      first = false;
      field(node, spec.substr(0, equal), spec[equal + 1]);
      spec.remove_prefix(std::min(end + 1, spec.size()));
    }
  }

  void field(const Node& node, std::string_view name, char member) {
    switch (member) {
      case 'I': return list(name, node.items.data, node.items.size);
      case 'O': return list(name, node.others.data, node.others.size);
      case 'B': return list(name, node.body.data, node.body.size);
      case 'E': return list(name, node.orelse.data, node.orelse.size);
      case 'H': return list(name, node.handlers.data, node.handlers.size);
      case 'S': {
        const List& names = node.type == Type::MatchClass ? node.others : node.items;
        return list(name, names.data, names.size, true);
      }
      default: break;
    }
    text(std::string(name) + "=");
    switch (member) {
      case '1': return child(node.first);
      case '2': return child(node.second);
      case '3': return child(node.third);
      case 'n': return quoted(node.name);
      case 'N': return node.name.empty() ? text("None") : quoted(node.name);
      case 'o': return node.other.empty() ? text("None") : quoted(node.other);
      case 'v': return text(print(node.value, heap_));
      case 'p': return text(std::string(kOperators[static_cast<size_t>(node.op)]) + "()");
      default: return text(std::to_string(node.number));
    }
  }

  void arguments(const Node& node) {
    const auto positional = std::min(static_cast<size_t>(node.number), static_cast<size_t>(node.items.size));
    text("arguments(");
    list("posonlyargs", node.items.data, positional);
    text(", ");
    list("args", node.items.data + positional, node.items.size - positional);
    text(", vararg=");
    child(node.first);
    text(", ");
    list("kwonlyargs", node.others.data, node.others.size);
    text(", ");
    list("kw_defaults", node.orelse.data, node.orelse.size);
    text(", kwarg=");
    child(node.second);
    text(", ");
    list("defaults", node.handlers.data, node.handlers.size);
    text(")");
  }

  const Heap& heap_;
  std::vector<Work> work_;
  std::string out_;
};

}  // namespace

std::string dump(const Node& node, const Heap& heap) { return Dumper(heap).run(node); }

}  // namespace winnow::python
