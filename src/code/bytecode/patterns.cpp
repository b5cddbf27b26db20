// `match`: the tests and unpackings of one case become one test of a pattern. Before anything else is folded, the
// way on which a case succeeds is followed with a stack of what is known of each value (part of the subject, a key,
// a length, a test); every test's other way must lead, behind pops, to where the next case begins. Alternatives
// (`1 | 2`) begin where a failing way stops earlier, and end where they meet the way of the first.
#include <algorithm>

#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

constexpr uint32_t kMostSteps = 4000;

bool is_op(const Step& step, ir::Op op) {
  return step.kind == Step::Kind::instruction && step.instruction->op == op;
}

}  // namespace

class PatternReader {
 public:
  PatternReader(Tree& tree, const std::vector<Work>& blocks, Builder& builder) : tree_(tree), blocks_(blocks), builder_(builder) {}

  struct Place {
    BlockId block = kNoBlock;
    size_t step = 0;
    bool operator==(const Place&) const = default;
  };

  // Reads the case that begins at `start` with the subject on top. `copies`: it works on a copy of the subject (all
  // but a last case do).
  bool read(Place start, bool copies) {
    copies_ = copies;
    parts_.assign(1, {});
    stack_ = {item(Item::part, 0)};
    base_ = copies ? 1 : 0;
    at_ = start;
    if (copies) {
      stack_.push_back(stack_[0]);
      ++at_.step;
    }
    fails_.clear(), path_.clear(), tests_ = 0;
    if (!follow(kNoBlock)) return false;
    success = at_;
    return tests_ > 0 && resolve_fails() && !broken_;
  }

  Place success, failure;
  bool has_failure() const { return failure.block != kNoBlock; }
  Node* pattern() { return build(0, 0); }

 private:
  struct Part {
    enum Kind : uint8_t { any, sequence, mapping, cls, value, singleton, alternatives } kind = any;
    std::vector<std::string_view> names;
    std::vector<uint32_t> children;
    std::vector<Node*> keys;             // of a mapping; of a class: {class}
    std::vector<std::string_view> attributes;
    std::vector<std::pair<int64_t, uint32_t>> indexed;  // items that were looked at by index; below 0: from the end
    std::vector<uint32_t> others;        // alternatives
    int64_t length = -1;
    bool open_ended = false, star = false, length_known = false;
    uint32_t positional = 0;
    std::string_view rest;
    Node* node = nullptr;
    uint32_t same_as = UINT32_MAX;       // in another alternative: where its names are
  };
  struct Item {
    enum Kind : uint8_t { part, expression, length, from_end, values, attributes, keys, dict, test, none_test } kind;
    uint32_t part_id = 0;
    Node* node = nullptr;
    int64_t number = 0;
    bool open_ended = false;
  };
  struct Fail {
    BlockId block;
    std::vector<Item> stack;
  };
  struct Visit {
    BlockId block;
    std::vector<Item> stack;
  };

  static Item item(Item::Kind kind, uint32_t part, Node* node = nullptr) { return {kind, part, node, 0, false}; }

  uint32_t new_part() {
    parts_.emplace_back();
    return static_cast<uint32_t>(parts_.size() - 1);
  }

  bool pop(Item& to) {
    if (stack_.empty()) return false;
    to = stack_.back();
    stack_.pop_back();
    return true;
  }

  bool is_done() const { return stack_.size() == base_ && (base_ == 0 || stack_[0].kind == Item::part); }

