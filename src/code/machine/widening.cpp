// Every branch forks a few times only. What goes on from it at other times is followed once more: with nothing known of
// what the loop around it has changed, so that no number of rounds hides what stands behind.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

// The blocks that lie on a way from a block back to it; none: it stands in no loop.
std::vector<bool> loop_around(const ir::Body& body, ir::BlockId block) {
  const size_t count = body.blocks.size();
  const auto reach = [&](bool forward) {
    std::vector<std::vector<ir::BlockId>> from(forward ? 0 : count);
    const auto each = [&](ir::BlockId at, auto&& visit) {
      for (const ir::BlockId next : {body.blocks[at].target, body.blocks[at].otherwise}) {
        if (next < count) visit(next);
      }
    };
    for (ir::BlockId at = 0; !forward && at < count; ++at) each(at, [&](ir::BlockId next) { from[next].push_back(at); });
    std::vector<bool> seen(count, false);
    std::vector<ir::BlockId> pending{block};
    for (size_t i = 0; i < pending.size(); ++i) {
      const auto visit = [&](ir::BlockId next) {
        if (seen[next]) return;
        seen[next] = true;
        pending.push_back(next);
      };
      if (forward) each(pending[i], visit);
      else for (const ir::BlockId next : from[pending[i]]) visit(next);
    }
    return seen;
  };
  std::vector<bool> out = reach(true);
  const std::vector<bool> back = reach(false);
  for (size_t i = 0; i < count; ++i) out[i] = out[i] && back[i];
  return out;
}

bool stores_name(ir::Op op) {
  return op == ir::Op::store_fast || op == ir::Op::store_deref || op == ir::Op::store_name || op == ir::Op::store_global || op == ir::Op::delete_fast ||
         op == ir::Op::delete_deref || op == ir::Op::delete_name || op == ir::Op::delete_global || op == ir::Op::restore_fast;
}

bool loads_name(ir::Op op) {
  return op == ir::Op::load_fast || op == ir::Op::load_deref || op == ir::Op::load_name || op == ir::Op::load_global || op == ir::Op::load_closure;
}

bool grows_container(ir::Op op) { return op == ir::Op::list_append || op == ir::Op::set_add || op == ir::Op::map_add; }

