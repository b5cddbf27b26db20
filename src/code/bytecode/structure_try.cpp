// Regions with a handler: with, try/finally, try/except. The ways out of a `finally` or `with` lead straight to
// where they go (exceptions.cpp cut the copies out).
#include <algorithm>

#include "code/bytecode/structurer.h"

namespace winnow::bytecode {

using python::Type;
using Kind_ = FlowStatement::Kind;

BlockId Structurer::outermost(BlockId h, BlockId within) const {
  for (int steps = 0; h != kNoBlock && steps < 128; ++steps) {
    const BlockId outer = graph_.outer(h);
    if (outer == within) return h;
    h = outer;
  }
  return h;
}

// Where the region is left to in the ordinary way, in the order of the code.
std::vector<BlockId> Structurer::exits_of(BlockId b, BlockId handler) const {
  std::vector<BlockId> found;
  std::vector<bool> seen(graph_.blocks.size(), false);
  std::vector<BlockId> work{b};
  std::vector<BlockId> to;
  while (!work.empty()) {
    const BlockId at = work.back();
    work.pop_back();
    if (at >= seen.size() || seen[at]) continue;
    seen[at] = true;
    if (!graph_.inside(at, handler)) {
      found.push_back(at);
      continue;
    }
    successors(graph_[at], to);
    // Inner handlers belong to the region.
    const BlockId inner = graph_[at].handler;
    if (inner != kNoBlock && graph_.handler(at) != handler) to.push_back(inner);
    work.insert(work.end(), to.begin(), to.end());
  }
  std::sort(found.begin(), found.end(), [&](BlockId l, BlockId r) { return graph_[l].offset < graph_[r].offset; });
  return found;
}

// Where the handler's clauses go when they are done: what stands behind leave_handler, or (Python 2 has none) what the
// handler alone does not lead to.
std::vector<BlockId> Structurer::ends_of_handler(BlockId handler) const {
  std::vector<BlockId> found;
  std::vector<bool> seen(graph_.blocks.size(), false);
  std::vector<std::pair<BlockId, int>> work{{handler, 0}};
  std::vector<BlockId> to;
  // In Python 2 the clauses end before the instruction that raises on what none of them took.
  uint32_t last = UINT32_MAX;
  if (graph_.version < PythonVersion{3, 0}) {
    BlockId at = handler;
    for (int steps = 0; steps < 1000 && at < graph_.blocks.size() && graph_[at].exit == FlowExit::match_exception; ++steps) {
      at = graph_[at].otherwise;
    }
    if (at < graph_.blocks.size() && graph_[at].exit == FlowExit::reraise) last = graph_[at].offset;
  }
  while (!work.empty()) {
    auto [at, depth] = work.back();
    work.pop_back();
    if (at >= seen.size() || seen[at]) continue;
    seen[at] = true;
    if (!graph_.dominates(handler, at) || graph_[at].offset > last) {
      found.push_back(at);
      continue;
    }
    if (graph_[at].handler != kNoBlock && graph_.handler(at) != graph_.outer(handler)) work.emplace_back(graph_[at].handler, depth);
    bool left = false;
    for (const FlowStatement& statement : graph_[at].statements) {
      if (statement.kind == Kind_::enter_handler) ++depth;
      if (statement.kind == Kind_::leave_handler) left = --depth <= 0;
    }
    successors(graph_[at], to);
    for (const BlockId next : to) {
      if (!left) work.emplace_back(next, depth);
      else if (std::find(found.begin(), found.end(), next) == found.end()) found.push_back(next);
    }
  }
  std::sort(found.begin(), found.end(), [&](BlockId l, BlockId r) { return graph_[l].offset < graph_[r].offset; });
  return found;
}

BlockId Structurer::write_region(BlockId b, BlockId handler, const Scope& scope, Statements& out, bool& falls, bool entering) {
  if (handler == kNoBlock) {
    unsound("a handler outside of the region");
    return write_block(b, scope, out, falls);
  }
  switch (graph_.kinds[handler]) {
    case HandlerKind::with: return write_with(b, handler, scope, out, falls, entering);
    case HandlerKind::finally_body: return write_finally(b, handler, scope, out, falls, entering);
    case HandlerKind::except: case HandlerKind::except_star: return write_except(b, handler, scope, out, falls, entering);
    case HandlerKind::transparent: case HandlerKind::none: break;
  }
  unsound("a handler of no kind");
  return write_block(b, scope, out, falls);
}

BlockId Structurer::write_with(BlockId b, BlockId handler, const Scope& scope, Statements& out, bool& falls, bool entering) {
  BlockId at = handler;
  mark_written(handler);
  for (int steps = 0; steps < 50 && graph_[at].exit == FlowExit::jump; ++steps) at = graph_[at].target;
  const FlowBlock& leaves = graph_[at];
  written_[at] = true;
  FlowStatement manager;
  bool found = false;
  for (size_t i = managers_.size(); i-- > 0 && !found;) {
    if (managers_[i].first != leaves.slot) continue;
    manager = managers_[i].second;
    managers_.erase(managers_.begin() + static_cast<std::ptrdiff_t>(i));
    found = true;
  }
  if (!found) unsound("a with without its manager");
  if (leaves.otherwise < graph_.blocks.size()) mark_written(leaves.otherwise);
  const BlockId follow = leaves.target;
  mark_written(leaves.target);
  Node* node = make(found && manager.kind == Kind_::enter_async_with ? Type::AsyncWith : Type::With);
  node->offset = graph_[b].offset;
  Node* item = make(Type::WithItem);
  item->first = found ? manager.node : make(Type::Name);
  if (found && has_slot(item->first)) unsound("slot in a with");
  tree_.append(node->items, item);
  // The first statement takes what __enter__ gave.
  if (found && manager.entered != kNoSlot) {
    BlockId first = b;
    for (int steps = 0; steps < 20 && graph_.is_empty(first) && graph_[first].exit == FlowExit::jump; ++steps) first = graph_[first].target;
    for (const FlowStatement& statement : graph_[first].statements) {
      if (is_marker(statement)) continue;
      const Node* assign = statement.node;
      if (statement.kind == Kind_::plain && assign->type == Type::Assign && is_slot(assign->first) &&
          slot_number(assign->first) == manager.entered && assign->items.size == 1) {
        item->second = assign->items[0];
        consumed_.insert(assign);
      }
      break;
    }
  }
  // Managers of one statement: an inner with that is all the body.
  Scope inner = scope;
  ++inner.depth;
  inner.handler = handler;
  inner.follow = follow;
  follows_.push_back(follow);
  Statements body;
  write(b, inner, body, entering);
  follows_.pop_back();
  if (body.size() == 1 && body[0]->type == node->type && options_.join_managers) {
    for (Node* more : body[0]->items) tree_.append(node->items, more);
    node->body = body[0]->body;
  } else {
    fill(node->body, body, true);
  }
  out.push_back(node);
  falls = false;
  return follow;
}

// A return whose value was there before the regions around were left.
bool Structurer::returns_in_place(BlockId b) const {
  const BlockId at = graph_.thread(b);
  return graph_.is_tail(at) && is_slot(graph_[at].value);
}

BlockId Structurer::write_finally(BlockId b, BlockId handler, const Scope& scope, Statements& out, bool& falls, bool entering) {
  BlockId follow = kNoBlock;
  for (const BlockId exit : exits_of(b, handler)) {
    if (returns_in_place(exit)) continue;
    if (scope.in_loop && (exit == scope.continue_to || exit == scope.break_to) && exit != scope.follow) continue;
    if (graph_[exit].jump_kind != ir::JumpKind::plain) continue;
    if (arrives(exit, scope.follow)) {
      if (follow == kNoBlock) follow = scope.follow;
      continue;
    }
    if (follow == kNoBlock || follow == scope.follow || graph_.is_tail(follow)) follow = exit;
    else if (!graph_.is_tail(exit) && graph_.order[exit] > graph_.order[follow]) follow = exit;
  }
  Scope inner = scope;
  ++inner.depth;
  inner.handler = handler;
  inner.follow = follow;
  inner.exception = kNoSlot;
  if (follow != kNoBlock) follows_.push_back(follow);
  Statements body;
  write(b, inner, body, entering);
  if (follow != kNoBlock) follows_.pop_back();
  Scope last = scope;
  ++last.depth;
  last.follow = kNoBlock;
  last.exception = graph_[handler].exception;
  Statements finally_body;
  write(handler, last, finally_body);
  Node* node;
  if (body.size() == 1 && (body[0]->type == Type::Try || body[0]->type == Type::TryStar) && body[0]->others.empty()) {
    node = body[0];
  } else {
    node = make(Type::Try);
    fill(node->body, body, true);
  }
  node->offset = graph_[b].offset;
  fill(node->others, finally_body, true);
  out.push_back(node);
  falls = false;
  if (follow == kNoBlock) return kNoBlock;
  if (follow == scope.follow) {
    falls = true;
    return kNoBlock;
  }
  return follow;
}

BlockId Structurer::write_except(BlockId b, BlockId handler, const Scope& scope, Statements& out, bool& falls, bool entering) {
  const std::vector<BlockId> ends = ends_of_handler(handler);
  std::vector<BlockId> exits;
  for (const BlockId exit : exits_of(b, handler)) {
    if (returns_in_place(exit)) continue;
    // A return that stands before the clauses was written in the body.
    const bool marked = graph_.version < PythonVersion{3, 8};
    if (!marked && graph_.is_function && graph_.is_tail(exit) && graph_[exit].offset < graph_[handler].offset &&
        !arrives(exit, scope.follow)) {
      continue;
    }
    if (scope.in_loop && graph_.thread(exit) == graph_.thread(scope.break_to) && !arrives(exit, scope.follow)) continue;
    exits.push_back(exit);
  }
  // What follows an undisturbed body: the exit that is no mere return, the last of the code if there are several.
  BlockId undisturbed = kNoBlock;
  for (const BlockId exit : exits) {
    const bool better = undisturbed == kNoBlock || (graph_.is_tail(undisturbed) && !graph_.is_tail(exit)) ||
                        (!graph_.is_tail(exit) && graph_.order[exit] > graph_.order[undisturbed]);
    if (better) undisturbed = exit;
  }
  // Where the clauses go on.
  BlockId handled = kNoBlock;
  bool handled_is_follow = false;
  for (const BlockId end : ends) {
    if (graph_[end].jump_kind != ir::JumpKind::plain || returns_in_place(end)) continue;
    if (arrives(end, undisturbed)) {
      handled = undisturbed;
      break;
    }
    if (arrives(end, scope.follow)) {
      handled_is_follow = true;
      continue;
    }
    if (scope.in_loop && (arrives(end, scope.continue_to) || arrives(end, scope.break_to))) continue;
    if (graph_.is_tail(end)) continue;
    if (handled == kNoBlock || graph_.order[end] > graph_.order[handled]) handled = end;
  }
  BlockId follow = undisturbed;
  if (undisturbed == kNoBlock) {
    follow = handled != kNoBlock ? handled : handled_is_follow ? scope.follow : kNoBlock;
  } else if (handled != kNoBlock && handled != undisturbed) {
    follow = handled;
  } else if (handled == kNoBlock && handled_is_follow && !arrives(undisturbed, scope.follow)) {
    const bool costless = scope.follow == kEnd || (scope.in_loop && scope.follow == scope.continue_to);
    // Up to 3.7 a return or continue in a clause leaves it in another way than its end does.
    const bool marked = graph_.version < PythonVersion{3, 8} && graph_.version >= PythonVersion{3, 0};
    if (!costless || options_.try_else_at_end || marked) follow = scope.follow;
  }
  if (follow != kNoBlock && arrives(follow, scope.follow)) follow = scope.follow;
  const BlockId after_body = undisturbed == kNoBlock ? follow : undisturbed;
  Node* node = make(graph_.kinds[handler] == HandlerKind::except_star ? Type::TryStar : Type::Try);
  node->offset = graph_[b].offset;
  Scope inner = scope;
  ++inner.depth;
  inner.handler = handler;
  inner.follow = after_body;
  inner.exception = kNoSlot;
  if (after_body != kNoBlock) follows_.push_back(after_body);
  if (follow != kNoBlock) follows_.push_back(follow);
  Statements body;
  const bool body_falls = write(b, inner, body, entering);
  fill(node->body, body, true);
  Scope clauses = scope;
  ++clauses.depth;
  clauses.follow = follow;
  write_clauses(handler, clauses, node);
  bool comes_out = body_falls || !ends.empty();
  if (body_falls && after_body != follow && !arrives(after_body, follow)) {
    Statements otherwise;
    Scope rest = scope;
    ++rest.depth;
    rest.follow = follow;
    comes_out = write(after_body, rest, otherwise) || handled != kNoBlock || handled_is_follow;
    fill(node->orelse, otherwise, false);
  }
  if (follow != kNoBlock) follows_.pop_back();
  if (after_body != kNoBlock) follows_.pop_back();
  out.push_back(node);
  falls = false;
  if (follow == kNoBlock || !comes_out) return kNoBlock;
  if (follow == scope.follow) {
    falls = true;
    return kNoBlock;
  }
  return follow;
}

void Structurer::write_clauses(BlockId handler, const Scope& scope, Node* statement) {
  const SlotId exception = graph_[handler].exception;
  BlockId at = handler;
  for (int clauses = 0; clauses < 1000 && at < graph_.blocks.size(); ++clauses) {
    const FlowBlock& block = graph_[at];
    if (graph_.is_empty(at) && block.exit == FlowExit::jump && graph_.dominates(handler, block.target) &&
        graph_.handler(block.target) == graph_.handler(at)) {
      written_[at] = true;
      at = block.target;
      continue;
    }
    if (graph_.is_empty(at) && block.exit == FlowExit::reraise && block.slot == exception) {
      written_[at] = true;
      return;
    }
    Node* clause = make(Type::ExceptHandler);
    clause->offset = block.offset;
    BlockId body_start = at;
    const bool typed = graph_.is_empty(at) && (block.exit == FlowExit::match_exception || block.exit == FlowExit::match_exception_group);
    if (typed) {
      written_[at] = true;
      clause->first = block.value;
      if (has_slot(clause->first)) unsound("slot in an except");
      body_start = block.target;
      BlockId first = body_start;
      for (int steps = 0; steps < 20 && first < graph_.blocks.size() && graph_.is_empty(first) && graph_[first].exit == FlowExit::jump; ++steps) {
        first = graph_[first].target;
      }
      if (first < graph_.blocks.size()) {
        for (const FlowStatement& s : graph_[first].statements) {
          if (is_marker(s)) continue;
          if (s.kind == Kind_::plain && s.node->type == Type::Assign && is_slot(s.node->first) && s.node->items.size == 1) {
            const Node* target = s.node->items[0];
            if (target->type == Type::Name) clause->name = target->name;
            else clause->second = s.node->items[0];
            consumed_.insert(s.node);
          }
          break;
        }
      }
    }
    Statements body;
    write(body_start, scope, body, false);
    fill(clause->body, body, true);
    tree_.append(statement->handlers, clause);
    if (!typed || block.value == nullptr) return;
    at = block.otherwise;
  }
}

}  // namespace winnow::bytecode
