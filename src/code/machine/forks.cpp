// Where a run does not know which way to go: forks, and how they stay few.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

constexpr uint8_t kMostForks = 5;         // of one side of one branch
constexpr uint8_t kMostHandlerForks = 2;  // into one handler
constexpr size_t kMostPending = 512;      // sides that wait at a time
constexpr uint32_t kEndless = 1000;       // rounds of a loop each of which had an effect

uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15 + (hash << 6) + (hash >> 2);
  return hash * 0xff51afd7ed558ccd;
}

uint64_t hash_of(Value value) {
  const auto kind = static_cast<uint64_t>(value.kind());
  if (value.is_text() || value.is(Kind::big_integer)) {
    return mix(kind + value.text().size() * 64, std::hash<std::string_view>()(value.text().substr(0, 256)));
  }
  if (value.is(Kind::unknown)) return kind;
  return mix(kind, static_cast<uint64_t>(value.as_integer()));
}

}  // namespace

// Whether a loop goes round with the same kind of effect again and again.
bool Run::endless(Frame& f, ir::BlockId block) {
  Visit& v = visit(f, block);
  ++v.rounds;
  return v.rounds > kEndless && running_.effects - v.effects + kEndless / 2 >= v.rounds;
}

// Leaves a loop that has no end: by every way out of it, whatever stands on the stack there.
void Run::leave_loop(ir::BlockId head) {
  const ir::Body& body = *frame().body;
  const auto reach = [&](ir::BlockId from, bool forward) {
    std::vector<bool> seen(body.blocks.size(), false);
    std::vector<ir::BlockId> pending{from};
    if (from < seen.size()) seen[from] = true;
    while (!pending.empty()) {
      const ir::BlockId at = pending.back();
      pending.pop_back();
      const auto visit_next = [&](ir::BlockId next) {
        if (next >= seen.size() || seen[next]) return;
        seen[next] = true;
        pending.push_back(next);
      };
      if (forward) {
        visit_next(body.blocks[at].target);
        visit_next(body.blocks[at].otherwise);
      } else {
        for (ir::BlockId b = 0; b < body.blocks.size(); ++b) {
          if (body.blocks[b].target == at || body.blocks[b].otherwise == at) visit_next(b);
        }
      }
    }
    return seen;
  };
  constexpr size_t kMostWays = 8, kMostBlocks = 2000;
  std::vector<ir::BlockId> ways;
  if (body.blocks.size() <= kMostBlocks) {
    const std::vector<bool> below = reach(head, true), back = reach(head, false);
    for (ir::BlockId b = 0; b < body.blocks.size(); ++b) {
      if (!below[b] || !back[b]) continue;
      for (const ir::BlockId next : {body.blocks[b].target, body.blocks[b].otherwise}) {
        const bool out = next < body.blocks.size() && !back[next];
        if (out && std::find(ways.begin(), ways.end(), next) == ways.end()) ways.push_back(next);
      }
    }
  }
  if (ways.empty() || ways.size() > kMostWays) return return_value(Value::unknown());
  for (size_t i = 1; i < ways.size(); ++i) {
    Frame side = frame();
    side.block = ways[i];
    side.at = 0;
    fork(std::move(side));
  }
  enter_block(ways[0]);
}

uint8_t& Run::forks_of(const Frame& f, ir::BlockId block, size_t which) {
  auto& counts = running_.forks[f.body];
  if (counts.empty()) counts.assign(f.body->blocks.size() * 3, 0);
  return counts[block * 3 + which];
}

bool Run::joins(const Frame& f, ir::BlockId block) {
  auto& counts = running_.joins[f.body];
  if (counts.empty()) {
    counts.assign(f.body->blocks.size(), 0);
    const auto count = [&](ir::BlockId to) {
      if (to < counts.size() && counts[to] < 2) ++counts[to];
    };
    for (const ir::Block& from : f.body->blocks) {
      count(from.target);
      count(from.otherwise);
      if (from.handler != ir::kNoBlock) count(from.handler);
    }
  }
  return block < counts.size() && counts[block] > 1;
}

