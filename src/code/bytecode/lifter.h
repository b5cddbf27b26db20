// The inside of lift(): an interpretation of the bytecode over what is known of the stack before anything runs.
// The stack is a list of tagged slots. Slots that exist in CPython but not in the IR (NULLs, the type and
// traceback of an exception, return addresses of finally ...) have tags that are not kept: instructions that
// move them make no IR, and depths are counted without them. A block of the IR is made for each pair of offset
// and state (slots, block stack), so that a `finally` body which several ways lead into is copied for each.
#pragma once

#include <optional>

#include "code/bytecode/decode.h"
#include "core/value.h"

namespace winnow::bytecode {

enum class Tag : uint8_t {
  // kept in the IR
  value,
  constant,        // extra: the index of its LOAD_CONST, known within a block
  candidate,       // the same, known beyond: perhaps the name of a keyword (to 3.5)
  exception,       // the value of the exception in a handler
  awaitable,
  saved,           // of LOAD_FAST_AND_CLEAR
  converted,       // extra: the conversion that FORMAT_* will do (3.13)
  // not kept
  null,
  exception_type,
  exception_trace,
  previous,        // the exception handled before this one
  lasti,
  normal,          // finally entered the normal way (None, NULL)
  why_return, why_break,
  why_continue,
  jump_target,     // extra: where to continue
  return_address,  // of CALL_FINALLY; extra: the offset
  keyword,         // the name of a keyword argument; extra: the index of its LOAD_CONST
  ended,           // of an iterator or awaitable that is done
  marker,          // between WITH_CLEANUP_START and _FINISH; extra 1: on an exception
};

inline bool is_kept(Tag tag) { return tag <= Tag::converted; }

struct Slot {
  Tag tag = Tag::value;
  uint32_t extra = 0;
};

// An entry of the block stack of 2.7 to 3.10.
struct BlockEntry {
  enum class Kind : uint8_t { loop, except, finally, handler } kind;
  uint32_t target;  // the handler, or where BREAK_LOOP goes
  uint32_t level;   // slots below it
};

class Lifter {
 public:
  Lifter(const CodeObject& code, const Heap& heap, const Decoding& decoding, std::vector<bool>& keywords);
  ir::Body run();
  // LOAD_CONSTs turned out to be names of keywords: lift again, with `keywords` filled.
  bool again() const { return again_; }

 private:
  using Op = ir::Op;
  using BlockId = ir::BlockId;
  enum class Why : uint8_t { leave_return, leave_break, leave_continue };
  enum class Entry : uint8_t { plain, handler };

  // lift.cpp: blocks and their keys.
  void run_block(BlockId id);
  void load_state(BlockId id);
  BlockId block_for(uint32_t offset, Entry entry = Entry::plain);
  BlockId new_block(uint32_t offset);
  BlockId overflow_block();
  void fresh_block(uint32_t offset);  // goes on in a new block, reached from the current one alone
  void set_handler();
  int32_t table_handler() const;
  bool tested_before() const;
  void resolve_handlers();
  BlockId block_stack_handler(size_t entry, uint32_t& depth);
  BlockId range_handler(const ExceptionRange& range, uint32_t& depth);
  void check_declarations();
  bool absorb_none(const Decoded& next);
  void step();
  ir::Block& block() { return body_.blocks[current_]; }
  bool before(uint8_t minor) const { return code_.version < PythonVersion{3, minor}; }
  bool python2() const { return code_.version.major == 2; }

  // lift_stack.cpp: slots.
  ir::Instruction& emit(Op op, uint32_t a = 0, uint32_t b = 0);
  ir::Instruction& emit_name(Op op, std::string_view name);
  void emit_constant(Value value);
  void anomaly(ir::Anomaly::Kind kind, std::string what);
  void need(uint32_t count);
  uint32_t kept(uint32_t count);  // of the top `count` slots
  Slot& slot(uint32_t depth) { return stack_[stack_.size() - depth]; }
  Slot& value_at(uint32_t depth);  // 1 = top; makes it a value if it is not kept
  void pop_values(uint32_t count);
  void push(Tag tag = Tag::value, uint32_t extra = 0) { stack_.push_back({tag, extra}); }
  void push_values(uint32_t count);
  void drop();              // POP_TOP
  void remove_at(uint32_t depth);
  void swap(uint32_t depth);
  void rotate(uint32_t depth);
  void copy(uint32_t depth);
  void emit_rotate(uint32_t depth);
  void emit_bring_up(uint32_t depth);
  void reverse(uint32_t count);
  std::optional<Value> constant_of(const Slot& s) const;
  std::optional<Value> drop_constant();  // the constant on top, taken away
  bool is_none(const Slot& s) const;
  bool last_is_constant() const;
  void unwind_to(uint32_t level, uint32_t keep);

