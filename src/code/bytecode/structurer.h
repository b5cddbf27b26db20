// Inside of structure.cpp and its parts: the walk over the graph that writes nested statements. It goes along the
// blocks; at a region's entry (a try, a with, a loop, a branch) it decides where the region is left to (`follow`),
// writes what is inside with that as its end, and goes on from there. A block met on two ways is written twice
// when no nesting can share it; `budget_` bounds that.
#pragma once

#include <unordered_set>

#include "code/bytecode/structure.h"
#include "code/bytecode/structure_graph.h"

namespace winnow::bytecode {

inline constexpr BlockId kEnd = kNoBlock - 1;  // as follow: the end of the function

// Where statements are being written, and what falling off or jumping there means.
struct Scope {
  BlockId follow = kEnd;
  BlockId handler = kNoBlock;
  BlockId continue_to = kNoBlock, break_to = kNoBlock;
  SlotId exception = kNoSlot;  // in a finally body: raising it on is the body's end
  SlotId iterator = kNoSlot;   // of the innermost loop, where it is a for
  bool in_loop = false;
  uint32_t depth = 0;
};

using Statements = std::vector<Node*>;

class Structurer {
 public:
  Structurer(python::Tree& tree, Graph& graph, const StructureOptions& options)
      : tree_(tree), graph_(graph), options_(options) {}

  Structured run();

 private:
  static constexpr uint32_t kMaxDepth = 90;  // CPython refuses a hundred levels of indentation

  // Writes from block `b` on. True: control can fall off the end, to scope.follow.
  bool write(BlockId b, const Scope& scope, Statements& out, bool entering_loop = false);
  // One region or block; the next block to go on with, or kNoBlock: `falls` tells how it ended.
  BlockId write_block(BlockId b, const Scope& scope, Statements& out, bool& falls);
  void write_statements(BlockId b, Statements& out);
  void write_statement(const FlowStatement& statement, BlockId b, Statements& out);
  BlockId write_branch(BlockId b, const Scope& scope, Statements& out, bool& falls);
  BlockId write_guard(BlockId b, Node* test, BlockId yes, BlockId no, const Scope& scope, Statements& out);
  Node* test_of(const FlowBlock& block, BlockId& yes, BlockId& no);  // and where it leads when true, and when not
  Node* without_turned_links(Node* test, uint32_t depth);
  bool is_elif(BlockId b, BlockId join, const Scope& inner) const;
  void mark_written(BlockId b);  // with the empty blocks that it leads through
  BlockId write_return(BlockId b, const Scope& scope, Statements& out, bool& falls);
  // The join of both ways of a branch, or scope.follow.
  BlockId join_of(BlockId b, const Scope& scope) const;
  BlockId join_by_layout(BlockId b, const Scope& scope) const;
  bool arrives(BlockId b, BlockId follow) const;  // b is where follow is
  bool reserved(BlockId b) const;

  // structure_loops.cpp
  bool is_loop(BlockId b) const;
  BlockId write_loop(BlockId b, const Scope& scope, Statements& out, bool& falls);
  BlockId loop_follow(BlockId head, BlockId exhausted, uint32_t end, const Scope& scope) const;
  BlockId marked_follow(BlockId head, BlockId exhausted, uint32_t end, const std::vector<bool>& by_break,
                        const Scope& scope) const;
  BlockId broken_follow(BlockId head, BlockId exhausted, const std::vector<bool>& by_break, const Scope& scope) const;
  BlockId behind_else(BlockId head, BlockId exhausted, const std::vector<bool>& by_break, const std::vector<bool>& by_end,
                      const Scope& scope) const;
  std::vector<bool> reach(const std::vector<BlockId>& from, BlockId stop_at, const Scope& scope) const;
  bool breaks(BlockId b) const;  // a jump that says it breaks a loop

  // structure_try.cpp
  BlockId write_region(BlockId b, BlockId handler, const Scope& scope, Statements& out, bool& falls, bool entering);
  BlockId write_with(BlockId b, BlockId handler, const Scope& scope, Statements& out, bool& falls, bool entering);
  BlockId write_finally(BlockId b, BlockId handler, const Scope& scope, Statements& out, bool& falls, bool entering);
  BlockId write_except(BlockId b, BlockId handler, const Scope& scope, Statements& out, bool& falls, bool entering);
  void write_clauses(BlockId handler, const Scope& scope, Node* statement);
  std::vector<BlockId> exits_of(BlockId b, BlockId handler) const;
  std::vector<BlockId> ends_of_handler(BlockId handler) const;
  bool returns_in_place(BlockId b) const;
  BlockId outermost(BlockId h, BlockId within) const;

  Node* make(python::Type type) { return tree_.make(type); }
  Node* negated(Node* test);
  bool turns_safely(const Node* test) const;
  bool jumps_on_none(const Node* test) const;
  void fill(python::List& list, const Statements& statements, bool pass_if_empty);
  void unsound(const char* why) {
    sound_ = false;
    if (why_.empty()) why_ = why;
  }
  bool has_slot(const Node* node, int depth = 0) const;

  struct Pending { Node* node = nullptr; bool used = false; };

  python::Tree& tree_;
  Graph& graph_;
  StructureOptions options_;
  std::unordered_map<SlotId, Pending> pending_;   // slots that wait for the statement that they are part of
  std::vector<std::pair<SlotId, FlowStatement>> managers_;
  std::unordered_set<const Node*> consumed_;      // statements that became part of a header
  std::vector<BlockId> active_loops_;
  std::vector<BlockId> follows_;                  // reserved places of the scopes around
  std::vector<bool> written_;
  uint32_t loop_end_ = 0;                         // up to 3.7: of the loop that was set up last
  // Counts a comparison of places; false when there were too many: then nothing more is written.
  bool look() const {
    if (looks_ == 0) return false;
    if (--looks_ == 0) budget_ = 0;
    return true;
  }

  mutable uint64_t budget_ = 0;
  mutable uint64_t looks_ = 0;                    // comparisons of places that are left
  bool sound_ = true;
  std::string why_;
};

}  // namespace winnow::bytecode
