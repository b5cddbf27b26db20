// Classes, type parameters, type aliases, lazily evaluated annotations.
#include <algorithm>

#include "code/python/lowering.h"

namespace winnow::python {

void Lowerer::class_definition(const Node* node) {
  if (python2()) return class_definition2(node);
  decorators(node->orelse);
  at_ = node;
  Scope* generic = node->handlers.empty() ? nullptr : scopes_.find(node, ScopeRole::type_parameters);
  if (generic != nullptr) {
    std::string full("<generic parameters of ");
    full += node->name;
    full += ">";
    enter_unit(generic, heap_.arena().copy(full), node);
    type_parameters(node->handlers);
    name(".type_params", Access::store);
  }
  const auto subscript = [&] {
    name(".type_params", Access::load);
    intrinsic("subscript_generic", 1);
    name(".generic_base", Access::store);
  };
  emit(Op::load_build_class);
  make_closure(class_code(node), 0);
  constant_string(node->name);
  if (generic != nullptr) {
    subscript();
    // The generic base stands behind the others.
    Node base = {};
    base.type = Type::Name;
    base.name = ".generic_base";
    base.line = node->line;
    base.offset = node->offset;
    std::vector<Node*> bases(node->items.begin(), node->items.end());
    bases.push_back(&base);
    List list;
    list.data = bases.data();
    list.size = list.capacity = static_cast<uint32_t>(bases.size());
    at_ = node;
    call_arguments(2, list, node->others);
    exit(ir::Exit::return_value);
    at_ = node;
    make_closure(leave_unit(), 0);
    call(0);
  } else {
    at_ = node;
    call_arguments(2, node->items, node->others);
  }
  at_ = node;
  apply_decorators(node->orelse);
  name(node->name, Access::store);
}

void Lowerer::class_definition2(const Node* node) {
  decorators(node->orelse);
  at_ = node;
  constant_string_of_version(node->name);
  for (const Node* base : node->items) expression(base);
  emit(Op::build_tuple, node->items.size);
  Scope* scope = scopes_.find(node);
  if (scope == nullptr) return bad(node, false);
  enter_unit(scope, node->name, node);
  if (!node->orelse.empty()) unit_->code.firstlineno = node->orelse[0]->line;
  name("__name__", Access::load);
  name("__module__", Access::store);
  docstring(node->body);
  body(node->body);
  emit(Op::load_locals);
  exit(ir::Exit::return_value);
  make_closure(leave_unit(), 0);
  call(0);
  emit(Op::build_class_2);
  apply_decorators(node->orelse);
  name(node->name, Access::store);
}

// Names in constants are byte strings in Python 2.
void Lowerer::constant_string_of_version(std::string_view text) {
  constant(python2() ? Value::bytes(text) : Value::string(text));
}

Value Lowerer::class_code(const Node* node) {
  Scope* scope = scopes_.find(node);
  if (scope == nullptr) return Value::unknown();
  if (Value known; made_before(scope, &known)) return known;
  enter_unit(scope, node->name, node);
  if (!node->orelse.empty()) unit_->code.firstlineno = node->orelse[0]->line;
  name("__name__", Access::load);
  name("__module__", Access::store);
  if (later(3)) {
    constant_string(unit_->code.qualname);
    name("__qualname__", Access::store);
  }
  if (later(13)) {
    const Node* first = node->orelse.empty() ? node : node->orelse[0];
    constant(Value::integer(first->line));
    name("__firstlineno__", Access::store);
  }
  if (!node->handlers.empty()) {
    name(".type_params", Access::load);
    name("__type_params__", Access::store);
  }
  if (scope->needs_class_dict) {
    emit(Op::load_locals);
    emit(Op::store_deref).name = "__classdict__";
  }
  conditional_annotation_set();
  if (scope->has_annotations && !(later(14) && !future_annotations_) && later(6)) emit(Op::setup_annotations);
  docstring(node->body);
  body(node->body);
  at_ = node;
  deferred_annotations(node);
  if (later(13)) {
    std::vector<Value> names;
    std::sort(unit_->static_attributes.begin(), unit_->static_attributes.end());
    for (const std::string_view one : unit_->static_attributes) names.push_back(Value::string(one));
    constant(heap_.new_items(Kind::tuple, names.data(), static_cast<uint32_t>(names.size())));
    name("__static_attributes__", Access::store);
  }
  if (scope->needs_class_dict) {
    load_closure("__classdict__");
    name("__classdictcell__", Access::store);
  }
  if (scope->needs_class_cell) {
    load_closure("__class__");
    if (later(6)) {
      copy(1);
      name("__classcell__", Access::store);
    }
    exit(ir::Exit::return_value);
  }
  return leave_unit();
}

// Leaves the tuple of the parameters on the stack, each stored under its name.
void Lowerer::type_parameters(const List& list) {
  for (const Node* parameter : list) {
    at_ = parameter;
    constant_string(parameter->name);
    if (parameter->type == Type::TypeVar) {
      if (parameter->first != nullptr) {
        lazy_value(parameter, ScopeRole::bound, parameter->first, parameter->name);
        const bool constraints = parameter->first->type == Type::Tuple;
        intrinsic(constraints ? "typevar_with_constraints" : "typevar_with_bound", 2);
      } else {
        intrinsic("typevar", 1);
      }
    } else {
      intrinsic(parameter->type == Type::ParamSpec ? "paramspec" : "typevartuple", 1);
    }
    if (parameter->second != nullptr) {
      lazy_value(parameter, ScopeRole::default_value, parameter->second, parameter->name);
      intrinsic("set_typeparam_default", 2);
    }
    copy(1);
    name(parameter->name, Access::store);
  }
  emit(Op::build_tuple, list.size);
}

// A function that computes `value` when it is first asked for.
void Lowerer::lazy_value(const Node* node, ScopeRole role, const Node* value, std::string_view name) {
  Scope* scope = scopes_.find(node, role);
  if (scope == nullptr) return none();
  uint32_t bits = 0;
  if (later(14)) {
    constant(heap_.new_tuple({Value::integer(1)}));
    bits = ir::kDefaults;
  }
  enter_unit(scope, name, node);
  if (later(14)) {
    unit_->code.argcount = unit_->code.posonlyargcount = 1;
    unit_->code.varnames.push_back(".format");
    format_check(".format");
  }
  if (value->type == Type::Starred) {
    expression(value->first);
    emit(Op::unpack_sequence, 1);
  } else {
    expression(value);
  }
  exit(ir::Exit::return_value);
  make_closure(leave_unit(), bits);
}

void Lowerer::type_alias(const Node* node) {
  if (node->first == nullptr) return bad(node, false);
  const std::string_view alias = node->first->name;
  Scope* generic = node->others.empty() ? nullptr : scopes_.find(node, ScopeRole::type_parameters);
  if (generic != nullptr) {
    std::string full("<generic parameters of ");
    full += alias;
    full += ">";
    enter_unit(generic, heap_.arena().copy(full), node);
    constant_string(alias);
    type_parameters(node->others);
  } else {
    constant_string(alias);
    none();
  }
  if (node->second != nullptr) {
    lazy_value(node, ScopeRole::own, node->second, alias);
  } else {
    none();
  }
  emit(Op::build_tuple, 3);
  intrinsic("typealias", 1);
  if (generic != nullptr) {
    exit(ir::Exit::return_value);
    make_closure(leave_unit(), 0);
    call(0);
  }
  name(alias, Access::store);
}

// 3.14: which of the annotations in branches and loops were reached.
void Lowerer::conditional_annotation_set() {
  if (!unit_->scope->conditional_annotations) return;
  emit(Op::build_set, 0);
  name("__conditional_annotations__", Access::store);
}

// 3.14: the function that computes the annotations of a class or module.
void Lowerer::deferred_annotations(const Node* owner) {
  if (unit_->annotations.empty()) return;
  Scope* scope = scopes_.find(owner, ScopeRole::annotations);
  if (scope == nullptr) return;
  const std::vector<const Node*> list = std::move(unit_->annotations);
  const std::vector<int32_t> conditions = unit_->annotation_conditions;
  enter_unit(scope, "__annotate__", owner);
  unit_->code.argcount = unit_->code.posonlyargcount = 1;
  unit_->code.varnames.push_back("format");
  format_check("format");
  emit(Op::build_map, 0);
  for (size_t i = 0; i < list.size(); ++i) {
    at_ = list[i];
    const BlockId skip = block();
    if (conditions[i] >= 0) {
      constant(Value::integer(conditions[i]));
      name("__conditional_annotations__", Access::load);
      compare(ir::Compare::in);
      const BlockId next = block();
      branch(next, skip);
      start(next);
    }
    annotation(list[i]->second);
    copy(2);
    constant_string(mangle(list[i]->first->name));
    emit(Op::store_subscript);
    start(skip);
  }
  exit(ir::Exit::return_value);
  make_closure(leave_unit(), 0);
  name(unit_->scope->kind == ScopeKind::class_body ? "__annotate_func__" : "__annotate__", Access::store);
}

}  // namespace winnow::python
