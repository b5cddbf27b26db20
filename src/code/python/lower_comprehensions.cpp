// Comprehensions: functions of their own, or (3.12 and later, PEP 709) loops in line.
#include "code/python/lowering.h"

namespace winnow::python {
namespace {

std::string_view comprehension_name(Type type) {
  switch (type) {
    case Type::ListComp: return "<listcomp>";
    case Type::SetComp: return "<setcomp>";
    case Type::DictComp: return "<dictcomp>";
    default: return "<genexpr>";
  }
}

Op container_of(Type type) {
  return type == Type::SetComp ? Op::build_set : type == Type::DictComp ? Op::build_map : Op::build_list;
}

}  // namespace

void Lowerer::comprehension(const Node* node) {
  if (node->items.empty()) {
    emit(Op::unknown).name = "comprehension without for";
    return none();
  }
  if (python2() && node->type == Type::ListComp) {
    emit(Op::build_list, 0);
    return generators(node, 0, 0, false);
  }
  Scope* scope = scopes_.find(node);
  if (scope == nullptr) {
    emit(Op::unknown).name = "comprehension nested too deeply";
    return none();
  }
  if (scope->inlined) return comprehension_inline(node, scope);
  const Node* outermost = node->items[0];
  const bool awaited = scope->coroutine && node->type != Type::GeneratorExp;
  make_closure(comprehension_code(node, scope), 0);
  at_ = node;
  looked_through(outermost->second, true);
  at_ = node;
  emit(outermost->number != 0 ? Op::get_aiter : Op::get_iter);
  call(1);
  if (awaited) await();
}

Value Lowerer::comprehension_code(const Node* node, Scope* scope) {
  if (Value known; made_before(scope, &known)) return known;
  enter_unit(scope, comprehension_name(node->type), node);
  unit_->code.argcount = 1;
  unit_->code.varnames.push_back(".0");
  const bool generator = node->type == Type::GeneratorExp;
  if (!generator) emit(container_of(node->type), 0);
  emit(Op::load_fast).name = ".0";
  generators(node, 0, 0, true);
  if (!generator) exit(ir::Exit::return_value);
  return leave_unit();
}

// The loops from `index` on; `depth` iterators lie above the container. With `ready` the first iterator is on the
// stack already.
void Lowerer::generators(const Node* node, uint32_t index, uint32_t depth, bool ready) {
  const Node* generator = node->items[index];
  const bool asynchronous = generator->number != 0;
  const Node* outer = at_;
  at_ = generator->second != nullptr ? generator->second : node;
  bool loop = true;
  if (!ready) {
    const Node* iterated = generator->second;
    const bool display = iterated != nullptr && (iterated->type == Type::List || iterated->type == Type::Tuple);
    if (!asynchronous && later(9) && display && iterated->items.size == 1 && iterated->items[0]->type != Type::Starred) {
      expression(iterated->items[0]);  // `for y in [x]` only names a value
      loop = false;
    } else {
      looked_through(iterated, true);
      emit(asynchronous ? Op::get_aiter : Op::get_iter);
    }
  }
  const BlockId head = block(), after = block(), handler = block();
  if (loop) {
    start(head);
    ++depth;
    if (asynchronous) {
      push_handler(handler);
      emit(Op::get_anext);
      await();
      if (later(8)) pop_handler();
    } else if (alive()) {
      ensure_region();
      const BlockId next = block();
      target_of(next, unit_->depth + 1);
      target_of(after, unit_->depth - 1);
      leave_block(ir::Exit::for_iter, next, after, 0);
      start(next);
    }
  }
  store(generator->first);
  if (loop && asynchronous && !later(8)) pop_handler();
  const BlockId skip = loop ? head : after;
  for (const Node* condition : generator->items) jump_if(condition, skip, false);
  if (index + 1 < node->items.size) {
    const Deeper deeper(*this);
    if (deeper.too_deep()) {
      emit(Op::unknown).name = "nested too deeply";
    } else {
      generators(node, index + 1, depth, false);
    }
  } else {
    element(node, depth);
  }
  if (alive() && loop) jump(head);
  if (loop && asynchronous) {
    start(handler);
    if (alive()) {
      target_of(after, unit_->depth - 2);
      ensure_region();
      leave_block(ir::Exit::end_async_for, after, kNoBlock, 0);
    }
  }
  start(after);
  at_ = outer;
}

void Lowerer::element(const Node* node, uint32_t depth) {
  switch (node->type) {
    case Type::GeneratorExp:
      expression(node->first);
      emit(Op::yield_value);
      return pop();
    case Type::ListComp:
      expression(node->first);
      emit(Op::list_append, depth + 1);
      return;
    case Type::SetComp:
      expression(node->first);
      emit(Op::set_add, depth + 1);
      return;
    default:
      if (later(8)) {
        expression(node->first);
        expression(node->second);
      } else {
        expression(node->second);
        expression(node->first);
        swap(2);
      }
      emit(Op::map_add, depth + 1);
  }
}

void Lowerer::comprehension_inline(const Node* node, Scope* scope) {
  const Node* outermost = node->items[0];
  looked_through(outermost->second, true);
  at_ = node;
  emit(outermost->number != 0 ? Op::get_aiter : Op::get_iter);
  InlineState state = open_inline(scope);
  emit(container_of(node->type), 0);
  swap(2);
  generators(node, 0, 0, true);
  close_inline(state);
}

// Puts the locals that the comprehension binds away, and lets its names mean what they mean inside it.
InlineState Lowerer::open_inline(Scope* scope) {
  InlineState state;
  state.overrides = unit_->overrides.size();
  const bool in_class = unit_->scope->kind == ScopeKind::class_body && unit_->inlined == 0;
  ++unit_->inlined;
  for (const Symbol& symbol : scope->symbols) {
    const bool bound = (symbol.flags & Symbol::kLocal) != 0 && (symbol.flags & Symbol::kNonlocal) == 0;
    if ((symbol.flags & Symbol::kParameter) != 0) {
      if (!in_class || later(14)) continue;
      emit(Op::load_fast_and_clear).name = symbol.name;
      state.saved.push_back(symbol.name);
      continue;
    }
    if (!bound && !in_class) continue;
    const Symbol* outer = unit_->scope->find(symbol.name);
    Binding outer_binding = outer != nullptr ? outer->binding : Binding::global_implicit;
    for (const Unit::Override& one : unit_->overrides) {
      if (one.name == symbol.name) outer_binding = one.binding;
    }
    const bool fast = !unit_->scope->is_function_like() && bound;
    const bool changes = symbol.binding != outer_binding && symbol.binding != Binding::free &&
                         !(symbol.binding == Binding::cell && outer_binding == Binding::free);
    if (changes || in_class || fast) unit_->overrides.push_back({symbol.name, symbol.binding, fast});
    if (!bound && later(14)) continue;
    emit(Op::load_fast_and_clear).name = symbol.name;
    state.saved.push_back(symbol.name);
  }
  if (!state.saved.empty()) {
    state.cleanup = block();
    push_handler(state.cleanup);
    unit_->handlers.back().depth = unit_->depth;
    swap(static_cast<uint32_t>(state.saved.size()) + 1);
  }
  return state;
}

void Lowerer::restore_saved(const InlineState& state) {
  swap(static_cast<uint32_t>(state.saved.size()) + 1);
  for (size_t i = state.saved.size(); i > 0; --i) emit(Op::restore_fast).name = state.saved[i - 1];
}

void Lowerer::close_inline(InlineState& state) {
  --unit_->inlined;
  unit_->overrides.resize(state.overrides);
  if (state.saved.empty()) return;
  pop_handler();
  const BlockId end = block();
  const uint32_t depth = unit_->depth;
  if (alive()) jump(end);
  start(state.cleanup);
  if (alive()) {
    swap(2);
    pop();
    restore_saved(state);
    exit(ir::Exit::reraise);
  }
  start(end);
  unit_->depth = depth;
  restore_saved(state);
}

}  // namespace winnow::python