  // Follows the way of success from at_ until the pattern is read, or until a block of the first alternative is
  // met (`join`).
  bool follow(BlockId join_only) {
    joined_ = kNoBlock;
    for (;;) {
      if (++steps_ > kMostSteps || parts_.size() > 500) return false;
      const Work& b = blocks_[at_.block];
      if (tests_ > 0 && join_only == kNoBlock && is_done()) return true;
      if (at_.step < b.steps.size()) {
        if (b.steps[at_.step].kind != Step::Kind::instruction || !step(*b.steps[at_.step].instruction)) return false;
        ++at_.step;
        continue;
      }
      BlockId next = kNoBlock;
      if (b.leave == Leave::jump && b.jump_kind == ir::JumpKind::plain) {
        next = b.target;
      } else if (b.leave == Leave::branch) {
        Item test;
        if (!pop(test) || (test.kind != Item::test && test.kind != Item::none_test)) return false;
        const bool inverted = test.kind == Item::none_test;
        next = inverted ? b.otherwise : b.target;
        fails_.push_back({inverted ? b.target : b.otherwise, stack_});
        ++tests_;
      } else {
        return false;
      }
      if (blocks_[next].loop_setup || blocks_[next].is_handler) return false;
      at_ = {next, 0};
      if (join_only != kNoBlock) {
        for (const Visit& visit : path_) {
          // The same block, or a copy that the compiler made because it returns.
          if (visit.stack.size() == stack_.size() && builder_.alike(visit.block, next)) {
            joined_ = next;
            return unify(visit.stack);
          }
        }
      } else {
        path_.push_back({next, stack_});
      }
    }
  }

  // What the first alternative calls a value is what this one does.
  bool unify(const std::vector<Item>& first) {
    for (size_t i = 0; i < first.size(); ++i) {
      if (first[i].kind != Item::part || stack_[i].kind != Item::part) continue;
      if (first[i].part_id != stack_[i].part_id) parts_[stack_[i].part_id].same_as = first[i].part_id;
    }
    return true;
  }

  // Where a failing way goes: behind its pops, down to `height` values.
  Place behind_pops(BlockId block, size_t& height, size_t wanted) const {
    Place at{block, 0};
    for (uint32_t steps = 0; steps < 200 && height > wanted; ++steps) {
      const Work& b = blocks_[at.block];
      if (at.step < b.steps.size()) {
        if (!is_op(b.steps[at.step], ir::Op::pop)) break;
        ++at.step;
        --height;
      } else if (b.leave == Leave::jump && b.jump_kind == ir::JumpKind::plain) {
        at = {b.target, 0};
      } else {
        break;
      }
    }
    return at;
  }

  Place forward(Place at) const {
    for (uint32_t links = 0; links < 64; ++links) {
      const Work& b = blocks_[at.block];
      if (at.step < b.steps.size() || b.leave != Leave::jump || b.jump_kind != ir::JumpKind::plain || b.loop_setup || blocks_[b.target].loop_setup) return at;
      at = {b.target, 0};
    }
    return at;
  }

  bool resolve_fails() {
    failure = {};
    for (uint32_t alternatives = 0;; ++alternatives) {
      if (alternatives > 64) return false;
      const std::vector<Fail> fails = std::move(fails_);
      fails_.clear();
      Place next;
      std::vector<Item> state;
      bool more = false;
      for (const Fail& fail : fails) {
        size_t height = fail.stack.size();
        const Place to = forward(behind_pops(fail.block, height, base_));
        if (height == base_) {
          if (has_failure() && !(failure == to)) return false;
          failure = to;
          continue;
        }
        if (more && (!(next == to) || state.size() != height)) return false;
        more = true;
        next = to;
        state = fail.stack;
        state.resize(height);
      }
      if (!more) return true;
      // Another alternative of the value on top.
      if (state.empty() || state.back().kind != Item::part) return false;
      const uint32_t first = state.back().part_id, other = new_part();
      parts_[first].others.push_back(other);
      stack_ = std::move(state);
      stack_.back().part_id = other;
      at_ = next;
      if (!follow(0)) return false;
    }
  }

  Node* expression(const ir::Instruction& in) {
    Node* node = nullptr;
    if (in.op == ir::Op::load_const) {
      node = tree_.make(Type::Constant);
      node->value = in.value;
    } else {
      node = tree_.make(Type::Name);
      node->name = builder_.plain_name(in.name);
    }
    return node;
  }

