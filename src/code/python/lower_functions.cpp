// Functions and lambdas: parameters, defaults, annotations.
#include <algorithm>

#include "code/python/lowering.h"
#include "code/python/print.h"

namespace winnow::python {
namespace {

bool is_docstring(const List& body) {
  return !body.empty() && body[0]->type == Type::Expr && body[0]->first != nullptr &&
         body[0]->first->type == Type::Constant && body[0]->first->value.is(Kind::string);
}

}  // namespace

void Lowerer::function(const Node* node) {
  decorators(node->items);
  at_ = node;
  uint32_t bits = defaults(node->first);
  const Scope* generic = node->others.empty() ? nullptr : scopes_.find(node, ScopeRole::type_parameters);
  uint32_t given = 0;
  if (generic != nullptr) {
    given = (bits & ir::kDefaults ? 1 : 0) + (bits & ir::kKeywordDefaults ? 1 : 0);
    std::string full("<generic parameters of ");
    full += node->name;
    full += ">";
    enter_unit(const_cast<Scope*>(generic), heap_.arena().copy(full), node);
    CodeObject& code = unit_->code;
    code.argcount = given;
    if (bits & ir::kDefaults) code.varnames.push_back(".defaults");
    if (bits & ir::kKeywordDefaults) code.varnames.push_back(".kwdefaults");
    type_parameters(node->others);
    for (uint32_t i = 0; i < given; ++i) emit(Op::load_fast).name = unit_->code.varnames[i];
  }
  bits |= annotations(node);
  make_closure(function_code(node, node->name), bits);
  if (generic != nullptr) {
    swap(2);
    intrinsic("set_function_type_params", 2);
    exit(ir::Exit::return_value);
    make_closure(leave_unit(), 0);
    if (given > 0) emit(Op::rotate, given + 1);
    call(given);
  }
  at_ = node;
  apply_decorators(node->items);
  name(node->name, Access::store);
}

void Lowerer::lambda(const Node* node) {
  const uint32_t bits = defaults(node->first);
  make_closure(function_code(node, "<lambda>"), bits);
}

uint32_t Lowerer::defaults(const Node* arguments) {
  if (arguments == nullptr) return 0;
  uint32_t bits = 0;
  if (!arguments->handlers.empty()) {
    for (const Node* value : arguments->handlers) expression(value);
    emit(Op::build_tuple, arguments->handlers.size);
    bits |= ir::kDefaults;
  }
  uint32_t count = 0;
  for (uint32_t i = 0; i < arguments->orelse.size && i < arguments->others.size; ++i) {
    if (arguments->orelse[i] == nullptr) continue;
    constant_string(mangle(arguments->others[i]->name));
    expression(arguments->orelse[i]);
    ++count;
  }
  if (count > 0) {
    emit(Op::build_map, count);
    bits |= ir::kKeywordDefaults;
  }
  return bits;
}

// What `from __future__ import annotations` keeps of an annotation: its source.
std::string_view Lowerer::annotation_text(const Node* node) {
  if (node == nullptr) return {};
  PrintOptions print_options;
  print_options.version = options_.version;
  return heap_.arena().copy(python::print(*node, heap_, print_options));
}

// One annotation, as its value or (from __future__ import annotations) its text.
void Lowerer::annotation(const Node* node) {
  if (future_annotations_) return constant_string(annotation_text(node));
  if (node != nullptr && node->type == Type::Starred) {  // *args: *Ts
    expression(node->first);
    emit(Op::unpack_sequence, 1);
    return;
  }
  expression(node);
}

namespace {

struct Annotated {
  std::string_view name;
  const Node* value;
};

std::vector<Annotated> annotated_parameters(const Node* node) {
  std::vector<Annotated> found;
  const auto one = [&](const Node* arg) {
    if (arg != nullptr && arg->first != nullptr) found.push_back({arg->name, arg->first});
  };
  if (const Node* arguments = node->first; arguments != nullptr) {
    const auto positional_only = static_cast<uint32_t>(std::max(arguments->number, 0));
    for (uint32_t i = positional_only; i < arguments->items.size; ++i) one(arguments->items[i]);
    for (uint32_t i = 0; i < positional_only && i < arguments->items.size; ++i) one(arguments->items[i]);
    one(arguments->first);
    for (const Node* arg : arguments->others) one(arg);
    one(arguments->second);
  }
  if (node->second != nullptr) found.push_back({"return", node->second});
  return found;
}

}  // namespace

uint32_t Lowerer::annotations(const Node* node) {
  const std::vector<Annotated> found = annotated_parameters(node);
  if (found.empty()) return 0;
  const auto count = static_cast<uint32_t>(found.size());
  if (later(14)) {
    Scope* scope = scopes_.find(node, ScopeRole::annotations);
    if (scope == nullptr) return 0;
    enter_unit(scope, "__annotate__", node);
    unit_->code.argcount = unit_->code.posonlyargcount = 1;
    unit_->code.varnames.push_back("format");
    format_check("format");
    for (const Annotated& one : found) {
      constant_string(mangle(one.name));
      annotation(one.value);
    }
    emit(Op::build_map, count);
    exit(ir::Exit::return_value);
    make_closure(leave_unit(), 0);
    return ir::kAnnotate;
  }
  for (const Annotated& one : found) {
    constant_string(mangle(one.name));
    annotation(one.value);
  }
  if (later(10)) {
    emit(Op::build_tuple, 2 * count);
  } else {
    emit(Op::build_map, count);
  }
  return ir::kAnnotations;
}

// 3.14: lazily evaluated code refuses formats that it does not know.
void Lowerer::format_check(std::string_view parameter) {
  const BlockId next = block(), refuse = block();
  emit(Op::load_fast).name = parameter;
  constant(Value::integer(2));
  compare(ir::Compare::gt);
  branch(refuse, next);
  start(refuse);
  emit(Op::load_common).name = "NotImplementedError";
  exit(ir::Exit::raise, 1);
  start(next);
}

void Lowerer::parameters(const Node* arguments) {
  if (arguments == nullptr) return;
  CodeObject& code = unit_->code;
  code.argcount = arguments->items.size;
  code.posonlyargcount = static_cast<uint32_t>(std::max(arguments->number, 0));
  code.kwonlyargcount = arguments->others.size;
  uint32_t position = 0;
  for (const Node* arg : arguments->items) {
    code.varnames.push_back(arg->second != nullptr ? heap_.arena().copy("." + std::to_string(position)) : mangle(arg->name));
    ++position;
  }
  for (const Node* arg : arguments->others) code.varnames.push_back(mangle(arg->name));
  if (arguments->first != nullptr) {
    code.flags |= CodeObject::kVarArgs;
    code.varnames.push_back(mangle(arguments->first->name));
  }
  if (arguments->second != nullptr) {
    code.flags |= CodeObject::kVarKeywords;
    code.varnames.push_back(mangle(arguments->second->name));
  }
}

// Python 2: def f(a, (b, c)).
void Lowerer::unpack_tuple_parameters(const Node* arguments) {
  if (arguments == nullptr) return;
  uint32_t position = 0;
  for (const Node* arg : arguments->items) {
    if (arg->second != nullptr) {
      name(unit_->code.varnames[position], Access::load);
      store(arg->second);
    }
    ++position;
  }
}

Value Lowerer::function_code(const Node* node, std::string_view name) {
  Scope* scope = scopes_.find(node);
  if (scope == nullptr) return Value::unknown();  // nested too deeply
  if (Value known; made_before(scope, &known)) return known;
  const bool lambda = node->type == Type::Lambda;
  enter_unit(scope, name, node);
  if (!lambda && !node->items.empty()) unit_->code.firstlineno = node->items[0]->line;
  parameters(node->first);
  if (lambda) {
    unpack_tuple_parameters(node->first);
    expression(node->second);
    if (scope->generator && python2()) {
      pop();
      none();
    }
    exit(ir::Exit::return_value);
    return leave_unit();
  }
  List statements = node->body;
  if (is_docstring(statements) || (python2() && !statements.empty() && statements[0]->type == Type::Expr &&
                                   statements[0]->first != nullptr && statements[0]->first->type == Type::Constant &&
                                   statements[0]->first->value.is_text())) {
    Value text = statements[0]->first->value;
    if (later(13)) text = Value::string(clean_docstring(heap_.arena(), text.text()));
    unit_->code.consts.push_back(text);
    if (later(14)) unit_->code.flags |= CodeObject::kHasDocstring;
    ++statements.data;
    --statements.size;
  } else {
    unit_->code.consts.push_back(Value::none());
  }
  if (later(14) && unit_->parent->scope->kind == ScopeKind::class_body) unit_->code.flags |= CodeObject::kMethod;
  unpack_tuple_parameters(node->first);
  body(statements);
  return leave_unit();
}

}  // namespace winnow::python
