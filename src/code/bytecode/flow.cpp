// From stack instructions to statements: the graph of blocks is read, what only values flow through is folded
// (conditions.cpp, comprehensions.cpp), and what is left is run once on a stack of expressions (expressions.cpp).
// Values that cross from block to block become slots.
#include "code/bytecode/flow.h"

#include <algorithm>

#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

constexpr uint64_t kDefaultSteps = 20'000'000;

Leave leave_of(ir::Exit exit) {
  switch (exit) {
    case ir::Exit::jump: return Leave::jump;
    case ir::Exit::branch: return Leave::branch;
    case ir::Exit::for_iter: return Leave::for_iter;
    case ir::Exit::return_value: return Leave::return_value;
    case ir::Exit::raise: return Leave::raise;
    case ir::Exit::reraise: return Leave::reraise;
    case ir::Exit::end_async_for: return Leave::end_async_for;
    case ir::Exit::invalid: return Leave::invalid;
  }
  return Leave::invalid;
}

bool is_op(const Step& step, ir::Op op) {
  return step.kind == Step::Kind::instruction && step.instruction->op == op;
}

}  // namespace

Builder::Builder(const CodeObject& code, const ir::Body& body, const Context& context)
    : code_(code), body_(body), context_(context), tree_(context.tree), version_(code.version) {
  flow_.code = &code;
  if ((code.flags & CodeObject::kOptimized) == 0 && !body.blocks.empty() && body.blocks[0].instructions.size() > 1) {
    const std::vector<ir::Instruction>& first = body.blocks[0].instructions;
    for (size_t i = 0; i + 1 < first.size() && i < 6; ++i) {
      class_body_ = class_body_ || (first[i].name == "__name__" && first[i + 1].op == ir::Op::store_name && first[i + 1].name == "__module__");
    }
  }
  limit_ = kDefaultSteps;
  load(body);
}

bool Builder::spend(uint64_t steps) {
  spent_ += steps;
  if (context_.steps != nullptr) {
    if (*context_.steps < steps) {
      *context_.steps = 0;
      return false;
    }
    *context_.steps -= steps;
  }
  return spent_ <= limit_;
}

void Builder::load(const ir::Body& body) {
  const auto count = static_cast<BlockId>(body.blocks.size());
  if (count == 0) return;
  bool entered_again = body.blocks[0].loop_setup || body.blocks[0].handler != kNoBlock;
  for (const ir::Block& b : body.blocks) {
    if (b.target == 0 || b.otherwise == 0 || b.handler == 0) entered_again = true;
  }
  // Nothing may jump to block 0: declarations stand there.
  const BlockId shift = entered_again ? 1 : 0;
  const auto moved = [&](BlockId b) { return b < count ? b + shift : kNoBlock; };
  blocks_.resize(count + shift);
  if (shift == 1) {
    blocks_[0].leave = Leave::jump;
    blocks_[0].target = 1;
    blocks_[0].offset = body.blocks[0].offset;
  }
  for (BlockId i = 0; i < count; ++i) {
    const ir::Block& from = body.blocks[i];
    Work& to = blocks_[i + shift];
    to.steps.reserve(from.instructions.size() + 4);
    for (const ir::Instruction& instruction : from.instructions) {
      Step step;
      step.instruction = &instruction;
      to.steps.push_back(step);
    }
    to.leave = leave_of(from.exit);
    to.a = from.a;
    to.target = moved(from.target);
    to.otherwise = moved(from.otherwise);
    to.handler = moved(from.handler);
    to.handler_depth = from.handler_depth;
    to.jump_kind = from.jump_kind;
    to.loop_setup = from.loop_setup;
    to.offset = from.offset;
    to.line = from.exit_line;
    const bool two = to.leave == Leave::branch || to.leave == Leave::for_iter;
    const bool one = two || to.leave == Leave::jump || to.leave == Leave::end_async_for;
    if ((one && to.target == kNoBlock) || (two && to.otherwise == kNoBlock)) to.leave = Leave::invalid;
    if (!one || to.leave == Leave::invalid) to.target = kNoBlock;
    if (!two || to.leave == Leave::invalid) to.otherwise = kNoBlock;
  }
  ways_.resize(blocks_.size());
  drop_cleanup_handlers();
  find_depths();
  for (BlockId i = 0; i < blocks_.size(); ++i) {
    Work& b = blocks_[i];
    if (!b.has_depth) {
      b.dead = true;
      continue;
    }
    for (BlockId to : {b.target, b.otherwise}) {
      if (to == kNoBlock) continue;
      ++blocks_[to].ways_in;
      ways_[to].push_back(i);
    }
    if (b.handler != kNoBlock) blocks_[b.handler].is_handler = true;
  }
  find_async_loops();
  read_matches();
}

