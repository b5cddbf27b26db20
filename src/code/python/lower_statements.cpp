// Simple statements, and the lists of them.
#include "code/python/lowering.h"

namespace winnow::python {
namespace {

bool is_docstring(const List& body) {
  return !body.empty() && body[0]->type == Type::Expr && body[0]->first != nullptr &&
         body[0]->first->type == Type::Constant && body[0]->first->value.is_text();
}

}  // namespace

void Lowerer::body(const List& list) {
  for (const Node* node : list) statement(node);
}

// Of classes and modules: the first text is stored.
void Lowerer::docstring(const List& list) {
  if (!is_docstring(list)) return;
  const Value text = list[0]->first->value;
  if (!python2() && !text.is(Kind::string)) return;
  at_ = list[0];
  if (later(13)) {
    constant_string(clean_docstring(heap_.arena(), text.text()));
  } else {
    constant(text);
  }
  name("__doc__", Access::store);
}

void Lowerer::module_body(const Node& root) {
  Scope& scope = *unit_->scope;
  const bool lazy = later(14) && !future_annotations_;
  // 3.14: __annotate__ is made first of all, of what is known last of all.
  const BlockId entry = unit_->current;
  const BlockId first = block();
  target_of(first, 0);
  unit_->current = first;
  conditional_annotation_set();
  if (scope.has_annotations && !lazy && later(6)) emit(Op::setup_annotations);
  docstring(root.body);
  body(root.body);
  if (alive()) {
    none();
    exit(ir::Exit::return_value);
  }
  unit_->current = entry;
  deferred_annotations(&root);
  jump(first);
}

void Lowerer::statement(const Node* node) {
  if (node == nullptr) return;
  const Deeper deeper(*this);
  if (deeper.too_deep()) {
    emit(Op::unknown).name = "nested too deeply";
    return;
  }
  if (!alive()) return unreachable(node);
  at_ = node;
  switch (node->type) {
    case Type::FunctionDef:
    case Type::AsyncFunctionDef: return function(node);
    case Type::ClassDef: return class_definition(node);
    case Type::Return: return return_statement(node);
    case Type::Break:
    case Type::Continue: return break_continue(node);
    case Type::Raise: return raise(node);
    case Type::For: return conditional(&Lowerer::for_statement, node);
    case Type::AsyncFor: return conditional(&Lowerer::async_for_statement, node);
    case Type::While: return conditional(&Lowerer::while_statement, node);
    case Type::If: return conditional(&Lowerer::if_statement, node);
    case Type::With:
    case Type::AsyncWith:
      ++unit_->conditional;
      with(node, 0);
      --unit_->conditional;
      return;
    case Type::Match: return conditional(&Lowerer::match, node);
    case Type::Try:
    case Type::TryStar: return conditional(&Lowerer::try_statement, node);
    default: return simple_statement(node);
  }
}

// 3.14 computes the annotations of unreachable variables, too, where they were reached.
void Lowerer::unreachable(const Node* node) {
  if (!later(14) || future_annotations_ || unit_->scope->is_function_like()) return;
  switch (node->type) {
    case Type::AnnAssign:
      if (node->first != nullptr && node->first->type == Type::Name && node->number != 0) defer_annotation(node);
      return;
    case Type::If:
    case Type::While:
    case Type::For:
    case Type::With:
    case Type::Try:
      ++unit_->conditional;
      body(node->body);
      for (const Node* handler : node->handlers) body(handler->body);
      body(node->orelse);
      if (node->type == Type::Try) body(node->others);
      --unit_->conditional;
      return;
    default: return;
  }
}

void Lowerer::conditional(void (Lowerer::*lower)(const Node*), const Node* node) {
  ++unit_->conditional;
  (this->*lower)(node);
  --unit_->conditional;
}

void Lowerer::simple_statement(const Node* node) {
  switch (node->type) {
    case Type::Delete:
      for (const Node* target : node->items) remove(target);
      return;
    case Type::Assign: return assign(node);
    case Type::TypeAlias: return type_alias(node);
    case Type::AugAssign: return augmented(node);
    case Type::AnnAssign: return annotated(node);
    case Type::Assert: return assertion(node);
    case Type::Import: return import(node);
    case Type::ImportFrom: return import_from(node);
    case Type::Print: return print(node);
    case Type::Exec: return exec(node);
    case Type::Expr:
      if (options_.mode == LowerMode::single && unit_->parent == nullptr) {
        expression(node->first);
        intrinsic("print", 1);
        return pop();
      }
      if (node->first != nullptr && node->first->type == Type::Constant) return;
      expression(node->first);
      return pop();
    case Type::Global:
    case Type::Nonlocal:
    case Type::Pass:
    case Type::Comment: return;
    case Type::Bad: return bad(node, false);
    default:  // an expression where a statement should stand
      expression(node);
      return pop();
  }
}

void Lowerer::bad(const Node* node, bool value) {
  emit(Op::unknown).name = node->name;
  if (value) constant(Value::unknown());
}

void Lowerer::assign(const Node* node) {
  expression(node->first);
  for (uint32_t i = 0; i < node->items.size; ++i) {
    if (i + 1 < node->items.size) copy(1);
    store(node->items[i]);
  }
}

void Lowerer::store(const Node* target) {
  if (target == nullptr) return pop();
  const Deeper deeper(*this);
  if (deeper.too_deep()) {
    emit(Op::unknown).name = "nested too deeply";
    return pop();
  }
  const Node* outer = at_;
  at_ = target;
  switch (target->type) {
    case Type::Name: name(target->name, Access::store); break;
    case Type::Attribute:
      note_static_attribute(target);
      expression(target->first);
      emit_name(Op::store_attr, mangle(target->name));
      break;
    case Type::Subscript:
      expression(target->first);
      slice_key(target->second);
      emit(Op::store_subscript);
      break;
    case Type::Tuple:
    case Type::List: store_sequence(target->items); break;
    case Type::Starred: store(target->first); break;
    default:
      emit(Op::unknown).name = "no target";
      pop();
      break;
  }
  at_ = outer;
}

// 3.13: classes list the attributes that their methods set on `self`.
void Lowerer::note_static_attribute(const Node* target) {
  if (!later(13) || target->first == nullptr || target->first->type != Type::Name || target->first->name != "self") return;
  for (Unit* unit = unit_; unit != nullptr; unit = unit->parent) {
    if (unit->scope->kind != ScopeKind::class_body) continue;
    for (const std::string_view known : unit->static_attributes) {
      if (known == target->name) return;
    }
    unit->static_attributes.push_back(target->name);
    return;
  }
}

void Lowerer::unpack(const List& items) {
  for (uint32_t i = 0; i < items.size; ++i) {
    if (items[i]->type != Type::Starred && items[i]->type != Type::MatchStar) continue;
    emit(Op::unpack_ex, i, items.size - i - 1);
    return;
  }
  emit(Op::unpack_sequence, items.size);
}

void Lowerer::store_sequence(const List& items) {
  unpack(items);
  for (const Node* item : items) store(item->type == Type::Starred ? item->first : item);
}

void Lowerer::remove(const Node* target) {
  if (target == nullptr) return;
  const Deeper deeper(*this);
  if (deeper.too_deep()) {
    emit(Op::unknown).name = "nested too deeply";
    return;
  }
  const Node* outer = at_;
  at_ = target;
  switch (target->type) {
    case Type::Name: name(target->name, Access::remove); break;
    case Type::Attribute:
      expression(target->first);
      emit_name(Op::delete_attr, mangle(target->name));
      break;
    case Type::Subscript:
      expression(target->first);
      slice_key(target->second);
      emit(Op::delete_subscript);
      break;
    case Type::Tuple:
    case Type::List:
      for (const Node* item : target->items) remove(item);
      break;
    default: emit(Op::unknown).name = "no target"; break;
  }
  at_ = outer;
}

void Lowerer::augmented(const Node* node) {
  const Node* target = node->first;
  if (target == nullptr) return bad(node, false);
  const uint32_t op = operator_of(node->op);
  switch (target->type) {
    case Type::Attribute:
      expression(target->first);
      copy(1);
      emit_name(Op::load_attr, mangle(target->name));
      expression(node->second);
      at_ = node;
      emit(Op::inplace, op);
      swap(2);
      emit_name(Op::store_attr, mangle(target->name));
      return;
    case Type::Subscript:
      if (target->second != nullptr && target->second->type == Type::Slice && target->second->third == nullptr &&
          (python2() || later(12))) {
        return augmented_slice(node);
      }
      expression(target->first);
      slice_key(target->second);
      copy(2);
      copy(2);
      emit(Op::subscript);
      expression(node->second);
      at_ = node;
      emit(Op::inplace, op);
      emit(Op::rotate, 3);
      emit(Op::store_subscript);
      return;
    default:
      expression(target);
      expression(node->second);
      at_ = node;
      emit(Op::inplace, op);
      store(target);
  }
}

// a[b:c] += d: Python 2 and 3.12 and later make the slice anew for each use.
void Lowerer::augmented_slice(const Node* node) {
  const Node* target = node->first;
  expression(target->first);
  expression(target->second->first);
  expression(target->second->second);
  copy(3);
  copy(3);
  copy(3);
  emit(Op::build_slice, 2);
  emit(Op::subscript);
  expression(node->second);
  at_ = node;
  emit(Op::inplace, operator_of(node->op));
  emit(Op::rotate, 4);
  emit(Op::build_slice, 2);
  emit(Op::store_subscript);
}

void Lowerer::annotated(const Node* node) {
  const Node* target = node->first;
  if (target == nullptr) return bad(node, false);
  if (node->third != nullptr) {
    expression(node->third);
    store(target);
  }
  const bool outside = unit_->scope->kind == ScopeKind::module || unit_->scope->kind == ScopeKind::class_body;
  at_ = node;
  const bool lazy = later(14) && !future_annotations_;
  if (target->type == Type::Name) {
    if (node->number == 0 || !outside) {
      if (outside && !lazy && !future_annotations_) {
        expression(node->second);
        pop();
      }
      return;
    }
    if (lazy) return defer_annotation(node);
    annotation(node->second);
    if (later(7) || !later(6)) {
      name("__annotations__", Access::load);
      constant_string(mangle(target->name));
      emit(Op::store_subscript);
    } else {
      name("__annotations__", Access::load);
      constant_string(mangle(target->name));
      emit(Op::store_subscript);
    }
    return;
  }
  if (node->third == nullptr) {  // the target's parts are evaluated, nothing is stored
    if (target->first != nullptr) {
      expression(target->first);
      pop();
    }
    if (target->type == Type::Subscript) {
      slice_key(target->second);
      pop();
    }
  }
  if (outside && !lazy && !future_annotations_) {
    expression(node->second);
    pop();
  }
}

// 3.14: the annotation waits for __annotate__; in branches it is noted that it was reached.
void Lowerer::defer_annotation(const Node* node) {
  const bool conditional = unit_->scope->kind == ScopeKind::module || unit_->conditional > 0;
  unit_->annotations.push_back(node);
  unit_->annotation_conditions.push_back(conditional ? unit_->next_condition : -1);
  if (!conditional) return;
  name("__conditional_annotations__", Access::load);
  constant(Value::integer(unit_->next_condition++));
  emit(Op::set_add, 1);
  pop();
}

void Lowerer::import_as(std::string_view full, std::string_view as) {
  const size_t dot = full.find('.');
  if (dot == std::string_view::npos) return name(as, Access::store);
  size_t begin = dot + 1;
  for (;;) {
    const size_t end = full.find('.', begin);
    const std::string_view part = full.substr(begin, end == std::string_view::npos ? end : end - begin);
    if (!later(7)) {
      emit_name(Op::load_attr, part);
    } else {
      emit_name(Op::import_from, part);
    }
    if (end == std::string_view::npos) break;
    if (later(7)) {
      swap(2);
      pop();
    }
    begin = end + 1;
  }
  name(as, Access::store);
  if (later(7)) pop();
}

void Lowerer::import(const Node* node) {
  for (const Node* alias : node->items) {
    constant(Value::integer(python2() && !absolute_import_ ? -1 : 0));
    none();
    emit_name(Op::import_name, mangle(alias->name));
    if (!alias->other.empty()) {
      import_as(alias->name, alias->other);
    } else {
      name(alias->name.substr(0, alias->name.find('.')), Access::store);
    }
  }
}

void Lowerer::import_from(const Node* node) {
  const int32_t level = node->number == 0 && python2() && !absolute_import_ ? -1 : node->number;
  constant(Value::integer(level));
  std::vector<Value> names;
  for (const Node* alias : node->items) {
    names.push_back(python2() ? Value::bytes(alias->name) : Value::string(alias->name));
  }
  constant(heap_.new_items(Kind::tuple, names.data(), static_cast<uint32_t>(names.size())));
  emit_name(Op::import_name, mangle(node->name));
  for (const Node* alias : node->items) {
    if (alias->name == "*") {
      emit(Op::import_star);
      return;
    }
    emit_name(Op::import_from, mangle(alias->name));
    name(alias->other.empty() ? alias->name : alias->other, Access::store);
  }
  pop();
}

void Lowerer::raise(const Node* node) {
  uint32_t count = 0;
  for (const Node* part : {node->first, node->second, node->third}) {
    if (part == nullptr) break;
    expression(part);
    ++count;
  }
  at_ = node;
  exit(ir::Exit::raise, count);
}

void Lowerer::assertion(const Node* node) {
  const BlockId end = block();
  jump_if(node->first, end, true);
  at_ = node;
  if (later(9)) {
    emit(Op::load_common).name = "AssertionError";
  } else {
    emit_name(Op::load_global, "AssertionError");
  }
  if (node->second != nullptr) {
    expression(node->second);
    call(1);
  }
  exit(ir::Exit::raise, 1);
  start(end);
}

void Lowerer::print(const Node* node) {
  if (node->first != nullptr) expression(node->first);
  for (const Node* item : node->items) {
    if (node->first != nullptr) copy(1);
    expression(item);
    if (node->first != nullptr) {
      swap(2);
      emit(Op::print_item_to);
    } else {
      emit(Op::print_item);
    }
  }
  if (node->number != 0) {
    emit(node->first != nullptr ? Op::print_newline_to : Op::print_newline);
  } else if (node->first != nullptr) {
    pop();
  }
}

void Lowerer::exec(const Node* node) {
  const Node *code = node->first, *globals = node->second, *locals = node->third;
  if (globals == nullptr && code != nullptr && code->type == Type::Tuple && (code->items.size == 2 || code->items.size == 3)) {
    const List& parts = code->items;  // exec(code, globals[, locals])
    globals = parts[1];
    locals = parts.size == 3 ? parts[2] : nullptr;
    code = parts[0];
  }
  expression(code);
  if (globals != nullptr) {
    expression(globals);
  } else {
    none();
  }
  if (locals != nullptr) {
    expression(locals);
  } else {
    copy(1);
  }
  emit(Op::exec_statement);
}

}  // namespace winnow::python
