// Inside of flow.cpp and its parts: the graph while expressions are folded. A block is a list of steps, which are
// the instructions of the body and what folding put in the place of whole blocks ("and, with this right side").
// Folding joins blocks by joining their lists; only then, and in isolation for the arms of a choice, are the steps
// run on a stack of expressions (Simulator).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "code/bytecode/flow.h"

namespace winnow::bytecode {

using ir::BlockId;
using ir::kNoBlock;
using python::Operator;
using python::Tree;
using python::Type;

// Past these a block is left as it is (statements and slots are always right).
inline constexpr uint32_t kMaxExpressionDepth = 4000;

struct Generator {
  Node* target = nullptr;
  Node* iterable = nullptr;   // null: what the stack holds (the outermost of a loop that was folded)
  std::vector<Node*> conditions;
  bool is_async = false;
};

enum class Collection : uint8_t { list, set, dict, generator };

// A loop that was folded: for each item something is added to a collection further down in the stack.
struct Folded {
  Collection kind = Collection::list;
  Node *element = nullptr, *value = nullptr;  // of a dict: key and value
  std::vector<Generator> generators;          // the outermost first
  uint32_t depth = 0;                         // of the collection below the outermost iterator; 1 = next
};

struct Step {
  enum class Kind : uint8_t {
    instruction,
    bool_op,   // (v -- v op node)
    if_exp,    // (c -- node if c else other)
    link,      // (l r -- l first r ...): a compare instruction with more links behind it
    collect,   // (... collection ... iterator -- ... collection ...): a folded loop
    assertion, // (c --): assert c, node
    negate,    // (v -- not v), of branches whose arms were turned round
    pattern,   // (s -- s bool), or (s -- bool) unless by_jumps: a case of match
    capture_rest,  // (s --): `case x:`, the last
  } kind = Kind::instruction;
  Operator op = Operator::none;
  bool by_jumps = false;      // of bool_op: each operand was tested on its own
  const ir::Instruction* instruction = nullptr;
  Node *node = nullptr, *other = nullptr;
  std::vector<Node*>* links = nullptr;   // CompareOp nodes
  Folded* folded = nullptr;
};

enum class Leave : uint8_t {
  jump, branch,
  branch_or_pop,  // like branch, but the value stays on the stack on the way `keeps_true` says and is popped on the other
  for_iter, async_iter, return_value, raise, reraise, end_async_for, invalid,
};

struct Work {
  std::vector<Step> steps;
  Leave leave = Leave::invalid;
  bool keeps_true = false;
  bool dead = false, is_handler = false, loop_setup = false, has_depth = false;
  enum class Arm : uint8_t { unknown, no, yes } arm = Arm::unknown;
  ir::JumpKind jump_kind = ir::JumpKind::plain;
  uint32_t a = 0;              // of raise
  uint32_t ways_in = 0;        // ordinary edges
  uint32_t depth = 0;          // of the stack on entry
  uint32_t handler_depth = 0;
  BlockId target = kNoBlock, otherwise = kNoBlock, handler = kNoBlock;
  uint32_t offset = 0;
  int32_t line = 0;            // of the exit
  Node* value = nullptr;       // of an arm
};

// How a step moves the stack: what it pops, or looks at, at the most; and what it leaves in its place.
struct Effect {
  uint32_t pops = 0, pushes = 0;
  bool statement = false;      // makes a statement, or may
};
Effect effect_of(const Step& step);
Operator compare_operator(uint32_t compare);   // of ir::Compare

struct SimulatorOptions {
  bool isolated = false;       // an arm: statements and values from below are failures
  bool careful = false;        // every value that is moved or copied goes through a slot
};

// Markers: expression nodes that only live on the stack, of type Bad, told apart by `number`.
enum Marker : int32_t {
  kPlainBad = 0,
  kInput,           // isolated: something from below
  kHole,            // an item of an unpacked value that waits for its target: `first` is the Tuple or Starred to fill
  kSaved,           // load_fast_and_clear
  kIterator, kAsyncIterator, kYieldFromIterator,   // first: the iterable
  kAnext,           // first: the asynchronous iterator
  kAwaitable,       // first
  kMatchesException, kMatchesGroup, kRestOfGroup,  // first: exception, second: type
  kExitResult,      // first: the exit, second: the exception
  kAwaitedExit,     // the same, awaited
  kEnterAwaitable,  // first: read of the slot of what was entered
  kCode,            // value: a code object
  kComprehension,   // first: the comprehension whose first iterable is missing
  kBuildClass,
  kLeftWith,        // first: the exit called with three None; second: not null when awaited
  kClosure,         // name: a cell
  kTypeParameters,  // items: type parameters of a generic definition
  kGeneric,         // value: the code object of `<generic parameters of f>`, items: its defaults
  kTypeVariable,    // first: a TypeVar, ParamSpec or TypeVarTuple
};

struct Entry {
  Node* node = nullptr;
  uint32_t sequence = 0;       // when it was computed
};

// A `for` of 3.x that only makes a value is judged by its code object's name.
class Builder;

// What one run of a block's steps gave.
struct Run {
  std::vector<FlowStatement> statements;
  std::vector<Entry> stack;
  Node* generated = nullptr;   // of a generator expression's code: the whole
  bool failed = false;         // isolated: is no arm; else: run it again with care
};

class Simulator {
 public:
  Simulator(Builder& builder, SimulatorOptions options);
  void enter(std::vector<Entry> stack);
  void step(const Step& step);
  void finish();                 // binds what waits to slots
  Run& run() { return run_; }
  void loop_item(Node* holder) { item_ = holder; }  // the stack gets the item of a loop on top: holder->items[0] is its target
  void at_line(int32_t line) { line_ = line; }
  void push_entry(Entry entry) { stack_.push_back(entry); }
  Node* raise(uint32_t count);
  void express();  // what is left on the stack as expressions (iterators stay what they are)
  Node* take();                  // pops a value as an expression
  Entry take_entry();
  void emit(FlowStatement::Kind kind, Node* node, SlotId slot = kNoSlot, SlotId entered = kNoSlot);
  void assign_to(Node* target);  // pops the value
  void push(Node* node);
  bool failed() const { return run_.failed; }
  void keep_constants();
  void materialise(size_t from = 0);  // unstable values to slots

