// Choices that only make a value or a condition: and, or, not, ternaries, chained comparisons, assert. Each
// reduction takes two or three blocks and leaves one that does the same; it applies only where the arms compute
// a value and nothing else, so that the compiler, given the folded expression, writes the same jumps again.
#include <algorithm>

#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

bool is_op(const Step& step, ir::Op op) {
  return step.kind == Step::Kind::instruction && step.instruction->op == op;
}

bool is_op(const Step& step, ir::Op op, uint32_t a) { return is_op(step, op) && step.instruction->a == a; }

bool is_swap(const Step& step) { return is_op(step, ir::Op::swap, 2) || is_op(step, ir::Op::rotate, 2); }

bool is_comparison(const Step& step) { return step.kind == Step::Kind::link || is_op(step, ir::Op::compare); }

}  // namespace

// copy, branch, and a pop on one of the two ways: the value stays on the other.
bool Builder::canonical_or_pop(BlockId id) {
  Work& a = blocks_[id];
  if (a.leave != Leave::branch || a.steps.empty() || !is_op(a.steps.back(), ir::Op::copy, 1)) return false;
  if (a.target == a.otherwise) return false;
  const auto pops = [&](BlockId b) {
    const Work& to = blocks_[b];
    return to.ways_in == 1 && !to.is_handler && !to.loop_setup && to.handler == a.handler && !to.steps.empty() && is_op(to.steps.front(), ir::Op::pop);
  };
  // Inside of a comparison chain both ways may pop; there the way on is the one that goes on computing.
  const bool yes = pops(a.target), no = pops(a.otherwise);
  if (!yes && !no) return false;
  if (yes && no) {  // nobody wants the value
    for (const BlockId b : {a.target, a.otherwise}) {
      Work& popped = blocks_[b];
      popped.steps.erase(popped.steps.begin());
      if (popped.depth > 0) --popped.depth;
      popped.arm = Work::Arm::unknown;
    }
    a.steps.pop_back();
    return true;
  }
  const bool keeps_true = !yes;
  Work& popped = blocks_[yes ? a.target : a.otherwise];
  popped.steps.erase(popped.steps.begin());
  if (popped.depth > 0) --popped.depth;
  popped.arm = Work::Arm::unknown;
  a.steps.pop_back();
  a.leave = Leave::branch_or_pop;
  a.keeps_true = keeps_true;
  return true;
}

// 3.14 knows in `a and b or c` that a false `a` is a false `a and b`: both jump to the pop before c. Each gets a pop
// of its own.
bool Builder::split_shared_pop(BlockId id) {
  if (version_ < PythonVersion{3, 12} || blocks_[id].ways_in < 2 || id == 0) return false;
  const Work& p = blocks_[id];
  if (p.is_handler || p.loop_setup || p.steps.empty() || !is_op(p.steps[0], ir::Op::pop)) return false;
  std::vector<std::pair<BlockId, BlockId>> edges;  // from, to (the block or an empty one before it)
  std::vector<BlockId> seen{id};
  for (size_t i = 0; i < seen.size(); ++i) {
    const BlockId to = seen[i];
    for (const BlockId from : ways_[to]) {
      const Work& x = blocks_[from];
      if (x.dead || (x.target != to && x.otherwise != to)) continue;
      if (std::find(seen.begin(), seen.end(), from) != seen.end()) continue;
      const bool empty = x.steps.empty() && x.leave == Leave::jump && x.jump_kind == ir::JumpKind::plain && !x.is_handler && !x.loop_setup;
      if (empty && from != 0) {
        seen.push_back(from);
        continue;
      }
      const bool tests = x.leave == Leave::branch && !x.steps.empty() && is_op(x.steps.back(), ir::Op::copy, 1) && x.handler == p.handler;
      if (!tests || x.target == x.otherwise || seen.size() > 32) return false;
      if (std::find(edges.begin(), edges.end(), std::pair(from, to)) == edges.end()) edges.emplace_back(from, to);
    }
  }
  if (edges.size() < 2) return false;
  const auto rest = static_cast<BlockId>(blocks_.size());
  {
    Work behind = blocks_[id];
    behind.steps.erase(behind.steps.begin());
    if (behind.depth > 0) --behind.depth;
    behind.ways_in = 1;
    behind.arm = Work::Arm::unknown;
    for (BlockId to : {behind.target, behind.otherwise}) {
      if (to != kNoBlock) ways_[to].push_back(rest);
    }
    blocks_.push_back(std::move(behind));
    ways_.push_back({id});
  }
  Work& pop = blocks_[id];
  pop.steps.resize(1);
  pop.leave = Leave::jump;
  pop.jump_kind = ir::JumpKind::plain;
  pop.target = rest;
  pop.otherwise = kNoBlock;
  for (const auto& [from, to] : edges) {
    const auto own = static_cast<BlockId>(blocks_.size());
    Work copy = blocks_[id];
    copy.ways_in = 1;
    blocks_.push_back(std::move(copy));
    ways_.push_back({from});
    ++blocks_[rest].ways_in;
    ways_[rest].push_back(own);
    Work& x = blocks_[from];
    (x.target == to ? x.target : x.otherwise) = own;
    lose_way(to);
    queue_.push_back(own);
    queue_.push_back(from);
  }
  queue_.push_back(rest);
  return true;
}

