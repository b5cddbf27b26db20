#include "code/python/shapes.h"

#include <algorithm>
#include <iterator>

namespace winnow::python {
namespace {

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

}  // namespace

std::span<const Shape> shapes() { return kShapes; }

const Shape* shape_of(Type type) {
  const auto found = std::find_if(std::begin(kShapes), std::end(kShapes), [&](const Shape& shape) { return shape.type == type; });
  return found == std::end(kShapes) ? nullptr : found;
}

const Shape* shape_named(std::string_view name) {
  const auto found = std::find_if(std::begin(kShapes), std::end(kShapes), [&](const Shape& shape) { return shape.name == name; });
  return found == std::end(kShapes) ? nullptr : found;
}

std::optional<Field> next_field(std::string_view& fields) {
  if (fields.empty()) return std::nullopt;
  const size_t equal = fields.find('='), end = std::min(fields.find(' '), fields.size());
  const Field out = {fields.substr(0, equal), fields[equal + 1]};
  fields.remove_prefix(std::min(end + 1, fields.size()));
  return out;
}

std::string_view operator_class(Operator op) { return kOperators[static_cast<size_t>(op)]; }

Operator operator_named(std::string_view name) {
  const auto found = std::find(std::begin(kOperators), std::end(kOperators), name);
  return found == std::end(kOperators) ? Operator::none : static_cast<Operator>(found - std::begin(kOperators));
}

}  // namespace winnow::python
