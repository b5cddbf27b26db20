// What each exception handler is, and the copies of `finally` bodies (and of `with` exits, and of the `del e`
// of `except E as e`) that the compiler placed on every way out of a region: found by walking the handler's own
// copy and the way out in step, then cut out, so that a way out leads straight to where it goes.
#include <algorithm>
#include <map>
#include <set>

#include "code/bytecode/structure_graph.h"

namespace winnow::bytecode {

using python::Type;
using Kind_ = FlowStatement::Kind;

namespace {


bool enters(const FlowBlock& block) {
  return std::any_of(block.statements.begin(), block.statements.end(),
                     [](const FlowStatement& s) { return s.kind == Kind_::enter_handler; });
}

bool raises_on(const Graph& graph, BlockId handler) {
  std::vector<BlockId> work{handler};
  std::vector<bool> seen(graph.blocks.size(), false);
  std::vector<BlockId> to;
  while (!work.empty()) {
    const BlockId b = work.back();
    work.pop_back();
    if (seen[b] || !graph.dominates(handler, b)) continue;
    seen[b] = true;
    const FlowBlock& block = graph.blocks[b];
    if (block.exit == FlowExit::reraise && block.slot == graph.blocks[handler].exception) return true;
    successors(block, to);
    work.insert(work.end(), to.begin(), to.end());
  }
  return false;
}

HandlerKind classify(const Graph& graph, BlockId handler) {
  BlockId at = handler;
  for (int steps = 0; steps < 50 && graph.is_empty(at) && graph.blocks[at].exit == FlowExit::jump; ++steps) {
    if (!graph.dominates(handler, graph.blocks[at].target)) break;
    at = graph.blocks[at].target;
  }
  const FlowBlock& block = graph.blocks[at];
  if (graph.is_empty(at)) {
    switch (block.exit) {
      case FlowExit::with_suppresses: return HandlerKind::with;
      case FlowExit::match_exception: return HandlerKind::except;
      case FlowExit::match_exception_group: return HandlerKind::except_star;
      case FlowExit::reraise:
        if (!enters(graph.blocks[handler])) return HandlerKind::transparent;
        return HandlerKind::finally_body;
      default: break;
    }
  }
  return raises_on(graph, handler) ? HandlerKind::finally_body : HandlerKind::except;
}

struct Position {
  BlockId block = kNoBlock;
  size_t index = 0;
  auto operator<=>(const Position&) const = default;
};

// Walks two pieces of a graph in step: the handler's copy of a body, and what stands on a way out.
class CopyMatch {
 public:
  CopyMatch(Graph& graph, BlockId handler, BlockId base)
      : graph_(graph), exception_(graph.blocks[handler].exception), base_(base) {}

  // Where the way out goes on behind the copy; block kNoBlock: it is no copy.
  Position behind(BlockId handler, BlockId way) {
    work_.push_back({{handler, 0}, {way, 0}});
    for (size_t steps = 0; !work_.empty(); ++steps) {
      const auto [k, x] = work_.back();
      work_.pop_back();
      if (steps > 20000 || !step(settled(k), settled(x))) return {};
    }
    if (ends_.empty()) return {};
    for (const Position& end : ends_) {
      if (end == ends_.front()) continue;
      if (!same_end(end, ends_.front())) return {};
    }
    return ends_.front();
  }

 private:
  bool same_end(const Position& a, const Position& b) const {
    const auto tail = [&](const Position& p) { return p.index >= graph_.blocks[p.block].statements.size() && is_return(p.block); };
    return tail(a) && tail(b) &&
           same_tree(*graph_.heap, graph_.blocks[a.block].value, graph_.blocks[b.block].value, nullptr);
  }
  bool is_return(BlockId b) const { return graph_.blocks[b].exit == FlowExit::return_value; }

  // Past markers and plain jumps.
  Position settled(Position p) const {
    for (size_t steps = 0; steps < 10000; ++steps) {
      const FlowBlock& block = graph_.blocks[p.block];
      while (p.index < block.statements.size() && is_marker(block.statements[p.index])) ++p.index;
      if (p.index < block.statements.size() || block.exit != FlowExit::jump || block.target == kNoBlock ||
          block.jump_kind != ir::JumpKind::plain) {
        break;
      }
      p = {block.target, 0};
    }
    return p;
  }

  bool same_slot(SlotId k, SlotId x) {
    if (k == kNoSlot || x == kNoSlot) return k == x;
    return slots_.emplace(k, x).first->second == x;
  }
  bool same(const Node* k, const Node* x) { return same_tree(*graph_.heap, k, x, &slots_); }