// value = a and b
bool Builder::fold_value_or_pop(BlockId id) {
  Work& a = blocks_[id];
  if (a.leave != Leave::branch_or_pop) return false;
  const BlockId arm = a.keeps_true ? a.otherwise : a.target;
  const BlockId join = resolve(a.keeps_true ? a.target : a.otherwise);
  if (arm == id || arm == join) return false;
  Work* b = &blocks_[arm];
  if (b->leave == Leave::branch && !is_arm(id, arm)) return false;
  if (b->leave == Leave::branch && b->ways_in == 1) {
    // A ternary whose two values are returned at once.
    if (fold_if_exp(arm, true)) b->arm = Work::Arm::unknown;
  }
  // The other way: b, then the value is used at once (returned) by a copy of what stands behind.
  if (!is_arm(id, arm)) {
    if (b->ways_in != 1 || b->is_handler || b->loop_setup || b->handler != a.handler || join == kReturn || join == kNoBlock) return false;
    uint32_t above = 0;
    const size_t split = first_touch(*b, above);
    const Work& rest = blocks_[join];
    if (split > b->steps.size() || rest.steps.empty() || b->leave == Leave::jump || b->leave != rest.leave || rest.steps.size() >= b->steps.size()) return false;
    if (rest.leave != Leave::return_value && rest.leave != Leave::raise) return false;
    const std::span<const Step> all(b->steps);
    const size_t at = b->steps.size() - rest.steps.size();
    Node* value = nullptr;
    if (!same_steps(all.subspan(at), rest.steps) || !same_leave(*b, rest) || !isolate(all.first(at), value)) return false;
    Step step;
    step.kind = Step::Kind::bool_op;
    step.op = a.keeps_true ? Operator::Or : Operator::And;
    step.node = value;
    a.steps.push_back(step);
    const BlockId drop = arm;
    BlockId& edge = a.keeps_true ? a.otherwise : a.target;
    edge = kNoBlock;
    const BlockId kept = a.keeps_true ? a.target : a.otherwise;
    a.target = a.otherwise = kNoBlock;
    go(a, join);
    lose_way(kept);
    lose_way(drop);
    return true;
  }
  const bool same_kind = b->leave == Leave::branch_or_pop && b->keeps_true == a.keeps_true;
  if (same_kind) {
    if (resolve(b->keeps_true ? b->target : b->otherwise) != join) return false;
  } else if (next_of(*b) != join || join == kNoBlock) {
    return false;
  }
  Step step;
  step.kind = Step::Kind::bool_op;
  step.op = a.keeps_true ? Operator::Or : Operator::And;
  step.node = b->value;
  a.steps.push_back(step);
  const BlockId target = b->target, otherwise = b->otherwise;
  const BlockId old = a.keeps_true ? a.target : a.otherwise;
  b->dead = true;
  b->ways_in = 0;
  if (same_kind) {
    a.target = target, a.otherwise = otherwise, a.line = b->line;
    for (BlockId to : {target, otherwise}) ways_[to].push_back(id);
    lose_way(old);
    return true;
  }
  const bool returns = b->leave == Leave::return_value;
  a.target = a.otherwise = kNoBlock;
  go(a, returns ? kReturn : join);
  lose_way(target);
  lose_way(old);
  return true;
}

