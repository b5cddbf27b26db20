// Python's abstract syntax, the one tree that the parser makes, the decompiler makes, the printer prints and
// the compiler lowers to IR. Types and fields are those of CPython's `ast` module (3.14; Python 2's Print,
// Exec, Repr and old raise are kept beside). One node type for all: `kFields` below says which members a type uses.
#pragma once

#include <cstdint>
#include <string_view>

#include "bytes/arena.h"
#include "core/code_object.h"
#include "core/value.h"

namespace winnow::python {

//   type            members used (in brackets: may be null)
enum class Type : uint8_t {
  // statements
  Module,          // body
  FunctionDef,     // name, arguments: first, body, decorators: items, [returns: second], type_params: others
  AsyncFunctionDef,
  ClassDef,        // name, bases: items, keywords: others (keyword), body, decorators: orelse, type_params: handlers
  Return,          // [first]
  Delete,          // items
  Assign,          // targets: items, value: first
  TypeAlias,       // name: first, type_params: others, value: second
  AugAssign,       // target: first, op, value: second
  AnnAssign,       // target: first, annotation: second, [value: third], number: 1 = simple
  For, AsyncFor,   // target: first, iter: second, body, orelse
  While,           // test: first, body, orelse
  If,              // test: first, body, orelse
  With, AsyncWith, // items (withitem), body
  Match,           // subject: first, items (match_case)
  Raise,           // [exc: first], [cause: second]; Python 2: [value: second], [traceback: third], number = 2
  Try, TryStar,    // body, handlers (ExceptHandler), orelse, finalbody: others
  Assert,          // test: first, [msg: second]
  Import,          // items (alias)
  ImportFrom,      // [name: module], items (alias), number: level
  Global, Nonlocal,// items (Name)
  Expr,            // first
  Pass, Break, Continue,
  Print,           // Python 2: [stream: first], items, number: 1 = newline
  Exec,            // Python 2: first, [globals: second], [locals: third]
  Comment,         // text: name; printed as it is behind "# ": labels and gotos of code that could not be structured
  // expressions
  BoolOp,          // op (And, Or), items
  NamedExpr,       // target: first, value: second
  BinOp,           // left: first, op, right: second
  UnaryOp,         // op, operand: first
  Lambda,          // arguments: first, body: second
  IfExp,           // test: first, body: second, orelse: third
  Dict,            // keys: items (null entry: ** of the value), values: others
  Set, List, Tuple,// items
  ListComp, SetComp, GeneratorExp,  // elt: first, generators: items (comprehension)
  DictComp,        // key: first, value: second, generators: items
  Await, YieldFrom,// first
  Yield,           // [first]
  Compare,         // left: first, operators and comparators: items, each with its own op in `ops` order; see CompareOp
  CompareOp,       // op, first: one link of a Compare
  Call,            // func: first, args: items, keywords: others (keyword)
  FormattedValue,  // first, number: conversion (-1, 's', 'r', 'a'), [format_spec (JoinedStr): second]
  Interpolation,   // 3.14: first, name: text of the expression, number, [second]
  JoinedStr, TemplateStr,  // items
  Constant,        // value (None, bool, int, float, complex, str, bytes, Ellipsis; tuples and frozensets of folded code)
  Attribute,       // first, name
  Subscript,       // first, slice: second
  Starred,         // first
  Name,            // name
  Slice,           // [lower: first], [upper: second], [step: third]
  Repr,            // Python 2: `first`
  Code,            // number, value: a code object that could not be decompiled, as a value
  // parts
  Arguments,       // posonly and plain args: items (arg), number: how many are positional-only, [vararg: first],
                   // kwonlyargs: others, kw_defaults: orelse (null entry: none), [kwarg: second], defaults: handlers
  Arg,             // name, [annotation: first]; Python 2 tuple parameter: second
  Keyword,         // [name; empty: **], first
  Alias,           // name, other: asname
  WithItem,        // first, [optional_vars: second]
  Comprehension,   // target: first, iter: second, ifs: items, number: 1 = async
  ExceptHandler,   // [type: first], [name], body; Python 2 target that is no name: second
  MatchCase,       // pattern: first, [guard: second], body
  TypeVar,         // name, [bound: first], [default: second]
  ParamSpec, TypeVarTuple,  // name, [default: second]
  // patterns
  MatchValue,      // first
  MatchSingleton,  // value
  MatchSequence,   // items
  MatchMapping,    // keys: items, patterns: others, [rest: name]
  MatchClass,      // cls: first, patterns: items, kwd_attrs: others (Name), kwd_patterns: orelse
  MatchStar,       // [name]
  MatchAs,         // [pattern: first], [name]
  MatchOr,         // items
  Bad,             // source that does not parse: name is its text
};

enum class Operator : uint8_t {
  none, And, Or,
  Add, Sub, Mult, MatMult, Div, Mod, Pow, LShift, RShift, BitOr, BitXor, BitAnd, FloorDiv,
  Invert, Not, UAdd, USub,
  Eq, NotEq, Lt, LtE, Gt, GtE, Is, IsNot, In, NotIn,
};

struct Node;

// A list of nodes in the tree's arena.
struct List {
  Node** data = nullptr;
  uint32_t size = 0, capacity = 0;
  Node* const* begin() const { return data; }
  Node* const* end() const { return data + size; }
  Node*& operator[](size_t i) { return data[i]; }
  Node* operator[](size_t i) const { return data[i]; }
  bool empty() const { return size == 0; }
  Node* back() const { return data[size - 1]; }
};

struct Node {
  Type type;
  Operator op = Operator::none;
  int32_t number = 0;
  int32_t line = 0;       // 1-based; 0: not known
  uint32_t offset = 0;    // in the source text, or of the bytecode that it came from
  std::string_view name, other;
  Value value;
  Node *first = nullptr, *second = nullptr, *third = nullptr;
  List items, others, body, orelse, handlers;
};

// Owns nodes; strings and values are the heap's or the input's.
class Tree {
 public:
  explicit Tree(Heap& heap) : heap_(heap) {}
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  Node* make(Type type);
  void append(List& list, Node* node);
  uint64_t used() const { return arena_.used(); }  // bytes, for the memory budget
  std::string_view text(std::string_view text) { return heap_.arena().copy(text); }
  Heap& heap() { return heap_; }
  Node* root = nullptr;

 private:
  Heap& heap_;
  Arena arena_;
};

}  // namespace winnow::python
