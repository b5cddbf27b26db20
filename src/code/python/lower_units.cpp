// Code objects: their beginning, their end, closures.
#include <algorithm>

#include "code/ir/tidy.h"
#include "code/python/lowering.h"

namespace winnow::python {
namespace {

void sorted_names(Scope& scope, Binding binding, uint16_t flag, std::vector<std::string_view>& to) {
  for (const Symbol& symbol : scope.symbols) {
    if (symbol.binding == binding || (symbol.flags & flag) != 0) to.push_back(symbol.name);
  }
  std::sort(to.begin(), to.end());
}

}  // namespace

// The name with those of the classes and functions around it (PEP 3155).
std::string_view Lowerer::qualified(Unit& unit, std::string_view name) {
  const Unit* parent = unit.parent;
  if (parent != nullptr && parent->scope->kind == ScopeKind::type_parameters) parent = parent->parent;
  if (!later(3) || parent == nullptr || parent->parent == nullptr) return name;
  if (unit.scope->kind == ScopeKind::function || unit.scope->kind == ScopeKind::class_body) {
    const Symbol* symbol = parent->scope->find(mangled(heap_.arena(), parent->scope->private_name, name));
    if (symbol != nullptr && symbol->binding == Binding::global_explicit) return name;
  }
  std::string full(parent->code.qualname);
  full += parent->scope->is_function_like() ? ".<locals>." : ".";
  full += name;
  return heap_.arena().copy(full);
}

Unit* Lowerer::enter_unit(Scope* scope, std::string_view name, const Node* node) {
  units_.push_back(std::make_unique<Unit>());
  Unit* unit = units_.back().get();
  unit->scope = scope;
  unit->parent = unit_;
  CodeObject& code = unit->code;
  code.version = options_.version;
  code.name = name;
  code.qualname = qualified(*unit, name);
  code.filename = options_.filename;
  code.artifact = options_.artifact;
  code.firstlineno = node != nullptr ? node->line : 0;
  code.offset = node != nullptr ? node->offset : 0;
  sorted_names(*scope, Binding::cell, Symbol::kInlinedCell, code.cellvars);
  if (scope->needs_class_cell) code.cellvars.push_back("__class__");
  if (scope->needs_class_dict) code.cellvars.push_back("__classdict__");
  sorted_names(*scope, Binding::free, Symbol::kFreeInClass, code.freevars);
  unit_ = unit;
  unit->current = block();
  unit->entry_depths[0] = 0;
  return unit;
}

// Ends the present code object with `return None` where its code still runs on, and gives it as a value.
Value Lowerer::leave_unit() {
  if (alive()) {
    none();
    exit(ir::Exit::return_value);
  }
  Unit* unit = unit_;
  finish(*unit);
  Scope& scope = *unit->scope;
  CodeObject& code = unit->code;
  if (scope.is_function_like()) {
    if (!scope.unoptimized) code.flags |= CodeObject::kOptimized;
    code.flags |= CodeObject::kNewLocals;
    if (scope.nested) code.flags |= CodeObject::kNested;
    if (scope.generator && !scope.coroutine) code.flags |= CodeObject::kGenerator;
    if (!scope.generator && scope.coroutine) code.flags |= CodeObject::kCoroutine;
    if (scope.generator && scope.coroutine) code.flags |= CodeObject::kAsyncGenerator;
  }
  if (python2() && scope.kind == ScopeKind::class_body) code.flags |= CodeObject::kNewLocals;
  if (code.cellvars.empty() && code.freevars.empty() && !later(11)) code.flags |= CodeObject::kNoFree;
  code.flags |= future_;
  code.nlocals = static_cast<uint32_t>(code.varnames.size());
  unit_ = unit->parent;
  const Value value = heap_.new_code(std::move(code));
  units_.pop_back();
  if (unit_ != nullptr) {
    unit_->code.consts.push_back(value);
    unit_->made.emplace(&scope, value);
  }
  return value;
}

bool Lowerer::made_before(const Scope* scope, Value* code) const {
  const auto found = unit_->made.find(scope);
  if (found == unit_->made.end()) return false;
  return *code = found->second, true;
}

// Makes the body of the blocks, in the same normal form as lifted bytecode.
void Lowerer::finish(Unit& unit) {
  auto made = std::make_shared<ir::Body>();
  made->version = options_.version;
  made->blocks = std::move(unit.blocks);
  ir::merge_straight_lines(*made);
  ir::drop_dead_and_sort(*made);
  unit.code.body = std::move(made);
}

void Lowerer::load_closure(std::string_view name) { emit(Op::load_closure).name = name; }

// Makes the function of `code`; the parts that `bits` names lie on the stack.
void Lowerer::make_closure(Value code, uint32_t bits) {
  const std::vector<std::string_view> free = heap_.code(code).freevars;
  if (!free.empty()) {
    for (const std::string_view name : free) load_closure(name);
    emit(Op::build_tuple, static_cast<uint32_t>(free.size()));
    bits |= ir::kClosure;
  }
  constant(code);
  emit(Op::make_function, bits);
}

}  // namespace winnow::python