// `not x in y` and `not x is y` become other instructions when compiled; but where a jump looks for None (3.11),
// both ways round are one instruction.
bool Builder::turns(const Node* test) const {
  if (test->type != Type::Compare || test->items.size != 1) return true;
  const Operator op = test->items[0]->op;
  if (op == Operator::In || op == Operator::NotIn) return false;
  if (op != Operator::Is && op != Operator::IsNot) return true;
  const Node* right = test->items[0]->first;
  return version_ >= PythonVersion{3, 11} && right->type == Type::Constant && right->value.is(Kind::none);
}

Node* Builder::negation(Node* test) {
  if (test->type == Type::UnaryOp && test->op == Operator::Not && version_ >= PythonVersion{3, 7}) return test->first;
  if (test->type == Type::Compare && test->items.size == 1 && (test->items[0]->op == Operator::Is || test->items[0]->op == Operator::IsNot) && turns(test)) {
    Node *compare = tree_.make(Type::Compare), *link = tree_.make(Type::CompareOp);
    compare->first = test->first;
    compare->line = test->line;
    compare->offset = test->offset;
    link->op = test->items[0]->op == Operator::Is ? Operator::IsNot : Operator::Is;
    link->first = test->items[0]->first;
    tree_.append(compare->items, link);
    return compare;
  }
  Node* node = tree_.make(Type::UnaryOp);
  node->op = Operator::Not;
  node->first = test;
  node->line = test->line;
  return node;
}

// Two tests with a way in common: a and b, a or b, and with `not` before the first.
bool Builder::fold_condition(BlockId id) {
  Work& a = blocks_[id];
  if (a.leave != Leave::branch || a.target == a.otherwise) return false;
  for (const bool by_true : {true, false}) {
    const BlockId arm = by_true ? a.target : a.otherwise;
    const BlockId common = by_true ? a.otherwise : a.target;
    if (arm == id) continue;
    Work& b = blocks_[arm];
    const bool branches = b.leave == Leave::branch || b.leave == Leave::branch_or_pop;
    if (!branches || b.ways_in != 1 || b.target == b.otherwise) continue;
    const BlockId meet = resolve(common);
    const bool at_true = resolve(b.target) == meet, at_false = resolve(b.otherwise) == meet;
    if (at_true == at_false) continue;
    // The value that is kept must not be wanted on the common way, which has none of it.
    if (b.leave == Leave::branch_or_pop && b.keeps_true == at_true) continue;
    // by_true: a leads to b when true; so the common way is where a is false.
    const bool negate = by_true ? at_true : at_false;
    if (negate && version_ < PythonVersion{3, 7}) continue;
    if (!is_arm(id, arm)) continue;
    const bool second = negate && b.leave == Leave::branch && turns(b.value);
    if (negate && !second && !a.steps.empty() && a.steps.back().kind == Step::Kind::pattern) continue;
    if (negate && !second && !a.steps.empty() && is_op(a.steps.back(), ir::Op::compare)) {
      const auto compare = static_cast<ir::Compare>(a.steps.back().instruction->a);
      if (compare == ir::Compare::in || compare == ir::Compare::not_in || compare == ir::Compare::is || compare == ir::Compare::is_not) continue;
    }
    Step step;
    a.leave = b.leave;
    a.keeps_true = b.keeps_true;
    a.target = b.target, a.otherwise = b.otherwise;
    step.kind = Step::Kind::bool_op;
    step.by_jumps = true;
    step.op = at_true ? Operator::Or : Operator::And;
    step.node = b.value;
    if (second) {  // a and not b, for: not (not a or b)
      step.op = at_true ? Operator::And : Operator::Or;
      step.node = negation(b.value);
      std::swap(a.target, a.otherwise);
    } else if (negate) {
      Step first;
      first.kind = Step::Kind::negate;
      a.steps.push_back(first);
    }
    a.steps.push_back(step);
    a.line = b.line;
    b.dead = true;
    b.ways_in = 0;
    for (BlockId to : {a.target, a.otherwise}) ways_[to].push_back(id);
    lose_way(common);
    return true;
  }
  return false;
}

