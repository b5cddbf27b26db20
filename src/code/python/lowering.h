// The parts of the compiler, shared by the lower_*.cpp files: one Unit for each code object under construction,
// and the Lowerer that walks the tree.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "code/ir/ir.h"
#include "code/python/docstring.h"
#include "code/python/lower.h"
#include "code/python/scopes.h"

namespace winnow::python {

using ir::BlockId;
using ir::kNoBlock;
using ir::Op;

// What a statement is inside of, and what leaving it early takes.
struct Frame {
  enum class Kind : uint8_t {
    while_loop,
    for_loop,         // one value on the stack: the iterator
    try_body,
    finally_try,      // leaving runs `body`
    finally_end,      // in the finally body of an exception, which lies on the stack
    with, async_with, // one value on the stack: the exit
    handler,          // in an except clause; `name` is unbound when it is left
    value,            // one value on the stack
  } kind;
  BlockId again = kNoBlock, after = kNoBlock;  // of loops: continue and break
  uint32_t handlers = 0;                       // how many handlers were in force outside
  const List* body = nullptr;
  std::string_view name = {};
};

struct Handler {
  BlockId block;
  uint32_t depth;    // of the stack there, below the exception
  uint32_t handled;  // handlers entered outside
};

struct Unit {
  CodeObject code;
  Scope* scope = nullptr;
  Unit* parent = nullptr;
  std::vector<ir::Block> blocks;
  std::vector<int32_t> entry_depths;  // -1: nothing goes there yet
  BlockId current = kNoBlock;         // none: what comes next cannot be reached
  uint32_t depth = 0;                 // of the stack
  uint32_t handled = 0;               // handlers entered and not left
  std::vector<Frame> frames;
  std::vector<Handler> handlers;
  std::unordered_map<const Scope*, Value> made;  // code of scopes inside: a finally body that is copied makes it once
  uint32_t inlined = 0;               // comprehensions in line around the present place
  // Names that a comprehension in line binds otherwise than its function does.
  struct Override { std::string_view name; Binding binding; bool fast; };
  std::vector<Override> overrides;
  std::vector<const Node*> annotations;       // 3.14: AnnAssigns whose annotation is evaluated lazily
  std::vector<int32_t> annotation_conditions; // index in __conditional_annotations__, or -1
  std::vector<std::string_view> static_attributes;  // 3.13: of classes
  uint32_t conditional = 0;
  int32_t next_condition = 0;
};

// A comprehension in line, between its two ends.
struct InlineState {
  std::vector<std::string_view> saved;  // locals put away on the stack
  size_t overrides = 0;
  BlockId cleanup = kNoBlock;
};

class Lowerer {
 public:
  Lowerer(Tree& tree, const LowerOptions& options) : tree_(tree), heap_(tree.heap()), options_(options) {}
  Value run(const Node& root);

 private:
  // lower_emit.cpp: instructions, blocks, names
  bool later(uint8_t minor) const { return options_.version >= PythonVersion{3, minor}; }
  bool python2() const { return options_.version.major < 3; }
  bool alive() const { return unit_->current != kNoBlock; }
  ir::Instruction& emit(Op op, uint32_t a = 0, uint32_t b = 0);
  void emit_name(Op op, std::string_view name);
  void constant(Value value);
  void constant_string(std::string_view text) { constant(Value::string(text)); }
  void none() { constant(Value::none()); }
  void compare(ir::Compare op) { emit(Op::compare, static_cast<uint32_t>(op)); }
  void call(uint32_t arguments, std::vector<std::string_view> keywords = {});
  void pop() { emit(Op::pop); }
  void swap(uint32_t n) { if (n > 1) emit(Op::swap, n); }
  void copy(uint32_t n) { emit(Op::copy, n); }
  void intrinsic(std::string_view name, uint32_t operands);
  BlockId block();
  void start(BlockId block);
  void target_of(BlockId block, uint32_t depth);
  void jump(BlockId target);
  void branch(BlockId if_true, BlockId if_false);
  void exit(ir::Exit kind, uint32_t a = 0);
  void leave_block(ir::Exit kind, BlockId target, BlockId otherwise, uint32_t a);
  void ensure_region();
  void push_handler(BlockId block);
  void pop_handler() { unit_->handlers.pop_back(); }
  void enter_handler_block(BlockId block);
  void leave_handler();
  std::string_view mangle(std::string_view name);
  enum class Access : uint8_t { load, store, remove };
  void name(std::string_view name, Access access);
  void remember_name(std::string_view name);

