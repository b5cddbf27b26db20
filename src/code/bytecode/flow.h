// The graph between instructions and structure: basic blocks of statements, with no stack. What a stack slot
// carries from one block to another is a hidden variable (`Slot`); after the expressions have been folded
// (ternaries, and/or, comparison chains, inlined comprehensions, asserts) the slots that are left are the
// iterators of loops, the exits of `with`, exceptions in handlers and the subjects of `match`, which structuring consumes.
// Any others belong to code that no compiler wrote; the linear form prints them as variables.
//
// A slot's value inside an expression is a Name without a name whose `number` is the slot. So `except E as e`
// is a plain `e = <slot>`, `with m as x` a plain `x = <slot>` after enter_with, a value returned through a
// `finally` a set_slot and later `return_value` of the slot. Docstring, `global` and `nonlocal` declarations are
// the first statements of block 0, which nothing jumps to. Empty blocks stay where the handler or loop_setup changes: they say on which
// side of a loop's head a `try` stood.
//
// A BoolOp whose `number` is 1 was folded from branches, a test for each operand. Up to 3.6 a `not` before it would
// make the compiler compute its value first, and `not` before any but a last operand stays an instruction.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "code/ir/ir.h"
#include "code/python/ast.h"

namespace winnow::bytecode {

using python::Node;
using SlotId = uint32_t;
inline constexpr SlotId kNoSlot = UINT32_MAX;

struct FlowStatement {
  enum class Kind : uint8_t {
    plain,           // node is a statement
    set_slot,        // slot = node (an expression)
    set_iterator,    // slot = iter(node): of a `for`
    set_async_iterator,  // slot = aiter(node)
    enter_with,      // slot = the exit of node (the manager); `entered` = what __enter__ gave (kNoSlot: dropped)
    enter_async_with,
    leave_with,      // calls the exit held in slot with three None
    enter_handler, leave_handler,
    leave_loop,      // drops the iterator held in slot: a break, or a return of a constant
  } kind = Kind::plain;
  Node* node = nullptr;
  SlotId slot = kNoSlot, entered = kNoSlot;
  uint32_t offset = 0;
};

enum class FlowExit : uint8_t {
  jump,             // target
  branch,           // value; true: target, false: otherwise
  for_each,         // slot: the iterator; an item is assigned to `value` (a target expression): target; exhausted: otherwise
  async_for_each,   // the same with __anext__, awaited
  match_exception,  // slot: the exception; value: the type (null: catches all); caught: target; else otherwise
  match_exception_group,
  with_suppresses,  // slot: the exit called with the exception in `other`; true result: target, else otherwise
  return_value,     // value
  raise,            // value: a Raise statement (an Assert where `assert False` was folded by the compiler)
  reraise,          // slot: the exception
  invalid,          // control left the code
};

struct FlowBlock {
  std::vector<FlowStatement> statements;
  FlowExit exit = FlowExit::invalid;
  Node* value = nullptr;
  SlotId slot = kNoSlot, other = kNoSlot;
  ir::BlockId target = ir::kNoBlock, otherwise = ir::kNoBlock;
  ir::BlockId handler = ir::kNoBlock;  // where an exception in this block goes
  SlotId exception = kNoSlot;          // of a handler's first block: holds the exception on entry
  ir::JumpKind jump_kind = ir::JumpKind::plain;
  bool loop_setup = false;
  bool dead = false;                   // folded into another block
  uint32_t offset = 0;
};

struct Context;

// The driver's half of nested definitions: flow makes the FunctionDef or ClassDef (name, signature, decorators,
// bases), and asks for its statements. Lambdas and comprehensions are expressions: flow reads them itself.
class Nested {
 public:
  virtual ~Nested() = default;
  // Appends the statements of `code` to definition.body (with its docstring and declarations).
  // `inside` is the context for its own build_flow.
  virtual void fill(const CodeObject& code, Node& definition, const Context& inside) = 0;
};

// Of one code object. Blocks are in the order of the bytecode; [0] is the entry.
struct Flow {
  const CodeObject* code = nullptr;
  std::vector<FlowBlock> blocks;
  uint32_t slots = 0;
  bool exact = true;  // false: something has no form in Python and was approximated (an in-place operation on no target ...)
};

// What one code object's flow needs of the rest of the decompiler, and of the code around it.
struct Context {
  python::Tree& tree;
  // The instructions of a nested code object (null: none). Called for lambdas and comprehensions.
  std::function<std::shared_ptr<const ir::Body>(const CodeObject&)> lift;
  Nested* nested = nullptr;  // who fills in the bodies of definitions (null: they stay empty)
  std::string_view class_name;           // of the innermost class around: private names are written without it
  const Context* outer = nullptr;        // of the code around
  const CodeObject* code = nullptr;      // that this context is of
  uint32_t depth = 0;                    // of nesting
  uint64_t* steps = nullptr;             // what may still be spent, over all code objects of a tree (null: no limit)
};

// The flow of a code object. Never fails: what cannot be folded stays as statements and slots. `context.code` is `code`.
Flow build_flow(const CodeObject& code, const ir::Body& body, const Context& context);

// The value of a lambda's code object, or null where it is no single expression.
Node* lambda_body(const CodeObject& code, const ir::Body& body, const Context& context);

// The parameters of a code object as they stand in a def: names only (no defaults, no annotations).
Node* parameters_of(const CodeObject& code, const Context& context);

// A case of `match` is a branch whose test is a MatchCase (or an And of it and the guard): `first` is the pattern,
// `number` the subject's slot + 1, `third` the subject, of the first case alone. It cannot be turned round.
inline bool is_case_test(const Node* test) {
  return test->type == python::Type::MatchCase ||
         (test->type == python::Type::BoolOp && test->items.size > 0 && test->items[0]->type == python::Type::MatchCase);
}

// Makes `match` of the nested `if`s with such tests.
void restore_matches(python::Tree& tree, python::List& body);

inline bool is_slot_read(const Node* node) { return node != nullptr && node->type == python::Type::Name && node->name.empty(); }
inline SlotId slot_read(const Node* node) { return is_slot_read(node) ? static_cast<SlotId>(node->number) : kNoSlot; }

}  // namespace winnow::bytecode