// value = b if a else c
bool Builder::fold_if_exp(BlockId id, bool even_returns) {
  Work& a = blocks_[id];
  if (a.leave != Leave::branch || a.target == a.otherwise) return false;
  Work &yes = blocks_[a.target], &no = blocks_[a.otherwise];
  const BlockId join = next_of(yes);
  if (join == kNoBlock || next_of(no) != join) return false;
  if (join == kReturn && !even_returns) return false;
  if (join == a.target || join == a.otherwise) return false;
  if (!is_arm(id, a.target) || !is_arm(id, a.otherwise)) return false;
  Step step;
  step.kind = Step::Kind::if_exp;
  step.node = yes.value;
  step.other = no.value;
  a.steps.push_back(step);
  const BlockId drops[] = {a.target, a.otherwise};
  a.target = a.otherwise = kNoBlock;
  go(a, join);
  for (const BlockId drop : drops) lose_way(drop);
  return true;
}

// if (b if a else c): both arms are tests with the same two ways.
bool Builder::fold_if_exp_condition(BlockId id) {
  Work& a = blocks_[id];
  if (a.leave != Leave::branch || a.target == a.otherwise || version_ < PythonVersion{3, 7}) return false;
  Work &yes = blocks_[a.target], &no = blocks_[a.otherwise];
  if (yes.leave != Leave::branch || no.leave != Leave::branch) return false;
  const BlockId t = resolve(yes.target), f = resolve(yes.otherwise);
  const bool same = resolve(no.target) == t && resolve(no.otherwise) == f;
  const bool crossed = resolve(no.target) == f && resolve(no.otherwise) == t;
  if (!same && !crossed) return false;
  if (t == f || !is_arm(id, a.target) || !is_arm(id, a.otherwise)) return false;
  Step step;
  step.kind = Step::Kind::if_exp;
  step.node = yes.value;
  step.other = no.value;
  if (crossed) {
    if (!turns(no.value)) return false;
    step.other = negation(no.value);
  }
  a.steps.push_back(step);
  const BlockId drops[] = {a.target, a.otherwise};
  a.target = yes.target, a.otherwise = yes.otherwise;
  a.line = yes.line;
  yes.dead = true;
  yes.ways_in = 0;
  for (BlockId to : {a.target, a.otherwise}) ways_[to].push_back(id);
  lose_way(drops[1]);
  return true;
}

// f(b if a else c), where the compiler copied the call and the return behind both arms.
bool Builder::fold_common_tail(BlockId id) {
  Work& a = blocks_[id];
  if (a.leave != Leave::branch || a.target == a.otherwise) return false;
  Work &yes = blocks_[a.target], &no = blocks_[a.otherwise];
  const auto fits = [&](const Work& b) { return b.ways_in == 1 && !b.is_handler && !b.loop_setup && b.handler == a.handler; };
  const bool jumps = yes.leave == Leave::jump && no.leave == Leave::jump && yes.jump_kind == no.jump_kind && alike(resolve(yes.target), resolve(no.target));
  if (!fits(yes) || !fits(no) || !(same_leave(yes, no) || jumps)) return false;
  if (yes.leave != Leave::return_value && yes.leave != Leave::raise && yes.leave != Leave::jump) return false;
  if (a.target == id || a.otherwise == id) return false;
  uint32_t above_yes = 0, above_no = 0;
  const size_t at_yes = first_touch(yes, above_yes), at_no = first_touch(no, above_no);
  if (at_yes == yes.steps.size() || at_no == no.steps.size() || at_yes == 0 || at_no == 0) return false;
  // More may stand between the value and what needs the stack below: f(x if a else y, 1). The tails' common length
  // decides, and the arms are one value each.
  const std::span<const Step> left(yes.steps), right(no.steps);
  const size_t tail = yes.steps.size() - at_yes;
  size_t most = 0;
  while (most < left.size() && most < right.size() && same_steps(left.subspan(left.size() - most - 1, 1), right.subspan(right.size() - most - 1, 1))) ++most;
  for (size_t length = most; length + 1 > tail && length > 0; --length) {
    if (length >= left.size() || length >= right.size()) continue;
    Step step;
    step.kind = Step::Kind::if_exp;
    if (!isolate(left.first(left.size() - length), step.node) || !isolate(right.first(right.size() - length), step.other)) continue;
    a.steps.push_back(step);
    a.steps.insert(a.steps.end(), yes.steps.end() - static_cast<ptrdiff_t>(length), yes.steps.end());
    const BlockId drops[] = {a.target, a.otherwise};
    a.leave = yes.leave, a.a = yes.a, a.jump_kind = yes.jump_kind, a.line = yes.line;
    a.target = yes.target, a.otherwise = kNoBlock;
    if (a.target != kNoBlock) {
      ++blocks_[a.target].ways_in;
      ways_[a.target].push_back(id);
    }
    for (const BlockId drop : drops) lose_way(drop);
    return true;
  }
  return false;
}