  bool step(const ir::Instruction& in) {
    using ir::Op;
    Item x{}, y{}, z{};
    switch (in.op) {
      case Op::load_const: case Op::load_fast: case Op::load_global: case Op::load_name: case Op::load_deref: case Op::load_class_deref:
        stack_.push_back(item(Item::expression, 0, expression(in)));
        return true;
      case Op::load_attr: {
        if (!pop(x) || x.kind != Item::expression) return false;
        Node* node = tree_.make(Type::Attribute);
        node->first = x.node;
        node->name = builder_.plain_name(in.name);
        stack_.push_back(item(Item::expression, 0, node));
        return true;
      }
      case Op::build_tuple: {
        if (in.a > stack_.size()) return false;
        Node* node = tree_.make(Type::Tuple);
        for (size_t i = stack_.size() - in.a; i < stack_.size(); ++i) {
          if (stack_[i].kind != Item::expression) return false;
          tree_.append(node->items, stack_[i].node);
        }
        stack_.resize(stack_.size() - in.a);
        stack_.push_back(item(Item::expression, 0, node));
        return true;
      }
      case Op::copy:
        if (in.a == 0 || in.a > stack_.size()) return false;
        stack_.push_back(stack_[stack_.size() - in.a]);
        return true;
      case Op::swap:
        if (in.a == 0 || in.a > stack_.size()) return false;
        std::swap(stack_[stack_.size() - in.a], stack_.back());
        return true;
      case Op::rotate:
        if (in.a == 0 || in.a > stack_.size()) return false;
        std::rotate(stack_.end() - static_cast<ptrdiff_t>(in.a), stack_.end() - 1, stack_.end());
        return true;
      case Op::pop:
        if (!pop(x)) return false;
        ++tests_;  // a wildcard takes its value away
        return true;
      case Op::compare: return compare(static_cast<ir::Compare>(in.a));
      case Op::match_sequence:
      case Op::match_mapping: {
        if (stack_.empty() || stack_.back().kind != Item::part) return false;
        Part& part = parts_[stack_.back().part_id];
        if (part.kind != Part::any) return false;
        part.kind = in.op == Op::match_sequence ? Part::sequence : Part::mapping;
        stack_.push_back(item(Item::test, 0));
        return true;
      }
      case Op::get_len:
        if (stack_.empty() || stack_.back().kind != Item::part) return false;
        stack_.push_back(item(Item::length, stack_.back().part_id));
        return true;
      case Op::binary: {
        if (!pop(x) || !pop(y) || static_cast<ir::Binary>(in.a) != ir::Binary::subtract || y.kind != Item::length || !is_integer(x)) return false;
        y.kind = Item::from_end;
        y.number = x.node->value.as_integer();
        stack_.push_back(y);
        return true;
      }
      case Op::subscript: {
        if (!pop(x) || !pop(y)) return false;
        const uint32_t child = new_part();
        if (y.kind == Item::values || y.kind == Item::attributes) {  // 3.10 takes them one by one
          if (!is_integer(x) || x.node->value.as_integer() < 0 || x.node->value.as_integer() > 200) return false;
          const auto index = static_cast<size_t>(x.node->value.as_integer());
          while (parts_[y.part_id].children.size() <= index) {
            const uint32_t other = new_part();
            parts_[y.part_id].children.push_back(other);
          }
          parts_[y.part_id].children[index] = child;
          stack_.push_back(item(Item::part, child));
          return true;
        }
        if (y.kind != Item::part) return false;
        int64_t index = 0;
        if (x.kind == Item::from_end) index = -x.number;
        else if (is_integer(x)) index = x.node->value.as_integer();
        else return false;
        parts_[y.part_id].indexed.emplace_back(index, child);
        stack_.push_back(item(Item::part, child));
        return true;
      }
      case Op::unpack_sequence:
      case Op::unpack_ex: return unpack(in);
      case Op::match_class: {
        if (!pop(x) || !pop(y) || !pop(z) || z.kind != Item::part || y.kind != Item::expression || x.kind != Item::expression) return false;
        Part& part = parts_[z.part_id];
        if (part.kind != Part::any || !x.node->value.is(Kind::tuple) || x.node->type != Type::Constant) return false;
        part.kind = Part::cls;
        part.node = y.node;
        part.positional = in.a;
        for (const Value& name : builder_.heap().items(x.node->value)) {
          if (!name.is_text()) return false;
          part.attributes.push_back(name.text());
        }
        stack_.push_back(item(Item::attributes, z.part_id));
        return true;
      }
      case Op::match_keys: {
        if (stack_.size() < 2) return false;
        Item& keys = stack_.back();
        const Item subject = stack_[stack_.size() - 2];
        if (subject.kind != Item::part || keys.kind != Item::expression) return false;
        Part& part = parts_[subject.part_id];
        if (keys.node->type == Type::Tuple) {
          for (Node* key : keys.node->items) part.keys.push_back(key);
        } else if (keys.node->type == Type::Constant && keys.node->value.is(Kind::tuple)) {
          for (const Value& value : builder_.heap().items(keys.node->value)) {
            Node* key = tree_.make(Type::Constant);
            key->value = value;
            part.keys.push_back(key);
          }
        } else {
          return false;
        }
        keys.kind = Item::keys;
        keys.part_id = subject.part_id;
        stack_.push_back(item(Item::values, subject.part_id));
        return true;
      }
      case Op::build_map:
        if (in.a != 0) return false;
        stack_.push_back(item(Item::dict, UINT32_MAX));
        return true;
      case Op::dict_update: {
        if (!pop(x) || x.kind != Item::part || in.a == 0 || in.a > stack_.size()) return false;
        Item& dict = stack_[stack_.size() - in.a];
        if (dict.kind != Item::dict) return false;
        dict.part_id = x.part_id;
        return true;
      }
      case Op::intrinsic: {
        if (in.name != "copy_without_keys" || !pop(x) || !pop(y) || y.kind != Item::part) return false;
        stack_.push_back(item(Item::dict, y.part_id));
        return true;
      }
      case Op::delete_subscript: return pop(x) && pop(y) && y.kind == Item::dict;
      case Op::store_fast: case Op::store_name: case Op::store_global: case Op::store_deref: {
        if (!pop(x)) return false;
        ++tests_;
        if (x.kind == Item::dict && x.part_id != UINT32_MAX) parts_[x.part_id].rest = builder_.plain_name(in.name);
        else if (x.kind == Item::part) parts_[x.part_id].names.push_back(builder_.plain_name(in.name));
        else return false;
        return true;
      }
      default: return false;
    }
  }

