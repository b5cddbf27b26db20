// The classes of `ast`, and what walks over its trees, written in Python.
#include "code/machine/models_written.h"

#include <string>
#include <vector>

namespace winnow::machine {
namespace {

// A class, the one that it derives from, its fields.
constexpr std::string_view kClasses = R"(
mod AST
Module mod body type_ignores
Expression mod body
Interactive mod body
stmt AST
FunctionDef stmt name args body decorator_list returns type_comment type_params
AsyncFunctionDef stmt name args body decorator_list returns type_comment type_params
ClassDef stmt name bases keywords body decorator_list type_params
Return stmt value
Delete stmt targets
Assign stmt targets value type_comment
TypeAlias stmt name type_params value
AugAssign stmt target op value
AnnAssign stmt target annotation value simple
For stmt target iter body orelse type_comment
AsyncFor stmt target iter body orelse type_comment
While stmt test body orelse
If stmt test body orelse
With stmt items body type_comment
AsyncWith stmt items body type_comment
Match stmt subject cases
Raise stmt exc cause
Try stmt body handlers orelse finalbody
TryStar stmt body handlers orelse finalbody
Assert stmt test msg
Import stmt names
ImportFrom stmt module names level
Global stmt names
Nonlocal stmt names
Expr stmt value
Print stmt dest values nl
Exec stmt body globals locals
Pass stmt
Break stmt
Continue stmt
expr AST
BoolOp expr op values
NamedExpr expr target value
BinOp expr left op right
UnaryOp expr op operand
Lambda expr args body
IfExp expr test body orelse
Dict expr keys values
Set expr elts
ListComp expr elt generators
SetComp expr elt generators
DictComp expr key value generators
GeneratorExp expr elt generators
Await expr value
Yield expr value
YieldFrom expr value
Compare expr left ops comparators
Call expr func args keywords
FormattedValue expr value conversion format_spec
Interpolation expr value str conversion format_spec
JoinedStr expr values
TemplateStr expr values
Constant expr value kind
Str expr s
Bytes expr s
Num expr n
NameConstant expr value
Index expr value
Repr expr value
Attribute expr value attr ctx
Subscript expr value slice ctx
Starred expr value ctx
Name expr id ctx
List expr elts ctx
Tuple expr elts ctx
Slice expr lower upper step
expr_context AST
Load expr_context
Store expr_context
Del expr_context
AugLoad expr_context
AugStore expr_context
Param expr_context
boolop AST
And boolop
Or boolop
operator AST
Add operator
Sub operator
Mult operator
MatMult operator
Div operator
Mod operator
Pow operator
LShift operator
RShift operator
BitOr operator
BitXor operator
BitAnd operator
FloorDiv operator
unaryop AST
Invert unaryop
Not unaryop
UAdd unaryop
USub unaryop
cmpop AST
Eq cmpop
NotEq cmpop
Lt cmpop
LtE cmpop
Gt cmpop
GtE cmpop
Is cmpop
IsNot cmpop
In cmpop
NotIn cmpop
part AST
comprehension part target iter ifs is_async
ExceptHandler part type name body
arguments part posonlyargs args vararg kwonlyargs kw_defaults kwarg defaults
arg part arg annotation type_comment
keyword part arg value
alias part name asname
withitem part context_expr optional_vars
match_case part pattern guard body
TypeVar part name bound default_value
ParamSpec part name default_value
TypeVarTuple part name default_value
pattern AST
MatchValue pattern value
MatchSingleton pattern value
MatchSequence pattern patterns
MatchMapping pattern keys patterns rest
MatchClass pattern cls patterns kwd_attrs kwd_patterns
MatchStar pattern name
MatchAs pattern pattern name
MatchOr pattern patterns
)";

constexpr std::string_view kBase = R"py(
class AST:
    _fields = ()
    def __init__(self, *given, **named):
        for name, value in zip(self._fields, given): setattr(self, name, value)
        for name in named: setattr(self, name, named[name])
table = ''')py";

constexpr std::string_view kRest = R"py('''
for line in table.split('\n')[1:-1]:
    name, base, *fields = line.split()
    globals()[name] = type(name, (globals()[base],), {'_fields': tuple(fields)})
def iter_fields(node): return iter([(name, node.__dict__[name]) for name in node._fields if name in node.__dict__])
def iter_child_nodes(node):
    held = [one for name, value in iter_fields(node) for one in (value if isinstance(value, list) else [value])]
    return iter([one for one in held if isinstance(one, AST)])
def walk(node):
    at, found = 0, [node]
    while at < len(found):
        found.extend(iter_child_nodes(found[at]))
        at += 1
    return iter(found)
class NodeVisitor:
    def visit(self, node):
        name = 'visit_' + type(node).__name__
        for kind in type(self).__mro__:
            if kind is NodeVisitor: break
            if name in kind.__dict__: return kind.__dict__[name](self, node)
        return self.generic_visit(node)
    def generic_visit(self, node):
        for one in iter_child_nodes(node): self.visit(one)
class NodeTransformer(NodeVisitor):
    def generic_visit(self, node):
        for name, held in iter_fields(node):
            if isinstance(held, list):
                kept = []
                for one in held:
                    if isinstance(one, AST):
                        one = self.visit(one)
                        if one is None: continue
                        if not isinstance(one, AST):
                            kept.extend(one)
                            continue
                    kept.append(one)
                setattr(node, name, kept)
            elif isinstance(held, AST): setattr(node, name, self.visit(held))
        return node
def fix_missing_locations(node): return node
def increment_lineno(node, n=1): return node
def copy_location(new_node, old_node): return new_node
)py";

constexpr std::string_view kFunctions[] = {"ast.walk", "ast.iter_fields", "ast.iter_child_nodes", "ast.fix_missing_locations", "ast.increment_lineno", "ast.copy_location"};

}  // namespace

std::span<const Written> written_syntax_parts() {
  static const std::string kSource = std::string(kBase).append(kClasses).append(kRest);
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> out{"ast.AST"};
    for (size_t at = 1; at < kClasses.size(); at = kClasses.find('\n', at) + 1) {
      out.push_back("ast." + std::string(kClasses.substr(at, kClasses.find(' ', at) - at)));
    }
    return out;
  }();
  static const std::vector<Written> kParts = [] {
    std::vector<Written> out{{"ast.NodeVisitor", kSource, Takes::base, Origins::kept, true}, {"ast.NodeTransformer", kSource, Takes::base, Origins::kept, true}};
    for (const std::string& name : kNames) out.push_back({name, kSource, Takes::whatever, Origins::kept, true});
    for (const std::string_view name : kFunctions) out.push_back({name, kSource, Takes::anything});
    return out;
  }();
  return kParts;
}

}  // namespace winnow::machine
