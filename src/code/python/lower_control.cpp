// Branches, loops, leaving them, try and with.
#include <algorithm>

#include "code/python/lowering.h"

namespace winnow::python {

void Lowerer::if_statement(const Node* node) {
  // Long chains of elif hang in the else of the one before: they are walked without recursion.
  const BlockId end = block();
  for (;;) {
    at_ = node;
    const BlockId otherwise = block();
    // Python 2 knows __debug__ where it is all that is asked.
    const bool debug = node->first != nullptr && node->first->type == Type::Name && node->first->name == "__debug__";
    if (!debug || later(4)) jump_if(node->first, otherwise, false);
    body(node->body);
    if (alive()) jump(end);
    start(otherwise);
    if (node->orelse.size != 1 || node->orelse[0]->type != Type::If) break;
    node = node->orelse[0];
  }
  body(node->orelse);
  start(end);
}

// What while and for have in common: the frame of the loop has been pushed.
void Lowerer::loop_body(const Node* node, BlockId head, BlockId otherwise, BlockId end) {
  body(node->body);
  if (alive()) jump(head);
  unit_->frames.pop_back();
  start(otherwise);
  body(node->orelse);
  start(end);
}

void Lowerer::while_statement(const Node* node) {
  const BlockId head = block(), otherwise = block(), end = block();
  start(head);
  unit_->frames.push_back({.kind = Frame::Kind::while_loop, .again = head, .after = end,
                           .handlers = static_cast<uint32_t>(unit_->handlers.size())});
  jump_if(node->first, otherwise, false);
  loop_body(node, head, otherwise, end);
}

void Lowerer::for_statement(const Node* node) {
  looked_through(node->second, true);
  at_ = node;
  emit(Op::get_iter);
  const BlockId head = block(), next = block(), otherwise = block(), end = block();
  start(head);
  if (alive()) {
    ensure_region();
    target_of(next, unit_->depth + 1);
    target_of(otherwise, unit_->depth - 1);
    leave_block(ir::Exit::for_iter, next, otherwise, 0);
  }
  start(next);
  unit_->frames.push_back({.kind = Frame::Kind::for_loop, .again = head, .after = end,
                           .handlers = static_cast<uint32_t>(unit_->handlers.size())});
  store(node->first);
  loop_body(node, head, otherwise, end);
}

void Lowerer::async_for_statement(const Node* node) {
  expression(node->second);
  at_ = node;
  emit(Op::get_aiter);
  const BlockId head = block(), handler = block(), otherwise = block(), end = block();
  start(head);
  push_handler(handler);
  emit(Op::get_anext);
  await();
  const bool store_inside = !later(8);
  if (!store_inside) pop_handler();
  unit_->frames.push_back({.kind = Frame::Kind::for_loop, .again = head, .after = end,
                           .handlers = static_cast<uint32_t>(unit_->handlers.size())});
  store(node->first);
  if (store_inside) {
    pop_handler();
    unit_->frames.back().handlers = static_cast<uint32_t>(unit_->handlers.size());
  }
  body(node->body);
  if (alive()) jump(head);
  unit_->frames.pop_back();
  start(handler);
  if (alive()) {
    at_ = node;
    target_of(otherwise, unit_->depth - 2);
    ensure_region();
    leave_block(ir::Exit::end_async_for, otherwise, kNoBlock, 0);
  }
  start(otherwise);
  body(node->orelse);
  start(end);
}

// Runs what leaving takes, from the innermost frame out: to the nearest loop, which is given back, or all.
// `value`: the value to be returned lies on the stack and stays there.
const Frame* Lowerer::unwind(bool value, bool to_loop) {
  while (!unit_->frames.empty()) {
    const Frame frame = unit_->frames.back();
    if (to_loop && (frame.kind == Frame::Kind::while_loop || frame.kind == Frame::Kind::for_loop)) {
      unit_->handlers.resize(frame.handlers);
      return &unit_->frames.back();
    }
    unit_->frames.pop_back();
    unit_->handlers.resize(frame.handlers);
    unwind_frame(frame, value);
  }
  unit_->handlers.clear();
  return nullptr;
}

void Lowerer::unwind_frame(const Frame& frame, bool value) {
  const auto drop = [&] {
    if (value) swap(2);
    pop();
  };
  switch (frame.kind) {
    case Frame::Kind::while_loop:
    case Frame::Kind::try_body: return;
    case Frame::Kind::for_loop:
    case Frame::Kind::value: return drop();
    case Frame::Kind::finally_try:
      if (value) {
        unit_->frames.push_back({.kind = Frame::Kind::value, .handlers = static_cast<uint32_t>(unit_->handlers.size())});
      }
      body(*frame.body);
      if (value) unit_->frames.pop_back();
      return;
    case Frame::Kind::finally_end:
      drop();
      leave_handler();
      return;
    case Frame::Kind::with:
    case Frame::Kind::async_with:
      if (value) swap(2);
      leave_with(frame.kind == Frame::Kind::async_with);
      return;
    case Frame::Kind::handler:
      leave_handler();
      if (!frame.name.empty()) forget(frame.name);
      return;
  }
}

void Lowerer::return_statement(const Node* node) {
  const std::vector<Frame> frames = unit_->frames;
  const std::vector<Handler> handlers = unit_->handlers;
  Value folded;
  const uint32_t depth = unit_->depth, handled = unit_->handled;
  const bool value = node->first != nullptr && !constant_of(node->first, &folded);
  if (value) expression(node->first);
  at_ = node;
  unwind(value, false);
  if (!value) constant(node->first != nullptr ? folded : Value::none());
  exit(ir::Exit::return_value);
  unit_->frames = frames;
  unit_->handlers = handlers;
  unit_->depth = depth;
  unit_->handled = handled;
}

void Lowerer::break_continue(const Node* node) {
  const auto is_loop = [](const Frame& frame) {
    return frame.kind == Frame::Kind::while_loop || frame.kind == Frame::Kind::for_loop;
  };
  if (std::none_of(unit_->frames.begin(), unit_->frames.end(), is_loop)) {
    emit(Op::unknown).name = "outside of a loop";
    return;
  }
  const std::vector<Frame> frames = unit_->frames;
  const std::vector<Handler> handlers = unit_->handlers;
  const uint32_t depth = unit_->depth, handled = unit_->handled;
  const Frame* loop = unwind(false, true);
  if (loop != nullptr) {
    const Frame found = *loop;
    if (node->type == Type::Break && found.kind == Frame::Kind::for_loop) pop();
    jump(node->type == Type::Break ? found.after : found.again);
  }
  unit_->frames = frames;
  unit_->handlers = handlers;
  unit_->depth = depth;
  unit_->handled = handled;
}

void Lowerer::try_statement(const Node* node) {
  if (!node->others.empty()) return try_finally(node);
  if (node->handlers.empty()) {
    body(node->body);
    return body(node->orelse);
  }
  if (node->type == Type::TryStar) return try_star(node);
  try_except(node);
}

void Lowerer::try_finally(const Node* node) {
  const BlockId handler = block(), end = block();
  unit_->frames.push_back({.kind = Frame::Kind::finally_try, .handlers = static_cast<uint32_t>(unit_->handlers.size()),
                           .body = &node->others});
  const BlockId inside = block();
  push_handler(handler);
  start(inside);
  if (node->handlers.empty()) {
    body(node->body);
    body(node->orelse);
  } else if (node->type == Type::TryStar) {
    try_star(node);
  } else {
    try_except(node);
  }
  unit_->frames.pop_back();
  pop_handler();
  body(node->others);
  if (alive()) jump(end);
  enter_handler_block(handler);
  if (alive()) {
    unit_->frames.push_back({.kind = Frame::Kind::finally_end, .handlers = static_cast<uint32_t>(unit_->handlers.size())});
    body(node->others);
    unit_->frames.pop_back();
    at_ = node;
    exit(ir::Exit::reraise);
  }
  start(end);
}

void Lowerer::try_except(const Node* node) {
  const BlockId handler = block(), end = block();
  unit_->frames.push_back({.kind = Frame::Kind::try_body, .handlers = static_cast<uint32_t>(unit_->handlers.size())});
  const BlockId inside = block();
  push_handler(handler);
  start(inside);
  body(node->body);
  unit_->frames.pop_back();
  pop_handler();
  body(node->orelse);
  if (alive()) jump(end);
  enter_handler_block(handler);
  for (const Node* one : node->handlers) {
    if (!alive()) break;
    except_clause(one, end);
  }
  at_ = node;
  exit(ir::Exit::reraise);
  start(end);
}

// With the exception on the stack: the clause where it matches, else falls through with the exception still there.
void Lowerer::except_clause(const Node* handler, BlockId end) {
  at_ = handler;
  const BlockId next = block();
  if (handler->first != nullptr) {
    expression(handler->first);
    at_ = handler;
    emit(Op::match_exception);
    const BlockId matched = block();
    branch(matched, next);
    start(matched);
  }
  if (!handler->name.empty() && !python2()) {
    name(handler->name, Access::store);
    named_body(handler, end);
  } else {
    if (handler->second != nullptr) {
      store(handler->second);
    } else if (!handler->name.empty()) {
      name(handler->name, Access::store);
    } else {
      pop();
    }
    unit_->frames.push_back({.kind = Frame::Kind::handler, .handlers = static_cast<uint32_t>(unit_->handlers.size())});
    body(handler->body);
    unit_->frames.pop_back();
    leave_handler();
    if (alive()) jump(end);
  }
  start(next);
}

// The body of `except E as e`: e is unbound at its end, however it ends.
void Lowerer::named_body(const Node* handler, BlockId end) {
  const BlockId cleanup = block(), inside = block();
  unit_->frames.push_back({.kind = Frame::Kind::handler, .handlers = static_cast<uint32_t>(unit_->handlers.size()),
                           .name = handler->name});
  push_handler(cleanup);
  start(inside);
  body(handler->body);
  unit_->frames.pop_back();
  pop_handler();
  at_ = handler;
  leave_handler();
  forget(handler->name);
  if (alive()) jump(end);
  start(cleanup);
  if (!alive()) return;
  forget(handler->name);
  exit(ir::Exit::reraise);
}

void Lowerer::forget(std::string_view spelled) {
  none();
  name(spelled, Access::store);
  name(spelled, Access::remove);
}

void Lowerer::try_star(const Node* node) {
  const BlockId handler = block(), end = block(), inside = block();
  unit_->frames.push_back({.kind = Frame::Kind::try_body, .handlers = static_cast<uint32_t>(unit_->handlers.size())});
  push_handler(handler);
  start(inside);
  body(node->body);
  unit_->frames.pop_back();
  pop_handler();
  body(node->orelse);
  if (alive()) jump(end);
  enter_handler_block(handler);
  for (uint32_t i = 0; i < node->handlers.size && alive(); ++i) {
    const Node* one = node->handlers[i];
    at_ = one;
    if (i == 0) {
      emit(Op::build_list, 0);
      copy(2);
    }
    const BlockId next = block();
    if (one->first == nullptr) {  // which Python refuses: it is read as the clause that takes all, and nothing is left
      none();
      emit(Op::rotate, 2);
      star_clause(one, next);
      start(next);
      continue;
    }
    expression(one->first);
    at_ = one;
    emit(Op::match_exception_group);
    copy(1);
    none();
    compare(ir::Compare::is);
    const BlockId matched = block(), none_matched = block();
    branch(none_matched, matched);
    start(matched);
    star_clause(one, next);
    start(none_matched);
    pop();
    start(next);
  }
  if (alive()) {
    emit(Op::list_append, 1);
    emit(Op::prepare_reraise_star);
    copy(1);
    none();
    compare(ir::Compare::is_not);
    const BlockId again = block(), done = block();
    branch(again, done);
    start(done);
    pop();
    leave_handler();
    jump(end);
    start(again);
    leave_handler();
    exit(ir::Exit::reraise);
  }
  start(end);
}

// One except* clause whose matched group is on the stack; what its body raises joins the list.
void Lowerer::star_clause(const Node* handler, BlockId next) {
  if (!handler->name.empty()) {
    name(handler->name, Access::store);
  } else {
    pop();
  }
  const BlockId raised = block(), inside = block();
  const auto outside = static_cast<uint32_t>(unit_->handlers.size());
  // What was raised, what the clauses raised and what none took yet lie on the stack; Python lets no jump leave them.
  constexpr size_t kBelow = 3;
  unit_->frames.insert(unit_->frames.end(), kBelow, {.kind = Frame::Kind::value, .handlers = outside});
  unit_->frames.push_back({.kind = Frame::Kind::handler, .handlers = outside, .name = handler->name});
  push_handler(raised);
  start(inside);
  body(handler->body);
  unit_->frames.resize(unit_->frames.size() - kBelow - 1);
  pop_handler();
  if (!handler->name.empty()) forget(handler->name);
  if (alive()) jump(next);
  start(raised);
  if (!alive()) return;
  if (!handler->name.empty()) forget(handler->name);
  emit(Op::list_append, 2);
  jump(next);
}

// Calls the exit on top with three None, for leaving without an exception.
void Lowerer::leave_with(bool asynchronous) {
  none();
  none();
  none();
  call(3);
  if (asynchronous) await();
  pop();
}

void Lowerer::with(const Node* node, uint32_t item) {
  if (item >= node->items.size) return body(node->body);
  const Deeper deeper(*this);
  if (deeper.too_deep()) {
    emit(Op::unknown).name = "nested too deeply";
    return;
  }
  const bool asynchronous = node->type == Type::AsyncWith;
  const Node* one = node->items[item];
  expression(one->first);
  at_ = node;
  emit(asynchronous ? Op::enter_async_with : Op::enter_with);
  if (asynchronous) await();
  const BlockId handler = block(), end = block(), inside = block();
  unit_->frames.push_back({.kind = asynchronous ? Frame::Kind::async_with : Frame::Kind::with,
                           .handlers = static_cast<uint32_t>(unit_->handlers.size())});
  // The exit stays on the stack; what was entered is not kept when an exception comes.
  push_handler(handler);
  unit_->handlers.back().depth = unit_->depth - 1;
  if (alive()) unit_->entry_depths[handler] = static_cast<int32_t>(unit_->depth);
  start(inside);
  if (one->second != nullptr) {
    store(one->second);
  } else {
    pop();
  }
  with(node, item + 1);
  unit_->frames.pop_back();
  pop_handler();
  at_ = node;
  leave_with(asynchronous);
  if (alive()) jump(end);
  enter_handler_block(handler);
  if (alive()) {
    emit(Op::exit_with);
    if (asynchronous) await();
    const BlockId swallowed = block(), again = block();
    branch(swallowed, again);
    start(again);
    exit(ir::Exit::reraise);
    start(swallowed);
    pop();
    leave_handler();
    pop();
    jump(end);
  }
  start(end);
}

}  // namespace winnow::python
