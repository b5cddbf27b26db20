// From 3.10 to 3.13 the test of a `while` stands twice: before the loop, and at its end, from where the body is
// entered again. Brought back to one test here.
#include "code/bytecode/structure_graph.h"

namespace winnow::bytecode {

namespace {

bool same_way(const Graph& graph, BlockId a, BlockId b) {
  const BlockId ta = graph.thread(a);
  const BlockId tb = graph.thread(b);
  if (graph.same_tail(ta, tb)) return true;
  const FlowBlock& left = graph.blocks[ta];
  const FlowBlock& right = graph.blocks[tb];
  if (left.exit != right.exit || left.statements.size() != right.statements.size() || left.handler != right.handler) return false;
  if (left.target != right.target || left.otherwise != right.otherwise || left.slot != right.slot) return false;
  for (size_t i = 0; i < left.statements.size(); ++i) {
    const FlowStatement& l = left.statements[i];
    const FlowStatement& r = right.statements[i];
    if (l.kind != r.kind || l.slot != r.slot || l.entered != r.entered) return false;
    if (!same_tree(*graph.heap, l.node, r.node, nullptr)) return false;
  }
  return same_tree(*graph.heap, left.value, right.value, nullptr);
}

bool joins(Graph& graph, BlockId latch, BlockId head) {
  FlowBlock& bottom = graph.blocks[latch];
  for (const BlockId guard : graph.predecessors[head]) {
    if (guard == latch || guard >= graph.order.size()) continue;
    const FlowBlock& top = graph.blocks[guard];
    if (top.exit != FlowExit::branch || graph.handler(guard) != graph.handler(latch)) continue;
    const bool on_true = bottom.target == head;
    if ((on_true ? top.target : top.otherwise) != head) continue;
    if (!same_way(graph, on_true ? top.otherwise : top.target, on_true ? bottom.otherwise : bottom.target)) continue;
    if (!same_tree(*graph.heap, top.value, bottom.value, nullptr)) continue;
    const BlockId test = graph.is_empty(guard) ? guard : split(graph, guard, graph.blocks[guard].statements.size());
    FlowBlock& end = graph.blocks[latch];
    end.exit = FlowExit::jump;
    end.value = nullptr;
    end.target = test;
    end.otherwise = kNoBlock;
    return true;
  }
  return false;
}

}  // namespace

void join_loop_tests(Graph& graph) {
  if (graph.version < PythonVersion{3, 10}) return;
  const size_t count = graph.blocks.size();
  for (BlockId b = 0; b < count; ++b) {
    if (!graph.reached(b) || graph.blocks[b].exit != FlowExit::branch) continue;
    for (const BlockId head : {graph.blocks[b].target, graph.blocks[b].otherwise}) {
      if (head == kNoBlock || head >= graph.order.size() || !graph.dominates(head, b)) continue;
      if (joins(graph, b, head)) break;
    }
  }
}

}  // namespace winnow::bytecode
