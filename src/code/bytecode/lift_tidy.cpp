#include <algorithm>

#include "code/bytecode/lifter.h"
#include "code/ir/tidy.h"

namespace winnow::bytecode {
namespace {

using ir::Block, ir::BlockId, ir::Exit, ir::Instruction, ir::kNoBlock, ir::Op;

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

}  // namespace

void tidy(ir::Body& body, PythonVersion version) {
  std::vector<Block>& blocks = body.blocks;
  if (blocks.empty()) return;
  skip_handlers_that_pass_on(blocks);
  ir::merge_straight_lines(body);
  if (version < PythonVersion{3, 11}) {
    for (Block& b : blocks) unify_name_cleanup(b);
  }
  if (version < PythonVersion{3, 8} && version >= PythonVersion{3, 5}) {
    for (Block& b : blocks) unify_async_for(blocks, b);
  }
  ir::drop_dead_and_sort(body);
}

}  // namespace winnow::bytecode
