#include "code/bytecode/structure.h"

#include <algorithm>

#include "code/bytecode/structurer.h"

namespace winnow::bytecode {

using python::Operator;
using python::Type;
using Kind_ = FlowStatement::Kind;

void Structurer::fill(python::List& list, const Statements& statements, bool pass_if_empty) {
  for (Node* node : statements) tree_.append(list, node);
  if (statements.empty() && pass_if_empty) tree_.append(list, make(Type::Pass));
}

// `not a is b` becomes `a is not b` when compiled: another instruction, except where both are jumps on None.
bool Structurer::turns_safely(const Node* test) const {
  if (is_case_test(test)) return false;
  // Up to 3.6 `not` makes the compiler compute the value first, where branches test each operand.
  if (test->type == Type::BoolOp && test->number == 1 && graph_.version < PythonVersion{3, 7}) return false;
  if (test->type != Type::Compare || test->items.size != 1) return true;
  const Operator op = test->items[0]->op;
  if (op == Operator::In || op == Operator::NotIn) return false;
  if (op != Operator::Is && op != Operator::IsNot) return true;
  return jumps_on_none(test);
}

bool Structurer::jumps_on_none(const Node* test) const {
  if (graph_.version < PythonVersion{3, 11} || test->type != Type::Compare || test->items.size != 1) return false;
  const Node* link = test->items[0];
  return (link->op == Operator::Is || link->op == Operator::IsNot) && link->first != nullptr &&
         link->first->type == Type::Constant && link->first->value.is(Kind::none);
}

Node* Structurer::negated(Node* test) {
  if (test->type == Type::UnaryOp && test->op == Operator::Not) return test->first;
  Node* node = nullptr;
  if (jumps_on_none(test)) {
    node = make(Type::Compare);
    node->first = test->first;
    node->line = test->line;
    Node* link = make(Type::CompareOp);
    link->op = test->items[0]->op == Operator::Is ? Operator::IsNot : Operator::Is;
    link->first = test->items[0]->first;
    tree_.append(node->items, link);
    return node;
  }
  bool each = test->type == Type::BoolOp;
  each = each && graph_.version >= PythonVersion{3, 7};
  for (const Node* part : test->items) each = each && turns_safely(part) && part->type != Type::BoolOp;
  if (each) {
    node = make(Type::BoolOp);
    node->op = test->op == Operator::And ? Operator::Or : Operator::And;
    for (Node* part : test->items) tree_.append(node->items, negated(part));
  } else {
    node = make(Type::UnaryOp);
    node->op = Operator::Not;
    node->first = test;
  }
  node->line = test->line;
  return node;
}

bool Structurer::has_slot(const Node* node, int depth) const {
  if (node == nullptr) return false;
  if (is_slot(node)) return true;
  if (depth > 100) return false;
  for (const Node* child : {node->first, node->second, node->third}) {
    if (has_slot(child, depth + 1)) return true;
  }
  // Bodies of nested definitions have slots of their own, which were looked at when they were made.
  const bool definition = node->type == Type::FunctionDef || node->type == Type::AsyncFunctionDef || node->type == Type::ClassDef;
  for (const python::List* list : {&node->items, &node->others, &node->body, &node->orelse, &node->handlers}) {
    if (definition && list == &node->body) continue;
    for (const Node* child : *list) {
      if (has_slot(child, depth + 1)) return true;
    }
  }
  return false;
}

bool Structurer::arrives(BlockId b, BlockId follow) const {
  if (b == follow) return true;
  if (b == kNoBlock || follow == kNoBlock || !look()) return false;
  const BlockId at = graph_.thread(b);
  if (follow == kEnd) {
    if (!graph_.is_tail(at)) return false;
    return !graph_.is_function || is_none(graph_[at].value);
  }
  const BlockId to = graph_.thread(follow);
  if (at == to) return true;
  if (graph_.version < PythonVersion{3, 8} && graph_.is_function) return false;
  return graph_.same_end(at, to);
}

bool Structurer::reserved(BlockId b) const {
  return looks_ != 0 && std::any_of(follows_.begin(), follows_.end(), [&](BlockId follow) { return arrives(b, follow); });
}


void Structurer::write_statement(const FlowStatement& statement, BlockId b, Statements& out) {
  switch (statement.kind) {
    case Kind_::plain:
      if (consumed_.count(statement.node) != 0) return;
      if (has_slot(statement.node)) unsound("slot in a statement");
      out.push_back(statement.node);
      return;
    case Kind_::set_slot:
      pending_[statement.slot] = {statement.node, false};
      return;
    case Kind_::set_iterator: case Kind_::set_async_iterator:
      pending_[statement.slot] = {statement.node, false};
      return;
    case Kind_::enter_with: case Kind_::enter_async_with:
      managers_.emplace_back(statement.slot, statement);
      return;
    case Kind_::leave_with: {
      // A with whose body is empty.
      for (size_t i = managers_.size(); i-- > 0;) {
        if (managers_[i].first != statement.slot) continue;
        Node* node = make(managers_[i].second.kind == Kind_::enter_with ? Type::With : Type::AsyncWith);
        Node* item = make(Type::WithItem);
        item->first = managers_[i].second.node;
        tree_.append(node->items, item);
        fill(node->body, {}, true);
        node->offset = statement.offset;
        managers_.erase(managers_.begin() + static_cast<std::ptrdiff_t>(i));
        out.push_back(node);
        return;
      }
      unsound("leave_with without its region");
      return;
    }
    case Kind_::enter_handler: case Kind_::leave_handler: case Kind_::leave_loop: return;
  }
  (void)b;
}

void Structurer::write_statements(BlockId b, Statements& out) {
  written_[b] = true;
  if (graph_[b].loop_setup) loop_end_ = graph_.loop_end(b);
  for (const FlowStatement& statement : graph_[b].statements) {
    if (budget_ == 0) return;
    --budget_;
    write_statement(statement, b, out);
  }
}

bool Structurer::write(BlockId b, const Scope& scope, Statements& out, bool entering_loop) {
  if (scope.depth > kMaxDepth) {
    unsound("nested too deep");
    return false;
  }
  bool entering = entering_loop;
  while (true) {
    if (budget_ == 0) {
      unsound("budget");
      return false;
    }
    --budget_;
    if (b == kNoBlock || b >= graph_.blocks.size()) {
      unsound("jump out of the code");
      return false;
    }
    if (!entering) {
      if (b == scope.follow) return true;
      const ir::JumpKind kind = graph_[b].jump_kind;
      const bool jumps = graph_.is_empty(b) && graph_[b].exit == FlowExit::jump;
      if (jumps && kind != ir::JumpKind::plain && scope.in_loop) {
        written_[b] = true;
        out.push_back(make(kind == ir::JumpKind::break_loop ? Type::Break : Type::Continue));
        return false;
      }
      if (arrives(b, scope.follow)) return true;
      const BlockId at = graph_.thread(b);
      if (scope.in_loop && scope.continue_to != kNoBlock && at == graph_.thread(scope.continue_to)) {
        out.push_back(make(Type::Continue));
        return false;
      }
      if (scope.in_loop && scope.break_to != kNoBlock &&
          (at == graph_.thread(scope.break_to) || (arrives(at, scope.break_to) && !(graph_.is_function && graph_.is_tail(at)) &&
                                                   (scope.iterator == kNoSlot || graph_.leaves_loop(b, scope.iterator))))) {
        out.push_back(make(Type::Break));
        return false;
      }
      if (at != b && graph_[b].handler == graph_[at].handler) {
        b = at;
        continue;
      }
    }
    bool falls = false;
    // A loop's head stands in its loop even where the head is the first block of a try.
    const BlockId h = graph_.handler(b);
    const bool loop = !entering && is_loop(b);
    bool region_first = false;
    if (h != scope.handler && graph_.inside(b, scope.handler)) {
      const BlockId region = outermost(h, scope.handler);
      region_first = true;
      if (loop && graph_.loops.count(b) != 0) {
        const std::vector<bool>& body = graph_.loops.at(b).body;
        for (BlockId i = 0; i < body.size() && region_first; ++i) {
          if (body[i] && !graph_.inside(i, region)) region_first = false;
        }
      }
      if (region_first) {
        b = write_region(b, region, scope, out, falls, entering);
        if (b == kNoBlock) return falls;
        entering = false;
        continue;
      }
    } else if (h != scope.handler && !graph_.is_tail(b) && !graph_.is_empty(b)) {
      unsound("statement outside of its handler");
    }
    b = loop ? write_loop(b, scope, out, falls) : write_block(b, scope, out, falls);
    if (b == kNoBlock) return falls;
    entering = false;
  }
}

BlockId Structurer::write_return(BlockId b, const Scope& scope, Statements& out, bool& falls) {
  if (!graph_.is_function) {
    falls = true;
    return kNoBlock;
  }
  Node* value = graph_[b].value;
  if (is_slot(value)) {
    const auto found = pending_.find(slot_number(value));
    if (found == pending_.end()) {
      unsound("a slot is returned that nothing set");
    } else {
      found->second.used = true;
      value = found->second.node;
    }
  }
  if (scope.follow == kEnd && is_none(value) && graph_.is_empty(b)) {
    falls = true;
    return kNoBlock;
  }
  Node* node = make(Type::Return);
  node->first = is_none(value) ? nullptr : value;
  node->offset = graph_[b].offset;
  if (node->first != nullptr && has_slot(node->first)) unsound("slot in a return");
  out.push_back(node);
  return kNoBlock;
}

BlockId Structurer::write_block(BlockId b, const Scope& scope, Statements& out, bool& falls) {
  write_statements(b, out);
  const FlowBlock& block = graph_[b];
  falls = false;
  switch (block.exit) {
    case FlowExit::jump:
      if (block.jump_kind != ir::JumpKind::plain && scope.in_loop) {
        out.push_back(make(block.jump_kind == ir::JumpKind::break_loop ? Type::Break : Type::Continue));
        return kNoBlock;
      }
      return block.target;
    case FlowExit::branch: return write_branch(b, scope, out, falls);
    case FlowExit::return_value: return write_return(b, scope, out, falls);
    case FlowExit::raise:
      if (has_slot(block.value)) unsound("slot in a raise");
      out.push_back(block.value);
      return kNoBlock;
    case FlowExit::reraise:
      if (scope.exception != kNoSlot && block.slot == scope.exception) {
        falls = true;
        return kNoBlock;
      }
      unsound("an exception is raised on outside of its handler");
      out.push_back(make(Type::Raise));
      return kNoBlock;
    case FlowExit::for_each: case FlowExit::async_for_each:
      return write_loop(b, scope, out, falls);
    case FlowExit::match_exception: case FlowExit::match_exception_group: case FlowExit::with_suppresses:
      unsound("a handler's part outside of its handler");
      return block.otherwise;
    case FlowExit::invalid:
      unsound("control leaves the code");
      return kNoBlock;
  }
  return kNoBlock;
}

BlockId Structurer::join_of(BlockId b, const Scope& scope) const {
  BlockId best = kNoBlock;
  for (const BlockId child : graph_.children[b]) {
    if (child >= graph_.forward.size() || graph_.forward[child] < 2 || graph_.kinds[child] != HandlerKind::none) continue;
    if (reserved(child) || reserved(graph_.thread(child))) continue;
    if (graph_.handler(child) != scope.handler && !graph_.inside(child, scope.handler)) continue;
    if (graph_.is_tail(child) && (arrives(child, scope.follow) || is_slot(graph_[child].value) || is_none(graph_[child].value))) continue;
    if (best == kNoBlock || graph_.order[child] > graph_.order[best]) best = child;
  }
  if (best == kNoBlock) best = join_by_layout(b, scope);
  return best == kNoBlock ? scope.follow : best;
}

// Where one way never comes back, nothing joins. Then the code's order tells what stands behind the branch: what the first
// way goes to by jumping over the second.
BlockId Structurer::join_by_layout(BlockId b, const Scope& scope) const {
  BlockId first = graph_[b].target;
  BlockId second = graph_[b].otherwise;
  if (graph_[second].offset < graph_[first].offset) std::swap(first, second);
  if (!graph_.dominates(b, second) || !graph_.dominates(b, first) || first == second || graph_.forward[second] > 1) return kNoBlock;
  const uint32_t over = graph_[second].offset;
  BlockId best = kNoBlock;
  std::vector<BlockId> work{first};
  for (size_t steps = 0; !work.empty() && steps < 2000 && look(); ++steps) {
    const BlockId at = work.back();
    work.pop_back();
    if (graph_[at].offset > over) {
      if (graph_.kinds[at] != HandlerKind::none || graph_.handler(at) != scope.handler || reserved(at)) continue;
      bool jumped = false;
      for (const BlockId from : graph_.predecessors[at]) {
        jumped |= graph_[from].offset < over && graph_[from].handler != at && graph_[from].jump_kind == ir::JumpKind::plain;
      }
      if (jumped && (best == kNoBlock || graph_[at].offset < graph_[best].offset)) best = at;
      continue;
    }
    work.insert(work.end(), graph_.children[at].begin(), graph_.children[at].end());
  }
  if (best != kNoBlock && graph_.is_tail(best) && arrives(best, scope.follow)) return kNoBlock;
  return best;
}


Node* Structurer::test_of(const FlowBlock& block, BlockId& yes, BlockId& no) {
  Node* test = block.value;
  yes = block.target;
  no = block.otherwise;
  if (test == nullptr || block.target == kNoBlock || block.otherwise == kNoBlock) {
    unsound("a branch without a test");
    return nullptr;
  }
  if (is_slot(test)) {
    const auto found = pending_.find(slot_number(test));
    if (found != pending_.end()) {
      found->second.used = true;
      test = found->second.node;
    }
  }
  if (has_slot(test)) unsound("slot in a test");
  test = without_turned_links(test, 0);
  while (test->type == Type::UnaryOp && test->op == Operator::Not) {
    test = test->first;
    std::swap(yes, no);
  }
  return test;
}

// `not a in b or c` compiles to `a not in b`; `not (a in b and not c)` is the same test and keeps the instruction.
Node* Structurer::without_turned_links(Node* test, uint32_t depth) {
  if (test->type == Type::UnaryOp && test->op == Operator::Not && test->first->type == Type::BoolOp && depth < 50) {
    Node* inner = without_turned_links(test->first, depth + 1);
    return inner == test->first ? test : negated(inner);
  }
  if (test->type != Type::BoolOp || depth > 50) return test;
  bool turned = false, can_turn = true, changed = false;
  Statements parts;
  for (Node* part : test->items) {
    Node* fixed = without_turned_links(part, depth + 1);
    changed |= fixed != part;
    parts.push_back(fixed);
    const bool is_not = fixed->type == Type::UnaryOp && fixed->op == Operator::Not;
    turned |= is_not && !turns_safely(fixed->first);
    can_turn = can_turn && turns_safely(fixed);
  }
  if (!changed && !turned) return test;
  Node* node = make(Type::BoolOp);
  node->line = test->line;
  node->offset = test->offset;
  const bool turn = turned && can_turn;
  node->op = turn == (test->op == Operator::And) ? Operator::Or : Operator::And;
  for (Node* part : parts) tree_.append(node->items, turn ? negated(part) : part);
  if (!turn) return node;
  Node* whole = make(Type::UnaryOp);
  whole->op = Operator::Not;
  whole->first = node;
  whole->line = test->line;
  return whole;
}

// `if a: continue` and `if a: return`, where the code shows that they were written, or where turning the test round would
// change it. The block to go on with, or kNoBlock where it is no such branch.
BlockId Structurer::write_guard(BlockId b, Node* test, BlockId yes, BlockId no, const Scope& scope, Statements& out) {
  const FlowBlock& block = graph_[b];
  const bool yes_empty = arrives(yes, scope.follow);
  if (yes_empty == arrives(no, scope.follow)) return kNoBlock;
  const BlockId empty = yes_empty ? yes : no;
  const BlockId full = yes_empty ? no : yes;
  const bool continues = scope.in_loop && graph_.thread(empty) == graph_.thread(scope.continue_to);
  const bool returns = scope.follow == kEnd && graph_.is_function;
  bool shown = graph_[empty].offset < graph_[full].offset && graph_[empty].offset > block.offset;
  // Since 3.12 no branch jumps back: the jump to the loop's head always stands there.
  if (continues && !(graph_.version < PythonVersion{3, 12})) shown = false;
  if (!yes_empty && !turns_safely(test)) return kNoBlock;
  const bool must = yes_empty && !turns_safely(test);
  if (!shown && !must) return kNoBlock;
  if (!continues && !returns) return kNoBlock;
  Node* node = make(Type::If);
  node->first = yes_empty ? test : negated(test);
  node->offset = block.offset;
  tree_.append(node->body, make(continues ? Type::Continue : Type::Return));
  out.push_back(node);
  mark_written(empty);
  return full;
}

void Structurer::mark_written(BlockId b) {
  for (size_t steps = 0; b < graph_.blocks.size() && steps < 1000; ++steps) {
    written_[b] = true;
    if (graph_[b].exit != FlowExit::jump || !graph_.is_empty(b)) return;
    b = graph_[b].target;
  }
}

// An else that is nothing but one more branch with the same end: an elif.
bool Structurer::is_elif(BlockId b, BlockId join, const Scope& inner) const {
  return b < graph_.blocks.size() && graph_[b].exit == FlowExit::branch && graph_.is_empty(b) && graph_.reached(b) &&
         graph_.handler(b) == inner.handler && !is_loop(b) && !arrives(b, join) && graph_[b].value != nullptr &&
         b != graph_.thread(inner.continue_to) && b != graph_.thread(inner.break_to) && join_of(b, inner) == join;
}

BlockId Structurer::write_branch(BlockId b, const Scope& scope, Statements& out, bool& falls) {
  const BlockId join = join_of(b, scope);
  const bool own_join = join != scope.follow;
  Scope inner = scope;
  inner.follow = join;
  ++inner.depth;
  if (own_join) follows_.push_back(join);
  Node* previous = nullptr;
  bool any_falls = false;
  BlockId next = kNoBlock;
  for (BlockId at = b; next == kNoBlock && budget_ != 0;) {
    --budget_;
    const FlowBlock& block = graph_[at];
    BlockId yes, no;
    Node* test = test_of(block, yes, no);
    if (test == nullptr) break;
    if (previous == nullptr && !own_join) {
      next = write_guard(at, test, yes, no, scope, out);
      if (next != kNoBlock) break;
    }
    const bool yes_empty = arrives(yes, join);
    // The way that stands first in the code is the body.
    bool turned = yes_empty != arrives(no, join) ? yes_empty : graph_[no].offset < graph_[yes].offset;
    if (!turns_safely(test)) turned = false;
    if (turned) std::swap(yes, no);
    Node* node = make(Type::If);
    node->first = turned ? negated(test) : test;
    node->offset = block.offset;
    node->line = test->line;
    if (previous == nullptr) out.push_back(node);
    else tree_.append(previous->orelse, node);
    Statements body;
    const bool body_falls = arrives(yes, join) ? true : write(yes, inner, body);
    if (arrives(yes, join)) mark_written(yes);
    fill(node->body, body, true);
    any_falls |= body_falls;
    if (arrives(no, join)) {
      mark_written(no);
      any_falls = true;
      break;
    }
    // Up to 3.7 code that is never reached stands behind a break that an else follows.
    // Up to 3.8 the same is true of what ends in a try or with.
    const bool has_else = graph_.version < PythonVersion{3, 9} && !body.empty() &&
                          (body.back()->type == Type::Break || body.back()->type == Type::Try || body.back()->type == Type::With) &&
                          graph_.behind_dead_jump(no);
    if (!body_falls && previous == nullptr && !options_.chained_else && !own_join && !has_else) {
      next = no;  // no else is needed behind a way that never comes back
      break;
    }
    const BlockId link = graph_.thread(no);
    if (is_elif(link, join, inner)) {
      mark_written(no);
      previous = node;
      at = link;
      continue;
    }
    Statements otherwise;
    any_falls |= write(no, inner, otherwise);
    fill(node->orelse, otherwise, false);
    break;
  }
  if (own_join) follows_.pop_back();
  falls = false;
  if (next != kNoBlock) return next;
  if (!any_falls) return kNoBlock;
  if (own_join) return join;
  falls = true;
  return kNoBlock;
}

Structured Structurer::run() {
  Structured result;
  if (graph_.blocks.empty()) {
    result.why = "no code";
    return result;
  }
  if (!graph_.reducible) unsound("irreducible");
  uint64_t statements = 0;
  for (const FlowBlock& block : graph_.blocks) statements += block.statements.size() + 2;
  budget_ = statements * options_.copies + 200;
  const uint64_t most = 20'000 + 1000 * graph_.blocks.size();
  looks_ = options_.steps == nullptr ? most : std::min(most, *options_.steps);
  const uint64_t given = looks_;
  written_.assign(graph_.blocks.size(), false);
  Statements out;
  if (graph_.reducible) write(0, Scope{}, out);
  if (looks_ == 0) unsound("budget");
  if (options_.steps != nullptr) *options_.steps -= given - looks_;
  for (const auto& [slot, pending] : pending_) {
    if (!pending.used) unsound("a slot that nothing used");
  }
  if (!managers_.empty()) unsound("a with that was not left");
  for (BlockId b = 0; b < graph_.blocks.size() && sound_; ++b) {
    if (graph_.reached(b) && !written_[b] && !graph_.is_empty(b) && graph_.kinds[b] != HandlerKind::transparent) {
      unsound("a block was not written");
    }
  }
  fill(result.body, out, graph_.is_function);
  result.sound = sound_;
  result.exhausted = looks_ == 0 || budget_ == 0;
  result.why = why_;
  return result;
}

Structured structure(python::Tree& tree, const Flow& flow, const StructureOptions& options) {
  Graph graph = make_graph(tree.heap(), flow, options.is_function);
  return Structurer(tree, graph, options).run();
}

}  // namespace winnow::bytecode
