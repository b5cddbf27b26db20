// Instructions, blocks and names of the code object under construction.
#include <algorithm>

#include "code/python/lowering.h"

namespace winnow::python {
ir::Instruction& Lowerer::emit(Op op, uint32_t a, uint32_t b) {
  static thread_local ir::Instruction dropped;
  ir::Instruction i{};
  i.op = op;
  i.a = a;
  i.b = b;
  if (at_ != nullptr) {
    i.offset = at_->offset;
    i.line = at_->line;
  }
  const ir::Effect effect = ir::effect(i);
  unit_->depth = unit_->depth >= effect.pops ? unit_->depth - effect.pops : 0;
  unit_->depth += effect.pushes;
  if (!alive()) {
    dropped = i;
    return dropped;
  }
  if (++instructions_ > options_.instructions) {
    i.op = Op::unknown;
    i.name = "code past the limit of instructions";
    unit_->blocks[unit_->current].instructions.push_back(i);
    unit_->current = kNoBlock;
    dropped = i;
    return dropped;
  }
  ensure_region();
  ir::Block& block = unit_->blocks[unit_->current];
  if (block.instructions.empty()) block.offset = i.offset;
  block.instructions.push_back(i);
  return block.instructions.back();
}

void Lowerer::emit_name(Op op, std::string_view name) {
  remember_name(name);
  emit(op).name = name;
}

void Lowerer::constant(Value value) { emit(Op::load_const).value = value; }

void Lowerer::call(uint32_t arguments, std::vector<std::string_view> keywords) {
  emit(Op::call, arguments).names = std::move(keywords);
}

void Lowerer::intrinsic(std::string_view name, uint32_t operands) { emit(Op::intrinsic, operands).name = name; }

BlockId Lowerer::block() {
  ++instructions_;
  unit_->blocks.emplace_back();
  unit_->entry_depths.push_back(-1);
  return static_cast<BlockId>(unit_->blocks.size() - 1);
}

void Lowerer::target_of(BlockId block, uint32_t depth) {
  if (unit_->entry_depths[block] >= 0) return;
  unit_->entry_depths[block] = static_cast<int32_t>(depth);
  unit_->blocks[block].handled = unit_->handled;
}

// Falls into `block`, if the code so far gets here.
void Lowerer::start(BlockId block) {
  if (alive()) jump(block);
  if (unit_->entry_depths[block] < 0) return;  // nothing leads there
  unit_->current = block;
  unit_->depth = static_cast<uint32_t>(unit_->entry_depths[block]);
  ir::Block& begun = unit_->blocks[block];
  unit_->handled = begun.handled;
  if (!unit_->handlers.empty()) {
    begun.handler = unit_->handlers.back().block;
    begun.handler_depth = unit_->handlers.back().depth;
  }
}

void Lowerer::ensure_region() {
  const Handler wanted = unit_->handlers.empty() ? Handler{kNoBlock, 0, 0} : unit_->handlers.back();
  ir::Block& now = unit_->blocks[unit_->current];
  if (now.handler == wanted.block && now.handler_depth == wanted.depth) return;
  if (now.instructions.empty()) {
    now.handler = wanted.block;
    now.handler_depth = wanted.depth;
    return;
  }
  start(block());
}

void Lowerer::leave_block(ir::Exit kind, BlockId target, BlockId otherwise, uint32_t a) {
  if (!alive()) return;
  ir::Block& now = unit_->blocks[unit_->current];
  now.exit = kind;
  now.a = a;
  now.target = target;
  now.otherwise = otherwise;
  if (at_ != nullptr) {
    now.exit_offset = at_->offset;
    now.exit_line = at_->line;
    if (now.instructions.empty()) now.offset = at_->offset;
  }
  unit_->current = kNoBlock;
}

void Lowerer::jump(BlockId target) {
  if (alive()) target_of(target, unit_->depth);
  leave_block(ir::Exit::jump, target, kNoBlock, 0);
}

void Lowerer::branch(BlockId if_true, BlockId if_false) {
  if (unit_->depth > 0) --unit_->depth;
  if (!alive()) return;
  ensure_region();
  target_of(if_true, unit_->depth);
  target_of(if_false, unit_->depth);
  leave_block(ir::Exit::branch, if_true, if_false, 0);
}

void Lowerer::exit(ir::Exit kind, uint32_t a) {
  if (!alive()) return;
  ensure_region();
  leave_block(kind, kNoBlock, kNoBlock, a);
}

// From here on exceptions go to `block`, with the stack as it is now and the exception on top.
void Lowerer::push_handler(BlockId block) {
  if (alive()) target_of(block, unit_->depth + 1);
  unit_->handlers.push_back({block, unit_->depth, unit_->handled});
}

void Lowerer::enter_handler_block(BlockId block) {
  start(block);
  emit(Op::enter_handler);
  ++unit_->handled;
}

// In Python 2 a handler lasts until its function returns.
void Lowerer::leave_handler() {
  if (python2()) return;
  emit(Op::leave_handler);
  if (unit_->handled > 0) --unit_->handled;
}

void Lowerer::remember_name(std::string_view name) {
  if (std::find(unit_->code.names.begin(), unit_->code.names.end(), name) == unit_->code.names.end() &&
      unit_->code.names.size() < 256) {
    unit_->code.names.push_back(name);
  }
}

std::string_view Lowerer::mangle(std::string_view name) {
  return mangled(heap_.arena(), unit_->scope != nullptr ? unit_->scope->private_name : std::string_view{}, name);
}

void Lowerer::name(std::string_view spelled, Access access) {
  const std::string_view name = mangle(spelled);
  Scope& scope = *unit_->scope;
  const Symbol* symbol = scope.find(name);
  Binding binding = symbol != nullptr ? symbol->binding : Binding::global_implicit;
  bool fast = scope.is_function_like();
  for (const Unit::Override& one : unit_->overrides) {
    if (one.name != name) continue;
    binding = one.binding;
    fast |= one.fast;
  }
  const auto pick = [&](Op if_load, Op if_store, Op if_remove) {
    return access == Access::load ? if_load : access == Access::store ? if_store : if_remove;
  };
  const bool in_class = scope.kind == ScopeKind::class_body && unit_->inlined == 0;
  switch (binding) {
    case Binding::free:
    case Binding::cell: {
      Op op = pick(Op::load_deref, Op::store_deref, Op::delete_deref);
      const bool of_compiler = name == "__conditional_annotations__" || name == "__classdict__";
      if (of_compiler) {
        // Cells that the compiler made are no names of the class.
      } else if (access == Access::load && in_class && later(4)) {
        op = Op::load_class_deref;
      } else if (access == Access::load && scope.sees_class) {
        emit(Op::load_deref).name = "__classdict__";
        op = Op::load_from_dict_or_deref;
      }
      emit(op).name = name;
      return;
    }
    case Binding::local:
      if (fast) {
        emit(pick(Op::load_fast, Op::store_fast, Op::delete_fast)).name = name;
        auto& locals = unit_->code.varnames;
        if (access == Access::store && std::find(locals.begin(), locals.end(), name) == locals.end()) locals.push_back(name);
        return;
      }
      break;
    case Binding::global_implicit:
      if (!scope.is_function_like() || scope.unoptimized) break;
      if (access == Access::load && scope.sees_class) {
        emit(Op::load_deref).name = "__classdict__";
        return emit_name(Op::load_from_dict_or_global, name);
      }
      return emit_name(pick(Op::load_global, Op::store_global, Op::delete_global), name);
    case Binding::global_explicit:
      return emit_name(pick(Op::load_global, Op::store_global, Op::delete_global), name);
  }
  const bool past_class = scope.kind == ScopeKind::class_body && unit_->inlined > 0;
  emit_name(pick(past_class ? Op::load_global : Op::load_name, Op::store_name, Op::delete_name), name);
}

}  // namespace winnow::python
