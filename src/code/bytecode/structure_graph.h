// A flow graph that structuring may change: blocks are split, copies of `finally` bodies cut out of the ways
// through them. Dominators and loops are those of the graph with its exception edges.
#pragma once

#include <unordered_map>
#include <vector>

#include "code/bytecode/flow.h"

namespace winnow::bytecode {

using ir::BlockId;
using ir::kNoBlock;

enum class HandlerKind : uint8_t {
  none,
  transparent,   // cleans up and raises on: the interpreter's own, and the `del e` behind `except E as e`
  with,          // calls the exit
  except,        // except clauses
  except_star,
  finally_body,  // runs statements, then raises on
};

struct Loop {
  std::vector<bool> body;  // blocks from which the head is reached again, the head with them
  uint32_t last_offset = 0;
};

struct Graph {
  const Heap* heap = nullptr;
  PythonVersion version;
  std::string_view code;   // the bytes: up to 3.7 they tell what the graph does not
  bool is_function = true;
  std::vector<FlowBlock> blocks;
  std::vector<HandlerKind> kinds;                  // of blocks that are handlers
  std::vector<std::vector<BlockId>> predecessors;  // exception edges too
  std::vector<uint32_t> forward;                   // ordinary edges in, back edges not counted
  std::vector<BlockId> idom;
  std::vector<std::vector<BlockId>> children;      // in the dominator tree
  // A block's number in the dominator tree, and the last one of those that it dominates.
  struct Span { uint32_t first = 1, last = 0, free = 0; };
  std::vector<Span> spans;
  std::vector<uint32_t> order;                     // reverse postorder; UINT32_MAX: not reached
  std::unordered_map<BlockId, Loop> loops;         // by head
  std::vector<BlockId> handler_around;             // the innermost handler whose body the block is part of
  std::vector<BlockId> copy_of;                    // the first of equal ends (same_end); most blocks: themselves
  bool reducible = true;

  FlowBlock& operator[](BlockId b) { return blocks[b]; }
  const FlowBlock& operator[](BlockId b) const { return blocks[b]; }

  // The handler that the source wrote: transparent ones are looked through.
  BlockId handler(BlockId b) const;
  // The handler around handler `h`.
  BlockId outer(BlockId h) const { return handler(h); }
  // Whether an exception in the block comes to `h`, there or by way of inner handlers. Bounded.
  bool inside(BlockId b, BlockId h) const;

  // Without statements that the source would know of.
  bool is_empty(BlockId b) const;
  // Up to 3.7: the offset behind the loop whose SETUP_LOOP stands before the block; 0: none does.
  uint32_t loop_end(BlockId b) const;
  // Up to 3.7: whether an unreachable jump stands right before the block: the end of what is followed by an else.
  bool behind_dead_jump(BlockId b) const;
  // The first block from here that does something; loop heads and jumps that say why they jump count.
  BlockId thread(BlockId b) const;
  // Whether the empty blocks from here on drop the iterator; kNoSlot: any.
  bool leaves_loop(BlockId b, SlotId iterator) const;
  // Returns something that costs nothing to return again.
  bool is_tail(BlockId b) const;
  bool same_tail(BlockId a, BlockId b) const;
  // The same few statements and the same way out of the function: copies of one block that the compiler made.
  bool same_end(BlockId a, BlockId b) const;
  bool dominates(BlockId a, BlockId b) const;
  bool reached(BlockId b) const { return b < order.size() && order[b] != UINT32_MAX; }
};

void successors(const FlowBlock& block, std::vector<BlockId>& to);  // ordinary edges

bool is_slot(const Node* node);
SlotId slot_number(const Node* node);
bool is_none(const Node* node);  // null, or the constant
bool is_marker(const FlowStatement& statement);  // enter_handler, leave_handler

// Equal trees, lines apart. `slots` maps those of `a` to those of `b` and grows; null: slots must be equal.
bool same_tree(const Heap& heap, const Node* a, const Node* b, std::unordered_map<SlotId, SlotId>* slots);

// Copies the flow, finds what the handlers are, cuts the copies of `finally` bodies and of exits of `with` out,
// brings loops whose test stands twice to one test, and computes what the graph holds.
Graph make_graph(const Heap& heap, const Flow& flow, bool is_function);

// The parts of it.
void classify_handlers(Graph& graph);
void strip_copies(Graph& graph);
void join_loop_tests(Graph& graph);
void analyse(Graph& graph);
BlockId split(Graph& graph, BlockId block, size_t at);

}  // namespace winnow::bytecode
