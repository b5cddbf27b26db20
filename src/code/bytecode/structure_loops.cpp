// Loops: for, while, their else, and where breaks go.
#include <algorithm>

#include "code/bytecode/structurer.h"

namespace winnow::bytecode {

using python::Type;
using Kind_ = FlowStatement::Kind;

bool Structurer::is_loop(BlockId b) const {
  if (std::find(active_loops_.begin(), active_loops_.end(), b) != active_loops_.end()) return false;
  if (b >= graph_.blocks.size()) return false;
  if (graph_.loops.count(b) != 0) return true;
  if (!graph_[b].loop_setup) return false;
  // Up to 3.7 a loop says so itself, also one that never comes round. That of a `for` stands before its iterable.
  BlockId at = b;
  for (int steps = 0; steps < 100 && at < graph_.blocks.size(); ++steps) {
    if (graph_[at].exit == FlowExit::for_each || graph_[at].exit == FlowExit::async_for_each) return false;
    if (at != b && graph_.loops.count(at) != 0) return !graph_.is_empty(b);
    if (graph_[at].exit != FlowExit::jump) break;
    at = graph_[at].target;
  }
  return true;
}

bool Structurer::breaks(BlockId b) const {
  for (int steps = 0; steps < 100 && b < graph_.blocks.size(); ++steps) {
    if (graph_[b].jump_kind == ir::JumpKind::break_loop) return true;
    if (graph_[b].exit != FlowExit::jump || !graph_.is_empty(b)) return false;
    b = graph_[b].target;
  }
  return false;
}

// What can be reached without coming back to the loop; the places where scopes around end are reached, not left.
std::vector<bool> Structurer::reach(const std::vector<BlockId>& from, BlockId stop_at, const Scope& scope) const {
  std::vector<bool> seen(graph_.blocks.size(), false);
  std::vector<BlockId> work = from;
  std::vector<BlockId> to;
  while (!work.empty() && look()) {
    const BlockId b = work.back();
    work.pop_back();
    if (b >= seen.size() || seen[b]) continue;
    seen[b] = true;
    const BlockId at = graph_.thread(b);
    if (b == stop_at || reserved(b) || b == scope.follow || b == scope.continue_to || b == scope.break_to ||
        at == graph_.thread(scope.follow) || at == graph_.thread(scope.continue_to) || at == graph_.thread(scope.break_to)) {
      if (at < seen.size()) seen[at] = true;
      continue;
    }
    if (graph_.loops.count(b) != 0 && std::find(active_loops_.begin(), active_loops_.end(), b) != active_loops_.end()) continue;
    successors(graph_[b], to);
    if (graph_[b].handler != kNoBlock && graph_.handler(b) != scope.handler) to.push_back(graph_[b].handler);
    work.insert(work.end(), to.begin(), to.end());
  }
  return seen;
}

// Where an else never ends, breaks tell what follows the loop: it stands behind the else in the code.
BlockId Structurer::behind_else(BlockId head, BlockId exhausted, const std::vector<bool>& by_break,
                                const std::vector<bool>& by_end, const Scope& scope) const {
  const BlockId follow = graph_.thread(scope.follow);
  if (follow < by_break.size() && by_break[follow] && !by_end[follow]) return scope.follow;
  const uint32_t over = graph_[exhausted].offset;
  if (over < graph_[head].offset) return kNoBlock;
  BlockId best = kNoBlock;
  for (BlockId b = 0; b < by_break.size(); ++b) {
    if (!by_break[b] || by_end[b] || graph_[b].offset <= over || graph_.kinds[b] != HandlerKind::none) continue;
    if (graph_.is_tail(b) || graph_.handler(b) != scope.handler || !graph_.dominates(head, b)) continue;
    if (graph_[b].exit == FlowExit::return_value && is_slot(graph_[b].value)) continue;  // a return out of the loop itself
    if (graph_.handler_around[b] != graph_.handler_around[head]) continue;
    if (best == kNoBlock || graph_[b].offset < graph_[best].offset) best = b;
  }
  return best;
}

// Up to 3.7 the bytecode says which jumps are breaks, and where a loop ends: an else stands before that.
BlockId Structurer::marked_follow(BlockId head, BlockId exhausted, uint32_t end, const std::vector<bool>& by_break,
                                  const Scope& scope) const {
  BlockId best = kNoBlock;
  for (BlockId b = 0; b < by_break.size(); ++b) {
    if (graph_[b].jump_kind != ir::JumpKind::break_loop || graph_[b].target >= by_break.size()) continue;
    if (!by_break[b] && !by_break[graph_[b].target]) continue;
    if (!graph_.dominates(head, b) || (end != 0 && graph_[b].offset >= end)) continue;
    // An inner loop's break goes to what is behind the inner loop, which comes before what is behind this one.
    if (best == kNoBlock || graph_[graph_[b].target].offset > graph_[best].offset) best = graph_[b].target;
  }
  if (best != kNoBlock) return arrives(best, scope.follow) ? scope.follow : best;
  if (exhausted == kNoBlock || end == 0 || graph_[exhausted].offset >= end) return exhausted;
  // An else without a break.
  const std::vector<bool> by_end = reach({exhausted}, head, scope);
  for (BlockId b = 0; b < by_end.size(); ++b) {
    if (!by_end[b] || graph_[b].offset < end || graph_.kinds[b] != HandlerKind::none) continue;
    if (best == kNoBlock || graph_[b].offset < graph_[best].offset) best = b;
  }
  const BlockId follow = graph_.thread(scope.follow);
  if (follow < by_end.size() && by_end[follow]) return scope.follow;
  return best;
}

// Since 3.8 a break out of a `for` drops the iterator: where that is done, control goes to what follows the loop. Only a
// return of a constant does it, too.
BlockId Structurer::broken_follow(BlockId head, BlockId exhausted, const std::vector<bool>& by_break, const Scope& scope) const {
  if (!options_.loop_else) return exhausted;
  const SlotId iterator = graph_[head].slot;
  BlockId best = kNoBlock;
  bool to_follow = false;
  for (BlockId b = 0; b < by_break.size(); ++b) {
    if (!by_break[b] || !graph_.reached(b) || !graph_.dominates(head, b)) continue;
    const auto& statements = graph_[b].statements;
    const bool here = std::any_of(statements.begin(), statements.end(), [&](const FlowStatement& s) {
      return s.kind == Kind_::leave_loop && s.slot == iterator;
    });
    if (!here || graph_[b].exit != FlowExit::jump || graph_.leaves_loop(graph_[b].target, kNoSlot)) continue;
    const BlockId to = graph_.thread(graph_[b].target);
    if (arrives(to, exhausted)) return exhausted;
    if (graph_.is_tail(to) && graph_.is_function && scope.follow != to) continue;
    if (arrives(to, scope.follow)) to_follow = true;
    else if (best == kNoBlock || graph_.order[to] < graph_.order[best]) best = to;
  }
  if (to_follow) return scope.follow;
  return best == kNoBlock ? exhausted : best;
}

BlockId Structurer::loop_follow(BlockId head, BlockId exhausted, uint32_t end, const Scope& scope) const {
  const auto found = graph_.loops.find(head);
  std::vector<BlockId> exits;
  std::vector<BlockId> to;
  uint32_t last = graph_[head].offset;
  if (found != graph_.loops.end()) {
    last = found->second.last_offset;
    for (BlockId u = 0; u < found->second.body.size(); ++u) {
      if (!found->second.body[u]) continue;
      successors(graph_[u], to);
      for (const BlockId v : to) {
        if (v < found->second.body.size() && found->second.body[v]) continue;
        if (u == head && v == exhausted) continue;
        exits.push_back(v);
      }
      const BlockId h = graph_[u].handler;
      if (h != kNoBlock && !found->second.body[h] && graph_.handler(u) != scope.handler) exits.push_back(h);
    }
  } else {
    successors(graph_[head], to);
    for (const BlockId v : to) {
      if (v != exhausted) exits.push_back(v);
    }
  }
  const std::vector<bool> by_break = reach(exits, head, scope);
  if (graph_.version < PythonVersion{3, 8}) return marked_follow(head, exhausted, end, by_break, scope);
  if (exits.empty()) return exhausted;
  if (exhausted != kNoBlock) {
    if (graph_[head].exit == FlowExit::for_each || graph_[head].exit == FlowExit::async_for_each) {
      return broken_follow(head, exhausted, by_break, scope);
    }
    const BlockId place = graph_.thread(exhausted);
    if (by_break[exhausted] || by_break[place] || !options_.loop_else) return exhausted;
    const std::vector<bool> by_end = reach({exhausted}, head, scope);
    // Ends that the compiler copied count as one place.
    std::vector<bool> ends(by_end.size(), false);
    for (BlockId b = 0; b < by_end.size(); ++b) {
      if (by_end[b]) ends[graph_.copy_of[b]] = true;
    }
    BlockId best = kNoBlock;
    for (BlockId b = 0; b < by_end.size(); ++b) {
      if (!by_break[b] || !ends[graph_.copy_of[b]] || graph_.is_tail(b)) continue;
      if (best == kNoBlock || graph_.order[b] < graph_.order[best]) best = b;
    }
    if (best == kNoBlock) best = behind_else(head, exhausted, by_break, by_end, scope);
    if (best == kNoBlock) return exhausted;
    return arrives(best, scope.follow) ? scope.follow : best;
  }
  // `while True`: what lies behind the loop in the code, and is reached on the way out.
  BlockId best = kNoBlock;
  for (BlockId b = 0; b < by_break.size(); ++b) {
    if (!by_break[b] || graph_[b].offset < last || graph_.kinds[b] != HandlerKind::none) continue;
    if (graph_[b].exit == FlowExit::return_value && is_slot(graph_[b].value)) continue;
    if (graph_.handler_around[b] != graph_.handler_around[head] || graph_.handler(b) != scope.handler) continue;
    if (found != graph_.loops.end() && found->second.body[b]) continue;
    if (!graph_.dominates(head, b) && b != scope.follow) continue;
    if (best == kNoBlock || graph_[b].offset < graph_[best].offset) best = b;
  }
  for (const BlockId exit : exits) {
    if (arrives(exit, scope.follow) && (best == kNoBlock || graph_.is_tail(best))) return scope.follow;
  }
  if (best == kNoBlock) {
    const BlockId follow = graph_.thread(scope.follow);
    if (follow < by_break.size() && by_break[follow]) return scope.follow;
  }
  return best;
}

BlockId Structurer::write_loop(BlockId b, const Scope& scope, Statements& out, bool& falls) {
  falls = false;
  const FlowBlock& head = graph_[b];
  const bool each = head.exit == FlowExit::for_each || head.exit == FlowExit::async_for_each;
  const auto natural = graph_.loops.find(b);
  const bool in_region = graph_.handler(b) != scope.handler;
  BlockId inside = b;
  BlockId exhausted = kNoBlock;
  Node* node = nullptr;
  if (each) {
    if (!graph_.is_empty(b)) {
      write_statements(b, out);
      unsound("statements at the head of a for");
    }
    node = make(head.exit == FlowExit::for_each ? Type::For : Type::AsyncFor);
    node->first = head.value;
    const auto iterator = pending_.find(head.slot);
    if (iterator == pending_.end()) {
      unsound("a for without an iterator");
      node->second = make(Type::Name);
    } else {
      iterator->second.used = true;
      node->second = iterator->second.node;
    }
    if (has_slot(node->second) || has_slot(node->first)) unsound("slot in a for");
    inside = head.target;
    exhausted = head.otherwise;
  } else if (head.exit == FlowExit::branch && graph_.is_empty(b) && !in_region && head.value != nullptr) {
    const auto in_loop = [&](BlockId to) {
      return natural != graph_.loops.end() && to < natural->second.body.size() && natural->second.body[to];
    };
    BlockId on_true, on_false;
    Node* test = test_of(head, on_true, on_false);
    const bool yes = in_loop(on_true);
    const bool no = in_loop(on_false);
    const BlockId leaving = yes && !no ? on_false : no && !yes ? on_true : kNoBlock;
    if (natural == graph_.loops.end() && head.loop_setup && !breaks(head.otherwise)) {
      inside = head.target;
      exhausted = head.otherwise;
    } else if (leaving != kNoBlock && !breaks(leaving)) {
      inside = leaving == on_true ? on_false : on_true;
      exhausted = leaving;
    }
    if (exhausted != kNoBlock) {
      node = make(Type::While);
      const bool turned = inside == on_false;
      if (turned && !turns_safely(test)) {
        node = nullptr;  // turning the test would change it
        inside = b;
        exhausted = kNoBlock;
      } else {
        node->first = turned ? negated(test) : test;
        written_[b] = true;
      }
    }
  }
  if (each) written_[b] = true;
  if (node == nullptr) {
    node = make(Type::While);
    node->first = make(Type::Constant);
    node->first->value = graph_.version < PythonVersion{3, 0} ? Value::integer(1) : Value::boolean(true);
  }
  node->offset = head.offset;
  const uint32_t end = graph_[b].loop_setup ? graph_.loop_end(b) : loop_end_;
  loop_end_ = 0;
  const BlockId follow = loop_follow(b, exhausted, end, scope);
  Scope inner = scope;
  ++inner.depth;
  inner.follow = b;
  inner.continue_to = b;
  inner.break_to = follow;
  inner.in_loop = true;
  inner.iterator = each ? head.slot : kNoSlot;
  active_loops_.push_back(b);
  follows_.push_back(b);
  if (follow != kNoBlock) follows_.push_back(follow);
  Statements body;
  write(inside, inner, body, inside == b);
  active_loops_.pop_back();
  fill(node->body, body, true);
  Statements otherwise;
  bool comes_out = follow != kNoBlock;
  if (exhausted != kNoBlock && !arrives(exhausted, follow)) {
    Scope rest = scope;
    ++rest.depth;
    rest.follow = follow;
    write(exhausted, rest, otherwise);
    fill(node->orelse, otherwise, false);
  }
  if (follow != kNoBlock) follows_.pop_back();
  follows_.pop_back();
  out.push_back(node);
  if (!comes_out) return kNoBlock;
  if (follow == scope.follow) {
    falls = true;
    return kNoBlock;
  }
  return follow;
}

}  // namespace winnow::bytecode
