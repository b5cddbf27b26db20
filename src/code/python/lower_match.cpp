// The match statement (3.10 and later). Values that patterns capture wait on the stack, below what is still to be
// matched, and are stored when the whole pattern has matched. Specification: PEP 634.
#include <algorithm>

#include "code/python/lowering.h"

namespace winnow::python {
namespace {

bool is_wildcard(const Node* pattern) {
  return pattern != nullptr && pattern->type == Type::MatchAs && pattern->first == nullptr && pattern->name.empty();
}
bool is_star(const Node* pattern) { return pattern != nullptr && pattern->type == Type::MatchStar; }
bool is_star_wildcard(const Node* pattern) { return is_star(pattern) && pattern->name.empty(); }

}  // namespace

void Lowerer::match(const Node* node) {
  expression(node->first);
  const BlockId end = block();
  const uint32_t cases = node->items.size;
  if (cases == 0) return pop();
  const bool has_default = cases > 1 && is_wildcard(node->items[cases - 1]->first);
  const uint32_t tested = cases - (has_default ? 1 : 0);
  for (uint32_t i = 0; i < tested; ++i) {
    const Node* one = node->items[i];
    const bool last = i + 1 == tested;
    at_ = one->first != nullptr ? one->first : one;
    if (!last) copy(1);
    PatternContext pc;
    pattern(one->first, pc);
    for (const std::string_view captured : pc.stores) name(captured, Access::store);
    if (one->second != nullptr) jump_if(one->second, fail_to(pc, 0), false);
    if (!last) pop();
    body(one->body);
    if (alive()) jump(end);
    emit_fail_blocks(pc);
  }
  if (has_default) {
    const Node* one = node->items[cases - 1];
    if (one->second != nullptr) jump_if(one->second, end, false);
    body(one->body);
  }
  start(end);
}

// The block that pops `n` values and goes to the next case.
BlockId Lowerer::fail_to(PatternContext& pc, uint32_t n) {
  while (pc.fail.size() <= n) pc.fail.push_back(block());
  return pc.fail[n];
}

void Lowerer::fail_jump(PatternContext& pc) { jump(fail_to(pc, pc.on_top + static_cast<uint32_t>(pc.stores.size()))); }

// Fails unless the value on top is true.
void Lowerer::fail_branch(PatternContext& pc) {
  const BlockId next = block();
  branch(next, fail_to(pc, pc.on_top + static_cast<uint32_t>(pc.stores.size())));
  start(next);
}

void Lowerer::emit_fail_blocks(PatternContext& pc) {
  for (size_t n = pc.fail.size(); n > 0; --n) {
    start(pc.fail[n - 1]);
    if (n > 1) pop();
  }
  pc.fail.clear();
}

void Lowerer::pattern_store(std::string_view name, PatternContext& pc) {
  if (name.empty()) return pop();
  const uint32_t under = pc.on_top + static_cast<uint32_t>(pc.stores.size()) + 1;
  if (under > 1) emit(Op::rotate, under);
  pc.stores.push_back(name);
}

void Lowerer::pattern(const Node* node, PatternContext& pc) {
  const Deeper deeper(*this);
  if (node == nullptr || deeper.too_deep()) {
    emit(Op::unknown).name = "no pattern";
    return pop();
  }
  const Node* outer = at_;
  at_ = node;
  switch (node->type) {
    case Type::MatchValue: pattern_value(node, pc); break;
    case Type::MatchSingleton:
      constant(node->value);
      compare(ir::Compare::is);
      fail_branch(pc);
      break;
    case Type::MatchSequence: pattern_sequence(node, pc); break;
    case Type::MatchMapping: pattern_mapping(node, pc); break;
    case Type::MatchClass: pattern_class(node, pc); break;
    case Type::MatchStar: pattern_store(node->name, pc); break;
    case Type::MatchAs: pattern_as(node, pc); break;
    case Type::MatchOr: pattern_or(node, pc); break;
    default:
      emit(Op::unknown).name = "no pattern";
      pop();
      break;
  }
  at_ = outer;
}

void Lowerer::pattern_value(const Node* node, PatternContext& pc) {
  expression(node->first);
  compare(ir::Compare::eq);
  fail_branch(pc);
}

void Lowerer::pattern_as(const Node* node, PatternContext& pc) {
  if (node->first == nullptr) return pattern_store(node->name, pc);
  ++pc.on_top;
  copy(1);
  pattern(node->first, pc);
  --pc.on_top;
  pattern_store(node->name, pc);
}

// Alternatives bind the same names; what each captured is brought into the order of the first.
void Lowerer::pattern_or(const Node* node, PatternContext& pc) {
  const BlockId end = block();
  std::vector<std::string_view> control;
  for (uint32_t i = 0; i < node->items.size; ++i) {
    PatternContext own;
    copy(1);
    pattern(node->items[i], own);
    if (i == 0) {
      control = own.stores;
    } else if (!std::is_permutation(control.begin(), control.end(), own.stores.begin(), own.stores.end())) {
      // No compiler lets this pass; what the first alternative captures is not known then.
      emit(Op::unknown).name = "alternatives bind different names";
      for (size_t k = 0; k < own.stores.size(); ++k) pop();
      for (size_t k = 0; k < control.size(); ++k) constant(Value::unknown());
    } else {
      for (size_t wanted = control.size(); wanted-- > 0;) {
        const auto found = std::find(own.stores.begin(), own.stores.end(), control[wanted]);
        if (found == own.stores.end()) continue;
        const auto at = static_cast<size_t>(found - own.stores.begin());
        if (at == wanted || at > wanted) continue;
        std::vector<std::string_view> rotated(own.stores.begin(), found + 1);
        own.stores.erase(own.stores.begin(), found + 1);
        own.stores.insert(own.stores.begin() + static_cast<std::ptrdiff_t>(wanted - at), rotated.begin(), rotated.end());
        for (size_t k = 0; k <= at; ++k) emit(Op::rotate, static_cast<uint32_t>(wanted + 1));
      }
    }
    if (alive()) jump(end);
    emit_fail_blocks(own);
  }
  pop();
  if (alive()) fail_jump(pc);
  start(end);
  const auto stored = static_cast<uint32_t>(control.size());
  const uint32_t under = stored + 1 + pc.on_top + static_cast<uint32_t>(pc.stores.size());
  for (const std::string_view name : control) {
    emit(Op::rotate, under);
    pc.stores.push_back(name);
  }
  pop();
}

void Lowerer::pattern_subpattern(const Node* node, PatternContext& pc) { pattern(node, pc); }

void Lowerer::pattern_class(const Node* node, PatternContext& pc) {
  expression(node->first);
  std::vector<Value> names;
  for (const Node* name : node->others) names.push_back(Value::string(name->name));
  constant(heap_.new_items(Kind::tuple, names.data(), static_cast<uint32_t>(names.size())));
  const uint32_t count = node->items.size + node->orelse.size;
  emit(Op::match_class, node->items.size);
  copy(1);
  none();
  compare(ir::Compare::is_not);
  ++pc.on_top;
  fail_branch(pc);
  const bool subscripts = !later(11);
  if (!subscripts) {
    emit(Op::unpack_sequence, count);
    pc.on_top = pc.on_top + count - 1;
  }
  for (uint32_t i = 0; i < count; ++i) {
    const Node* one = i < node->items.size ? node->items[i] : node->orelse[i - node->items.size];
    if (!subscripts) --pc.on_top;
    if (is_wildcard(one)) {
      if (!subscripts) pop();
      continue;
    }
    if (subscripts) {
      copy(1);
      constant(Value::integer(i));
      emit(Op::subscript);
    }
    pattern(one, pc);
  }
  if (subscripts) {
    --pc.on_top;
    pop();
  }
}

void Lowerer::pattern_mapping(const Node* node, PatternContext& pc) {
  const uint32_t size = node->items.size;
  ++pc.on_top;
  emit(Op::match_mapping);
  fail_branch(pc);
  if (size == 0 && node->name.empty()) {
    --pc.on_top;
    return pop();
  }
  if (size > 0) {
    emit(Op::get_len);
    constant(Value::integer(size));
    compare(ir::Compare::ge);
    fail_branch(pc);
  }
  for (const Node* key : node->items) expression(key);
  emit(Op::build_tuple, size);
  emit(Op::match_keys);
  pc.on_top += 2;
  copy(1);
  none();
  compare(ir::Compare::is_not);
  fail_branch(pc);
  if (!later(11)) {
    for (uint32_t i = 0; i < size && i < node->others.size; ++i) {
      if (is_wildcard(node->others[i])) continue;
      copy(1);
      constant(Value::integer(i));
      emit(Op::subscript);
      pattern(node->others[i], pc);
    }
    pc.on_top -= 2;
    pop();
  } else {
    emit(Op::unpack_sequence, size);
    pc.on_top = pc.on_top + size - 1;
    for (uint32_t i = 0; i < size && i < node->others.size; ++i) {
      --pc.on_top;
      pattern(node->others[i], pc);
    }
    pc.on_top -= 2;
  }
  if (node->name.empty()) {
    pop();
    if (!later(11)) --pc.on_top;
    return pop();
  }
  if (!later(11)) {
    copy(2);
    swap(2);
    intrinsic("copy_without_keys", 2);
    pattern_store(node->name, pc);
    --pc.on_top;
    return pop();
  }
  // rest = dict(subject), then its matched keys are deleted.
  emit(Op::build_map, 0);
  swap(3);
  emit(Op::dict_update, 2);
  emit(Op::unpack_sequence, size);
  for (uint32_t left = size; left > 0; --left) {
    copy(1 + left);
    swap(2);
    emit(Op::delete_subscript);
  }
  pattern_store(node->name, pc);
}

void Lowerer::pattern_sequence(const Node* node, PatternContext& pc) {
  const uint32_t size = node->items.size;
  uint32_t star = UINT32_MAX;
  bool only_wildcards = true;
  for (uint32_t i = 0; i < size; ++i) {
    if (is_star(node->items[i])) star = i;
    only_wildcards &= is_wildcard(node->items[i]) || is_star_wildcard(node->items[i]);
  }
  ++pc.on_top;
  emit(Op::match_sequence);
  fail_branch(pc);
  if (star == UINT32_MAX || size > 1) {
    emit(Op::get_len);
    constant(Value::integer(star == UINT32_MAX ? size : size - 1));
    compare(star == UINT32_MAX ? ir::Compare::eq : ir::Compare::ge);
    fail_branch(pc);
  }
  --pc.on_top;
  if (only_wildcards) return pop();
  if (star != UINT32_MAX && is_star_wildcard(node->items[star])) return pattern_items_subscript(node->items, star, pc);
  pattern_items_unpack(node->items, pc);
}

void Lowerer::pattern_items_unpack(const List& items, PatternContext& pc) {
  unpack(items);
  pc.on_top += items.size;
  for (const Node* item : items) {
    --pc.on_top;
    pattern(item, pc);
  }
}

void Lowerer::pattern_items_subscript(const List& items, uint32_t star, PatternContext& pc) {
  ++pc.on_top;
  for (uint32_t i = 0; i < items.size; ++i) {
    if (i == star || is_wildcard(items[i])) continue;
    copy(1);
    if (i < star) {
      constant(Value::integer(i));
    } else {
      emit(Op::get_len);
      constant(Value::integer(items.size - i));
      emit(Op::binary, static_cast<uint32_t>(ir::Binary::subtract));
    }
    emit(Op::subscript);
    pattern(items[i], pc);
  }
  --pc.on_top;
  pop();
}

}  // namespace winnow::python
