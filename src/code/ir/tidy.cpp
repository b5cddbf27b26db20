#include "code/ir/tidy.h"

#include <algorithm>
#include <iterator>

namespace winnow::ir {
namespace {

template <class F>
void for_each_edge(const Block& b, F&& f) {
  if (b.target != kNoBlock) f(b.target);
  if (b.otherwise != kNoBlock) f(b.otherwise);
  if (b.handler != kNoBlock) f(b.handler);
}

}  // namespace

void merge_straight_lines(Body& body) {
  std::vector<Block>& blocks = body.blocks;
  std::vector<bool> dead(blocks.size());
  std::vector<uint32_t> predecessors(blocks.size());
  predecessors[0] = 1;
  for (const Block& b : blocks) {
    for_each_edge(b, [&](BlockId to) { ++predecessors[to]; });
  }
  for (BlockId id = 0; id < blocks.size(); ++id) {
    if (dead[id]) continue;
    Block& b = blocks[id];
    while (b.exit == Exit::jump && b.jump_kind == JumpKind::plain && b.target != id) {
      Block& t = blocks[b.target];
      if (predecessors[b.target] != 1 || dead[b.target] || t.loop_setup || t.handler != b.handler ||
          (b.handler != kNoBlock && t.handler_depth != b.handler_depth)) {
        break;
      }
      dead[b.target] = true;
      if (t.handler != kNoBlock) --predecessors[t.handler];
      if (b.instructions.empty()) {
        b.instructions = std::move(t.instructions);
        b.offset = t.offset;  // where the code stands: structuring reads the order of the source from it
      } else std::move(t.instructions.begin(), t.instructions.end(), std::back_inserter(b.instructions));
      b.exit = t.exit;
      b.a = t.a;
      b.otherwise = t.otherwise;
      b.jump_kind = t.jump_kind;
      b.exit_offset = t.exit_offset;
      b.exit_line = t.exit_line;
      b.target = t.target;
    }
  }
}

void drop_dead_and_sort(Body& body) {
  const auto enters = [](const Block& b) {
    return !b.instructions.empty() && b.instructions.front().op == Op::enter_handler;
  };
  std::vector<Block>& blocks = body.blocks;
  std::vector<bool> reached(blocks.size());
  std::vector<BlockId> pending{0};
  reached[0] = true;
  while (!pending.empty()) {
    const BlockId id = pending.back();
    pending.pop_back();
    for_each_edge(blocks[id], [&](BlockId to) {
      if (!reached[to]) reached[to] = true, pending.push_back(to);
    });
  }
  std::vector<BlockId> order;
  for (BlockId id = 0; id < blocks.size(); ++id) {
    if (reached[id]) order.push_back(id);
  }
  std::sort(order.begin() + 1, order.end(), [&](BlockId a, BlockId b) {
    if (blocks[a].offset != blocks[b].offset) return blocks[a].offset < blocks[b].offset;
    // Of the copies of a finally body the one for exceptions comes last, as where the compiler copies.
    return enters(blocks[a]) != enters(blocks[b]) ? enters(blocks[b]) : a < b;
  });
  std::vector<BlockId> place(blocks.size(), kNoBlock);
  for (BlockId at = 0; at < order.size(); ++at) place[order[at]] = at;
  std::vector<Block> sorted;
  sorted.reserve(order.size());
  for (const BlockId id : order) {
    Block& b = blocks[id];
    for (BlockId* edge : {&b.target, &b.otherwise, &b.handler}) {
      if (*edge != kNoBlock) *edge = place[*edge];
    }
    sorted.push_back(std::move(b));
  }
  blocks = std::move(sorted);
}

}  // namespace winnow::ir
