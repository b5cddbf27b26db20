// Lifting of exceptions, `with` and the block stack of 2.7 to 3.10, which is evaluated here: where control leaves
// a block, what the interpreter would do to the stack is written down, and the jump goes where it would go.
#include "code/bytecode/lifter.h"

namespace winnow::bytecode {

using ir::Exit, ir::Op;

// (exc type -- exc bool). Up to 3.10 the type of the exception lies between the two; it is dropped.
void Lifter::match_exception() {
  value_at(1);
  need(2);
  if (before(11)) {
    if (is_kept(slot(2).tag)) {
      anomaly(ir::Anomaly::Kind::stack_underflow, "matches what is no exception");
      stack_.pop_back(), stack_.pop_back();
      emit(Op::match_exception), emit(Op::swap, 2), emit(Op::pop);
      return;
    }
    stack_.pop_back(), stack_.pop_back();
  } else {
    value_at(2);
    stack_.pop_back();
  }
  emit(Op::match_exception);
}

bool Lifter::step_exceptions() {
  switch (at_->opcode) {
    case Opcode::push_exc_info: {
      value_at(1);
      const Slot exception = slot(1);
      slot(1) = {Tag::previous, 0};
      stack_.push_back(exception);
      emit(Op::enter_handler);
      return true;
    }
    case Opcode::pop_except: pop_except(); return true;
    case Opcode::check_exc_match: match_exception(), push(); return true;
    case Opcode::check_eg_match: simple(Op::match_exception_group, 2, 2); return true;
    case Opcode::jump_if_not_exc_match:
      match_exception();
      push();
      finish_branch(at_->next, at_->target);
      return true;
    case Opcode::prep_reraise_star: simple(Op::prepare_reraise_star, 2, 1); return true;
    case Opcode::reraise: reraise(); return true;
    default: return false;
  }
}

// Ends the handler whose block was just taken from the block stack, but for `keep` slots on top.
void Lifter::end_handler(uint32_t keep) {
  for (int i = 0; i < 3; ++i) {
    need(keep + 1);
    remove_at(keep + 1);
  }
  emit(Op::leave_handler);
}

void Lifter::pop_except() {
  if (!before(11)) {
    drop();
    emit(Op::leave_handler);
    return;
  }
  if (blocks_.empty() || blocks_.back().kind != BlockEntry::Kind::handler) {
    return finish_invalid("POP_EXCEPT");
  }
  const BlockEntry entry = blocks_.back();
  blocks_.pop_back();
  handler_changed_ = true;
  // From 3.8 what is returned may have been put below already.
  if (before(8)) unwind_to(entry.level + 3, 0);
  end_handler(0);
}

void Lifter::reraise() {
  const uint32_t slots = before(11) ? 3 : 1;
  need(slots);
  if (kept(slots) != 1) {
    anomaly(ir::Anomaly::Kind::stack_underflow, "raises what is no exception again");
    pop_values(slots);
  } else {
    stack_.resize(stack_.size() - slots);
  }
  if (!done_) finish(Exit::reraise);
}

// 3.14: COPY 1, LOAD_SPECIAL __exit__, SWAP 2, SWAP 3, LOAD_SPECIAL __enter__, CALL 0 are BEFORE_WITH.
bool Lifter::enter_special() {
  struct Step { Opcode opcode; uint32_t arg; };
  static constexpr Step kSteps[] = {{Opcode::load_special, 1}, {Opcode::swap, 2}, {Opcode::swap, 3},
                                    {Opcode::load_special, 0}, {Opcode::call, 0}};
  if (at_->arg != 1) return false;
  const Decoded* d = at_;
  uint32_t async = 0;
  for (size_t step = 0; step < std::size(kSteps); ++step) {
    const uint32_t i = decoding_.find(d->next);
    if (i == Decoding::kNone) return false;
    d = &decoding_.instructions[i];
    if (step == 0 && d->arg == 3) async = 2;
    const uint32_t arg = kSteps[step].arg + (d->opcode == Opcode::load_special ? async : 0);
    if (d->opcode != kSteps[step].opcode || d->arg != arg || d->leader) return false;
  }
  pop_values(1);
  emit(async ? Op::enter_async_with : Op::enter_with);
  push(), push(Tag::null), push();
  at_ = d;
  return true;
}

// 3.0 and 3.1 keep the exit in a variable of their own: DUP_TOP, LOAD_ATTR __exit__, STORE v, LOAD_ATTR __enter__,
// CALL_FUNCTION 0, and with `as` STORE w, SETUP_FINALLY, LOAD w, DELETE w. Here both stay on the stack.
bool Lifter::enter_with_by_name() {
  const Decoded* d[9] = {at_};
  size_t count = 1;
  for (; count < std::size(d); ++count) {
    const uint32_t i = decoding_.find(d[count - 1]->next);
    if (i == Decoding::kNone || decoding_.instructions[i].leader) break;
    d[count] = &decoding_.instructions[i];
  }
  const auto is_attribute = [&](size_t i, std::string_view name) {
    return d[i]->opcode == Opcode::load_attr && d[i]->arg < code_.names.size() && code_.names[d[i]->arg] == name;
  };
  const auto is_store = [&](size_t i) {
    return d[i]->opcode == Opcode::store_fast || d[i]->opcode == Opcode::store_name;
  };
  if (python2() || count < 5 || !is_attribute(1, "__exit__") || !is_store(2) || !is_attribute(3, "__enter__") ||
      d[4]->opcode != Opcode::call_function || d[4]->arg != 0) {
    return false;
  }
  simple(Op::enter_with, 1, 2);
  at_ = d[4];
  if (count == 9 && is_store(5) && d[6]->opcode == Opcode::setup_finally && loads_and_deletes(*d[7]) &&
      d[7]->arg == d[5]->arg) {
    blocks_.push_back({BlockEntry::Kind::finally, d[6]->target, static_cast<uint32_t>(stack_.size()) - 1});
    handler_changed_ = true;
    at_ = d[8];
  }
  return true;
}

// LOAD v, DELETE v.
bool Lifter::loads_and_deletes(const Decoded& load) const {
  if (load.opcode != Opcode::load_fast && load.opcode != Opcode::load_name) return false;
  const uint32_t i = decoding_.find(load.next);
  if (i == Decoding::kNone) return false;
  const Decoded& remove = decoding_.instructions[i];
  return remove.arg == load.arg && remove.opcode == (load.opcode == Opcode::load_fast ? Opcode::delete_fast
                                                                                      : Opcode::delete_name);
}

// And before WITH_CLEANUP they load and delete that variable: the exit lies on the stack already.
bool Lifter::exit_with_by_name() {
  if (!loads_and_deletes(*at_)) return false;
  const Decoded& remove = decoding_.instructions[decoding_.find(at_->next)];
  const uint32_t i = decoding_.find(remove.next);
  if (i == Decoding::kNone || decoding_.instructions[i].opcode != Opcode::with_cleanup) return false;
  at_ = &decoding_.instructions[i];
  with_cleanup_start();
  if (!done_) with_cleanup_finish();
  return true;
}

bool Lifter::step_with() {
  switch (at_->opcode) {
    case Opcode::before_with: simple(Op::enter_with, 1, 2); return true;
    case Opcode::before_async_with: simple(Op::enter_async_with, 1, 2); return true;
    case Opcode::load_special: {
      static constexpr std::string_view kSpecial[] = {"__enter__", "__exit__", "__aenter__", "__aexit__"};
      pop_values(1);
      emit_name(Op::load_attr, at_->arg < 4 ? kSpecial[at_->arg] : std::string_view());
      push(), push(Tag::null);
      return true;
    }
    case Opcode::with_except_start: {
      // The exit lies below the exception and what belongs to it; in the IR the two are neighbours.
      const uint32_t depth = before(11) ? 7 : before(14) ? 4 : 5;
      need(depth);
      if (!is_kept(slot(depth).tag) || kept(depth) != 2) return finish_invalid("WITH_EXCEPT_START"), true;
      simple(Op::exit_with, 0, 1);
      return true;
    }
    case Opcode::with_cleanup_start: with_cleanup_start(); return true;
    case Opcode::with_cleanup_finish: with_cleanup_finish(); return true;
    case Opcode::with_cleanup:
      with_cleanup_start();
      if (!done_) with_cleanup_finish();
      return true;
    default: return false;
  }
}

// Calls the exit with the reason why its block was left; leaves a marker and the result.
void Lifter::with_cleanup_start() {
  need(2);
  const Tag reason = slot(1).tag;
  if (is_none(slot(1))) {
    drop_constant();
    push(Tag::normal);
  }
  if (reason == Tag::exception_type) {
    const uint32_t depth = python2() ? 4 : 7;
    need(depth);
    if (!is_kept(slot(depth).tag) || kept(depth) != 2) return finish_invalid("WITH_CLEANUP");
    emit(Op::exit_with);
    push(Tag::marker, 1);
    return push();
  }
  const uint32_t below = reason == Tag::why_return || reason == Tag::why_continue ? 2 : 1;
  need(below + 1);
  value_at(below + 1);
  if (reason == Tag::why_return) emit(Op::swap, 2);
  if (is_kept(slot(1).tag)) return finish_invalid("WITH_CLEANUP");
  for (int i = 0; i < 3; ++i) emit_constant(Value::none());
  emit(Op::call, 3);
  stack_.erase(stack_.end() - (below + 1));
  push(Tag::marker);
  push();
}

void Lifter::with_cleanup_finish() {
  need(2);
  const Slot marker = slot(2);
  if (marker.tag != Tag::marker) return finish_invalid("WITH_CLEANUP_FINISH");
  value_at(1);
  if (marker.extra == 0) {
    drop(), drop();
    return;
  }
  stack_.pop_back(), stack_.pop_back();
  finish(Exit::branch);
  const BlockId raised = block_for(at_->next);
  const BlockId from = current_, silenced = new_block(at_->next);
  body_.blocks[from].target = silenced;
  body_.blocks[from].otherwise = raised;
  body_.blocks[silenced].handler = body_.blocks[from].handler;
  body_.blocks[silenced].handler_depth = body_.blocks[from].handler_depth;
  current_ = silenced;
  for (int i = 0; i < 3; ++i) drop();  // the exception
  if (!python2() && !blocks_.empty() && blocks_.back().kind == BlockEntry::Kind::handler) {
    blocks_.pop_back();
    end_handler(0);
  }
  drop();  // the exit
  push(Tag::normal);
  finish_jump(at_->next);
}

bool Lifter::step_blocks() {
  const auto setup = [&](BlockEntry::Kind kind, uint32_t below) {
    need(below);
    blocks_.push_back({kind, at_->target, static_cast<uint32_t>(stack_.size()) - below});
    handler_changed_ |= kind != BlockEntry::Kind::loop;
  };
  switch (at_->opcode) {
    case Opcode::setup_loop:
      setup(BlockEntry::Kind::loop, 0);
      loop_setup_ = true;
      return true;
    case Opcode::setup_except: setup(BlockEntry::Kind::except, 0); return true;
    case Opcode::setup_finally: setup(BlockEntry::Kind::finally, 0); return true;
    case Opcode::setup_with:
      simple(Op::enter_with, 1, 2);
      setup(BlockEntry::Kind::finally, 1);
      return true;
    case Opcode::setup_async_with: setup(BlockEntry::Kind::finally, 1); return true;
    case Opcode::pop_block: {
      if (blocks_.empty()) return finish_invalid("POP_BLOCK"), true;
      const BlockEntry entry = blocks_.back();
      blocks_.pop_back();
      handler_changed_ |= entry.kind != BlockEntry::Kind::loop;
      if (before(8)) unwind_to(entry.level, 0);
      return true;
    }
    case Opcode::break_loop: leave(Why::leave_break, 0); return true;
    case Opcode::continue_loop: leave(Why::leave_continue, at_->target); return true;
    case Opcode::begin_finally: push(Tag::normal); return true;
    case Opcode::call_finally:
      push(Tag::return_address, at_->next);
      finish_jump(at_->target);
      return true;
    // Several ways in lead to the same way out: there they meet again.
    case Opcode::pop_finally:
      pop_finally();
      if (!done_) finish_jump(at_->next);
      return true;
    case Opcode::end_finally:
      end_finally();
      if (!done_) finish_jump(at_->next);
      return true;
    default: return false;
  }
}

// What the interpreter does up to 3.7 to return, break or continue out of blocks.
void Lifter::leave(Why why, uint32_t target) {
  const uint32_t keep = why == Why::leave_return ? 1 : 0;
  while (!blocks_.empty()) {
    const BlockEntry entry = blocks_.back();
    if (entry.kind == BlockEntry::Kind::loop && why == Why::leave_continue) {
      return finish_jump(target, ir::JumpKind::continue_loop);
    }
    blocks_.pop_back();
    if (entry.kind == BlockEntry::Kind::handler) {
      unwind_to(entry.level + 3, keep);
      end_handler(keep);
      continue;
    }
    unwind_to(entry.level, keep);
    if (entry.kind == BlockEntry::Kind::loop && why == Why::leave_break) {
      return finish_jump(entry.target, ir::JumpKind::break_loop);
    }
    if (entry.kind != BlockEntry::Kind::finally) continue;
    if (keep) slot(1) = {};
    if (why == Why::leave_continue) push(Tag::jump_target, target);
    push(why == Why::leave_return ? Tag::why_return : why == Why::leave_break ? Tag::why_break : Tag::why_continue);
    return finish_jump(entry.target);
  }
  if (why == Why::leave_return) return finish(Exit::return_value);
  finish_invalid(why == Why::leave_break ? "BREAK_LOOP" : "CONTINUE_LOOP");
}

void Lifter::end_finally() {
  need(1);
  const Slot top = slot(1);
  if (is_none(top)) {
    drop_constant();
    return;
  }
  switch (top.tag) {
    case Tag::normal: stack_.pop_back(); return;
    case Tag::why_return:
      stack_.pop_back();
      value_at(1);
      return leave(Why::leave_return, 0);
    case Tag::why_break: stack_.pop_back(); return leave(Why::leave_break, 0);
    case Tag::why_continue: {
      stack_.pop_back();
      need(1);
      const uint32_t target = slot(1).extra;
      stack_.pop_back();
      return leave(Why::leave_continue, target);
    }
    case Tag::return_address: stack_.pop_back(); return finish_jump(top.extra);
    case Tag::exception_type: return reraise();
    default: return finish_invalid("END_FINALLY");
  }
}

// 3.8: leaves a finally body early, dropping why it was entered.
void Lifter::pop_finally() {
  const uint32_t keep = at_->arg ? 1 : 0;
  need(keep + 1);
  if (keep) value_at(1);
  const Tag reason = slot(keep + 1).tag;
  if (reason == Tag::normal || reason == Tag::return_address) {
    stack_.erase(stack_.end() - (keep + 1));
    return;
  }
  if (reason != Tag::exception_type || blocks_.empty() || blocks_.back().kind != BlockEntry::Kind::handler) {
    return finish_invalid("POP_FINALLY");
  }
  for (int i = 0; i < 3; ++i) remove_at(keep + 1);
  blocks_.pop_back();
  handler_changed_ = true;
  end_handler(keep);
}

}  // namespace winnow::bytecode