// The stack's depth at the entry of every block that can be reached. What disagrees is hostile; the first way wins.
void Builder::find_depths() {
  std::vector<BlockId> work{0};
  blocks_[0].has_depth = true;
  const auto reach = [&](BlockId b, uint32_t depth) {
    if (b == kNoBlock || blocks_[b].has_depth) return;
    blocks_[b].has_depth = true;
    blocks_[b].depth = depth;
    work.push_back(b);
  };
  while (!work.empty()) {
    const BlockId id = work.back();
    work.pop_back();
    const Work& b = blocks_[id];
    uint32_t depth = b.depth;
    for (const Step& step : b.steps) {
      const Effect effect = effect_of(step);
      depth = (depth > effect.pops ? depth - effect.pops : 0) + effect.pushes;
    }
    const uint32_t less = depth > 0 ? depth - 1 : 0;
    switch (b.leave) {
      case Leave::jump: reach(b.target, depth); break;
      case Leave::branch:
      case Leave::branch_or_pop: reach(b.target, less), reach(b.otherwise, less); break;
      case Leave::for_iter:
      case Leave::async_iter: reach(b.target, depth + 1), reach(b.otherwise, less); break;
      case Leave::end_async_for: reach(b.target, depth > 1 ? depth - 2 : 0); break;
      case Leave::return_value:
      case Leave::raise:
      case Leave::reraise:
      case Leave::invalid: break;
    }
    reach(b.handler, b.handler_depth + 1);
  }
}

// The handlers that only put the variables of an inlined comprehension back are the compiler's own.
void Builder::drop_cleanup_handlers() {
  std::vector<BlockId> instead(blocks_.size(), kNoBlock);
  std::vector<bool> drops(blocks_.size(), false);
  bool any = false;
  for (BlockId i = 0; i < blocks_.size(); ++i) {
    // Every variable has one block or they share one: a chain of jumps.
    bool restores = false, only = true;
    BlockId at = i;
    for (uint32_t links = 0; links < 8; ++links) {
      for (const Step& step : blocks_[at].steps) {
        switch (step.instruction->op) {
          case ir::Op::restore_fast: restores = true; break;
          case ir::Op::swap:
          case ir::Op::rotate:
          case ir::Op::enter_handler:
          case ir::Op::leave_handler:
          case ir::Op::pop: break;
          default: only = false;
        }
      }
      if (!only || blocks_[at].leave != Leave::jump || blocks_[at].target == at) break;
      at = blocks_[at].target;
    }
    if (!only || !restores || blocks_[at].leave != Leave::reraise) continue;
    drops[i] = any = true;
    instead[i] = blocks_[i].handler;
  }
  if (!any) return;
  for (Work& b : blocks_) {
    for (uint32_t links = 0; links < 32 && b.handler != kNoBlock && drops[b.handler]; ++links) {
      b.handler_depth = blocks_[b.handler].handler_depth;
      b.handler = instead[b.handler];
    }
  }
}