 private:
  friend class Builder;
  struct Pending { Node *target, *value; uint32_t sequence; };

  void instruction(const ir::Instruction& in);
  void load(const ir::Instruction& in);
  void store(const ir::Instruction& in);
  void remove(const ir::Instruction& in);
  void operators(const ir::Instruction& in);
  void display(const ir::Instruction& in);
  void grow(const ir::Instruction& in);
  void shuffle(const ir::Instruction& in);
  void call(const ir::Instruction& in);
  void call_ex(const ir::Instruction& in);
  void imports(const ir::Instruction& in);
  void iteration(const ir::Instruction& in);
  void exceptions(const ir::Instruction& in);
  void matching(const ir::Instruction& in);
  void python2(const ir::Instruction& in);
  void strings(const ir::Instruction& in);
  void intrinsic(const ir::Instruction& in);
  void pop(const ir::Instruction& in);
  void unpack(uint32_t before, uint32_t after, bool starred);
  void collect(const Folded& folded);
  void build_class(Node* call);

  void store_value(Entry value, Node* target);
  void plain_assign(Node* value, Node* target);
  bool store_import(Node* value, Node* target);
  bool store_definition(Node* value, Node* target);
  bool store_augmented(Node* value, Node* target);
  bool annotate(Node* target, Node* value);
  void close_group();
  void settle_holes();
  Node* as_expression(Node* node);
  Node* expression_of(Entry entry);
  std::vector<Entry> take_many(uint32_t count);
  void push_display(Node* node, std::span<const Entry> parts);
  void append_taken(python::List& list, uint32_t count);
  Entry* at(uint32_t depth);    // 1 = top; null: below the stack
  Node* make(Type type);
  Node* marker(Marker marker, Node* first = nullptr, Node* second = nullptr);
  Node* name(std::string_view name);
  Node* constant(Value value);
  Node* slot_name(SlotId slot);
  Node* unary(Operator op, Node* operand);
  void fail();
  void fill_hole(Node* hole, Node* target);
  void chain(Node* value, Node* target);
  Node* as_value(Node* node);
  Node* index_of(Node* key);
  Node* as_target_part(Entry entry);
  Node* finish_comprehension(Node* marker, Node* iterable);
  Node* import_call(Node* import);
  void emit_import_from(Node* import);
  Node* hoist_comprehension(Node* marker);
  Node* display_of(Node* constant);
  Node* joined(Node* part);
  void await(const ir::Instruction& in);
  void match_case(const Step& step);
  void capture_rest(const Step& step);
  void pattern(const ir::Instruction& in, std::initializer_list<Node*> arguments);
  bool in_order(std::span<const Entry> entries) const;

