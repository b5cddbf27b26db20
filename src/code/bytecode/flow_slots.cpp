// The last step from instructions to statements: every block that is left is run once, and what crosses from one
// to the next on the stack gets a slot. A value that all ways into a block agree on keeps its slot (the iterator
// of a loop around); where they do not, the block has a slot of its own that each way sets.
#include <algorithm>

#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

constexpr int kAttempts = 6;

std::vector<BlockId> reverse_postorder(const std::vector<Work>& blocks) {
  std::vector<uint8_t> state(blocks.size(), 0);
  std::vector<std::pair<BlockId, uint8_t>> path;
  std::vector<BlockId> order;
  path.emplace_back(0, 0);
  state[0] = 1;
  while (!path.empty()) {
    auto& [b, next] = path.back();
    const Work& work = blocks[b];
    // Handlers are walked first, so they come last: their stack is known from the blocks that they guard.
    const BlockId ways[3] = {work.handler, work.otherwise, work.target};
    if (next == 3) {
      order.push_back(b);
      path.pop_back();
      continue;
    }
    const BlockId to = ways[next++];
    if (to == kNoBlock || state[to] != 0) continue;
    state[to] = 1;
    path.emplace_back(to, 0);
  }
  std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace

void Builder::mark_iterator_slot(SlotId slot) {
  if (iterator_slots_.size() <= slot) iterator_slots_.resize(slot + 1, false);
  iterator_slots_[slot] = true;
}

void Builder::mark_exit_slot(SlotId slot) {
  if (exit_slots_.size() <= slot) exit_slots_.resize(slot + 1, false);
  exit_slots_[slot] = true;
}

bool Builder::run_block(BlockId id, SimulatorOptions options, Simulator& simulator) {
  const Work& b = blocks_[id];
  std::vector<Entry> stack;
  (void)options;
  for (const SlotId slot : entry_slots_[id]) {
    Node* read = tree_.make(Type::Name);
    read->number = static_cast<int32_t>(slot);
    stack.push_back({read, 0});
  }
  simulator.enter(std::move(stack));
  for (const Step& step : b.steps) {
    simulator.step(step);
    if (simulator.failed()) return false;
  }
  return true;
}

Flow Builder::final_run() {
  // A return that several ways share is each one's own.
  for (Work& b : blocks_) {
    if (b.dead || b.leave != Leave::jump || next_of(b) != kReturn) continue;
    const BlockId shared = b.target;
    b.leave = Leave::return_value;
    b.target = kNoBlock;
    lose_way(shared);
  }
  const std::vector<BlockId> order = reverse_postorder(blocks_);
  const auto count = blocks_.size();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    conflict_ = false;
    flow_.slots = 0;
    flow_.exact = true;
    flow_.blocks.assign(count, FlowBlock{});
    exit_slots_.clear();
    iterator_slots_.clear();
    entry_slots_.assign(blocks_.size(), {});
    entered_.assign(blocks_.size(), false);
    items_.assign(blocks_.size(), kNoBlock);
    owned_.clear();
    entered_[0] = true;
    for (const BlockId b : order) {
      if (b < count) final_block(b);
    }
    if (!conflict_) break;
  }
  for (BlockId b = 0; b < flow_.blocks.size(); ++b) {
    if (b >= count) continue;
    const bool reached = entered_[b];
    flow_.blocks[b].dead = blocks_[b].dead || !reached;
  }
  declarations();
  return std::move(flow_);
}