// a < b < c: the first comparison keeps a copy of b below.
bool Builder::fold_chain(BlockId id) {
  Work& a = blocks_[id];
  const bool keeps = a.leave == Leave::branch_or_pop && !a.keeps_true;
  if ((a.leave != Leave::branch && !keeps) || a.target == a.otherwise) return false;
  const size_t size = a.steps.size();
  if (size < 3 || !is_op(a.steps[size - 1], ir::Op::compare)) return false;
  const Step &first = a.steps[size - 3], &second = a.steps[size - 2];
  const bool old = is_op(first, ir::Op::copy, 1) && is_op(second, ir::Op::rotate, 3);
  const bool recent = is_swap(first) && is_op(second, ir::Op::copy, 2);
  if (!old && !recent) return false;
  Work &b = blocks_[a.target], &c = blocks_[a.otherwise];
  const auto fits = [&](const Work& to) { return !to.is_handler && !to.loop_setup && to.handler == a.handler; };
  if (a.target == id || a.otherwise == id || b.ways_in != 1 || !fits(b) || !fits(c)) return false;
  // b: the next value and its comparison; c: takes the copy away again.
  uint32_t above = 0;
  const size_t at = first_touch(b, above);
  if (at >= b.steps.size() || above != 1 || !is_comparison(b.steps[at])) return false;
  const std::span<const Step> steps_b(b.steps), steps_c(c.steps);
  const std::span<const Step> tail = steps_b.subspan(at + 1);
  if (keeps) {
    if (steps_c.size() < 2 || !is_swap(steps_c[0]) || !is_op(steps_c[1], ir::Op::pop)) return false;
    const std::span<const Step> rest = steps_c.subspan(2);
    const bool same_tail = same_steps(tail, rest) && same_leave(b, c);
    const bool joined = tail.empty() && rest.empty() && next_of(b) != kNoBlock && next_of(b) == next_of(c);
    // One of the two falls into the block behind, the other jumps there.
    const bool b_first = rest.empty() && next_of(c) != kNoBlock && next_of(c) != kReturn && same_steps(tail, blocks_[next_of(c)].steps) &&
                         same_leave(b, blocks_[next_of(c)]);
    const bool c_first = tail.empty() && next_of(b) != kNoBlock && next_of(b) != kReturn && same_steps(rest, blocks_[next_of(b)].steps) &&
                         same_leave(c, blocks_[next_of(b)]);
    if (!same_tail && !joined && !b_first && !c_first) return false;
  } else {
    // What was folded into b since (`a < b < c and d`) may follow: it ends in the same way when the chain is false.
    const bool branches = b.leave == Leave::branch || (b.leave == Leave::branch_or_pop && b.keeps_true);
    const bool goes_on = std::all_of(tail.begin(), tail.end(), [](const Step& s) { return s.kind == Step::Kind::bool_op && s.op == Operator::And; });
    if (!branches || !goes_on || steps_c.empty() || !is_op(steps_c[0], ir::Op::pop)) return false;
    const std::span<const Step> rest = steps_c.subspan(1);
    const BlockId no = resolve(b.otherwise);
    const BlockId behind = next_of(c);
    const bool joined = rest.empty() && alike(behind, no);
    const bool copied = no != kReturn && no != kNoBlock && same_steps(rest, blocks_[no].steps) && same_leave(c, blocks_[no]);
    if (!joined && !copied) return false;
  }
  Step link;
  if (!isolate(steps_b.first(at), link.node)) return false;
  const Step& comparison = b.steps[at];
  links_.emplace_back();
  std::vector<Node*>& links = links_.back();
  Node* next = tree_.make(Type::CompareOp);
  next->op = comparison.kind == Step::Kind::link ? comparison.op : compare_operator(comparison.instruction->a);
  next->first = link.node;
  links.push_back(next);
  if (comparison.kind == Step::Kind::link) links.insert(links.end(), comparison.links->begin(), comparison.links->end());
  link.kind = Step::Kind::link;
  link.op = compare_operator(a.steps[size - 1].instruction->a);
  link.node = nullptr;
  link.links = &links;
  const std::vector<Step> rest(tail.begin(), tail.end());
  a.steps.resize(size - 3);
  a.steps.push_back(link);
  a.steps.insert(a.steps.end(), rest.begin(), rest.end());
  const BlockId drops[] = {a.target, a.otherwise};
  a.leave = b.leave, a.keeps_true = b.keeps_true, a.a = b.a, a.jump_kind = b.jump_kind, a.line = b.line;
  a.target = b.target, a.otherwise = b.otherwise;
  for (BlockId to : {a.target, a.otherwise}) {
    if (to == kNoBlock) continue;
    ++blocks_[to].ways_in;
    ways_[to].push_back(id);
  }
  for (const BlockId drop : drops) lose_way(drop);
  return true;
}