// `async for`: a block that awaits the next item, with a handler that ends the loop, is a loop's head.
void Builder::find_async_loops() {
  for (BlockId i = 0; i < blocks_.size(); ++i) {
    Work& b = blocks_[i];
    if (b.dead || b.handler == kNoBlock || b.steps.empty() || !is_op(b.steps[0], ir::Op::get_anext)) continue;
    // get_anext, [load_const None,] await_value; what follows stays in the try of 3.7 and below.
    size_t n = 1;
    while (n < b.steps.size() && !is_op(b.steps[n], ir::Op::await_value)) ++n;
    if (n > 2 || n == b.steps.size()) continue;
    Work& h = blocks_[b.handler];
    BlockId end = kNoBlock;
    if (h.leave == Leave::end_async_for && h.steps.empty()) end = h.target;
    if (end == kNoBlock) continue;
    const auto body = static_cast<BlockId>(blocks_.size());
    if (n + 1 != b.steps.size()) {
      Work rest;
      rest.steps.assign(b.steps.begin() + static_cast<ptrdiff_t>(n) + 1, b.steps.end());
      rest.leave = b.leave;
      rest.target = b.target, rest.otherwise = b.otherwise;
      rest.a = b.a, rest.jump_kind = b.jump_kind, rest.line = b.line;
      rest.handler = h.handler, rest.handler_depth = h.handler_depth;
      rest.depth = b.depth + 1, rest.has_depth = true, rest.ways_in = 1;
      rest.offset = b.offset;
      for (BlockId to : {rest.target, rest.otherwise}) {
        if (to != kNoBlock) ways_[to].push_back(body);
      }
      blocks_.push_back(std::move(rest));
      ways_.push_back({i});
      blocks_[i].target = body;
    } else if (b.leave != Leave::jump) {
      continue;
    }
    Work& head = blocks_[i];
    const Work& handler = blocks_[head.handler];
    head.steps.clear();
    head.leave = Leave::async_iter;
    head.jump_kind = ir::JumpKind::plain;
    head.otherwise = end;
    ++blocks_[end].ways_in;
    ways_[end].push_back(i);
    head.handler_depth = handler.handler_depth;
    head.handler = handler.handler;
  }
}

// ---- the graph ----

BlockId Builder::resolve(BlockId b) const {
  for (uint32_t links = 0; links < 64; ++links) {
    if (b == kNoBlock || b == kReturn) return b;
    const Work& work = blocks_[b];
    if (!work.steps.empty() || work.loop_setup || work.is_handler || work.jump_kind != ir::JumpKind::plain) return b;
    if (work.leave == Leave::return_value) return work.handler == kNoBlock ? kReturn : b;
    if (work.leave != Leave::jump) return b;
    const BlockId to = work.target;
    if (work.handler != kNoBlock && blocks_[to].handler != work.handler) return b;
    b = to;
  }
  return b;
}

BlockId Builder::next_of(const Work& work) const {
  if (work.leave == Leave::return_value) return kReturn;
  if (work.leave != Leave::jump || work.jump_kind != ir::JumpKind::plain) return kNoBlock;
  return resolve(work.target);
}

void Builder::go(Work& from, BlockId to) {
  from.otherwise = kNoBlock;
  from.jump_kind = ir::JumpKind::plain;
  if (to == kReturn) {
    from.leave = Leave::return_value;
    from.target = kNoBlock;
    return;
  }
  from.leave = Leave::jump;
  from.target = to;
  ++blocks_[to].ways_in;
  ways_[to].push_back(static_cast<BlockId>(&from - blocks_.data()));
}

// Takes a block that nothing goes to any longer out, with what only it leads to.
void Builder::kill(BlockId b) {
  std::vector<BlockId> work{b};
  while (!work.empty()) {
    const BlockId id = work.back();
    work.pop_back();
    Work& block = blocks_[id];
    if (block.dead || block.ways_in != 0 || block.is_handler || id == 0) continue;
    block.dead = true;
    for (BlockId to : {block.target, block.otherwise}) {
      if (to == kNoBlock) continue;
      if (blocks_[to].ways_in > 1) lose_way(to);
      else blocks_[to].ways_in = 0, work.push_back(to);
    }
  }
}

// What has one way in left may be joined with where that comes from.
void Builder::lose_way(BlockId b) {
  if (b == kNoBlock) return;
  Work& work = blocks_[b];
  if (work.ways_in > 0) --work.ways_in;
  if (work.ways_in == 0) return kill(b);
  if (work.ways_in > 1) return;
  for (const BlockId from : ways_[b]) {
    if (!blocks_[from].dead) queue_.push_back(from);
  }
}

void Builder::sweep() {
  spend(blocks_.size());
  std::vector<bool> seen(blocks_.size(), false);
  std::vector<BlockId> work{0};
  seen[0] = true;
  while (!work.empty()) {
    const Work& b = blocks_[work.back()];
    work.pop_back();
    for (BlockId to : {b.target, b.otherwise, b.handler}) {
      if (to == kNoBlock || seen[to]) continue;
      seen[to] = true;
      work.push_back(to);
    }
  }
  for (Work& b : blocks_) b.ways_in = 0;
  for (BlockId i = 0; i < blocks_.size(); ++i) {
    Work& b = blocks_[i];
    b.dead = b.dead || !seen[i];
    if (b.dead) continue;
    for (BlockId to : {b.target, b.otherwise}) {
      if (to != kNoBlock) ++blocks_[to].ways_in;
    }
  }
  for (BlockId i = 0; i < blocks_.size(); ++i) {
    if (!blocks_[i].dead) queue_.push_back(i);
  }
}