  Builder& builder_;
  Tree& tree_;
  SimulatorOptions options_;
  Run run_;
  uint32_t sequence_ = 0, offset_ = 0, open_copies_ = 0;
  int32_t line_ = 0;
  bool permuted_ = false;
  std::vector<Entry>& stack_;
  std::vector<Pending> group_;       // a tuple's worth of stores: values on the left of which others still wait
  uint32_t group_start_ = 0;
  Node* item_ = nullptr;
  std::vector<Node*> dropped_;       // holes that were popped: what overwrites them is still to come
  uint32_t holes_ = 0;               // that wait for a target
};

// The expression that an annotation's text spells; `otherwise` where it cannot be read.
Node* written_expression(Tree& tree, std::string_view text, Node* otherwise);

// The graph, and the reductions on it.
class Builder {
 public:
  Builder(const CodeObject& code, const ir::Body& body, const Context& context);
  Flow build();
  // The code as one expression, or null. `raw`: a marker or definition is left as it is.
  Node* lambda(bool raw = false);
  Node* comprehension();      // the same of a comprehension's function: the first iterable is a read of `.0`

  const CodeObject& code() const { return code_; }
  const Context& context() const { return context_; }
  Tree& tree() { return tree_; }
  PythonVersion version() const { return version_; }
  Heap& heap() { return tree_.heap(); }
  SlotId new_slot() { return flow_.slots++; }
  FlowStatement slot_statement(Node* node, SlotId slot);
  void inexact() { flow_.exact = false; }
  void set_type_parameters(Node* tuple) { type_parameters_ = tuple; }
  bool spend(uint64_t steps);
  bool is_exit_slot(SlotId slot) const { return slot < exit_slots_.size() && exit_slots_[slot]; }
  void mark_iterator_slot(SlotId slot);
  bool is_iterator_slot(SlotId slot) const { return slot < iterator_slots_.size() && iterator_slots_[slot]; }
  void mark_exit_slot(SlotId slot);
  bool expects_value() const { return as_value_; }   // a lambda or comprehension
  std::string_view plain_name(std::string_view name);  // private names without the class
  bool future_annotations() const;
  uint64_t now() const { return spent_; }

  // definitions.cpp
  struct Parts { Node *defaults, *keyword_defaults, *annotations, *annotate; };
  Node* make_function(const CodeObject& code, Value value, const Parts& parts, int32_t line);
  Node* make_class(Node* call);  // of __build_class__(function, name, bases...): null where it is none
  Node* make_class_2(Node* name, Node* bases, Node* dict);
  Node* make_generic(Node* marker, const std::vector<Node*>& arguments);  // a call of `<generic parameters of f>`
  Node* annotations_of(const CodeObject& code);  // of an __annotate__ function: the Dict that it returns, or null
  Node* annotation(Node* value);                 // as it is written
  Node* evaluated(const CodeObject& code, bool raw);
  Node* lazy_value(const CodeObject& code);
  void fill(Node* definition);
  bool is_class_body() const { return class_body_; }
  static bool is_definition(const Node* node);
  Node* plain_parameters(const CodeObject& code);