  static bool is_integer(const Item& x) {
    return x.kind == Item::expression && x.node->type == Type::Constant && x.node->value.is(Kind::integer);
  }

  bool compare(ir::Compare op) {
    Item right{}, left{};
    if (!pop(right) || !pop(left) || right.kind != Item::expression) return false;
    const bool none = right.node->type == Type::Constant && right.node->value.is(Kind::none);
    if (left.kind == Item::values || left.kind == Item::attributes) {
      if ((op != ir::Compare::is && op != ir::Compare::is_not) || !none) return false;
      stack_.push_back(item(op == ir::Compare::is ? Item::none_test : Item::test, 0));
      return true;
    }
    if (left.kind == Item::length) {
      if (!is_integer(right) || (op != ir::Compare::eq && op != ir::Compare::ge)) return false;
      Part& part = parts_[left.part_id];
      part.length = right.node->value.as_integer();
      part.open_ended = op == ir::Compare::ge;
      part.length_known = true;
      stack_.push_back(item(Item::test, 0));
      return true;
    }
    if (left.kind != Item::part) return false;
    Part& part = parts_[left.part_id];
    if (part.kind != Part::any) return false;
    const bool constant = right.node->type == Type::Constant;
    if (op == ir::Compare::is && constant && (none || right.node->value.is(Kind::boolean))) part.kind = Part::singleton;
    else if (op == ir::Compare::eq && (constant || right.node->type == Type::Attribute)) part.kind = Part::value;
    else return false;
    part.node = right.node;
    stack_.push_back(item(Item::test, 0));
    return true;
  }

  bool unpack(const ir::Instruction& in) {
    Item from{};
    if (!pop(from) || in.a > 200 || in.b > 200) return false;
    if (from.kind == Item::keys) {
      for (uint32_t i = 0; i < in.a; ++i) stack_.push_back(item(Item::expression, 0, tree_.make(Type::Constant)));
      return true;
    }
    if (from.kind != Item::part && from.kind != Item::values && from.kind != Item::attributes) return false;
    const bool star = in.op == ir::Op::unpack_ex;
    const uint32_t count = in.a + (star ? in.b + 1 : 0);
    std::vector<uint32_t> children;
    for (uint32_t i = 0; i < count; ++i) {
      children.push_back(new_part());
      if (star && i == in.a) parts_[children.back()].star = true;
    }
    for (uint32_t i = count; i > 0; --i) stack_.push_back(item(Item::part, children[i - 1]));
    parts_[from.part_id].children = std::move(children);
    return true;
  }

