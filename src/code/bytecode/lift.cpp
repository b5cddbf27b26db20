#include "code/bytecode/lift.h"

#include <algorithm>

#include "code/bytecode/lifter.h"

namespace winnow::bytecode {
namespace {

// The state words of all blocks of one code object together, and what is emitted for one.
constexpr size_t kMaxPool = 1u << 22;
constexpr uint64_t kMaxEmitted = 1u << 22;

uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

}  // namespace

Lifter::Lifter(const CodeObject& code, const Heap& heap, const Decoding& decoding, std::vector<bool>& keywords)
    : code_(code), heap_(heap), decoding_(decoding), keywords_(keywords) {
  body_.version = code.version;
  body_.code_size = decoding.code_size;
  body_.reached = decoding.reached;
  body_.anomalies = decoding.anomalies;
  table_.assign(64, ir::kNoBlock);
  // Copies of finally bodies are few in real code: this only stops code made to explode.
  const auto count = static_cast<uint32_t>(decoding.instructions.size());
  max_stack_ = 2 * count + 256;  // nothing but UNPACK_* puts more than one thing there
  max_pool_ = std::min<size_t>(kMaxPool, 256 * size_t{count} + 65536);
  budget_ = std::min<uint64_t>({32ull * count + 4096, 2ull * count + (1u << 18), kMaxEmitted});
}

ir::Body Lifter::run() {
  if (decoding_.instructions.empty()) return std::move(body_);
  resolve_handlers();
  if (before(8)) {
    finally_targets_.assign(decoding_.instructions.size(), false);
    for (const Decoded& d : decoding_.instructions) {
      const bool is_finally = d.opcode == Opcode::setup_finally || d.opcode == Opcode::setup_with ||
                              d.opcode == Opcode::setup_async_with;
      if (!is_finally) continue;
      if (const uint32_t i = decoding_.find(d.target); i != Decoding::kNone) finally_targets_[i] = true;
    }
  }
  block_for(0);
  while (!pending_.empty()) {
    const BlockId id = pending_.back();
    pending_.pop_back();
    run_block(id);
  }
  check_declarations();
  tidy(body_, code_.version);
  return std::move(body_);
}

// What the code object says of itself and the interpreter believes.
void Lifter::check_declarations() {
  at_ = nullptr;
  const size_t variables = before(11) ? code_.varnames.size() : code_.localsplusnames.size();
  const uint64_t arguments = uint64_t{code_.argcount} + code_.kwonlyargcount +
                             ((code_.flags & CodeObject::kVarArgs) != 0) + ((code_.flags & CodeObject::kVarKeywords) != 0);
  std::string what;
  if (deepest_ > code_.stacksize) {
    what = "needs a stack of " + std::to_string(deepest_) + ", declares " + std::to_string(code_.stacksize);
  } else if (arguments > variables) {
    what = "has more parameters than variables";
  } else if (before(11) && code_.nlocals < code_.varnames.size()) {
    what = "declares less local variables than it names";
  }
  if (!what.empty()) anomaly(ir::Anomaly::Kind::wrong_flags, what);
}

void Lifter::run_block(BlockId id) {
  load_state(id);
  current_ = id;
  done_ = false;
  handler_changed_ = loop_setup_ = false;
  keyword_names_.clear();
  uint32_t i = decoding_.find(block().offset);
  at_ = i == Decoding::kNone ? nullptr : &decoding_.instructions[i];
  if (at_) set_handler();
  if (at_ && keys_[id].entry == Entry::handler) {
    if (block().handled > 0) --block().handled;  // it is entered here
    emit(Op::enter_handler);
  }
  for (bool first = true; !done_; first = false) {
    if (i == Decoding::kNone) {
      anomaly(ir::Anomaly::Kind::jump_out_of_code, "control leaves the code");
      return finish(ir::Exit::invalid);
    }
    at_ = &decoding_.instructions[i];
    if (!first) {
      if (at_->leader || absorb_none(*at_)) {
        absorb_none(*at_);
        const bool loop_setup = loop_setup_;
        finish_jump(at_->offset);
        if (loop_setup) body_.blocks[block().target].loop_setup = true;
        return;
      }
      if (handler_changed_ || loop_setup_ || (table_handler() != table_handler_ && !tested_before())) {
        // Nothing ran under no handler: the block may as well begin here.
        const bool reuse = block().instructions.empty() && block().handler == ir::kNoBlock && !loop_setup_;
        if (!reuse) fresh_block(at_->offset);
        set_handler();
        if (loop_setup_) block().loop_setup = true;
        handler_changed_ = loop_setup_ = false;
      }
    }
    step();
    deepest_ = std::max(deepest_, stack_.size());
    if (emitted_ > budget_ && !done_) {
      anomaly(ir::Anomaly::Kind::budget, "the code unfolds into too much");
      return finish(ir::Exit::invalid);
    }
    if (!done_) i = decoding_.find(at_->next);
  }
}

// None before SEND, and before the handler of a `finally` up to 3.7, is not a value of the program.
bool Lifter::absorb_none(const Decoded& next) {
  if (stack_.empty() || !is_none(stack_.back()) || !last_is_constant()) return false;
  const bool send = next.opcode == Opcode::send;
  const size_t index = static_cast<size_t>(&next - decoding_.instructions.data());
  if (!send && (finally_targets_.empty() || !finally_targets_[index])) return false;
  block().instructions.pop_back();
  stack_.back() = {send ? Tag::null : Tag::normal, 0};
  return true;
}

void Lifter::load_state(BlockId id) {
  const Key& key = keys_[id];
  stack_.clear();
  blocks_.clear();
  const uint64_t* at = pool_.data() + key.begin;
  for (uint32_t i = 0; i < key.stack; ++i, ++at) {
    stack_.push_back({static_cast<Tag>(*at >> 32), static_cast<uint32_t>(*at)});
  }
  for (uint32_t i = 0; i < key.blocks; ++i, at += 2) {
    blocks_.push_back({static_cast<BlockEntry::Kind>(at[0] >> 32), static_cast<uint32_t>(at[0]),
                       static_cast<uint32_t>(at[1])});
  }
}

ir::BlockId Lifter::new_block(uint32_t offset) {
  const auto id = static_cast<BlockId>(body_.blocks.size());
  ir::Block made;
  made.offset = made.exit_offset = offset;
  for (const Slot& s : stack_) made.handled += s.tag == Tag::previous;
  if (before(11)) made.handled /= 3;
  body_.blocks.push_back(std::move(made));
  keys_.emplace_back();
  emitted_ += 1 + stack_.size() / 64;
  return id;
}

ir::BlockId Lifter::overflow_block() {
  if (overflow_ == ir::kNoBlock) {
    anomaly(ir::Anomaly::Kind::budget, "too many states of the stack");
    overflow_ = new_block(at_ ? at_->offset : 0);
  }
  return overflow_;
}

// The block of an offset in the present state.
ir::BlockId Lifter::block_for(uint32_t offset, Entry entry) {
  scratch_.clear();
  for (const Slot& s : stack_) {
    const bool forget = s.tag == Tag::constant;
    scratch_.push_back(forget ? 0 : static_cast<uint64_t>(s.tag) << 32 | s.extra);
  }
  for (const BlockEntry& b : blocks_) {
    scratch_.push_back(static_cast<uint64_t>(b.kind) << 32 | b.target);
    scratch_.push_back(b.level);
  }
  uint64_t hash = mix(mix(stack_.size(), offset), static_cast<uint64_t>(entry));
  for (const uint64_t word : scratch_) hash = mix(hash, word);
  for (size_t i = hash & (table_.size() - 1);; i = (i + 1) & (table_.size() - 1)) {
    const BlockId id = table_[i];
    if (id == ir::kNoBlock) {
      if (pool_.size() + scratch_.size() > max_pool_ || emitted_ > budget_) return overflow_block();
      const BlockId made = table_[i] = new_block(offset);
      keys_[made] = {static_cast<uint32_t>(pool_.size()), static_cast<uint32_t>(stack_.size()),
                     static_cast<uint32_t>(blocks_.size()), hash, entry, true};
      pool_.insert(pool_.end(), scratch_.begin(), scratch_.end());
      pending_.push_back(made);
      if (++keyed_ * 2 > table_.size()) {
        std::vector<BlockId> old(table_.size() * 2, ir::kNoBlock);
        old.swap(table_);
        for (const BlockId moved : old) {
          if (moved == ir::kNoBlock) continue;
          size_t to = keys_[moved].hash & (table_.size() - 1);
          while (table_[to] != ir::kNoBlock) to = (to + 1) & (table_.size() - 1);
          table_[to] = moved;
        }
      }
      return made;
    }
    const Key& key = keys_[id];
    if (key.hash == hash && key.entry == entry && body_.blocks[id].offset == offset && key.stack == stack_.size() &&
        key.blocks == blocks_.size() &&
        std::equal(scratch_.begin(), scratch_.end(), pool_.begin() + key.begin)) {
      return id;
    }
  }
}

void Lifter::fresh_block(uint32_t offset) {
  const BlockId next = new_block(offset);
  block().exit = ir::Exit::jump;
  block().target = next;
  block().exit_offset = offset;
  block().exit_line = at_->line;
  current_ = next;
}

// Rows whose handlers only serve the interpreter give way to what is around them: the one that turns
// StopIteration into RuntimeError (3.12), and the one that closes what is awaited (CLEANUP_THROW).
void Lifter::resolve_handlers() {
  resolved_.resize(decoding_.handlers.size());
  for (size_t h = 0; h < resolved_.size(); ++h) {
    int32_t row = static_cast<int32_t>(h);
    for (int steps = 0; row >= 0; ++steps) {
      const uint32_t i = decoding_.find(decoding_.handlers[static_cast<size_t>(row)].target);
      if (i == Decoding::kNone) break;
      const Decoded& d = decoding_.instructions[i];
      if (d.opcode == Opcode::call_intrinsic_1 && intrinsic_name(d.opcode, d.arg) == "INTRINSIC_STOPITERATION_ERROR") {
        row = -1;
      } else if (d.opcode == Opcode::cleanup_throw) {
        row = steps < 8 ? d.handler : -1;
      } else {
        break;
      }
    }
    resolved_[h] = row;
  }
}

// From 3.13 a jump's test is done before it, under the handler in force there.
bool Lifter::tested_before() const {
  return !before(13) && (at_->opcode == Opcode::pop_jump_if_true || at_->opcode == Opcode::pop_jump_if_false);
}

int32_t Lifter::table_handler() const {
  return at_->handler < 0 ? -1 : resolved_[static_cast<size_t>(at_->handler)];
}

// Gives the current block the handler that holds at the instruction.
void Lifter::set_handler() {
  BlockId handler = ir::kNoBlock;
  uint32_t depth = 0;
  table_handler_ = table_handler();
  if (table_handler_ >= 0) {
    // PUSH_EXC_INFO cannot raise: what covers it counts on what it leaves.
    const bool enters = at_->opcode == Opcode::push_exc_info && !stack_.empty();
    if (enters) stack_.insert(stack_.end() - 1, {Tag::previous, 0});
    handler = range_handler(decoding_.handlers[static_cast<size_t>(table_handler_)], depth);
    if (enters) stack_.erase(stack_.end() - 2);
  } else {
    for (size_t i = blocks_.size(); i-- > 0;) {
      if (blocks_[i].kind == BlockEntry::Kind::loop || blocks_[i].kind == BlockEntry::Kind::handler) continue;
      handler = block_stack_handler(i, depth);
      break;
    }
  }
  block().handler = handler;
  block().handler_depth = depth;
}

ir::BlockId Lifter::range_handler(const ExceptionRange& range, uint32_t& depth) {
  const std::vector<Slot> kept_stack = stack_;
  if (range.depth > stack_.size()) {
    anomaly(ir::Anomaly::Kind::stack_underflow, "an exception handler expects more on the stack than there is");
    if (range.depth > stack_.size() + 64) return ir::kNoBlock;
  }
  stack_.resize(range.depth);
  depth = kept(range.depth);
  if (range.lasti) push(Tag::lasti);
  push(Tag::exception);
  const BlockId id = block_for(range.target);
  stack_ = kept_stack;
  return id;
}

// The handler of an entry of the block stack: entered with everything above the entry gone.
ir::BlockId Lifter::block_stack_handler(size_t entry, uint32_t& depth) {
  const std::vector<Slot> kept_stack = stack_;
  const std::vector<BlockEntry> kept_blocks = blocks_;
  const BlockEntry block_entry = blocks_[entry];
  blocks_.resize(entry);
  stack_.resize(std::min<size_t>(block_entry.level, stack_.size()));
  depth = kept(static_cast<uint32_t>(stack_.size()));
  if (!python2()) {
    blocks_.push_back({BlockEntry::Kind::handler, 0, static_cast<uint32_t>(stack_.size())});
    for (int i = 0; i < 3; ++i) push(Tag::previous);
  }
  push(Tag::exception_trace);
  push(Tag::exception);
  push(Tag::exception_type);
  const BlockId id = block_for(block_entry.target, Entry::handler);
  stack_ = kept_stack;
  blocks_ = kept_blocks;
  return id;
}

void Lifter::step() {
  // Arguments count slots, or pack small counts; those of MAKE_FUNCTION have a higher one.
  const bool makes = at_->opcode == Opcode::make_function || at_->opcode == Opcode::make_closure;
  if (at_->argument == Argument::plain && !makes && at_->arg > std::max(max_stack_, 1u << 16)) {
    anomaly(ir::Anomaly::Kind::budget, "an argument asks for more stack than the code can fill");
    return finish_invalid(opcode_name(at_->opcode));
  }
  const bool known = (before(2) && !python2() && exit_with_by_name()) || step_locals() || step_names() || step_stack() || step_calls() || step_jumps() ||
                     step_operators() || step_displays() || step_functions() || step_iteration() ||
                     step_exceptions() || step_with() || step_blocks() || step_format() ||
                     step_unpacked_displays() || step_match() || step_python2();
  if (!known) finish_invalid(opcode_name(at_->opcode));
}

ir::Body lift(const CodeObject& code, const Heap& heap) {
  const Decoding decoding = decode(code);
  std::vector<bool> keywords(code.version < PythonVersion{3, 6} ? decoding.instructions.size() : 0);
  Lifter first(code, heap, decoding, keywords);
  ir::Body body = first.run();
  if (!first.again()) return body;
  return Lifter(code, heap, decoding, keywords).run();
}

}  // namespace winnow::bytecode
