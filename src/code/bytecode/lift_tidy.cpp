#include <algorithm>
#include <numeric>

#include "code/bytecode/lifter.h"

namespace winnow::bytecode {
namespace {

using ir::Block, ir::BlockId, ir::Exit, ir::Instruction, ir::kNoBlock, ir::Op;

template <class F>
void for_each_edge(const Block& b, F&& f) {
  if (b.target != kNoBlock) f(b.target);
  if (b.otherwise != kNoBlock) f(b.otherwise);
  if (b.handler != kNoBlock) f(b.handler);
}

bool is(const Instruction& i, Op op) { return i.op == op; }

// From 3.11 an exception that leaves a handler passes one which restores the handled exception and passes it on.
// Leaving implies that here: go to where that one passes on to.
void skip_handlers_that_pass_on(std::vector<Block>& blocks) {
  const auto passes_on = [](const Block& b) {
    return b.exit == Exit::reraise && b.instructions.size() == 1 && is(b.instructions[0], Op::leave_handler);
  };
  for (Block& b : blocks) {
    for (int steps = 0; b.handler != kNoBlock && passes_on(blocks[b.handler]) && steps < 64; ++steps) {
      const Block& through = blocks[b.handler];
      b.handler_depth = through.handler_depth;
      b.handler = through.handler;
    }
    if (b.handler == kNoBlock) b.handler_depth = 0;
  }
}

void merge_straight_lines(std::vector<Block>& blocks, std::vector<bool>& dead) {
  std::vector<uint32_t> predecessors(blocks.size());
  predecessors[0] = 1;
  for (const Block& b : blocks) {
    for_each_edge(b, [&](BlockId to) { ++predecessors[to]; });
  }
  for (BlockId id = 0; id < blocks.size(); ++id) {
    if (dead[id]) continue;
    Block& b = blocks[id];
    while (b.exit == Exit::jump && b.jump_kind == ir::JumpKind::plain && b.target != id) {
      Block& t = blocks[b.target];
      if (predecessors[b.target] != 1 || dead[b.target] || t.loop_setup || t.handler != b.handler ||
          (b.handler != kNoBlock && t.handler_depth != b.handler_depth)) {
        break;
      }
      dead[b.target] = true;
      if (t.handler != kNoBlock) --predecessors[t.handler];
      if (b.instructions.empty()) b.instructions = std::move(t.instructions);
      else std::move(t.instructions.begin(), t.instructions.end(), std::back_inserter(b.instructions));
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

// name = None; del name: three instructions.
bool unbinds(const Instruction* i) {
  if (!is(i[0], Op::load_const) || !i[0].value.is(Kind::none) || i[1].name != i[2].name) return false;
  return (is(i[1], Op::store_fast) && is(i[2], Op::delete_fast)) ||
         (is(i[1], Op::store_name) && is(i[2], Op::delete_name)) ||
         (is(i[1], Op::store_global) && is(i[2], Op::delete_global)) ||
         (is(i[1], Op::store_deref) && is(i[2], Op::delete_deref));
}

// Up to 3.10 the handler that unbinds the name of `except E as name` is entered like any other; later not. Up to
// 3.8 the name is unbound before the handler is left; later the other way round.
void unify_name_cleanup(Block& b) {
  auto& i = b.instructions;
  if (b.exit == Exit::reraise && i.size() == 4 && is(i[0], Op::enter_handler) && unbinds(&i[1])) i.erase(i.begin());
  for (size_t at = 3; at < i.size(); ++at) {
    if (is(i[at], Op::leave_handler) && unbinds(&i[at - 3])) {
      std::rotate(i.begin() + static_cast<ptrdiff_t>(at) - 3, i.begin() + static_cast<ptrdiff_t>(at),
                  i.begin() + static_cast<ptrdiff_t>(at) + 1);
    }
  }
}

// `except StopAsyncIteration` around get_anext, as 3.5 to 3.7 spell the end of `async for`.
void unify_async_for(std::vector<Block>& blocks, Block& b) {
  const auto& i = b.instructions;
  if (b.exit != Exit::branch || i.size() != 3 || !is(i[0], Op::enter_handler) || !is(i[1], Op::load_global) ||
      i[1].name != "StopAsyncIteration" || !is(i[2], Op::match_exception)) {
    return;
  }
  const Block& raised = blocks[b.otherwise];
  Block& ended = blocks[b.target];
  const auto& e = ended.instructions;
  if (raised.exit != Exit::reraise || !raised.instructions.empty() || e.size() < 3 || !is(e[0], Op::pop) ||
      !is(e[1], Op::leave_handler) || !is(e[2], Op::pop)) {
    return;
  }
  ended.instructions.erase(ended.instructions.begin(), ended.instructions.begin() + 3);
  if (ended.handled > 0) --ended.handled;
  b.instructions.clear();
  b.exit = Exit::end_async_for;
  b.otherwise = kNoBlock;
}

void drop_dead_and_sort(std::vector<Block>& blocks) {
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
    return blocks[a].offset != blocks[b].offset ? blocks[a].offset < blocks[b].offset : a < b;
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

}  // namespace

void tidy(ir::Body& body, PythonVersion version) {
  std::vector<Block>& blocks = body.blocks;
  if (blocks.empty()) return;
  std::vector<bool> dead(blocks.size());
  skip_handlers_that_pass_on(blocks);
  merge_straight_lines(blocks, dead);
  if (version < PythonVersion{3, 11}) {
    for (Block& b : blocks) unify_name_cleanup(b);
  }
  if (version < PythonVersion{3, 8} && version >= PythonVersion{3, 5}) {
    for (Block& b : blocks) unify_async_for(blocks, b);
  }
  drop_dead_and_sort(blocks);
}

}  // namespace winnow::bytecode