  // ---- the tree ----

  Node* named(Node* pattern, const Part& part) {
    std::vector<std::string_view> names = part.names;
    uint32_t links = 0;
    for (uint32_t same = part.same_as; same < parts_.size() && links < 64; same = parts_[same].same_as, ++links) {
      names.insert(names.end(), parts_[same].names.begin(), parts_[same].names.end());
    }
    for (const std::string_view name : names) {
      Node* as = tree_.make(Type::MatchAs);
      if (pattern != nullptr && !(pattern->type == Type::MatchAs && pattern->name.empty())) as->first = pattern;
      as->name = name;
      pattern = as;
    }
    return pattern;
  }

  Node* build(uint32_t id, uint32_t depth) {
    if (depth > 40) {
      broken_ = true;
      return tree_.make(Type::MatchAs);
    }
    const Part part = parts_[id];
    if (part.star) {
      Node* star = tree_.make(Type::MatchStar);
      Node* name = named(nullptr, part);
      if (name != nullptr) star->name = name->name;
      return star;
    }
    Node* node = plain(part, depth);
    if (!part.others.empty()) {
      Node* either = tree_.make(Type::MatchOr);
      tree_.append(either->items, node);
      for (const uint32_t other : part.others) tree_.append(either->items, build_other(other, depth));
      node = either;
    }
    return named(node, part);
  }

  Node* build_other(uint32_t id, uint32_t depth) {
    // The names that the first alternative's whole has belong to both: `(1 | 2) as x`.
    Part part = parts_[id];
    Node* node = plain(part, depth);
    if (part.same_as != UINT32_MAX) part.same_as = UINT32_MAX;
    return named(node, part);
  }

  Node* plain(const Part& part, uint32_t depth) {
    switch (part.kind) {
      case Part::any:
      case Part::alternatives: return tree_.make(Type::MatchAs);
      case Part::value: {
        Node* node = tree_.make(Type::MatchValue);
        node->first = part.node;
        return node;
      }
      case Part::singleton: {
        Node* node = tree_.make(Type::MatchSingleton);
        node->value = part.node->value;
        return node;
      }
      case Part::sequence: {
        Node* node = tree_.make(Type::MatchSequence);
        if (!part.children.empty()) {
          for (const uint32_t child : part.children) tree_.append(node->items, build(child, depth + 1));
          return node;
        }
        const int64_t count = std::clamp<int64_t>(part.length_known ? part.length : 0, 0, 200);
        const bool open = part.open_ended || !part.length_known;
        int64_t behind = 0, before = 0;
        for (const auto& [index, child] : part.indexed) {
          if (index < 0) behind = std::max(behind, -index);
          else before = std::max(before, index + 1);
        }
        before = std::max(before, count - behind);
        const auto find = [&](int64_t index) -> Node* {
          for (const auto& [at, child] : part.indexed) {
            if (at == index) return build(child, depth + 1);
          }
          return tree_.make(Type::MatchAs);
        };
        for (int64_t i = 0; i < before; ++i) tree_.append(node->items, find(i));
        if (open) tree_.append(node->items, tree_.make(Type::MatchStar));
        for (int64_t i = behind; open && i > 0; --i) tree_.append(node->items, find(-i));
        return node;
      }
      case Part::mapping: {
        Node* node = tree_.make(Type::MatchMapping);
        for (Node* key : part.keys) tree_.append(node->items, key);
        for (const uint32_t child : part.children) tree_.append(node->others, build(child, depth + 1));
        if (node->items.size != node->others.size) broken_ = true;
        node->name = part.rest;
        return node;
      }
      case Part::cls: {
        Node* node = tree_.make(Type::MatchClass);
        node->first = part.node;
        if (part.children.size() != part.positional + part.attributes.size() && !part.children.empty()) broken_ = true;
        for (size_t i = 0; i < part.children.size(); ++i) {
          if (i < part.positional) {
            tree_.append(node->items, build(part.children[i], depth + 1));
            continue;
          }
          if (i - part.positional >= part.attributes.size()) break;
          Node* name = tree_.make(Type::Name);
          name->name = part.attributes[i - part.positional];
          tree_.append(node->others, name);
          tree_.append(node->orelse, build(part.children[i], depth + 1));
        }
        return node;
      }
    }
    return tree_.make(Type::MatchAs);
  }