void Builder::final_block(BlockId id) {
  const Work& b = blocks_[id];
  if (b.dead || !entered_[id]) return;
  if (!spend(b.steps.size() + 1)) {
    flow_.exact = false;
    Node* comment = tree_.make(Type::Comment);
    comment->name = "not read: the budget for this function ran out";
    flow_.blocks[id].statements.push_back({FlowStatement::Kind::plain, comment, kNoSlot, kNoSlot, b.offset});
    return;
  }
  {
    FlowBlock& out = flow_.blocks[id];
    out.jump_kind = b.jump_kind;
    out.loop_setup = b.loop_setup;
    out.offset = b.offset;
    out.handler = b.handler;
    out.target = b.target, out.otherwise = b.otherwise;
    if (b.is_handler && !entry_slots_[id].empty()) out.exception = entry_slots_[id].back();
  }
  // The item of a loop whose body starts here is assigned by its first store.
  const BlockId loop = items_[id];
  Node* item = nullptr;
  const uint32_t slots = flow_.slots;
  for (const bool careful : {false, true}) {
    flow_.slots = slots;
    Simulator simulator(*this, {.isolated = false, .careful = careful});
    if (loop != kNoBlock) {
      item = tree_.make(Type::Tuple);
      tree_.append(item->items, nullptr);
    }
    simulator.loop_item(item);
    bool good = run_block(id, {}, simulator);
    if (good) {
      flow_.blocks[id].statements.clear();
      flow_.blocks[id].target = b.target, flow_.blocks[id].otherwise = b.otherwise;
      leave_block(id, simulator);
      good = !simulator.failed();
    }
    if (good || careful) break;
  }
  if (loop != kNoBlock) flow_.blocks[loop].value = item->items[0];
  if (b.handler == kNoBlock || entered_[b.handler]) return;
  // The handler finds the lower part of this block's stack, and the exception.
  std::vector<SlotId> below = entry_slots_[id];
  if (below.size() > b.handler_depth) below.resize(b.handler_depth);
  while (below.size() < b.handler_depth) below.push_back(new_slot());
  below.push_back(new_slot());
  entry_slots_[b.handler] = std::move(below);
  entered_[b.handler] = true;
}

// Gives what is on the stack to the block it goes to. Statements for it go to `statements`.
void Builder::pass_stack(BlockId from, BlockId to, const std::vector<Entry>& stack, std::vector<FlowStatement>& statements) {
  (void)from;
  std::vector<SlotId>& entry = entry_slots_[to];
  const bool first = !entered_[to];
  if (first) {
    entered_[to] = true;
    entry.assign(stack.size(), kNoSlot);
  }
  const size_t count = std::min(entry.size(), stack.size());
  if (!spend(count)) flow_.exact = false;
  for (size_t i = 0; i < count; ++i) {
    Node* node = stack[i].node;
    const SlotId read = slot_read(node);
    const uint64_t place = uint64_t{to} << 32 | i;
    if (first) {
      const bool own = fresh_.count(place) != 0;
      if (read != kNoSlot && !own) {
        entry[i] = read;
        continue;
      }
      entry[i] = new_slot();
      owned_.insert(place);
      statements.push_back(slot_statement(node, entry[i]));
      continue;
    }
    if (read == entry[i]) continue;
    if (owned_.count(place) == 0) {
      fresh_.insert(place);
      conflict_ = true;
      continue;
    }
    statements.push_back(slot_statement(node, entry[i]));
  }
}

// A way out that is taken under a condition: what it has to set needs a block of its own.
void Builder::pass_conditionally(BlockId from, BlockId FlowBlock::* edge, const std::vector<Entry>& stack) {
  std::vector<FlowStatement> statements;
  const BlockId to = flow_.blocks[from].*edge;
  if (to >= blocks_.size()) return;
  pass_stack(from, to, stack, statements);
  if (statements.empty()) return;
  FlowBlock between;
  between.statements = std::move(statements);
  between.exit = FlowExit::jump;
  between.target = to;
  between.handler = flow_.blocks[from].handler;
  between.offset = flow_.blocks[from].offset;
  flow_.blocks[from].*edge = static_cast<BlockId>(flow_.blocks.size());
  flow_.blocks.push_back(std::move(between));
}

