// The inside of equivalent(): two bodies run in lock-step over symbols.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "code/ir/equivalent.h"
#include "code/ir/fold.h"

namespace winnow::ir {

// What a stack slot holds. Two slots hold the same when they are the same symbol.
struct Symbol {
  enum Kind : uint8_t {
    constant,    // index: of the table of constants
    local,       // index: of the names; its present value
    fresh,       // what an effect gave, numbered on both sides alike
    fresh_bool,  // the same, known to be True or False
    code,        // index: of the heap
    cell,        // index: of the names
    cells,       // index: of the table of closures
    unbound,     // a local that was deleted
  };
  uint32_t index = 0;
  Kind kind = unbound;
  bool negated = false;  // only of booleans, and of what a test is about to take
  bool operator==(const Symbol&) const = default;
};

using Stack = std::vector<Symbol>;

struct Place {
  BlockId block = 0;
  uint32_t index = 0;
};

// One of the two bodies, where it stands.
struct Side {
  const Body* body = nullptr;
  Place at;
  Stack stack;
  std::map<uint32_t, Symbol> pending;  // locals assigned since the last effect, by name
  // Handlers in force where locals were used since the last effect (they may be unbound), with what they keep.
  struct Caught { BlockId handler; Stack kept; };
  std::vector<Caught> caught;
  bool spins = false;                  // went in a circle without an effect
  bool jumped = false;
  uint32_t handled = 0;                // handlers entered and not left
  const Block& block() const { return body->blocks[at.block]; }
  bool at_exit() const { return at.index >= block().instructions.size(); }
  const Instruction& instruction() const { return block().instructions[at.index]; }
};

struct State {
  Place a, b;
  Stack stack_a, stack_b;
  Symbol known;        // a value that was tested just before
  bool truth = false;  // how that came out
};

// Takes an item, or a container of items, into a container deeper in the stack.
bool is_extending(Op op);

// In what two code objects differ before their instructions are looked at, in words; empty: in nothing.
std::string signature_difference(const Heap& heap, const CodeObject& a, const CodeObject& b);

class Comparison {
 public:
  Comparison(const Body& a, const Body& b, Heap& heap, const EquivalenceLimits& limits)
      : a_{.body = &a, .at = {}, .stack = {}, .pending = {}, .caught = {}},
        b_{.body = &b, .at = {}, .stack = {}, .pending = {}, .caught = {}},
        heap_(heap), limits_(limits) {}

  Verdict run() {
    if (a_.body->blocks.empty() || b_.body->blocks.empty()) {
      if (a_.body->blocks.empty() && b_.body->blocks.empty()) return std::move(verdict_);
      fail("a body is empty");
      return std::move(verdict_);
    }
    work_.push_back({});
    while (!work_.empty() && verdict_.kind == Verdict::Kind::equal) {
      State state = std::move(work_.back());
      work_.pop_back();
      follow(state);
    }
    return std::move(verdict_);
  }

 private:
  enum class Next : uint8_t { go_on, stop };

  void fail(std::string why) {
    if (verdict_.kind != Verdict::Kind::equal) return;
    verdict_.kind = Verdict::Kind::different;
    verdict_.why = std::move(why);
    place();
  }
  void give_up(std::string why) {
    if (verdict_.kind != Verdict::Kind::equal) return;
    verdict_.kind = Verdict::Kind::undecided;
    verdict_.why = std::move(why);
    place();
  }
  void place() {
    const auto offset = [](const Side& side) {
      if (side.body->blocks.empty()) return uint32_t{0};
      return side.at_exit() ? side.block().exit_offset : side.instruction().offset;
    };
    verdict_.block_a = a_.at.block;
    verdict_.block_b = b_.at.block;
    verdict_.offset_a = offset(a_);
    verdict_.offset_b = offset(b_);
  }
  bool ok() const { return verdict_.kind == Verdict::Kind::equal; }

  uint32_t name_id(std::string_view name) {
    return name_ids_.emplace(name, static_cast<uint32_t>(name_ids_.size())).first->second;
  }

  uint64_t hash_of(Value value, uint32_t depth) const {
    uint64_t hash = (static_cast<uint64_t>(value.kind()) + 1) * 0x9e3779b97f4a7c15u;
    if (value.is_text()) hash ^= std::hash<std::string_view>{}(value.text());
    if (value.is(Kind::integer) || value.is(Kind::boolean) || value.is(Kind::real)) {
      hash ^= static_cast<uint64_t>(value.as_integer()) * 0xbf58476d1ce4e5b9u;
    }
    if (value.is(Kind::tuple) || value.is(Kind::slice)) {
      const Items& items = heap_.items(value);
      hash += items.size;
      for (uint32_t i = 0; i < items.size && i < 16 && depth < 3; ++i) {
        hash = hash * 0x94d049bb133111ebu + hash_of(items[i], depth + 1);
      }
    }
    return hash;
  }

  Symbol constant(Value value) {
    const uint64_t hash = hash_of(value, 0);
    std::vector<uint32_t>& bucket = constant_ids_[hash];
    for (const uint32_t id : bucket) {
      if (same_constant(heap_, constants_[id], value)) return {id, Symbol::constant, false};
    }
    constants_.push_back(value);
    bucket.push_back(static_cast<uint32_t>(constants_.size() - 1));
    return {bucket.back(), Symbol::constant, false};
  }

  Symbol new_symbol(bool boolean = false) {
    return {next_fresh_++, boolean ? Symbol::fresh_bool : Symbol::fresh, false};
  }

  void follow(State& state);
  void advance(Side& side);
  bool pure(Side& side, const Instruction& i);
  bool pure_build(Side& side, const Instruction& i);
  bool pure_operator(Side& side, const Instruction& i);
  bool static_branch(Side& side);
  static bool only_tested(const Body& body, Place at, bool may_copy);
  Symbol pop(Side& side);
  Symbol read_local(const Side& side, uint32_t name) const;
  void jump(Side& side, BlockId to);

  bool same(Symbol a, Symbol b);
  bool same_code(Value a, Value b);
  bool commit();
  bool commit_stacks(const std::map<uint32_t, Symbol>& assigned);
  // Python 2 keeps no such count.
  bool handled_differs() const { return a_.handled != b_.handled && a_.body->version.major >= 3; }
  Next effect();
  bool operands(const Instruction& x, const Instruction& y, std::vector<Symbol>& xs, std::vector<Symbol>& ys);
  bool take(Side& side, const Instruction& i, std::vector<Symbol>& into);
  bool same_instruction(const Instruction& x, const Instruction& y);
  void note_handler(Side& side);
  bool noted_handlers();
  bool exceptions();
  Next exit();
  Next exit_values(uint32_t count);
  void fork(BlockId to_a, BlockId to_b, const Stack& stack_a, const Stack& stack_b, Symbol known, bool truth);
  std::string key(State& state) const;
  static void renumber(Stack& stack, std::unordered_map<uint32_t, uint32_t>& numbers);
  std::string words(const Side& side) const;

  Side a_, b_;
  Heap& heap_;
  const EquivalenceLimits& limits_;
  Verdict verdict_;
  std::vector<State> work_;
  std::unordered_set<std::string> seen_;
  std::unordered_map<std::string_view, uint32_t> name_ids_;
  std::vector<Value> constants_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> constant_ids_;
  std::map<std::vector<uint32_t>, uint32_t> closures_;
  uint32_t next_fresh_ = 0;
  uint64_t steps_ = 0;
  Symbol known_;
  bool truth_ = false;
};

}  // namespace winnow::ir