void Run::fork(Frame side, Forgotten forgotten) {
  if (running_.forked >= m_.scan().budget.forks || sides_.size() >= kMostPending) {
    if (m_.keeps_origins) {
      if (side.body != nullptr) running_.left.emplace(side.body, std::move(side));
    } else if (!running_.told_forks) {
      running_.told_forks = true;
      if (running_.forked >= m_.scan().budget.forks) m_.scan().ran_out(Limit::forks);
      m_.scan().gap(m_.trace().artifacts[m_.place.artifact], Fault::limit, m_.place.offset,
                    "the code has more unknown conditions than the budget of forks allows");
    }
    return;
  }
  ++running_.forked;
  Heap& heap = m_.heap();
  if (!journaling_) {
    heap.begin_journal();
    journaling_ = true;
    run_base_ = heap.journal_size();
    states_.insert(state_hash());
  }
  Side other;
  other.frames.assign(frames_.begin(), frames_.end() - 1);
  other.frames.push_back(std::move(side));
  other.mark = heap.mark_journal();
  other.forgotten = std::move(forgotten);
  sides_.push_back(std::move(other));
}

void Run::branch(std::optional<bool> condition) {
  if (m_.raised) return;
  Frame& f = frame();
  const ir::Block& block = f.body->blocks[f.block];
  const ir::BlockId target = block.target, otherwise = block.otherwise;
  if (condition) {
    const bool leaves = endless(f, f.block);
    // Where neither side leads out, as where the head of `while True` asks for something else.
    if (leaves && visit(f, f.block).rounds > 2 * kEndless) return leave_loop(f.block);
    return enter_block(*condition != leaves ? target : otherwise);
  }
  choose(target, otherwise, false);
}

// Takes one side, and the other one later. A frame that comes here again takes the sides in turn.
void Run::choose(ir::BlockId target, ir::BlockId otherwise, bool iterates) {
  Frame& f = frame();
  Visit& v = visit(f, f.block);
  const uint32_t v_count = ++v.count;
  if (iterates) ++running_.unsure_rounds;
  ++running_.effects;  // a loop that does not know its way is not computed exactly, and need not go on
  const bool first = (v.sides & 1) == 0;
  v.sides ^= 1;
  const size_t other = first ? 1 : 0;
  const auto set = [&](Frame& of, bool body) {
    if (iterates && body) {
      const Value origin = of.stack.empty() ? Value::unknown() : settled(Value::unknown(), {of.stack.back()});
      of.stack.push_back(origin.is_derived() ? origin : Value::unknown_named("item"));
    }
    if (iterates && !body && !of.stack.empty()) of.stack.pop_back();
    of.block = body ? target : otherwise;
    of.at = 0;
  };
  forks_of(f, f.block, 1 - other) += forks_of(f, f.block, 1 - other) < kMostForks;
  if (uint8_t& forks = forks_of(f, f.block, other); forks < kMostForks) {
    ++forks;
    Frame side = f;
    set(side, !first);
    fork(std::move(side));
  } else {
    widen(f.block);
  }
  // Whether there were no items or one is known to those who follow; of more, nothing is.
  if (iterates && v_count > 1) widen(frame().block);
  Frame& now = frame();
  set(now, first);
  enter_block(now.block);
}

void Run::for_iter() {
  Frame& f = frame();
  const ir::Block& block = f.body->blocks[f.block];
  const ir::BlockId target = block.target, otherwise = block.otherwise;
  const Value iterator = f.stack.empty() ? Value::unknown() : f.stack.back();
  if (f.stack.empty()) f.stack.push_back(iterator);
  if (endless(f, f.block)) {
    frame().stack.pop_back();
    return enter_block(otherwise);
  }
  const Next next = next_of(m_, iterator);
  if (m_.raised) return;
  if (next.unknown) return choose(target, otherwise, true);
  if (next.item) {
    push(*next.item);
    return enter_block(target);
  }
  if (iterator.is(Kind::generator) && running_.unsure.contains(iterator.index())) widen(frame().block);
  frame().stack.pop_back();
  enter_block(otherwise);
}

bool Run::has_handler(const Frame& f) {
  if (f.body == nullptr || f.block >= f.body->blocks.size()) return false;
  const ir::BlockId handler = f.body->blocks[f.block].handler;
  return handler != ir::kNoBlock && handler < f.body->blocks.size();
}

