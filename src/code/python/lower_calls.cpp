// Calls and attributes: positional, keyword and unpacked arguments as each version gathers them, and super().
#include "code/python/lowering.h"

namespace winnow::python {
namespace {

constexpr uint32_t kStackGuideline = 30;

bool has_star(const List& items) {
  for (const Node* item : items) {
    if (item->type == Type::Starred) return true;
  }
  return false;
}

bool has_double_star(const List& keywords) {
  for (const Node* keyword : keywords) {
    if (keyword->name.empty()) return true;
  }
  return false;
}

}  // namespace

void Lowerer::call_expression(const Node* node) {
  expression(node->first);
  at_ = node;
  const BlockId end = block();
  if (later(14) && loops_over_generator(node)) loop_over_generator(node, end);
  call_arguments(0, node->items, node->others);
  start(end);
}

// all(... for ...), any and tuple: 3.14 and later run the generator in line where these names mean the builtins.
bool Lowerer::loops_over_generator(const Node* node) {
  if (node->first == nullptr || node->first->type != Type::Name || node->items.size != 1 || !node->others.empty()) return false;
  const std::string_view name = node->first->name;
  if (name != "all" && name != "any" && name != "tuple") return false;
  const Scope* scope = node->items[0]->type == Type::GeneratorExp ? scopes_.find(node->items[0]) : nullptr;
  return scope != nullptr && !scope->coroutine;
}

void Lowerer::loop_over_generator(const Node* node, BlockId end) {
  const std::string_view name = node->first->name;
  const bool tuple = name == "tuple", all = name == "all";
  const BlockId builtin = block(), other = block(), head = block(), next = block(), found = block(), done = block();
  copy(1);
  emit(Op::load_common).name = name;
  compare(ir::Compare::is);
  branch(builtin, other);
  start(builtin);
  pop();
  if (tuple) emit(Op::build_list, 0);
  expression(node->items[0]);
  at_ = node;
  start(head);
  if (alive()) {
    ensure_region();
    target_of(next, unit_->depth + 1);
    target_of(done, unit_->depth - 1);
    leave_block(ir::Exit::for_iter, next, done, 0);
  }
  start(next);
  if (tuple) {
    emit(Op::list_append, 2);
    jump(head);
  } else {
    branch(all ? head : found, all ? found : head);
    start(found);
    pop();
    constant(Value::boolean(!all));
    jump(end);
  }
  start(done);
  if (tuple) {
    emit(Op::list_to_tuple);
  } else {
    constant(Value::boolean(all));
  }
  jump(end);
  start(other);
}

// The call of what lies on the stack, with `already` arguments above it.
void Lowerer::call_arguments(uint32_t already, const List& items, const List& keywords) {
  const Node* here = at_;
  const bool big = later(10) && items.size + already + keywords.size * 2 > kStackGuideline;
  if (has_star(items) || has_double_star(keywords) || big) {
    if (later(9)) {
      arguments_unpacked(already, items, keywords);
    } else if (later(5)) {
      arguments_unpacked_before_39(already, items, keywords);
    } else {
      arguments_unpacked_before_35(already, items, keywords);
    }
    return;
  }
  std::vector<std::string_view> names;
  for (const Node* item : items) expression(item);
  for (const Node* keyword : keywords) {
    names.push_back(keyword->name);
    expression(keyword->first);
  }
  at_ = here;
  call(already + items.size + keywords.size, std::move(names));
}

void Lowerer::arguments_unpacked(uint32_t already, const List& items, const List& keywords) {
  const Node* here = at_;
  if (already == 0 && items.size == 1 && items[0]->type == Type::Starred) {
    expression(items[0]->first);
  } else {
    starred_display(items, Op::build_tuple, already);
  }
  uint32_t seen = 0;
  bool have = false;
  const auto flush = [&](uint32_t begin, uint32_t end) {
    keyword_part(keywords, begin, end);
    if (have) emit(Op::dict_merge, 1);
    have = true;
    seen = 0;
  };
  for (uint32_t i = 0; i < keywords.size; ++i) {
    if (!keywords[i]->name.empty()) {
      ++seen;
      continue;
    }
    if (seen > 0) flush(i - seen, i);
    if (!have) emit(Op::build_map, 0);
    have = true;
    expression(keywords[i]->first);
    emit(Op::dict_merge, 1);
  }
  if (seen > 0) flush(keywords.size - seen, keywords.size);
  at_ = here;
  emit(Op::call_ex, keywords.empty() ? 0 : 1);
}

void Lowerer::keyword_part(const List& keywords, uint32_t begin, uint32_t end) {
  const bool big = later(10) && (end - begin) * 2 > kStackGuideline;
  if (big) emit(Op::build_map, 0);
  for (uint32_t i = begin; i < end; ++i) {
    constant_string_of_version(keywords[i]->name);
    expression(keywords[i]->first);
    if (big) emit(Op::map_add, 1);
  }
  if (!big) emit(Op::build_map, end - begin);
}

void Lowerer::arguments_unpacked_before_39(uint32_t already, const List& items, const List& keywords) {
  const Node* here = at_;
  const uint32_t parts = pieces(items, Op::build_tuple, already);
  if (parts > 1) {
    join(parts, Op::build_list, Op::list_extend);
    emit(Op::list_to_tuple);
  } else if (parts == 0) {
    emit(Op::build_tuple, 0);
  }
  uint32_t dicts = 0, seen = 0;
  for (uint32_t i = 0; i < keywords.size; ++i) {
    if (!keywords[i]->name.empty()) {
      ++seen;
      continue;
    }
    if (seen > 0) {
      keyword_part(keywords, i - seen, i);
      ++dicts;
    }
    seen = 0;
    expression(keywords[i]->first);
    ++dicts;
  }
  if (seen > 0) {
    keyword_part(keywords, keywords.size - seen, keywords.size);
    ++dicts;
  }
  if (dicts > 1) join(dicts, Op::build_map, Op::dict_merge);
  at_ = here;
  emit(Op::call_ex, dicts > 0 ? 1 : 0);
}

// Python 2 and 3.0-3.4: positional and named arguments, then at most one * and one **.
void Lowerer::arguments_unpacked_before_35(uint32_t already, const List& items, const List& keywords) {
  const Node* here = at_;
  uint32_t positional = already, named = 0;
  const Node *star = nullptr, *double_star = nullptr;
  for (const Node* item : items) {
    if (item->type == Type::Starred && star == nullptr) {
      star = item;
      continue;
    }
    expression(item);
    ++positional;
  }
  for (const Node* keyword : keywords) {
    if (keyword->name.empty()) {
      double_star = keyword;
      continue;
    }
    constant_string_of_version(keyword->name);
    expression(keyword->first);
    ++named;
  }
  if (star != nullptr) expression(star->first);
  if (double_star != nullptr) expression(double_star->first);
  at_ = here;
  call_variable(positional, named, star != nullptr, double_star != nullptr);
}

// (f a... [k v]... [args] [kwargs] -- r): gathers what CALL_FUNCTION_VAR_KW takes for call_ex.
void Lowerer::call_variable(uint32_t positional, uint32_t named, bool star, bool double_star) {
  if (named > 0 && double_star) {
    emit(Op::rotate, 2 * named + 1 + (star ? 1 : 0));
    if (star) emit(Op::rotate, 2 * named + 2);
    emit(Op::build_map, named);
    swap(2);
    emit(Op::dict_merge, 1);
  } else if (named > 0) {
    if (star) emit(Op::rotate, 2 * named + 1);
    emit(Op::build_map, named);
  }
  const bool keywords = named > 0 || double_star;
  if (star && positional > 0) {
    if (keywords) emit(Op::rotate, positional + 2);
    emit(Op::rotate, positional + 1);
    emit(Op::build_list, positional);
    swap(2);
    emit(Op::list_extend, 1);
    emit(Op::list_to_tuple);
    if (keywords) swap(2);
  } else if (!star) {
    if (keywords) emit(Op::rotate, positional + 1);
    emit(Op::build_tuple, positional);
    if (keywords) swap(2);
  }
  emit(Op::call_ex, keywords ? 1 : 0);
}

// super() and super(C, self) as an attribute's object: 3.12 and later look them up in one step.
bool Lowerer::super_applies(const Node* call) {
  if (!later(12) || call == nullptr || call->type != Type::Call || !call->others.empty()) return false;
  if (call->first == nullptr || call->first->type != Type::Name || call->first->name != "super") return false;
  const Symbol* symbol = unit_->scope->find("super");
  if (symbol == nullptr || symbol->binding != Binding::global_implicit) return false;
  if (scopes_.module()->find("super") != nullptr) return false;
  if (has_star(call->items)) return false;
  if (call->items.size == 2) return true;
  if (!call->items.empty() || unit_->code.argcount == 0) return false;
  const Symbol* cell = unit_->scope->find("__class__");
  return cell != nullptr && cell->binding == Binding::free && unit_->scope->kind == ScopeKind::function;
}

void Lowerer::super_arguments(const Node* call) {
  name("super", Access::load);
  if (call->items.size == 2) {
    expression(call->items[0]);
    expression(call->items[1]);
  } else {
    emit(Op::load_deref).name = "__class__";
    name(unit_->code.varnames[0], Access::load);
  }
}

void Lowerer::attribute(const Node* node) {
  if (super_applies(node->first)) {
    super_arguments(node->first);
    at_ = node;
    const std::string_view attribute_name = mangle(node->name);
    remember_name(attribute_name);
    emit(Op::load_super_attr, node->first->items.size == 2 ? 1 : 0).name = attribute_name;
    return;
  }
  // Chains of attributes may be long.
  std::vector<const Node*> chain;
  const Node* at = node;
  while (at != nullptr && at->type == Type::Attribute && (at == node || !super_applies(at->first))) {
    chain.push_back(at);
    at = at->first;
  }
  expression(at);
  for (auto link = chain.rbegin(); link != chain.rend(); ++link) {
    at_ = *link;
    emit_name(Op::load_attr, mangle((*link)->name));
  }
}

}  // namespace winnow::python
