#include "code/bytecode/structure_graph.h"

#include <algorithm>

namespace winnow::bytecode {

using python::Type;
using Kind_ = FlowStatement::Kind;

bool is_marker(const FlowStatement& statement) {
  return statement.kind == Kind_::enter_handler || statement.kind == Kind_::leave_handler || statement.kind == Kind_::leave_loop;
}

void successors(const FlowBlock& block, std::vector<BlockId>& to) {
  to.clear();
  switch (block.exit) {
    case FlowExit::jump: to.push_back(block.target); break;
    case FlowExit::branch: case FlowExit::for_each: case FlowExit::async_for_each: case FlowExit::match_exception:
    case FlowExit::match_exception_group: case FlowExit::with_suppresses:
      to.push_back(block.target);
      to.push_back(block.otherwise);
      break;
    case FlowExit::return_value: case FlowExit::raise: case FlowExit::reraise: case FlowExit::invalid: break;
  }
  std::erase(to, kNoBlock);
}

BlockId Graph::handler(BlockId b) const {
  BlockId h = blocks[b].handler;
  for (size_t steps = 0; h != kNoBlock && kinds[h] == HandlerKind::transparent && steps < 64; ++steps) h = blocks[h].handler;
  return h;
}

bool Graph::inside(BlockId b, BlockId h) const {
  BlockId at = handler(b);
  for (size_t steps = 0; at != kNoBlock && steps < 128; ++steps) {
    if (at == h) return true;
    at = outer(at);
  }
  return h == kNoBlock;
}

bool Graph::is_empty(BlockId b) const {
  return std::all_of(blocks[b].statements.begin(), blocks[b].statements.end(), is_marker);
}

namespace {

constexpr uint8_t kBreakLoop = 80, kEndFinally = 88, kJumpForward = 110, kJumpAbsolute = 113, kSetupLoop = 120, kExtendedArg = 144;

}  // namespace

uint32_t Graph::loop_end(BlockId b) const {
  const uint32_t at = blocks[b].offset;
  if (!blocks[b].loop_setup || at > code.size() || at < 3) return 0;
  const auto byte = [&](uint32_t back) { return static_cast<uint8_t>(code[at - back]); };
  if (version < PythonVersion{3, 6}) return byte(3) == kSetupLoop ? at + byte(2) + (uint32_t{byte(1)} << 8) : 0;
  if (byte(2) != kSetupLoop) return 0;
  uint32_t argument = byte(1);
  if (at >= 4 && byte(4) == kExtendedArg) argument |= uint32_t{byte(3)} << 8;
  return at + argument;
}

bool Graph::behind_dead_jump(BlockId b) const {
  const uint32_t at = blocks[b].offset;
  if (at > code.size() || at < 4) return false;
  const auto is_jump = [&](uint32_t back) {
    const auto byte = static_cast<uint8_t>(code[at - back]);
    return byte == kJumpForward || byte == kJumpAbsolute;
  };
  if (version < PythonVersion{3, 6}) {
    const auto breaks = [&](uint32_t back) {
      const auto byte = static_cast<uint8_t>(code[at - back]);
      return byte == kBreakLoop || byte == kEndFinally;
    };
    // Every `if` ends in a jump there; one of length 0 has no else behind it.
    const bool nowhere = static_cast<uint8_t>(code[at - 3]) == kJumpForward && code[at - 2] == 0 && code[at - 1] == 0;
    return !breaks(1) && is_jump(3) && breaks(4) && !nowhere;
  }
  return is_jump(2);
}

BlockId Graph::thread(BlockId b) const {
  for (size_t steps = 0; b < blocks.size() && steps < 1000; ++steps) {
    const FlowBlock& block = blocks[b];
    if (block.exit != FlowExit::jump || block.jump_kind != ir::JumpKind::plain || block.loop_setup || !is_empty(b)) return b;
    if (loops.count(b) != 0) return b;
    b = block.target;
  }
  return b;
}

bool Graph::leaves_loop(BlockId b, SlotId iterator) const {
  bool found = false;
  for (size_t steps = 0; b < blocks.size() && steps < 1000 && is_empty(b); ++steps) {
    for (const FlowStatement& statement : blocks[b].statements) {
      found |= statement.kind == Kind_::leave_loop && (statement.slot == iterator || iterator == kNoSlot);
    }
    if (blocks[b].exit != FlowExit::jump || loops.count(b) != 0) break;
    b = blocks[b].target;
  }
  return found;
}

bool Graph::is_tail(BlockId b) const {
  if (b >= blocks.size()) return false;
  const FlowBlock& block = blocks[b];
  if (block.exit != FlowExit::return_value || !is_empty(b)) return false;
  return block.value == nullptr || block.value->type == Type::Constant || is_slot(block.value) || !is_function;
}

bool Graph::same_tail(BlockId a, BlockId b) const {
  if (a == b) return true;
  if (!is_tail(a) || !is_tail(b)) return false;
  const Node* left = blocks[a].value;
  const Node* right = blocks[b].value;
  if (!is_function || (is_none(left) && is_none(right))) return true;
  if (left == nullptr || right == nullptr) return false;
  return same_tree(*heap, left, right, nullptr);
}

namespace {

// The statements on the straight way from a block out of the function; false: there is none, or it is long.
bool straight_end(const Graph& graph, BlockId b, std::vector<const FlowStatement*>& statements, BlockId& last) {
  constexpr size_t kLongest = 5;
  for (int steps = 0; steps < 6 && b < graph.blocks.size(); ++steps) {
    const FlowBlock& block = graph.blocks[b];
    for (const FlowStatement& statement : block.statements) {
      if (!is_marker(statement)) statements.push_back(&statement);
    }
    if (statements.size() > kLongest) return false;
    last = b;
    if (block.exit == FlowExit::return_value || block.exit == FlowExit::raise) return true;
    if (block.exit != FlowExit::jump || block.jump_kind != ir::JumpKind::plain) return false;
    b = block.target;
  }
  return false;
}

}  // namespace

bool Graph::same_end(BlockId a, BlockId b) const {
  if (same_tail(a, b)) return true;
  if (a >= blocks.size() || b >= blocks.size() || handler(a) != handler(b)) return false;
  std::vector<const FlowStatement*> left, right;
  BlockId left_end = a, right_end = b;
  if (!straight_end(*this, a, left, left_end) || !straight_end(*this, b, right, right_end)) return false;
  if (blocks[left_end].exit != blocks[right_end].exit || left.size() != right.size()) return false;
  std::unordered_map<SlotId, SlotId> slots;
  const auto same_slot = [&](SlotId l, SlotId r) {
    if (l == kNoSlot || r == kNoSlot) return l == r;
    return slots.emplace(l, r).first->second == r;
  };
  for (size_t i = 0; i < left.size(); ++i) {
    const FlowStatement& l = *left[i];
    const FlowStatement& r = *right[i];
    // A slot set on the way is the same one of both; any other is what the function returns in place.
    if (l.kind != r.kind || !same_tree(*heap, l.node, r.node, &slots) || !same_slot(l.slot, r.slot) || !same_slot(l.entered, r.entered)) return false;
  }
  const Node* value = blocks[left_end].value;
  if (is_slot(value) && is_slot(blocks[right_end].value) && slots.empty()) {
    return slot_number(value) == slot_number(blocks[right_end].value);
  }
  return same_tree(*heap, value, blocks[right_end].value, &slots);
}

bool Graph::dominates(BlockId a, BlockId b) const {
  if (!reached(a) || !reached(b) || a >= spans.size() || b >= spans.size()) return false;
  return spans[a].first <= spans[b].first && spans[b].last <= spans[a].last;
}

BlockId split(Graph& graph, BlockId block, size_t at) {
  const auto fresh = static_cast<BlockId>(graph.blocks.size());
  FlowBlock rest = graph.blocks[block];
  FlowBlock& first = graph.blocks[block];
  rest.statements.erase(rest.statements.begin(), rest.statements.begin() + static_cast<std::ptrdiff_t>(at));
  if (!rest.statements.empty()) rest.offset = rest.statements.front().offset;
  rest.exception = kNoSlot;
  rest.loop_setup = false;
  first.statements.resize(at);
  first.exit = FlowExit::jump;
  first.value = nullptr;
  first.jump_kind = ir::JumpKind::plain;
  first.target = fresh;
  first.otherwise = kNoBlock;
  graph.blocks.push_back(std::move(rest));
  graph.kinds.push_back(HandlerKind::none);
  return fresh;
}

namespace {

// Returns of constants become blocks of their own: what can be returned again at no cost is told from what cannot.
void split_tails(Graph& graph) {
  const size_t count = graph.blocks.size();
  for (BlockId b = 0; b < count; ++b) {
    const FlowBlock& block = graph.blocks[b];
    if (block.dead || block.exit != FlowExit::return_value || block.statements.empty()) continue;
    // Since 3.10 the compiler copies short ends of functions to where jumps to them stood.
    const bool cheap = block.value == nullptr || block.value->type == Type::Constant || is_slot(block.value);
    if (cheap || !graph.is_function || graph.version >= PythonVersion{3, 10}) split(graph, b, block.statements.size());
  }
}

// What stands behind the end of a handler is no part of it.
void split_behind_handlers(Graph& graph) {
  for (BlockId b = 0; b < graph.blocks.size(); ++b) {
    const FlowBlock& block = graph.blocks[b];
    if (block.dead) continue;
    for (size_t i = 0; i < block.statements.size(); ++i) {
      if (block.statements[i].kind != Kind_::leave_handler && block.statements[i].kind != Kind_::leave_loop) continue;
      if (i != 0 && block.statements[i].kind == Kind_::leave_loop) {
        split(graph, b, i);
        break;
      }
      const bool last = i + 1 == block.statements.size();
      if (last && (block.exit == FlowExit::jump || block.exit == FlowExit::reraise)) break;
      split(graph, b, i + 1);
      break;
    }
  }
}

// Since 3.11 the exception table may leave jumps out: one between two parts of a region is inside. At the head of a `while` it says
// on which side of the loop a `try` stands.
void cover_jumps(Graph& graph) {
  if (graph.version < PythonVersion{3, 11}) return;
  for (BlockId b = 0; b < graph.blocks.size(); ++b) {
    FlowBlock& block = graph.blocks[b];
    if (!graph.reached(b) || !graph.is_empty(b) || block.exit != FlowExit::jump || block.target >= graph.blocks.size()) continue;
    if (std::any_of(block.statements.begin(), block.statements.end(), [](const FlowStatement&) { return true; })) continue;
    const BlockId around = graph.blocks[block.target].handler;
    if (around == kNoBlock || block.handler == around) continue;
    const FlowExit to = graph.blocks[block.target].exit;
    const bool head = graph.loops.count(block.target) != 0;
    if (head && to != FlowExit::for_each && to != FlowExit::async_for_each) continue;
    bool inside = !graph.predecessors[b].empty();
    for (const BlockId from : graph.predecessors[b]) inside = inside && graph.blocks[from].handler == around;
    if (inside) block.handler = around;
  }
}

void depth_first(Graph& graph) {
  const size_t count = graph.blocks.size();
  graph.order.assign(count, UINT32_MAX);
  std::vector<uint8_t> state(count, 0);
  std::vector<BlockId> postorder;
  struct Visit { BlockId block; std::vector<BlockId> to; size_t next; };
  std::vector<Visit> stack;
  const auto enter = [&](BlockId b) {
    Visit visit{b, {}, 0};
    successors(graph.blocks[b], visit.to);
    if (graph.blocks[b].handler != kNoBlock) visit.to.insert(visit.to.begin(), graph.blocks[b].handler);
    // What stands last in the code is visited first, so that reverse postorder follows the code.
    std::stable_sort(visit.to.begin(), visit.to.end(), [&](BlockId l, BlockId r) {
      return graph.blocks[l].offset > graph.blocks[r].offset;
    });
    state[b] = 1;
    stack.push_back(std::move(visit));
  };
  if (count != 0) enter(0);
  while (!stack.empty()) {
    Visit& top = stack.back();
    if (top.next == top.to.size()) {
      postorder.push_back(top.block);
      state[top.block] = 2;
      stack.pop_back();
      continue;
    }
    const BlockId to = top.to[top.next++];
    if (state[to] == 0) enter(to);
  }
  for (size_t i = 0; i < postorder.size(); ++i) graph.order[postorder[postorder.size() - 1 - i]] = static_cast<uint32_t>(i);
}

void find_predecessors(Graph& graph) {
  graph.predecessors.assign(graph.blocks.size(), {});
  std::vector<BlockId> to;
  for (BlockId b = 0; b < graph.blocks.size(); ++b) {
    if (!graph.reached(b)) continue;
    successors(graph.blocks[b], to);
    for (const BlockId next : to) graph.predecessors[next].push_back(b);
    if (graph.blocks[b].handler != kNoBlock) graph.predecessors[graph.blocks[b].handler].push_back(b);
  }
}

// Numbers the blocks so that those which one dominates are a span of numbers: asking is asked for every pair of them.
void number_dominators(Graph& graph, const std::vector<BlockId>& by_order) {
  std::vector<uint32_t> sizes(graph.blocks.size(), 1);
  for (size_t i = by_order.size(); i-- > 1;) {
    const BlockId above = graph.idom[by_order[i]];
    if (above != kNoBlock) sizes[above] += sizes[by_order[i]];
  }
  graph.spans.assign(graph.blocks.size(), {});
  uint32_t next = 1;  // of blocks that nothing dominates
  for (const BlockId b : by_order) {
    // A block comes behind what dominates it, whose span is laid out by then.
    const BlockId above = graph.idom[b];
    uint32_t& from = above == kNoBlock ? next : graph.spans[above].free;
    graph.spans[b] = {from, from + sizes[b] - 1, from + 1};
    from += sizes[b];
  }
}

// Cooper, Harvey, Kennedy: "A simple, fast dominance algorithm".
void find_dominators(Graph& graph) {
  const size_t count = graph.blocks.size();
  std::vector<BlockId> by_order;
  for (BlockId b = 0; b < count; ++b) {
    if (!graph.reached(b)) continue;
    if (by_order.size() <= graph.order[b]) by_order.resize(graph.order[b] + 1, kNoBlock);
    by_order[graph.order[b]] = b;
  }
  graph.idom.assign(count, kNoBlock);
  if (by_order.empty()) return;
  graph.idom[0] = 0;
  const auto meet = [&](BlockId a, BlockId b) {
    while (a != b) {
      while (graph.order[a] > graph.order[b]) a = graph.idom[a];
      while (graph.order[b] > graph.order[a]) b = graph.idom[b];
    }
    return a;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const BlockId b : by_order) {
      if (b == 0) continue;
      BlockId found = kNoBlock;
      for (const BlockId from : graph.predecessors[b]) {
        if (graph.idom[from] == kNoBlock) continue;
        found = found == kNoBlock ? from : meet(found, from);
      }
      if (found != graph.idom[b]) {
        graph.idom[b] = found;
        changed = true;
      }
    }
  }
  graph.idom[0] = kNoBlock;
  graph.children.assign(count, {});
  for (const BlockId b : by_order) {
    if (graph.idom[b] != kNoBlock) graph.children[graph.idom[b]].push_back(b);
  }
  number_dominators(graph, by_order);
}

void find_loops(Graph& graph) {
  graph.loops.clear();
  graph.reducible = true;
  graph.forward.assign(graph.blocks.size(), 0);
  std::vector<BlockId> to;
  std::vector<BlockId> work;
  for (BlockId b = 0; b < graph.blocks.size(); ++b) {
    if (!graph.reached(b)) continue;
    successors(graph.blocks[b], to);
    const size_t ordinary = to.size();
    if (graph.blocks[b].handler != kNoBlock) to.push_back(graph.blocks[b].handler);
    for (size_t i = 0; i < to.size(); ++i) {
      const BlockId head = to[i];
      if (graph.order[head] > graph.order[b]) {
        if (i < ordinary) ++graph.forward[head];
        continue;
      }
      if (!graph.dominates(head, b)) {
        graph.reducible = false;
        continue;
      }
      Loop& loop = graph.loops[head];
      if (loop.body.empty()) loop.body.assign(graph.blocks.size(), false);
      loop.body[head] = true;
      work.push_back(b);
      while (!work.empty()) {
        const BlockId at = work.back();
        work.pop_back();
        if (loop.body[at]) continue;
        loop.body[at] = true;
        for (const BlockId from : graph.predecessors[at]) work.push_back(from);
      }
    }
  }
  // Since 3.11 handlers stand behind everything else: where a loop ends in the code, the rest of it says.
  std::vector<BlockId>& handler_around = graph.handler_around;
  handler_around.assign(graph.blocks.size(), kNoBlock);
  std::vector<BlockId> by_order(graph.blocks.size(), kNoBlock);
  for (BlockId b = 0; b < graph.blocks.size(); ++b) {
    if (graph.reached(b)) by_order[graph.order[b]] = b;
  }
  for (const BlockId b : by_order) {
    if (b == kNoBlock || graph.idom[b] == kNoBlock) continue;
    if (graph.kinds[b] != HandlerKind::none) {
      handler_around[b] = b;
      continue;
    }
    BlockId around = handler_around[graph.idom[b]];
    for (const FlowStatement& statement : graph.blocks[graph.idom[b]].statements) {
      if (statement.kind != Kind_::leave_handler || around == kNoBlock) continue;
      around = graph.idom[around] == kNoBlock ? kNoBlock : handler_around[graph.idom[around]];
    }
    handler_around[b] = around;
  }
  for (auto& [head, loop] : graph.loops) {
    for (BlockId b = 0; b < graph.blocks.size(); ++b) {
      if (loop.body[b] && handler_around[b] == handler_around[head]) loop.last_offset = std::max(loop.last_offset, graph.blocks[b].offset);
    }
  }
}

void find_copies(Graph& graph) {
  graph.copy_of.resize(graph.blocks.size());
  std::unordered_map<uint64_t, std::vector<BlockId>> known;
  for (BlockId b = 0; b < graph.blocks.size(); ++b) {
    graph.copy_of[b] = b;
    const FlowBlock& block = graph.blocks[b];
    if (!graph.reached(b)) continue;
    std::vector<const FlowStatement*> statements;
    BlockId last = b;
    if (!straight_end(graph, b, statements, last)) continue;
    uint64_t key = static_cast<uint64_t>(block.exit) << 8 | statements.size();
    const Node* value = graph.blocks[last].value;
    if (value != nullptr) key |= static_cast<uint64_t>(value->type) << 16 | std::hash<std::string_view>{}(value->name) << 24;
    std::vector<BlockId>& same = known[key];
    for (const BlockId other : same) {
      if (graph.copy_of[b] != b || !graph.same_end(other, b)) continue;
      graph.copy_of[b] = other;
      break;
    }
    if (graph.copy_of[b] == b && same.size() < 50) same.push_back(b);
  }
}

}  // namespace

void analyse(Graph& graph) {
  depth_first(graph);
  find_predecessors(graph);
  find_dominators(graph);
  find_loops(graph);
  find_copies(graph);
}

Graph make_graph(const Heap& heap, const Flow& flow, bool is_function) {
  Graph graph;
  graph.heap = &heap;
  graph.blocks = flow.blocks;
  graph.is_function = is_function;
  if (flow.code != nullptr) {
    graph.version = flow.code->version;
    graph.code = flow.code->code;
  }
  graph.kinds.assign(graph.blocks.size(), HandlerKind::none);
  split_tails(graph);
  split_behind_handlers(graph);
  analyse(graph);
  cover_jumps(graph);
  classify_handlers(graph);
  strip_copies(graph);
  analyse(graph);
  join_loop_tests(graph);
  analyse(graph);
  return graph;
}

}  // namespace winnow::bytecode