uint32_t Run::guard_above() const {
  if (frames_.empty()) return 0;
  return has_handler(frames_.back()) ? static_cast<uint32_t>(frames_.size()) : frames_.back().guard;
}

// What stands here may raise: the handler around it runs, too, with an exception of which nothing is known.
void Run::may_raise(std::optional<Value> exception) {
  if (frames_.empty() || done_) return;
  // Frames below the last one stand still, so that each knows the next one that catches.
  for (size_t next = frames_.size(); next > 0;) {
    const size_t depth = next - 1;
    Frame& f = frames_[depth];
    next = f.guard;
    if (f.body == nullptr || f.block >= f.body->blocks.size()) return;
    if (!has_handler(f)) continue;
    const ir::Block& block = f.body->blocks[f.block];
    // Leaving a `with` by an exception calls the same exit as leaving it otherwise: of the program's own managers only.
    const ir::Block& handler = f.body->blocks[block.handler];
    for (size_t i = 0; i < std::min<size_t>(handler.instructions.size(), 3); ++i) {
      if (handler.instructions[i].op != ir::Op::exit_with) continue;
      const bool own = block.handler_depth > 0 && f.stack.size() >= block.handler_depth && f.stack[block.handler_depth - 1].is_defined();
      if (!own) return;
    }
    uint8_t& forks = forks_of(f, block.handler, 2);
    if (forks >= kMostHandlerForks) return;
    ++forks;
    Frame side = f;
    side.stack.resize(std::min<uint32_t>(block.handler_depth, 1u << 16), Value::unknown());
    side.stack.push_back(exception.value_or(Value::unknown_named("error")));
    side.block = block.handler;
    side.at = 0;
    side.delegating = false;
    if (side.handled.size() > handler.handled) side.handled.resize(handler.handled);
    std::vector<Frame> inner(frames_.begin() + static_cast<std::ptrdiff_t>(depth) + 1, frames_.end());
    frames_.resize(depth + 1);
    fork(std::move(side));
    frames_.insert(frames_.end(), std::make_move_iterator(inner.begin()), std::make_move_iterator(inner.end()));
    return;
  }
}

uint64_t Run::state_hash() {
  constexpr size_t kMostChanges = 256;
  constexpr uint32_t kMostItems = 2048;
  constexpr uint64_t kMostCompared = 5'000'000;  // values, over all states: comparing must not cost more than running
  uint64_t hash = frames_.size();
  if (running_.compared > kMostCompared) return mix(hash, ++running_.unlike);
  for (const Frame& f : frames_) {
    running_.compared += f.stack.size() + f.locals.size() + 4;
    hash = mix(hash, reinterpret_cast<uint64_t>(f.body));
    hash = mix(hash, uint64_t{f.block} << 32 | f.at);
    for (const Value& value : f.stack) hash = mix(hash, hash_of(value));
    for (const Local& local : f.locals) hash = mix(hash, local.bound ? hash_of(local.value) : 1);
    for (const Value& value : f.handled) hash = mix(hash, hash_of(value));
  }
  const Heap& heap = m_.heap();
  if (heap.journal_size() - run_base_ > 8 * kMostChanges) return mix(hash, ++running_.unlike);
  std::vector<std::pair<Kind, uint32_t>> changed;
  heap.changed_since(run_base_, changed);
  running_.compared += changed.size();
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  if (changed.size() > kMostChanges) return mix(hash, ++running_.unlike);
  for (const auto& [kind, index] : changed) {
    hash = mix(hash, static_cast<uint64_t>(kind) << 32 | index);
    if (kind == Kind::list) {
      const Items& items = heap.items(Value::heap(kind, index));
      if (items.size > kMostItems) return mix(hash, ++running_.unlike);
      running_.compared += items.size;
      for (const Value& value : items) hash = mix(hash, hash_of(value));
    } else if (kind == Kind::cell) {
      const Link& link = heap.link(Value::heap(kind, index));
      hash = mix(mix(hash, hash_of(link.first)), link.number);
    } else if (kind == Kind::function) {
      const Function& function = heap.function(Value::heap(kind, index));
      hash = mix(mix(hash, hash_of(function.code)), hash_of(function.defaults));
    }
  }
  return hash;
}

}  // namespace winnow::machine
