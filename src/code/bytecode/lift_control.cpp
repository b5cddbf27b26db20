// Lifting of jumps, iteration, generators, `match` and the statements that only Python 2 has.
#include "code/bytecode/lifter.h"

namespace winnow::bytecode {

using ir::Compare, ir::Exit, ir::Op;

bool Lifter::step_jumps() {
  const uint32_t target = at_->target, next = at_->next;
  const auto none_test = [&] {
    value_at(1);
    emit_constant(Value::none());
    push();
    simple(Op::compare, 2, 1, static_cast<uint32_t>(Compare::is));
  };
  switch (at_->opcode) {
    case Opcode::jump_forward: case Opcode::jump_absolute: case Opcode::jump_backward:
    case Opcode::jump_backward_no_interrupt: finish_jump(target); return true;
    case Opcode::pop_jump_if_true: case Opcode::pop_jump_forward_if_true: case Opcode::pop_jump_backward_if_true:
      finish_branch(target, next);
      return true;
    case Opcode::pop_jump_if_false: case Opcode::pop_jump_forward_if_false: case Opcode::pop_jump_backward_if_false:
      finish_branch(next, target);
      return true;
    case Opcode::pop_jump_if_none: case Opcode::pop_jump_forward_if_none: case Opcode::pop_jump_backward_if_none:
      none_test();
      if (!done_) finish_branch(target, next);
      return true;
    case Opcode::pop_jump_if_not_none: case Opcode::pop_jump_forward_if_not_none:
    case Opcode::pop_jump_backward_if_not_none:
      none_test();
      if (!done_) finish_branch(next, target);
      return true;
    case Opcode::jump_if_true_or_pop: finish_or_pop(true); return true;
    case Opcode::jump_if_false_or_pop: finish_or_pop(false); return true;
    case Opcode::jump_if_true: case Opcode::jump_if_false: jump_and_keep(); return true;
    case Opcode::return_const:
      emit_constant(at_->arg < code_.consts.size() ? code_.consts[at_->arg] : Value::unknown());
      finish(Exit::return_value);
      return true;
    case Opcode::return_value:
      value_at(1);
      if (done_) return true;
      if (before(8)) return leave(Why::leave_return, 0), true;
      stack_.pop_back();
      finish(Exit::return_value);
      return true;
    case Opcode::raise_varargs: {
      const uint32_t count = std::min(at_->arg, python2() ? 3u : 2u);
      pop_values(count);
      finish(Exit::raise);
      block().a = count;
      return true;
    }
    default: return false;
  }
}

// 3.0: the condition stays, and is popped on one side or on both.
void Lifter::jump_and_keep() {
  const auto after_pop = [&](uint32_t offset) {
    const uint32_t i = decoding_.find(offset);
    const bool pops = i != Decoding::kNone && decoding_.instructions[i].opcode == Opcode::pop_top;
    return pops ? decoding_.instructions[i].next : kNoTarget;
  };
  uint32_t target = after_pop(at_->target), next = after_pop(at_->next);
  if (target == kNoTarget || next == kNoTarget) {
    value_at(1);
    copy(1);
    target = at_->target;
    next = at_->next;
  }
  if (at_->opcode == Opcode::jump_if_true) finish_branch(target, next);
  else finish_branch(next, target);
}

void Lifter::for_iter() {
  const uint32_t depth = before(15) ? 1 : 2;
  value_at(depth);
  finish(Exit::for_iter);
  push();
  const BlockId item = block_for(at_->next);
  stack_.pop_back();
  if (before(12)) {
    stack_.pop_back();
  } else {
    slot(depth) = {Tag::ended, 0};
    push(Tag::ended);  // END_FOR takes it away
  }
  const BlockId exhausted = block_for(at_->target);
  block().target = item;
  block().otherwise = exhausted;
}

// `await` and `yield from` are loops around SEND up from 3.11; here they are one instruction, and control goes on
// where the loop ends.
void Lifter::send() {
  need(1);
  if (!is_kept(slot(1).tag)) {
    stack_.pop_back();
  } else if (!is_none(slot(1))) {
    drop();
  } else {
    drop_constant();
  }
  need(before(15) ? 1 : 2);
  if (!before(15) && !is_kept(slot(1).tag)) stack_.pop_back();  // what GET_ITER leaves beside the iterator
  const bool awaits = value_at(1).tag == Tag::awaitable;
  // 3.5 and 3.6 await what GET_AITER gives, which is a wrapper of the iterator for just that.
  const bool wrapped = awaits && slot(1).extra == 1;
  if (!wrapped) emit(awaits ? Op::await_value : Op::yield_from);
  stack_.pop_back();
  if (at_->opcode == Opcode::send && !before(12)) push(Tag::ended);
  if (at_->opcode == Opcode::send && !before(15)) push(Tag::ended);
  push();
  if (at_->opcode == Opcode::send) finish_jump(at_->target);
}

void Lifter::end_async_for() {
  if (before(11)) {
    // Below: the iterator, what was handled before, the exception; the handler ends here.
    need(7);
    if (kept(6) != 1 || blocks_.empty() || blocks_.back().kind != BlockEntry::Kind::handler) {
      return finish_invalid("END_ASYNC_FOR");
    }
    blocks_.pop_back();
    stack_.resize(stack_.size() - 6);
    push(Tag::exception);
    auto& instructions = block().instructions;
    if (!instructions.empty() && instructions.back().op == Op::enter_handler) instructions.pop_back();
    else emit(Op::leave_handler);
  }
  pop_values(2);
  finish(Exit::end_async_for);
  const BlockId next = block_for(at_->next);
  block().target = next;
}

bool Lifter::step_iteration() {
  switch (at_->opcode) {
    case Opcode::get_iter:
      // 3.15: an argument asks for what GET_YIELD_FROM_ITER was.
      simple(!before(15) && at_->arg ? Op::get_yield_from_iter : Op::get_iter, 1, 1);
      if (!before(15)) push(Tag::null);
      return true;
    case Opcode::for_iter: for_iter(); return true;
    case Opcode::end_for:
      drop();
      if (before(13)) drop();
      return true;
    case Opcode::pop_iter:
      drop();
      if (!before(15)) drop();
      return true;
    case Opcode::get_aiter:
      simple(Op::get_aiter, 1, 1);
      if (before(7)) slot(1) = {Tag::awaitable, 1};
      return true;
    case Opcode::get_anext:
      value_at(1);
      emit(Op::get_anext), emit(Op::get_awaitable);
      push(Tag::awaitable);
      return true;
    case Opcode::get_awaitable: pop_values(1), emit(Op::get_awaitable), push(Tag::awaitable); return true;
    case Opcode::get_yield_from_iter: simple(Op::get_yield_from_iter, 1, 1); return true;
    case Opcode::send: case Opcode::yield_from: send(); return true;
    case Opcode::end_send:
      need(2);
      remove_at(2);
      if (!before(15)) remove_at(2);
      return true;
    case Opcode::end_async_for: end_async_for(); return true;
    case Opcode::yield_value: simple(Op::yield_value, 1, 1); return true;
    case Opcode::return_generator: push(Tag::null); return true;  // the caller's business; popped at once
    default: return false;
  }
}

bool Lifter::step_match() {
  // 3.10 pushes whether it matched on top of what 3.11 and later give: a value or None.
  const auto flag = [&] {
    if (!before(11)) return;
    emit(Op::copy, 1);
    emit_constant(Value::none());
    emit(Op::compare, static_cast<uint32_t>(Compare::is_not));
    push();
  };
  switch (at_->opcode) {
    case Opcode::match_class:
      simple(Op::match_class, 3, 1, at_->arg);
      flag();
      return true;
    case Opcode::match_mapping: value_at(1), simple(Op::match_mapping, 0, 1); return true;
    case Opcode::match_sequence: value_at(1), simple(Op::match_sequence, 0, 1); return true;
    case Opcode::match_keys:
      value_at(2), value_at(1);
      simple(Op::match_keys, 0, 1);
      flag();
      return true;
    case Opcode::get_len: value_at(1), simple(Op::get_len, 0, 1); return true;
    case Opcode::copy_dict_without_keys:  // (subject keys -- subject rest)
      value_at(2), value_at(1);
      emit(Op::copy, 2), emit(Op::swap, 2);
      emit_name(Op::intrinsic, "copy_without_keys").a = 2;
      slot(1) = {};
      return true;
    default: return false;
  }
}

// SLICE+0..3, STORE_SLICE+n, DELETE_SLICE+n: the last bit but one says that there is an end, the last a start.
void Lifter::slice_legacy() {
  const std::string_view name = opcode_name(at_->opcode);
  const bool start = (name.back() - '0') & 1, end = (name.back() - '0') & 2;
  if (start) value_at(1 + end);
  if (end) value_at(1);
  if (!end) emit_constant(Value::none()), push();
  if (!start) {
    emit_constant(Value::none()), push();
    swap(2);
    if (!end) block().instructions.pop_back();  // both are None
  }
  simple(Op::build_slice, 2, 1, 2);
  if (name.starts_with("STORE")) simple(Op::store_subscript, 3, 0);
  else if (name.starts_with("DELETE")) simple(Op::delete_subscript, 2, 0);
  else simple(Op::subscript, 2, 1);
}

bool Lifter::step_python2() {
  switch (at_->opcode) {
    case Opcode::print_item: simple(Op::print_item, 1, 0); return true;
    case Opcode::print_newline: simple(Op::print_newline, 0, 0); return true;
    case Opcode::print_item_to: simple(Op::print_item_to, 2, 0); return true;
    case Opcode::print_newline_to: simple(Op::print_newline_to, 1, 0); return true;
    case Opcode::exec_stmt: simple(Op::exec_statement, 3, 0); return true;
    case Opcode::slice_0: case Opcode::slice_1: case Opcode::slice_2: case Opcode::slice_3:
    case Opcode::store_slice_0: case Opcode::store_slice_1: case Opcode::store_slice_2: case Opcode::store_slice_3:
    case Opcode::delete_slice_0: case Opcode::delete_slice_1: case Opcode::delete_slice_2:
    case Opcode::delete_slice_3: slice_legacy(); return true;
    default: return false;
  }
}

}  // namespace winnow::bytecode