  // lower_units.cpp: code objects
  Unit* enter_unit(Scope* scope, std::string_view name, const Node* node);
  Value leave_unit();
  bool made_before(const Scope* scope, Value* code) const;
  std::string_view qualified(Unit& unit, std::string_view name);
  void finish(Unit& unit);
  void make_closure(Value code, uint32_t bits);
  void load_closure(std::string_view name);

  // lower_functions.cpp
  void function(const Node* node);
  void lambda(const Node* node);
  void decorators(const List& list) { for (const Node* one : list) expression(one); }
  void apply_decorators(const List& list) { for (uint32_t i = 0; i < list.size; ++i) call(1); }
  uint32_t defaults(const Node* arguments);
  uint32_t keyword_defaults(const Node* arguments);
  uint32_t annotations(const Node* node);
  void annotation(const Node* node);
  std::string_view annotation_text(const Node* node);
  Value function_code(const Node* node, std::string_view name);
  void parameters(const Node* arguments);
  void unpack_tuple_parameters(const Node* arguments);
  void class_definition(const Node* node);
  void class_definition2(const Node* node);
  void generic_class(const Node* node);
  Value class_code(const Node* node);
  void constant_string_of_version(std::string_view text);
  void type_parameters(const List& list);
  void lazy_value(const Node* node, ScopeRole role, const Node* value, std::string_view name);
  void type_alias(const Node* node);
  void format_check(std::string_view parameter);
  void deferred_annotations(const Node* owner);
  void conditional_annotation_set();

  // lower_statements.cpp, lower_control.cpp
  void body(const List& list);
  void module_body(const Node& root);
  void read_futures(const List& statements);
  void docstring(const List& list);
  void conditional(void (Lowerer::*lower)(const Node*), const Node* node);
  void note_static_attribute(const Node* target);
  void unpack(const List& items);
  void statement(const Node* node);
  void simple_statement(const Node* node);
  void unreachable(const Node* node);
  void defer_annotation(const Node* node);
  void assign(const Node* node);
  void augmented(const Node* node);
  void augmented_slice(const Node* node);
  void annotated(const Node* node);
  void remove(const Node* target);
  void store(const Node* target);
  void store_sequence(const List& items);
  void import(const Node* node);
  void import_from(const Node* node);
  void import_as(std::string_view name, std::string_view as);
  void raise(const Node* node);
  void assertion(const Node* node);
  void print(const Node* node);
  void exec(const Node* node);
  void if_statement(const Node* node);
  void loop_body(const Node* node, BlockId head, BlockId otherwise, BlockId end);
  void while_statement(const Node* node);
  void for_statement(const Node* node);
  void async_for_statement(const Node* node);
  void return_statement(const Node* node);
  void break_continue(const Node* node);
  const Frame* unwind(bool value, bool to_loop);
  void unwind_frame(const Frame& frame, bool value);
  void try_statement(const Node* node);
  void try_finally(const Node* node);
  void try_except(const Node* node);
  void try_star(const Node* node);
  void except_clause(const Node* handler, BlockId end);
  void named_body(const Node* handler, BlockId end);
  void star_clause(const Node* handler, BlockId next);
  void forget(std::string_view name);
  void with(const Node* node, uint32_t item);
  void leave_with(bool asynchronous);
  void bad(const Node* node, bool value);

  // lower_match.cpp
  struct PatternContext {
    std::vector<std::string_view> stores;
    std::vector<BlockId> fail;  // by how many values are to be popped
    bool allow_irrefutable = false;
    uint32_t on_top = 0;
  };
  void match(const Node* node);
  void pattern(const Node* node, PatternContext& pc);
  void pattern_as(const Node* node, PatternContext& pc);
  void pattern_or(const Node* node, PatternContext& pc);
  void pattern_class(const Node* node, PatternContext& pc);
  void pattern_mapping(const Node* node, PatternContext& pc);
  void pattern_sequence(const Node* node, PatternContext& pc);
  void pattern_value(const Node* node, PatternContext& pc);
  void pattern_subpattern(const Node* node, PatternContext& pc);
  void pattern_items_unpack(const List& items, PatternContext& pc);
  void pattern_items_subscript(const List& items, uint32_t star, PatternContext& pc);
  void pattern_store(std::string_view name, PatternContext& pc);
  BlockId fail_to(PatternContext& pc, uint32_t n);
  void fail_jump(PatternContext& pc);
  void fail_branch(PatternContext& pc);
  void emit_fail_blocks(PatternContext& pc);