  Tree& tree_;
  const std::vector<Work>& blocks_;
  Builder& builder_;
  bool copies_ = false, broken_ = false;
  size_t base_ = 0;
  uint32_t steps_ = 0, tests_ = 0;
  BlockId joined_ = kNoBlock;
  Place at_;
  std::vector<Part> parts_;
  std::vector<Item> stack_;
  std::vector<Fail> fails_;
  std::vector<Visit> path_;
};

// The block that begins at a step: the block is cut there.
BlockId Builder::cut(BlockId id, size_t step) {
  if (step == 0) return id;
  const auto rest = static_cast<BlockId>(blocks_.size());
  Work behind = blocks_[id];
  behind.steps.erase(behind.steps.begin(), behind.steps.begin() + static_cast<ptrdiff_t>(step));
  behind.is_handler = behind.loop_setup = false;
  behind.ways_in = 1;
  behind.offset = behind.steps.empty() || behind.steps[0].instruction == nullptr ? behind.offset : behind.steps[0].instruction->offset;
  uint32_t depth = behind.depth;
  for (size_t i = 0; i < step; ++i) {
    const Effect effect = effect_of(blocks_[id].steps[i]);
    depth = (depth > effect.pops ? depth - effect.pops : 0) + effect.pushes;
  }
  behind.depth = depth;
  blocks_.push_back(std::move(behind));
  ways_.push_back({id});
  Work& before = blocks_[id];
  before.steps.resize(step);
  before.leave = Leave::jump;
  before.jump_kind = ir::JumpKind::plain;
  before.target = rest;
  before.otherwise = kNoBlock;
  for (BlockId to : {blocks_[rest].target, blocks_[rest].otherwise}) {
    if (to != kNoBlock) ways_[to].push_back(rest);
  }
  return rest;
}

// Whether a case may begin at a step: a copy of what lies there is tested, or matched.
static bool may_begin_case(const Work& b, size_t i) {
  const auto at = [&](size_t k) { return i + k < b.steps.size() && b.steps[i + k].kind == Step::Kind::instruction ? b.steps[i + k].instruction->op : ir::Op::unknown; };
  if (at(0) == ir::Op::match_sequence || at(0) == ir::Op::match_mapping) return true;
  const auto is_load = [](ir::Op op) {
    return op == ir::Op::load_global || op == ir::Op::load_name || op == ir::Op::load_fast || op == ir::Op::load_deref || op == ir::Op::load_class_deref;
  };
  if (is_load(at(0))) {  // the only case, of a class
    size_t k = 1;
    while (k < 8 && at(k) == ir::Op::load_attr) ++k;
    return at(k) == ir::Op::load_const && at(k + 1) == ir::Op::match_class;
  }
  if (at(0) != ir::Op::copy || b.steps[i].instruction->a != 1) return false;
  for (size_t k = 1; k < 12; ++k) {
    switch (at(k)) {
      case ir::Op::match_sequence: case ir::Op::match_mapping: case ir::Op::match_class: return true;
      case ir::Op::compare: return i + k + 1 == b.steps.size() && b.leave == Leave::branch;
      case ir::Op::load_const: case ir::Op::load_fast: case ir::Op::load_global: case ir::Op::load_name: case ir::Op::load_deref:
      case ir::Op::load_class_deref: case ir::Op::load_attr: case ir::Op::copy: break;
      default: return false;
    }
  }
  return false;
}