  bool step(Position k, Position x) {
    // One place of the handler's copy may stand twice on the way out, where ends were copied.
    if (!seen_.emplace(k, x).second) return true;
    const FlowBlock& kb = graph_.blocks[k.block];
    const FlowBlock& xb = graph_.blocks[x.block];
    const bool at_end = k.index >= kb.statements.size();
    if (at_end && kb.exit == FlowExit::reraise && kb.slot == exception_) {
      ends_.push_back(x);
      return true;
    }
    if (!same_handlers(k.block, x.block)) return false;
    if (!at_end) {
      if (x.index >= xb.statements.size()) return false;
      const FlowStatement& ks = kb.statements[k.index];
      const FlowStatement& xs = xb.statements[x.index];
      if (ks.kind != xs.kind || !same(ks.node, xs.node) || !same_slot(ks.slot, xs.slot) ||
          !same_slot(ks.entered, xs.entered)) {
        return false;
      }
      work_.push_back({{k.block, k.index + 1}, {x.block, x.index + 1}});
      return true;
    }
    if (x.index < xb.statements.size() || kb.exit != xb.exit || kb.jump_kind != xb.jump_kind) return false;
    if (!same(kb.value, xb.value) || !same_slot(kb.slot, xb.slot) || !same_slot(kb.other, xb.other)) return false;
    if ((kb.target == kNoBlock) != (xb.target == kNoBlock) || (kb.otherwise == kNoBlock) != (xb.otherwise == kNoBlock)) return false;
    if (kb.jump_kind != ir::JumpKind::plain) return kb.target == xb.target;
    if (kb.target != kNoBlock) work_.push_back({{kb.target, 0}, {xb.target, 0}});
    if (kb.otherwise != kNoBlock) work_.push_back({{kb.otherwise, 0}, {xb.otherwise, 0}});
    return true;
  }

  bool same_handlers(BlockId k, BlockId x) {
    const BlockId hk = graph_.handler(k);
    const BlockId hx = graph_.handler(x);
    if (hk == base_ || hx == base_ || hk == hx) return hk == hx;
    if (hk == kNoBlock || hx == kNoBlock) return false;
    if (!same_slot(graph_.blocks[hk].exception, graph_.blocks[hx].exception)) return false;
    work_.push_back({{hk, 0}, {hx, 0}});
    return true;
  }

  Graph& graph_;
  SlotId exception_;
  BlockId base_;
  std::vector<std::pair<Position, Position>> work_;
  std::set<std::pair<Position, Position>> seen_;
  std::unordered_map<SlotId, SlotId> slots_;
  std::vector<Position> ends_;
};

// The one call that leaves a `with` undisturbed.
Position behind_exit(const Graph& graph, SlotId exit, BlockId way) {
  for (int steps = 0; steps < 50; ++steps) {
    const FlowBlock& block = graph.blocks[way];
    size_t i = 0;
    while (i < block.statements.size() && is_marker(block.statements[i])) ++i;
    if (i < block.statements.size()) {
      const FlowStatement& statement = block.statements[i];
      if (statement.kind == Kind_::leave_with && statement.slot == exit) return {way, i + 1};
      return {};
    }
    if (block.exit != FlowExit::jump || block.target == kNoBlock || block.jump_kind != ir::JumpKind::plain) return {};
    way = block.target;
  }
  return {};
}

SlotId exit_slot(const Graph& graph, BlockId handler) {
  for (int steps = 0; steps < 50; ++steps) {
    const FlowBlock& block = graph.blocks[handler];
    if (block.exit == FlowExit::with_suppresses) return block.slot;
    if (block.exit != FlowExit::jump || block.target == kNoBlock) break;
    handler = block.target;
  }
  return kNoSlot;
}

class Strip {
 public:
  explicit Strip(Graph& graph) : graph_(graph) {}

  void run() {
    struct Job { size_t depth; uint32_t start; BlockId handler; };
    std::vector<Job> jobs;
    std::map<BlockId, uint32_t> starts;
    for (BlockId b = 0; b < graph_.blocks.size(); ++b) {
      if (!graph_.reached(b)) continue;
      BlockId h = graph_.handler(b);
      for (int steps = 0; h != kNoBlock && steps < 128; ++steps) {
        const auto [at, fresh] = starts.emplace(h, graph_.blocks[b].offset);
        if (!fresh) at->second = std::min(at->second, graph_.blocks[b].offset);
        h = graph_.outer(h);
      }
    }
    for (const auto& [handler, start] : starts) {
      const HandlerKind kind = graph_.kinds[handler];
      if (kind != HandlerKind::with && kind != HandlerKind::finally_body) continue;
      size_t depth = 0;
      for (BlockId h = graph_.outer(handler); h != kNoBlock && depth < 128; h = graph_.outer(h)) ++depth;
      jobs.push_back({depth, start, handler});
    }
    std::sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
      return a.depth != b.depth ? a.depth < b.depth : a.start < b.start;
    });
    std::vector<BlockId> names;
    for (const Job& job : jobs) {
      if (region(job.handler)) names.push_back(job.handler);
    }
    for (const BlockId handler : names) graph_.kinds[handler] = HandlerKind::transparent;
  }