// The same block, or a copy that ends the function.
bool Builder::alike(BlockId a, BlockId b) const {
  if (a == b || a >= blocks_.size() || b >= blocks_.size()) return a == b && a != kNoBlock;
  const Work &x = blocks_[a], &y = blocks_[b];
  return (x.leave == Leave::return_value || x.leave == Leave::raise) && same_leave(x, y) && x.handler == y.handler && same_steps(x.steps, y.steps);
}

// A test whose false way raises AssertionError, as only `assert` writes it.
bool Builder::fold_assert(BlockId id) {
  Work& a = blocks_[id];
  if (a.leave != Leave::branch || a.target == a.otherwise) return false;
  const auto raises = [&](BlockId b) {
    const Work& to = blocks_[b];
    if (to.leave != Leave::raise || to.a != 1 || to.ways_in != 1 || to.steps.empty() || to.is_handler || to.loop_setup || to.handler != a.handler) return false;
    if (to.steps[0].kind != Step::Kind::instruction) return false;
    const ir::Instruction& in = *to.steps[0].instruction;
    if (in.name != "AssertionError") return false;
    return version_ >= PythonVersion{3, 9} ? in.op == ir::Op::load_common : in.op == ir::Op::load_global || in.op == ir::Op::load_name || in.op == ir::Op::load_common;
  };
  const bool at_false = raises(a.otherwise);
  if (!at_false && (version_ < PythonVersion{3, 7} || !raises(a.target))) return false;
  // The rest of a comparison chain waits for its beginning.
  uint32_t above = 0;
  const size_t touch = first_touch(a, above);
  if (touch < a.steps.size() && above == 1 && is_comparison(a.steps[touch])) return false;
  const BlockId thrown = at_false ? a.otherwise : a.target, on = at_false ? a.target : a.otherwise;
  if (thrown == id) return false;
  const Work& r = blocks_[thrown];
  Step step;
  if (r.steps.size() != 1) {
    const Step& call = r.steps.back();
    if (!is_op(call, ir::Op::call, 1) || !call.instruction->names.empty()) return false;
    if (!isolate(std::span<const Step>(r.steps).subspan(1, r.steps.size() - 2), step.node)) return false;
  }
  if (!at_false) {
    Step negate;
    negate.kind = Step::Kind::negate;
    a.steps.push_back(negate);
  }
  step.kind = Step::Kind::assertion;
  a.steps.push_back(step);
  a.leave = Leave::jump;
  a.jump_kind = ir::JumpKind::plain;
  a.target = on;
  a.otherwise = kNoBlock;
  lose_way(thrown);
  return true;
}

// 3.14 tests whether `all`, `any` or `tuple` is the builtin before it runs a loop of its own in its place; the plain
// call stands on the other way.
bool Builder::drop_optimised_call(BlockId id) {
  Work& a = blocks_[id];
  const size_t size = a.steps.size();
  if (a.leave != Leave::branch || size < 3 || version_ < PythonVersion{3, 14}) return false;
  const Step& compare = a.steps[size - 1];
  if (!is_op(compare, ir::Op::compare, static_cast<uint32_t>(ir::Compare::is)) || !is_op(a.steps[size - 2], ir::Op::load_common) ||
      !is_op(a.steps[size - 3], ir::Op::copy, 1)) {
    return false;
  }
  a.steps.resize(size - 3);
  const BlockId drop = a.target;
  a.leave = Leave::jump;
  a.target = a.otherwise;
  a.otherwise = kNoBlock;
  (void)drop;
  sweep();
  return true;
}

}  // namespace winnow::bytecode