bool Builder::is_quiet(const Work& b) const {
  if (version_ < PythonVersion{3, 11} || b.steps.size() > 4) return false;
  for (const Step& step : b.steps) {
    if (step.kind != Step::Kind::instruction) return false;
    const ir::Instruction& in = *step.instruction;
    const auto compare = static_cast<ir::Compare>(in.a);
    const bool identity = in.op == ir::Op::compare && (compare == ir::Compare::is || compare == ir::Compare::is_not);
    const bool none = in.op == ir::Op::load_const && in.value.is(Kind::none);
    if (!identity && !none && in.op != ir::Op::copy && in.op != ir::Op::swap) return false;
  }
  return true;
}

bool Builder::merge(BlockId id) {
  Work& a = blocks_[id];
  if (a.leave != Leave::jump || a.jump_kind != ir::JumpKind::plain) return false;
  const BlockId next = a.target;
  if (next == id || next == 0) return false;
  Work& b = blocks_[next];
  if (b.ways_in != 1 || b.is_handler || b.loop_setup || b.dead) return false;
  const bool same = b.handler == a.handler && (a.handler == kNoBlock || b.handler_depth == a.handler_depth);
  // From 3.11 a jump alone may stand outside of the range of handlers that its test is in.
  const bool falls_out = a.handler != kNoBlock && b.handler == blocks_[a.handler].handler && b.leave == Leave::branch && is_quiet(b);
  if (!same && !falls_out) return false;
  if (!spend(b.steps.size() + 1)) return false;
  if (a.steps.empty()) a.steps = std::move(b.steps);
  else a.steps.insert(a.steps.end(), b.steps.begin(), b.steps.end());
  a.leave = b.leave, a.keeps_true = b.keeps_true, a.a = b.a, a.line = b.line;
  a.target = b.target, a.otherwise = b.otherwise, a.jump_kind = b.jump_kind;
  b.dead = true;
  b.ways_in = 0;
  for (BlockId to : {a.target, a.otherwise}) {
    if (to != kNoBlock) ways_[to].push_back(id);
  }
  return true;
}

bool Builder::reduce_at(BlockId b) {
  if (blocks_[b].dead) return false;
  return split_shared_pop(b) || canonical_or_pop(b) || merge(b) || fold_chain(b) || drop_optimised_call(b) || fold_value_or_pop(b) || fold_condition(b) ||
         fold_if_exp(b, as_value_) || fold_assert(b) || fold_if_exp_condition(b) || fold_common_tail(b) || fold_loop(b);
}

void Builder::reduce() {
  const auto count = static_cast<BlockId>(blocks_.size());
  std::vector<bool> queued(count, true);
  for (BlockId i = 0; i < count; ++i) queue_.push_back(i);
  while (!queue_.empty()) {
    const BlockId b = queue_.back();
    queue_.pop_back();
    if (queued.size() < blocks_.size()) queued.resize(blocks_.size(), false);
    queued[b] = false;
    bool changed = false;
    while (reduce_at(b)) {
      changed = true;
      blocks_[b].arm = Work::Arm::unknown;
      if (!spend(1)) return;
    }
    if (!changed) continue;
    queued.resize(blocks_.size(), false);
    for (BlockId from : ways_[b]) {
      if (!blocks_[from].dead && !queued[from]) {
        queued[from] = true;
        queue_.push_back(from);
      }
    }
  }
}

// ---- arms ----

bool Builder::isolate(std::span<const Step> steps, Node*& value) {
  uint32_t depth = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Effect effect = effect_of(steps[i]);
    if (effect.pops > depth) return false;
    if (effect.statement && (i == 0 || !is_op(steps[i - 1], ir::Op::copy))) return false;
    depth = depth - effect.pops + effect.pushes;
  }
  if (depth != 1 || !spend(steps.size())) return false;
  Simulator simulator(*this, {.isolated = true});
  for (const Step& step : steps) {
    simulator.step(step);
    if (simulator.failed()) return false;
  }
  simulator.finish();
  Run& run = simulator.run();
  if (run.failed || !run.statements.empty() || run.stack.size() != 1) return false;
  value = simulator.take();
  return !simulator.failed() && value != nullptr && run.statements.empty();
}