void Builder::read_matches() {
  if (version_ < PythonVersion{3, 10}) return;
  bool changed = false;
  for (BlockId i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].dead || blocks_[i].steps.empty()) continue;
    for (size_t s = 0; s < blocks_[i].steps.size(); ++s) {
      if (!may_begin_case(blocks_[i], s) || !spend(4)) continue;
      if (read_case(i, s, is_copy(blocks_[i].steps[s]), 0)) {
        changed = true;
        break;
      }
    }
  }
  if (changed) sweep();
}

bool Builder::is_copy(const Step& step) const { return is_op(step, ir::Op::copy); }

// One case, and those behind it. Its tests give way to one step.
bool Builder::read_case(BlockId id, size_t step, bool copies, uint32_t depth) {
  if (depth > 400 || !spend(8)) return false;
  PatternReader reader(tree_, blocks_, *this);
  if (!reader.read({id, step}, copies) || !reader.has_failure()) return false;
  Node* pattern = reader.pattern();
  // The way that fails may begin in the block that succeeds, or the other way round: the later cut comes first.
  PatternReader::Place yes = reader.success, no = reader.failure;
  if (yes.block == no.block) return false;
  const BlockId body = cut(yes.block, yes.step);
  const BlockId next = cut(no.block, no.step);
  Step test;
  test.kind = Step::Kind::pattern;
  test.node = pattern;
  test.by_jumps = copies;
  Work& b = blocks_[id];
  b.steps.resize(step);
  b.steps.push_back(test);
  b.leave = Leave::branch;
  b.jump_kind = ir::JumpKind::plain;
  b.target = body;
  b.otherwise = next;
  ways_[body].push_back(id);
  ways_[next].push_back(id);
  if (!copies) return true;
  // The next case: with a copy it is found by itself; the last one works on the subject.
  const Work& n = blocks_[next];
  if (n.steps.empty() || n.steps[0].kind != Step::Kind::instruction || is_op(n.steps[0], ir::Op::pop)) return true;
  const ir::Op op = n.steps[0].instruction->op;
  if (op == ir::Op::store_fast || op == ir::Op::store_name || op == ir::Op::store_global || op == ir::Op::store_deref) {
    blocks_[next].steps[0].kind = Step::Kind::capture_rest;
    return true;
  }
  if (is_copy(n.steps[0])) read_case(next, 0, true, depth + 1);
  else read_case(next, 0, false, depth + 1);
  return true;
}

// A MatchCase as a test: `first` the pattern, `number` the subject's slot + 1, `third` the subject where it was computed.
void Simulator::match_case(const Step& step) {
  if (options_.isolated) return fail();
  close_group();
  settle_holes();
  Node* test = make(Type::MatchCase);
  test->first = step.node;
  Entry subject = take_entry();
  if (is_slot_read(subject.node)) {
    test->number = static_cast<int32_t>(slot_read(subject.node)) + 1;
  } else {
    materialise();
    const SlotId slot = builder_.new_slot();
    test->number = static_cast<int32_t>(slot) + 1;
    test->third = as_expression(subject.node);
    subject.node = slot_name(slot);
  }
  if (step.by_jumps) stack_.push_back(subject);
  push(test);
}

void Simulator::capture_rest(const Step& step) {
  if (options_.isolated) return fail();
  const Entry subject = take_entry();
  if (!is_slot_read(subject.node)) return store_value(subject, name(step.instruction->name));
  Node *assign = make(Type::Assign), *rest = make(Type::MatchCase);
  rest->number = static_cast<int32_t>(slot_read(subject.node)) + 1;
  tree_.append(assign->items, name(step.instruction->name));
  assign->first = rest;
  emit(FlowStatement::Kind::plain, assign);
}

// ---- from tests back to match, when the statements stand ----