 private:
  // True when the region was that of `except E as e`.
  bool region(BlockId handler) {
    const size_t count = graph_.blocks.size();
    std::vector<bool> in(count, false);
    for (BlockId b = 0; b < count; ++b) in[b] = live(b) && graph_.inside(b, handler);
    std::vector<BlockId> to;
    std::map<BlockId, BlockId> known;
    bool cleans_name = false;
    const std::string_view name = cleaned_name(handler);
    for (BlockId u = 0; u < count; ++u) {
      if (!live(u)) continue;
      successors(graph_.blocks[u], to);
      for (const BlockId v : to) {
        if (v >= count) continue;
        if (!in[u] && in[v] && !name.empty()) cleans_name |= binds(u, name);
        if (!in[u] || in[v]) continue;
        const auto [at, fresh] = known.emplace(v, kNoBlock);
        if (fresh) at->second = behind(handler, v);
        if (at->second == kNoBlock) continue;
        if (graph_.blocks[u].target == v) graph_.blocks[u].target = at->second;
        if (graph_.blocks[u].otherwise == v) graph_.blocks[u].otherwise = at->second;
      }
    }
    return cleans_name;
  }

  bool live(BlockId b) const { return b >= graph_.order.size() || graph_.reached(b); }

  BlockId behind(BlockId handler, BlockId way) {
    const Position end = graph_.kinds[handler] == HandlerKind::with
                             ? behind_exit(graph_, exit_slot(graph_, handler), way)
                             : CopyMatch(graph_, handler, graph_.outer(handler)).behind(handler, way);
    if (end.block == kNoBlock) return kNoBlock;
    const bool leaves = leaves_handler(way, end);
    const BlockId behind = end.index == 0 ? end.block : split(graph_, end.block, end.index);
    if (!leaves) return behind;
    // The handler was left on the way: that stays to be seen.
    const auto fresh = static_cast<BlockId>(graph_.blocks.size());
    FlowBlock block;
    block.statements.push_back({Kind_::leave_handler, nullptr, kNoSlot, kNoSlot, graph_.blocks[way].offset});
    block.exit = FlowExit::jump;
    block.target = behind;
    block.handler = graph_.blocks[way].handler;
    block.offset = graph_.blocks[behind].offset;
    graph_.blocks.push_back(std::move(block));
    graph_.kinds.push_back(HandlerKind::none);
    return fresh;
  }

  // Along the straight way to the end of the copy.
  bool leaves_handler(BlockId way, Position end) const {
    bool leaves = false;
    for (int steps = 0; steps < 100; ++steps) {
      const FlowBlock& block = graph_.blocks[way];
      for (size_t i = 0; i < block.statements.size() && (way != end.block || i < end.index); ++i) {
        leaves |= block.statements[i].kind == Kind_::leave_handler;
      }
      if (way == end.block || block.exit != FlowExit::jump) break;
      way = block.target;
    }
    return leaves;
  }

  // The name that the handler sets to None and deletes, if that is all it does.
  std::string_view cleaned_name(BlockId handler) const {
    std::vector<const Node*> nodes;
    BlockId at = handler;
    for (int steps = 0; steps < 10; ++steps) {
      for (const FlowStatement& statement : graph_.blocks[at].statements) {
        if (is_marker(statement)) continue;
        if (statement.kind != Kind_::plain) return {};
        nodes.push_back(statement.node);
      }
      if (graph_.blocks[at].exit != FlowExit::jump) break;
      at = graph_.blocks[at].target;
    }
    if (graph_.blocks[at].exit != FlowExit::reraise || nodes.size() != 2) return {};
    const Node* assign = nodes[0];
    const Node* del = nodes[1];
    if (assign->type != Type::Assign || del->type != Type::Delete || assign->items.size != 1 || del->items.size != 1) return {};
    if (assign->first == nullptr || !is_none(assign->first) || assign->items[0]->type != Type::Name) return {};
    if (del->items[0]->type != Type::Name || del->items[0]->name != assign->items[0]->name) return {};
    return assign->items[0]->name;
  }

  // Whether the block's last statement gives an exception this name.
  bool binds(BlockId b, std::string_view name) const {
    const auto& statements = graph_.blocks[b].statements;
    for (size_t i = statements.size(); i-- > 0;) {
      if (is_marker(statements[i])) continue;
      const Node* node = statements[i].node;
      return statements[i].kind == Kind_::plain && node->type == Type::Assign && is_slot(node->first) &&
             node->items.size == 1 && node->items[0]->type == Type::Name && node->items[0]->name == name;
    }
    return false;
  }

  Graph& graph_;
};

}  // namespace

void classify_handlers(Graph& graph) {
  std::vector<bool> is_handler(graph.blocks.size(), false);
  for (BlockId b = 0; b < graph.blocks.size(); ++b) {
    if (graph.reached(b) && graph.blocks[b].handler != kNoBlock) is_handler[graph.blocks[b].handler] = true;
  }
  for (BlockId b = 0; b < is_handler.size(); ++b) {
    if (is_handler[b]) graph.kinds[b] = classify(graph, b);
  }
}

void strip_copies(Graph& graph) { Strip(graph).run(); }

}  // namespace winnow::bytecode