  // Leaving blocks.
  void finish(ir::Exit exit);
  void finish_jump(uint32_t offset, ir::JumpKind kind = ir::JumpKind::plain);
  void finish_branch(uint32_t if_true, uint32_t if_false);
  void finish_or_pop(bool jump_if);
  void finish_invalid(std::string_view name);

  // lift_*.cpp: groups of opcodes. False: not one of theirs.
  bool step_names();
  bool loads_cell(uint32_t index) const;
  bool step_locals();
  bool step_operators();
  bool step_displays();
  bool step_unpacked_displays();
  bool step_stack();
  bool step_jumps();
  bool step_calls();
  bool step_functions();
  bool step_iteration();
  bool step_exceptions();
  bool step_with();
  bool step_blocks();
  bool step_match();
  bool step_format();
  bool step_python2();

  void simple(Op op, uint32_t pops, uint32_t pushes, uint32_t a = 0, uint32_t b = 0);
  void load_constant();
  bool feeds_exit() const;
  void compare();
  void match_exception();
  void call(uint32_t count, std::vector<std::string_view> names);
  void call_slots(uint32_t count, std::vector<std::string_view> names);
  void call_legacy();
  void call_unpacked_legacy(bool star, bool double_star);
  void call_ex();
  std::vector<std::string_view> names_of(const std::optional<Value>& tuple);
  void make_function();
  void make_function_legacy(bool closure);
  void set_function_attribute();
  void intrinsic();
  bool enter_special();
  bool enter_with_by_name();
  bool exit_with_by_name();
  bool loads_and_deletes(const Decoded& load) const;
  void send();
  void end_async_for();
  void for_iter();
  void jump_and_keep();
  void push_attribute(bool method);
  void to_bool();
  void end_finally();
  void pop_finally();
  void leave(Why why, uint32_t target);
  void with_cleanup_start();
  void with_cleanup_finish();
  void pop_except();
  void reraise();
  void end_handler(uint32_t keep);
  void slice_legacy();
  void exec_star_display(Op build, Op extend, bool to_tuple);

  const CodeObject& code_;
  const Heap& heap_;
  const Decoding& decoding_;
  std::vector<bool>& keywords_;
  bool again_ = false;
  ir::Body body_;

  // The state at the instruction.
  const Decoded* at_ = nullptr;
  std::vector<Slot> stack_;
  std::vector<BlockEntry> blocks_;
  BlockId current_ = 0;
  bool done_ = false;
  bool handler_changed_ = false;  // the block stack
  bool loop_setup_ = false;
  int32_t table_handler_ = -1;
  std::vector<std::string_view> keyword_names_;  // of KW_NAMES

  // What blocks were made for: state words in one pool, found through a hash table.
  struct Key {
    uint32_t begin = 0, stack = 0, blocks = 0;
    uint64_t hash = 0;
    Entry entry = Entry::plain;
    bool keyed = false;
  };
  std::vector<Key> keys_;      // by block
  std::vector<uint64_t> pool_;
  std::vector<BlockId> table_;
  size_t keyed_ = 0;
  std::vector<BlockId> pending_;
  std::vector<uint64_t> scratch_;
  std::vector<int32_t> resolved_;       // by row of the exception table: the row that counts, or -1
  std::vector<bool> finally_targets_;   // by instruction (to 3.7)
  BlockId overflow_ = ir::kNoBlock;
  uint64_t emitted_ = 0, budget_ = 0;
  size_t deepest_ = 0;
  size_t max_pool_ = 0;
  uint32_t max_stack_ = 0;
  uint32_t anomalies_ = 0;
};

// lift_tidy.cpp: makes the normal form of a body: handlers that only pass on vanish, `async for` of 3.5 to 3.7
// ends in end_async_for, straight lines become one block, blocks are in the order of the code.
void tidy(ir::Body& body, PythonVersion version);

}  // namespace winnow::bytecode
