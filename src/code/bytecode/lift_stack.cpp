// Slots of the lifter's stack, and the instructions that only move them.
#include "code/bytecode/lifter.h"

namespace winnow::bytecode {
ir::Instruction& Lifter::emit(Op op, uint32_t a, uint32_t b) {
  ++emitted_;
  ir::Instruction& i = block().instructions.emplace_back();
  i.op = op;
  i.a = a;
  i.b = b;
  i.offset = at_->offset;
  i.line = at_->line;
  return i;
}

ir::Instruction& Lifter::emit_name(Op op, std::string_view name) {
  ir::Instruction& i = emit(op);
  i.name = name;
  return i;
}

void Lifter::emit_constant(Value value) { emit(Op::load_const).value = value; }

void Lifter::anomaly(ir::Anomaly::Kind kind, std::string what) {
  if (anomalies_ >= 64) return;
  const uint32_t offset = at_ ? at_->offset : 0;
  for (const ir::Anomaly& known : body_.anomalies) {
    if (known.kind == kind && known.offset == offset) return;
  }
  ++anomalies_;
  body_.anomalies.push_back({kind, offset, std::move(what)});
}

// At least `count` slots (step() bounds what an argument can ask for). CPython would read whatever lies below the stack: so do the instructions of the IR.
void Lifter::need(uint32_t count) {
  if (stack_.size() >= count) return;
  anomaly(ir::Anomaly::Kind::stack_underflow, "takes more from the stack than there is");
  const auto missing = count - static_cast<uint32_t>(stack_.size());
  stack_.insert(stack_.begin(), missing, Slot{});
  for (BlockEntry& b : blocks_) b.level += missing;
  emitted_ += missing + stack_.size() / 16;
}

uint32_t Lifter::kept(uint32_t count) {
  emitted_ += count / 16;  // deep moves cost, too
  uint32_t n = 0;
  for (size_t i = stack_.size() - count; i < stack_.size(); ++i) n += is_kept(stack_[i].tag);
  return n;
}

Slot& Lifter::value_at(uint32_t depth) {
  need(depth);
  Slot& s = slot(depth);
  if (!is_kept(s.tag)) {
    if (s.tag == Tag::normal) {
      emit_constant(Value::none());
    } else {
      anomaly(ir::Anomaly::Kind::stack_underflow, "uses as a value what is none");
      emit_constant(Value::unknown());
    }
    emit_rotate(kept(depth) + 1);
    s = {};
  }
  return s;
}

void Lifter::pop_values(uint32_t count) {
  need(count);
  if (count > stack_.size()) count = static_cast<uint32_t>(stack_.size());
  for (uint32_t depth = count; depth > 0; --depth) {
    if (!is_kept(slot(depth).tag)) value_at(depth);
  }
  stack_.resize(stack_.size() - count);
}

void Lifter::push_values(uint32_t count) {
  if (stack_.size() + count > max_stack_) {
    anomaly(ir::Anomaly::Kind::budget, "too much on the stack");
    return finish(ir::Exit::invalid);
  }
  emitted_ += count / 64;
  stack_.resize(stack_.size() + count);
}

void Lifter::drop() {
  need(1);
  if (is_kept(stack_.back().tag)) emit(Op::pop);
  stack_.pop_back();
}

void Lifter::remove_at(uint32_t depth) {
  need(depth);
  const bool was_kept = is_kept(slot(depth).tag);
  const uint32_t above = kept(depth - 1);
  stack_.erase(stack_.end() - depth);
  if (!was_kept) return;
  emit_bring_up(above + 1);
  emit(Op::pop);
}

// The top goes below depth - 1 others.
void Lifter::emit_rotate(uint32_t depth) {
  if (depth == 2) emit(Op::swap, 2);
  else if (depth > 2) emit(Op::rotate, depth);
}

// The value at `depth` comes to the top.
void Lifter::emit_bring_up(uint32_t depth) {
  if (depth > 64) {  // only hostile code
    anomaly(ir::Anomaly::Kind::budget, "moves a value over too many others");
    return;
  }
  for (uint32_t i = 1; i < depth; ++i) emit_rotate(depth);
}

// The top `count` values in reverse order.
void Lifter::reverse(uint32_t count) {
  for (uint32_t n = count; n > 1; --n) emit_rotate(n);
}

void Lifter::swap(uint32_t depth) {
  if (depth == 0) depth = 1;
  need(depth);
  if (depth == 1) return;
  Slot& top = slot(1);
  Slot& deep = slot(depth);
  const uint32_t between = kept(depth - 1) - is_kept(top.tag);
  if (is_kept(top.tag) && is_kept(deep.tag)) emit(Op::swap, between + 2);
  else if (is_kept(top.tag)) emit_rotate(between + 1);
  else if (is_kept(deep.tag)) emit_bring_up(between + 1);
  std::swap(top, deep);
}

void Lifter::rotate(uint32_t depth) {
  if (depth == 0) depth = 1;
  need(depth);
  const Slot top = slot(1);
  if (is_kept(top.tag)) emit_rotate(kept(depth));
  stack_.pop_back();
  stack_.insert(stack_.end() - (depth - 1), top);
}

void Lifter::copy(uint32_t depth) {
  if (depth == 0) depth = 1;
  need(depth);
  Slot s = slot(depth);
  if (is_kept(s.tag)) {
    emit(Op::copy, kept(depth));
    if (s.tag == Tag::constant || s.tag == Tag::candidate) s = {};
  }
  stack_.push_back(s);
}

std::optional<Value> Lifter::constant_of(const Slot& s) const {
  if (s.tag != Tag::constant && s.tag != Tag::candidate && s.tag != Tag::keyword) return std::nullopt;
  const Decoded& load = decoding_.instructions[s.extra];
  if (load.opcode == Opcode::load_common_constant) return Value::none();
  if (load.arg >= code_.consts.size()) return std::nullopt;
  return code_.consts[load.arg];
}

bool Lifter::is_none(const Slot& s) const {
  const std::optional<Value> value = constant_of(s);
  return value && value->is(Kind::none);
}

// The last instruction is the load of the constant on top.
bool Lifter::last_is_constant() const {
  const auto& instructions = body_.blocks[current_].instructions;
  if (stack_.empty() || instructions.empty() || !constant_of(stack_.back())) return false;
  const ir::Instruction& last = instructions.back();
  return last.op == Op::load_const && last.offset == decoding_.instructions[stack_.back().extra].offset;
}

std::optional<Value> Lifter::drop_constant() {
  need(1);
  const std::optional<Value> value = constant_of(stack_.back());
  if (value && last_is_constant()) block().instructions.pop_back();
  else if (is_kept(stack_.back().tag)) emit(Op::pop);
  stack_.pop_back();
  return value;
}

// Takes what lies above `level`, except for `keep` slots on top.
void Lifter::unwind_to(uint32_t level, uint32_t keep) {
  while (stack_.size() > static_cast<size_t>(level) + keep) {
    if (keep == 0) drop();
    else remove_at(keep + 1);
  }
}

void Lifter::finish(ir::Exit exit) {
  ir::Block& b = block();
  b.exit = exit;
  b.exit_offset = at_ ? at_->offset : b.offset;
  b.exit_line = at_ ? at_->line : 0;
  done_ = true;
}

void Lifter::finish_jump(uint32_t offset, ir::JumpKind kind) {
  finish(ir::Exit::jump);
  const BlockId target = block_for(offset);
  block().target = target;
  block().jump_kind = kind;
}

void Lifter::finish_branch(uint32_t if_true, uint32_t if_false) {
  pop_values(1);
  finish(ir::Exit::branch);
  const BlockId target = block_for(if_true), otherwise = block_for(if_false);
  block().target = target;
  block().otherwise = otherwise;
}

void Lifter::finish_or_pop(bool jump_if) {
  value_at(1).tag = Tag::value;
  slot(1).extra = 0;
  emit(Op::copy, 1);
  finish(ir::Exit::branch);
  const BlockId jumped = block_for(at_->target);
  const BlockId from = current_, falls = new_block(at_->next);
  body_.blocks[from].target = jump_if ? jumped : falls;
  body_.blocks[from].otherwise = jump_if ? falls : jumped;
  body_.blocks[falls].handler = body_.blocks[from].handler;
  body_.blocks[falls].handler_depth = body_.blocks[from].handler_depth;
  current_ = falls;
  drop();
  finish_jump(at_->next);
}

void Lifter::finish_invalid(std::string_view name) {
  emit_name(Op::unknown, name);
  if (at_->opcode != Opcode::unknown_opcode) {
    anomaly(ir::Anomaly::Kind::invalid_opcode, std::string(name) + " is not met in compiled code");
  }
  finish(ir::Exit::invalid);
}

}  // namespace winnow::bytecode