namespace {

// The MatchCase that a test begins with; `guard`: what else it asks.
Node* case_of(Tree& tree, Node* test, Node*& guard) {
  guard = nullptr;
  if (test == nullptr) return nullptr;
  if (test->type == Type::MatchCase) return test;
  if (test->type != Type::BoolOp || test->op != Operator::And || test->items.size < 2 || test->items[0]->type != Type::MatchCase) return nullptr;
  if (test->items.size == 2) {
    guard = test->items[1];
  } else {
    guard = tree.make(Type::BoolOp);
    guard->op = Operator::And;
    for (uint32_t i = 1; i < test->items.size; ++i) tree.append(guard->items, test->items[i]);
  }
  return test->items[0];
}

bool leaves(const python::List& body) {
  if (body.empty()) return false;
  switch (body.back()->type) {
    case Type::Return: case Type::Raise: case Type::Continue: case Type::Break: return true;
    case Type::If: return leaves(body.back()->body) && leaves(body.back()->orelse);
    case Type::With: case Type::AsyncWith: return leaves(body.back()->body);
    default: return false;
  }
}

void gather(Tree& tree, Node* statement, int32_t subject, Node* match, uint32_t depth) {
  Node* guard = nullptr;
  Node* test = case_of(tree, statement->first, guard);
  Node* made = tree.make(Type::MatchCase);
  made->first = test->first;
  made->second = guard;
  made->body = statement->body;
  tree.append(match->items, made);
  const python::List& rest = statement->orelse;
  if (rest.empty()) return;
  if (rest.size == 1 && rest[0]->type == Type::If && depth < 400) {
    Node* other_guard = nullptr;
    const Node* other = case_of(tree, rest[0]->first, other_guard);
    if (other != nullptr && other->number == subject) return gather(tree, rest[0], subject, match, depth + 1);
  }
  Node* otherwise = tree.make(Type::MatchCase);
  otherwise->first = tree.make(Type::MatchAs);
  uint32_t from = 0;
  const Node* first = rest[0];
  if (first->type == Type::Assign && first->first->type == Type::MatchCase && first->first->number == subject) {
    otherwise->first->name = first->items[0]->name;
    from = 1;
  }
  for (uint32_t i = from; i < rest.size; ++i) tree.append(otherwise->body, rest[i]);
  if (otherwise->body.empty()) tree.append(otherwise->body, tree.make(Type::Pass));
  tree.append(match->items, otherwise);
}

void restore(Tree& tree, python::List& list, uint32_t depth);

void restore_inside(Tree& tree, Node* node, uint32_t depth) {
  switch (node->type) {
    case Type::If: case Type::For: case Type::AsyncFor: case Type::While: case Type::With: case Type::AsyncWith:
    case Type::Try: case Type::TryStar: case Type::ExceptHandler: case Type::Match: case Type::MatchCase: break;
    default: return;
  }
  restore(tree, node->body, depth + 1);
  restore(tree, node->orelse, depth + 1);
  if (node->type == Type::Try || node->type == Type::TryStar) {
    restore(tree, node->others, depth + 1);
    for (Node* handler : node->handlers) restore_inside(tree, handler, depth + 1);
  }
  if (node->type == Type::Match) {
    for (Node* each : node->items) restore_inside(tree, each, depth + 1);
  }
}

void restore(Tree& tree, python::List& list, uint32_t depth) {
  if (depth > 400) return;
  for (uint32_t i = 0; i < list.size; ++i) {
    Node* node = list[i];
    Node* guard = nullptr;
    Node* test = node->type == Type::If ? case_of(tree, node->first, guard) : nullptr;
    if (test != nullptr && test->third != nullptr) {
      Node* match = tree.make(Type::Match);
      match->line = node->line;
      match->offset = node->offset;
      match->first = test->third;
      gather(tree, node, test->number, match, 0);
      // Where a case leaves, the next ones stand behind the `if` instead of in its else.
      uint32_t taken = i + 1;
      while (taken < list.size && list[taken]->type == Type::If && leaves(match->items.back()->body)) {
        Node* other_guard = nullptr;
        const Node* other = case_of(tree, list[taken]->first, other_guard);
        if (other == nullptr || other->number != test->number || other->third != nullptr) break;
        gather(tree, list[taken], test->number, match, 0);
        ++taken;
      }
      const uint32_t gone = taken - i - 1;
      for (uint32_t k = taken; k < list.size; ++k) list[k - gone] = list[k];
      list.size -= gone;
      list[i] = match;
      node = match;
    }
    restore_inside(tree, node, depth);
  }
}

}  // namespace

void restore_matches(Tree& tree, python::List& body) { restore(tree, body, 0); }

}  // namespace winnow::bytecode
