// Loops that only add to a collection: those of comprehensions, whether they stand in a function of their own, in
// line (2.7's lists, 3.12 and later) or yield (generator expressions). Inner loops are folded first; the outer one
// takes them as its next `for`.
#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

bool is_op(const Step& step, ir::Op op) {
  return step.kind == Step::Kind::instruction && step.instruction->op == op;
}

bool is_none(const Node* node) { return node->type == Type::Constant && node->value.is(Kind::none); }

}  // namespace

bool Builder::fold_loop(BlockId id) {
  Work& head = blocks_[id];
  if ((head.leave != Leave::for_iter && head.leave != Leave::async_iter) || head.target == id || head.target == head.otherwise) return false;
  if (!head.steps.empty()) return false;
  // The body: one block, or tests that skip to the head and a last block.
  std::vector<BlockId> body;
  BlockId at = head.target;
  std::vector<Step> last;
  Folded folded;
  Generator generator;
  generator.is_async = head.leave == Leave::async_iter;
  Node* holder = tree_.make(Type::Tuple);
  tree_.append(holder->items, nullptr);
  for (uint32_t links = 0;; ++links) {
    Work& b = blocks_[at];
    if (links > 256 || at == id || b.ways_in != 1 || b.is_handler || b.loop_setup || b.handler != head.handler) return false;
    body.push_back(at);
    const bool ends = next_of(b) == id || (b.leave == Leave::jump && b.jump_kind == ir::JumpKind::continue_loop && resolve(b.target) == id);
    if (!ends && b.leave != Leave::branch) return false;
    size_t count = b.steps.size();
    Collection kind = Collection::list;
    const Folded* inner = nullptr;
    uint32_t depth = 0, values = 1;
    if (ends) {
      if (count == 0) return false;
      const Step& add = b.steps[count - 1];
      if (is_op(add, ir::Op::list_append)) kind = Collection::list;
      else if (is_op(add, ir::Op::set_add)) kind = Collection::set;
      else if (is_op(add, ir::Op::map_add)) kind = Collection::dict, values = 2;
      else if (add.kind == Step::Kind::collect) inner = add.folded, kind = inner->kind;
      else if (is_op(add, ir::Op::pop) && count > 1 && is_op(b.steps[count - 2], ir::Op::yield_value)) kind = Collection::generator, --count;
      else return false;
      --count;
      if (kind != Collection::generator) {
        depth = inner != nullptr ? inner->depth : add.instruction->a;
        if (depth < 2) return false;
      } else if (!as_value_) {
        return false;
      }
    }
    if (!spend(count)) return false;
    Simulator simulator(*this, {.isolated = true});
    if (links == 0) {
      simulator.loop_item(holder);
      simulator.enter({});
    }
    for (size_t i = 0; i < count; ++i) {
      simulator.step(b.steps[i]);
      if (simulator.failed()) return false;
    }
    simulator.finish();
    if (simulator.failed()) return false;
    const size_t wanted = ends && inner == nullptr ? values : 1;
    if (simulator.run().stack.size() != wanted) return false;
    if (!ends) {
      Node* condition = simulator.take();
      if (simulator.failed()) return false;
      const bool skips_false = resolve(b.otherwise) == id, skips_true = resolve(b.target) == id;
      if (skips_false == skips_true) return false;
      if (skips_true) {
        if (version_ < PythonVersion{3, 7} && condition->type == Type::BoolOp && condition->number == 1) return false;
        condition = negation(condition);
      }
      generator.conditions.push_back(condition);
      at = skips_false ? b.target : b.otherwise;
      continue;
    }
    folded.kind = kind;
    folded.depth = depth == 0 ? 0 : depth - 1;
    if (inner != nullptr) {
      Entry iterator = simulator.take_entry();
      const int32_t expected = inner->generators[0].is_async ? kAsyncIterator : kIterator;
      if (iterator.node->type != Type::Bad || iterator.node->number != expected) return false;
      folded.element = inner->element;
      folded.value = inner->value;
      folded.generators.push_back(generator);
      folded.generators.insert(folded.generators.end(), inner->generators.begin(), inner->generators.end());
      folded.generators[1].iterable = iterator.node->first;
    } else {
      if (values == 2) folded.value = simulator.take();
      folded.element = simulator.take();
      folded.generators.push_back(generator);
      if (kind == Collection::dict && version_ < PythonVersion{3, 8} && folded.value == nullptr) return false;
    }
    if (simulator.failed()) return false;
    break;
  }
  if (holder->items[0] == nullptr) return false;
  folded.generators[0].target = holder->items[0];
  (void)is_none;
  folds_.push_back(std::move(folded));
  Step step;
  step.kind = Step::Kind::collect;
  step.folded = &folds_.back();
  head.steps.push_back(step);
  head.leave = Leave::jump;
  head.jump_kind = ir::JumpKind::plain;
  head.target = head.otherwise;
  head.otherwise = kNoBlock;
  // The ways back to the head are gone.
  for (const BlockId gone : body) blocks_[gone].dead = true;
  for (const BlockId gone : body) {
    Work& b = blocks_[gone];
    b.ways_in = 0;
    for (BlockId to : {b.target, b.otherwise}) {
      if (to == kNoBlock) continue;
      if (!blocks_[to].dead) lose_way(to);
    }
  }
  for (const BlockId from : ways_[id]) {
    if (!blocks_[from].dead) queue_.push_back(from);
  }
  return true;
}

}  // namespace winnow::bytecode