  // lower_expressions.cpp
  void expression(const Node* node);
  void expression_inner(const Node* node);
  void binary_operation(const Node* node);
  void bool_operation(const Node* node);
  void comparison(const Node* node);
  void unary_operation(const Node* node);
  uint32_t operator_of(Operator op) const;
  void compare_operator(Operator op);
  void membership_operand(const Node* link);
  void looked_through(const Node* node, bool iterated);
  void if_expression(const Node* node);
  void attribute(const Node* node);
  void slice_key(const Node* node);
  void display(const Node* node);
  void dict(const Node* node);
  void dict_part(const Node* node, uint32_t begin, uint32_t end);
  void dict_before_39(const Node* node);
  void dict_before_35(const Node* node);
  void interpolation(const Node* node);
  void joined(const Node* node);
  void formatted(const Node* node);
  void template_string(const Node* node);
  // lower_calls.cpp
  void call_expression(const Node* node);
  void call_arguments(uint32_t already, const List& items, const List& keywords);
  void arguments_unpacked(uint32_t already, const List& items, const List& keywords);
  void arguments_unpacked_before_39(uint32_t already, const List& items, const List& keywords);
  void arguments_unpacked_before_35(uint32_t already, const List& items, const List& keywords);
  void keyword_part(const List& keywords, uint32_t begin, uint32_t end);
  void call_variable(uint32_t positional, uint32_t named, bool star, bool double_star);
  bool loops_over_generator(const Node* node);
  void loop_over_generator(const Node* node, BlockId end);
  bool super_applies(const Node* call);
  void super_arguments(const Node* call);

  // lower_constants.cpp
  void starred_display(const List& items, Op build, uint32_t already);
  uint32_t pieces(const List& items, Op piece, uint32_t already);
  void starred_display_before_39(const List& items, Op build, uint32_t already);
  void join(uint32_t parts, Op build, Op extend);
  void await();
  void jump_if(const Node* test, BlockId target, bool when);
  void jump_if_comparison(const Node* test, BlockId target, bool when);
  bool constant_of(const Node* node, Value* out);
  bool constant_tuple(const List& items, Kind kind, Value* out);
  bool truth(const Node* node, bool* out);
  bool percent_format_text(const Node* node, Value* out);
  bool percent_format_applies(const Node* node);
  void percent_format(const Node* node);

  // lower_comprehensions.cpp
  void comprehension(const Node* node);
  Value comprehension_code(const Node* node, Scope* scope);
  void comprehension_inline(const Node* node, Scope* scope);
  void generators(const Node* node, uint32_t index, uint32_t depth, bool iterator_ready);
  void element(const Node* node, uint32_t depth);
  InlineState open_inline(Scope* scope);
  void close_inline(InlineState& state);
  void restore_saved(const InlineState& state);

  struct Deeper {
    explicit Deeper(Lowerer& l) : lowerer(l) { ++lowerer.depth_; }
    ~Deeper() { --lowerer.depth_; }
    bool too_deep() const { return lowerer.depth_ > kDeepest; }
    Lowerer& lowerer;
  };

  Tree& tree_;
  Heap& heap_;
  const LowerOptions& options_;
  Scopes scopes_;
  std::vector<std::unique_ptr<Unit>> units_;
  Unit* unit_ = nullptr;  // the last of units_
  const Node* at_ = nullptr;  // whose offset and line instructions get
  uint32_t depth_ = 0;
  uint64_t instructions_ = 0;
  uint32_t future_ = 0;       // flags of __future__ imports
  bool future_annotations_ = false;
  bool absolute_import_ = false;
};

}  // namespace winnow::python