bool Builder::is_arm(BlockId from, BlockId id) {
  if (id == kNoBlock || id == kReturn || id == from) return false;
  Work& b = blocks_[id];
  const Work& a = blocks_[from];
  if (b.ways_in != 1 || b.is_handler || b.loop_setup || b.handler != a.handler) return false;
  if (b.arm == Work::Arm::unknown) b.arm = isolate(b.steps, b.value) ? Work::Arm::yes : Work::Arm::no;
  return b.arm == Work::Arm::yes;
}

// The first step that needs more of the stack than the block itself has put there; `above` is how much it has put
// there by then.
size_t Builder::first_touch(const Work& work, uint32_t& above) const {
  above = 0;
  for (size_t i = 0; i < work.steps.size(); ++i) {
    const Effect effect = effect_of(work.steps[i]);
    if (effect.pops > above) return i;
    above = above - effect.pops + effect.pushes;
  }
  return work.steps.size();
}

bool Builder::same_steps(std::span<const Step> a, std::span<const Step> b) const {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].kind != b[i].kind) return false;
    if (a[i].kind != Step::Kind::instruction) {
      if (a[i].node != b[i].node || a[i].other != b[i].other || a[i].links != b[i].links || a[i].folded != b[i].folded) return false;
      continue;
    }
    const ir::Instruction &x = *a[i].instruction, &y = *b[i].instruction;
    if (x.op != y.op || x.a != y.a || x.b != y.b || x.name != y.name || x.names != y.names) return false;
    if (x.op == ir::Op::load_const && !x.value.same_as(y.value)) {
      if (!x.value.is_text() || x.value.kind() != y.value.kind() || x.value.text() != y.value.text()) return false;
    }
  }
  return true;
}

bool Builder::same_leave(const Work& a, const Work& b) const {
  if (a.leave != b.leave || a.a != b.a || a.jump_kind != b.jump_kind || a.keeps_true != b.keeps_true) return false;
  return resolve(a.target) == resolve(b.target) && resolve(a.otherwise) == resolve(b.otherwise);
}

Node* Builder::lambda(bool raw) {
  if (blocks_.empty()) return nullptr;
  as_value_ = true;
  reduce();
  Work& b = blocks_[0];
  if (b.leave != Leave::return_value) return nullptr;
  Simulator simulator(*this, {});
  simulator.enter({});
  for (const Step& step : b.steps) simulator.step(step);
  simulator.finish();
  Run& run = simulator.run();
  if (run.failed || run.stack.size() != 1) return nullptr;
  Node* value = raw ? simulator.take_entry().node : simulator.take();
  if (run.generated != nullptr) return run.statements.empty() ? run.generated : nullptr;
  if (run.statements.empty()) return value;
  // A generator: the value is dropped and None is returned.
  const bool none = value != nullptr && value->type == Type::Constant && value->value.is(Kind::none);
  constexpr uint32_t kGenerators = CodeObject::kGenerator | CodeObject::kCoroutine | CodeObject::kAsyncGenerator;
  if ((code_.flags & kGenerators) == 0 || !none || run.statements.size() != 1) return nullptr;
  const FlowStatement& only = run.statements[0];
  if (only.kind != FlowStatement::Kind::plain || only.node->type != Type::Expr) return nullptr;
  return only.node->first;
}

Node* Builder::comprehension() {
  Node* value = lambda();
  if (value == nullptr) return nullptr;
  switch (value->type) {
    case Type::ListComp:
    case Type::SetComp:
    case Type::DictComp:
    case Type::GeneratorExp: return value;
    default: return nullptr;
  }
}

Flow Builder::build() {
  if (blocks_.empty()) return std::move(flow_);
  reduce();
  return final_run();
}

Flow build_flow(const CodeObject& code, const ir::Body& body, const Context& context) {
  Builder builder(code, body, context);
  return builder.build();
}

Node* lambda_body(const CodeObject& code, const ir::Body& body, const Context& context) {
  Builder builder(code, body, context);
  return builder.lambda();
}

}  // namespace winnow::bytecode