 private:
  friend class Simulator;
  friend class PatternReader;
  // definitions.cpp
  Node* parameters(const CodeObject& code, const Parts& parts);
  void tuple_parameters(const CodeObject& code, Node* arguments);
  void drop_housekeeping();
  void distribute_annotations();
  void fill_definitions();
  // flow.cpp
  void load(const ir::Body& body);
  void find_depths();
  void drop_cleanup_handlers();
  void find_async_loops();
  void reduce();
  bool reduce_at(BlockId b);
  bool merge(BlockId b);
  bool is_quiet(const Work& b) const;  // raises nothing
  BlockId resolve(BlockId b) const;
  BlockId next_of(const Work& work) const;   // where a block goes without condition; kReturn for a return
  void go(Work& from, BlockId to);           // jump there, or return
  void kill(BlockId b);
  void lose_way(BlockId b);   // one way into it is gone
  void sweep();               // takes out what is no longer reached
  bool is_arm(BlockId from, BlockId b);
  bool isolate(std::span<const Step> steps, Node*& value);
  size_t first_touch(const Work& work, uint32_t& above) const;
  bool same_steps(std::span<const Step> a, std::span<const Step> b) const;
  bool alike(BlockId a, BlockId b) const;
  bool same_leave(const Work& a, const Work& b) const;
  Flow final_run();
  void final_block(BlockId b);
  void pass_stack(BlockId from, BlockId to, const std::vector<Entry>& stack, std::vector<FlowStatement>& statements);
  void pass_conditionally(BlockId from, BlockId FlowBlock::* edge, const std::vector<Entry>& stack);
  void pass_item(BlockId id, std::vector<Entry> stack);
  void leave_block(BlockId b, Simulator& simulator);
  bool run_block(BlockId b, SimulatorOptions options, Simulator& simulator);
  void declarations();

  // conditions.cpp
  bool canonical_or_pop(BlockId b);
  bool split_shared_pop(BlockId b);
  bool fold_value_or_pop(BlockId b);
  bool fold_condition(BlockId b);
  bool fold_if_exp(BlockId b, bool even_returns);
  bool fold_if_exp_condition(BlockId b);
  bool fold_common_tail(BlockId b);
  bool fold_chain(BlockId b);
  bool fold_assert(BlockId b);
  bool drop_optimised_call(BlockId b);

  // patterns.cpp
  void read_matches();
  bool read_case(BlockId id, size_t step, bool copies, uint32_t depth);
  BlockId cut(BlockId id, size_t step);
  bool is_copy(const Step& step) const;
  bool turns(const Node* test) const;      // whether `not test` compiles to the same instructions, jumping the other way
  Node* negation(Node* test);
  // comprehensions.cpp
  bool fold_loop(BlockId b);

  const CodeObject& code_;
  const ir::Body& body_;
  const Context& context_;
  Tree& tree_;
  PythonVersion version_;
  std::vector<Work> blocks_;
  Flow flow_;
  bool as_value_ = false, class_body_ = false;
  std::unordered_map<const CodeObject*, Node*> evaluated_;
  std::unordered_map<const Node*, Node*> returns_;          // of parameters: what the function is annotated to return
  std::vector<std::shared_ptr<const ir::Body>> kept_;
  Node* type_parameters_ = nullptr;                         // of the generic definition whose function this is
  std::vector<bool> exit_slots_;
  std::vector<bool> iterator_slots_;  // of loops

  std::vector<std::vector<SlotId>> entry_slots_;
  std::vector<bool> entered_;
  std::vector<BlockId> items_;   // of a loop's body: the loop's head
  std::unordered_set<uint64_t> owned_;  // entry slots that each way in sets
  std::unordered_set<uint64_t> fresh_;               // entry slots that ways in do not agree on
  bool conflict_ = false;
  uint64_t spent_ = 0, limit_ = 0;
  std::deque<std::vector<Node*>> links_;
  std::deque<Folded> folds_;
  std::vector<BlockId> queue_;
  std::vector<std::vector<BlockId>> ways_;  // who may jump to a block (some no longer do)
};

inline constexpr BlockId kReturn = kNoBlock - 1;

}  // namespace winnow::bytecode