void Builder::leave_block(BlockId id, Simulator& simulator) {
  const Work& b = blocks_[id];
  Run& run = simulator.run();
  FlowBlock out = std::move(flow_.blocks[id]);
  out.exit = FlowExit::invalid;
  Node* value = nullptr;
  simulator.at_line(b.line);
  switch (b.leave) {
    case Leave::jump: out.exit = FlowExit::jump; break;
    case Leave::branch: {
      out.exit = FlowExit::branch;
      const Entry top = simulator.take_entry();
      value = top.node;
      if (value != nullptr && value->type == Type::Bad && value->number == kMatchesException && is_slot_read(value->first)) {
        out.exit = FlowExit::match_exception;
        out.slot = slot_read(value->first);
        value = value->second;
      } else if (value != nullptr && value->type == Type::Bad && (value->number == kExitResult || value->number == kAwaitedExit) &&
                 is_slot_read(value->first) && is_slot_read(value->second)) {
        out.exit = FlowExit::with_suppresses;
        out.slot = slot_read(value->first);
        out.other = slot_read(value->second);
        value = nullptr;
      } else {
        simulator.push_entry(top);
        value = simulator.take();
      }
      simulator.finish();
      break;
    }
    case Leave::branch_or_pop:
      out.exit = FlowExit::branch;
      simulator.finish();
      value = simulator.take();
      break;
    case Leave::for_iter:
    case Leave::async_iter: {
      out.exit = b.leave == Leave::for_iter ? FlowExit::for_each : FlowExit::async_for_each;
      simulator.finish();
      break;
    }
    case Leave::end_async_for:
    case Leave::reraise: {
      out.exit = FlowExit::reraise;
      Node* exception = simulator.take();
      simulator.finish();
      if (is_slot_read(exception)) {
        out.slot = slot_read(exception);
      } else {
        out.slot = new_slot();
        run.statements.push_back({FlowStatement::Kind::set_slot, exception, out.slot, kNoSlot, b.offset});
      }
      break;
    }
    case Leave::return_value:
      out.exit = FlowExit::return_value;
      if (class_body_) {  // the namespace, or the cell of __class__: no value of the source
        const Entry top = simulator.take_entry();
        const bool cell = top.node->type == Type::NamedExpr && top.node->items.size == 1 && top.node->items[0]->name == "__classcell__";
        const bool locals = top.node->type == Type::Call && top.node->first->type == Type::Name && top.node->first->name == "locals";
        if (cell || locals) {
          value = tree_.make(Type::Constant);
          value->value = Value::none();
        } else {
          simulator.push_entry(top);
        }
      }
      if (value == nullptr) value = simulator.take();
      simulator.finish();
      break;
    case Leave::raise:
      out.exit = FlowExit::raise;
      value = simulator.raise(b.a);
      simulator.finish();
      break;
    case Leave::invalid: simulator.finish(); break;
  }
  if (simulator.failed()) {
    flow_.blocks[id] = std::move(out);
    return;
  }
  out.value = value;
  flow_.blocks[id] = std::move(out);
  if (b.leave == Leave::jump) {
    simulator.express();
    if (simulator.failed()) return;
    pass_stack(id, b.target, run.stack, run.statements);
    flow_.blocks[id].statements = std::move(run.statements);
    return;
  }
  const bool two = b.leave == Leave::branch || b.leave == Leave::branch_or_pop || b.leave == Leave::for_iter || b.leave == Leave::async_iter;
  if (two) {
    simulator.materialise();
    if (simulator.failed()) return;
    Entry top;
    if (b.leave == Leave::branch_or_pop) {
      const SlotId slot = new_slot();
      run.statements.push_back({FlowStatement::Kind::set_slot, value, slot, kNoSlot, b.offset});
      top.node = tree_.make(Type::Name);
      top.node->number = static_cast<int32_t>(slot);
      flow_.blocks[id].value = top.node;
    }
    if (b.leave == Leave::for_iter || b.leave == Leave::async_iter) {
      Node* iterator = run.stack.empty() ? nullptr : run.stack.back().node;
      if (is_slot_read(iterator)) flow_.blocks[id].slot = slot_read(iterator);
    }
    flow_.blocks[id].statements = std::move(run.statements);
    std::vector<Entry> yes = run.stack, no = run.stack;
    if (b.leave == Leave::branch_or_pop) (b.keeps_true ? yes : no).push_back(top);
    if (b.leave == Leave::for_iter || b.leave == Leave::async_iter) {
      if (!no.empty()) no.pop_back();
      pass_item(id, yes);
      pass_conditionally(id, &FlowBlock::otherwise, no);
      return;
    }
    pass_conditionally(id, &FlowBlock::target, yes);
    pass_conditionally(id, &FlowBlock::otherwise, no);
    return;
  }
  flow_.blocks[id].statements = std::move(run.statements);
}

// The body of a loop: one more value than the loop's head has, which its first store takes. Where others come to
// the body's block too, the item has a slot.
void Builder::pass_item(BlockId id, std::vector<Entry> stack) {
  const BlockId to = flow_.blocks[id].target;
  if (blocks_[to].ways_in == 1 && !blocks_[to].is_handler && !entered_[to]) {
    std::vector<FlowStatement> none;
    pass_stack(id, to, stack, none);
    if (none.empty()) {
      items_[to] = id;
      return;
    }
  }
  Node* read = tree_.make(Type::Name);
  read->number = static_cast<int32_t>(new_slot());
  flow_.blocks[id].value = read;
  stack.push_back({read, 0});
  pass_conditionally(id, &FlowBlock::target, stack);
}

}  // namespace winnow::bytecode