// Methods that change what they belong to.
bool changes(std::string_view method) {
  static constexpr std::string_view kMethods[] = {"append", "appendleft", "extend", "insert", "add", "update", "pop", "popitem", "popleft", "remove", "discard",
                                                  "clear", "setdefault", "push", "put", "__setitem__", "__delitem__", "__iadd__"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

bool is_container(Value value) {
  return value.is(Kind::list) || value.is(Kind::dict) || value.is(Kind::set) || value.is(Kind::byte_array);
}

void add(std::vector<std::string_view>& to, std::string_view name) {
  if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(name);
}

}  // namespace

// Takes from the variables of the present frame what is forgotten of them; what they hold in the heap, too.
void Run::forget(const Forgotten& forgotten) {
  if (forgotten.names.empty() && forgotten.attributes.empty()) return;
  Heap& heap = m_.heap();
  Frame& f = frame();
  const auto is_forgotten = [&](std::string_view name) { return std::find(forgotten.names.begin(), forgotten.names.end(), name) != forgotten.names.end(); };
  const auto strip = [&](Value held) {
    if (!held.is(Kind::instance) || !heap.instance(held).attributes.is(Kind::dict)) return;
    for (const std::string_view name : forgotten.attributes) {
      if (heap.find_key(heap.instance(held).attributes, Value::string(name)) != nullptr) heap.set_key(heap.instance(held).attributes, name, Value::unknown_named(name));
    }
  };
  for (Local& local : f.locals) {
    strip(local.value);
    if (local.bound && is_forgotten(local.name)) local.value = Value::unknown_named(local.name);
  }
  for (Local& cell : f.cells) {
    if (!cell.value.is(Kind::cell)) continue;
    strip(heap.link(cell.value).first);
    if (is_forgotten(cell.name) && heap.link(cell.value).number == 1) heap.change_link(cell.value).first = Value::unknown_named(cell.name);
  }
  for (const Value dict : {f.names, f.globals}) {
    if (!dict.is(Kind::dict)) continue;
    for (const std::string_view name : forgotten.names) {
      if (heap.find_key(dict, Value::string(name)) != nullptr) heap.set_key(dict, name, Value::unknown_named(name));
    }
  }
}

void Run::widen(ir::BlockId block) {
  constexpr size_t kMostBlocks = 4000, kMostWays = 8;
  const ir::Body& body = *frame().body;
  auto& done = running_.widened[&body];
  if (done.size() < body.blocks.size()) done.resize(body.blocks.size(), 0);
  if (block >= done.size() || done[block] != 0 || body.blocks.size() > kMostBlocks) return;
  done[block] = 1;
  const std::vector<bool> loop = loop_around(body, block);
  const bool loops = loop[block];
  Forgotten forgotten;
  bool grows = false;
  for (ir::BlockId b = 0; b < body.blocks.size(); ++b) {
    if (loops && !loop[b]) continue;
    const auto& instructions = body.blocks[b].instructions;
    const bool stores_items = std::any_of(instructions.begin(), instructions.end(), [](const ir::Instruction& at) {
      return at.op == ir::Op::store_subscript || at.op == ir::Op::delete_subscript;
    });
    for (size_t i = 0; i < instructions.size(); ++i) {
      const ir::Instruction& at = instructions[i];
      if (stores_name(at.op)) add(forgotten.names, at.name);
      if (at.op == ir::Op::store_attr) add(forgotten.attributes, at.name);
      grows = grows || grows_container(at.op);
      const bool changed = i + 1 < instructions.size() && instructions[i + 1].op == ir::Op::load_attr && changes(instructions[i + 1].name);
      if (!loads_name(at.op) || !(changed || stores_items)) continue;
      // What is only changed by its methods.
      for (const Local& local : frame().locals) if (local.name == at.name && is_container(local.value)) add(forgotten.names, at.name);
      for (const Local& cell : frame().cells) {
        if (cell.name == at.name && cell.value.is(Kind::cell) && is_container(m_.heap().link(cell.value).first)) add(forgotten.names, at.name);
      }
      for (const Value dict : {frame().names, frame().globals}) {
        const Value* held = dict.is(Kind::dict) ? m_.heap().find_key(dict, Value::string(at.name)) : nullptr;
        if (held != nullptr && is_container(*held)) add(forgotten.names, at.name);
      }
    }
  }
  Frame side = frame();
  side.at = 0;
  if (grows) {
    for (Value& held : side.stack) if (is_container(held)) held = Value::unknown();
  }
  if (!loops) {
    // A function that is called again and again: what it gives is not known, nor what it leaves behind.
    side.gives_up = true;
    return fork(std::move(side), std::move(forgotten));
  }
  const auto go = [&](ir::BlockId to, bool iterates, bool body_of_loop) {
    Frame other = side;
    if (iterates && body_of_loop) other.stack.push_back(Value::unknown_named("item"));
    if (iterates && !body_of_loop && !other.stack.empty()) other.stack.pop_back();
    other.block = to;
    fork(std::move(other), forgotten);
  };
  // Out of the loop by every way, and on inside of it.
  std::vector<ir::BlockId> ways;
  for (ir::BlockId b = 0; b < body.blocks.size() && ways.size() < kMostWays; ++b) {
    if (!loop[b] || b == block) continue;
    for (const ir::BlockId next : {body.blocks[b].target, body.blocks[b].otherwise}) {
      if (next >= body.blocks.size() || loop[next] || std::find(ways.begin(), ways.end(), next) != ways.end()) continue;
      ways.push_back(next);
      go(next, body.blocks[b].exit == ir::Exit::for_iter, false);
    }
  }
  const ir::Block& here = body.blocks[block];
  const bool iterates = here.exit == ir::Exit::for_iter;
  if (here.otherwise < body.blocks.size()) go(here.otherwise, iterates, false);
  if (here.target < body.blocks.size()) go(here.target, iterates, true);
}

}  // namespace winnow::machine
