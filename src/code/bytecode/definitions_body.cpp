// What a definition's own code holds beside its statements: the declarations that follow from how names are
// stored, docstrings, and the housekeeping of class bodies; generic definitions and the functions of annotations.
#include <algorithm>

#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

bool is_marker(const Node* node, int32_t which) {
  return node != nullptr && node->type == Type::Bad && node->number == which;
}

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// `x = value` with one plain name on the left.
bool is_assignment(const FlowStatement& statement, std::string_view name) {
  const Node* node = statement.node;
  return statement.kind == FlowStatement::Kind::plain && node->type == Type::Assign && node->items.size == 1 &&
         node->items[0]->type == Type::Name && node->items[0]->name == name;
}

bool is_text(const Node* node) { return node != nullptr && node->type == Type::Constant && node->value.is_text(); }

}  // namespace

void Builder::declarations() {
  if (flow_.blocks.empty()) return;
  const bool function = (code_.flags & CodeObject::kOptimized) != 0;
  if (class_body_) drop_housekeeping();
  if (version_ >= PythonVersion{3, 14}) {
    for (FlowBlock& block : flow_.blocks) {
      block.statements.erase(std::remove_if(block.statements.begin(), block.statements.end(), [](const FlowStatement& s) {
        return is_assignment(s, "__conditional_annotations__") && s.node->first->type == Type::Set && s.node->first->items.empty();
      }), block.statements.end());
    }
    distribute_annotations();
  }
  std::vector<FlowStatement>& first = flow_.blocks[0].statements;
  std::vector<FlowStatement> front;
  const auto expression = [&](Value value) {
    Node* statement = tree_.make(Type::Expr);
    statement->first = tree_.make(Type::Constant);
    statement->first->value = value;
    front.push_back({FlowStatement::Kind::plain, statement, kNoSlot, kNoSlot, 0});
  };
  const bool nameless = code_.name.starts_with("<");
  if (function && !nameless && !code_.consts.empty() && code_.consts[0].is_text()) {
    const bool string = code_.consts[0].is(Kind::string) || version_.major == 2;
    const bool says = version_ < PythonVersion{3, 14} || (code_.flags & CodeObject::kHasDocstring) != 0;
    if (string && says) expression(code_.consts[0]);
  }
  if (!function && !first.empty() && is_assignment(first[0], "__doc__") && is_text(first[0].node->first)) {
    expression(first[0].node->first->value);
    first.erase(first.begin());
  }
  const auto declare = [&](Type type, const std::vector<std::string_view>& names) {
    if (names.empty()) return;
    Node* statement = tree_.make(type);
    for (const std::string_view name : names) {
      Node* node = tree_.make(Type::Name);
      node->name = plain_name(name);
      tree_.append(statement->items, node);
    }
    front.push_back({FlowStatement::Kind::plain, statement, kNoSlot, kNoSlot, 0});
  };
  std::vector<std::string_view> globals, nonlocals;
  const auto add = [](std::vector<std::string_view>& to, std::string_view name) {
    if (!contains(to, name)) to.push_back(name);
  };
  // A function around has a variable of that name, which would be meant without a declaration.
  const auto hidden = [&](std::string_view name) {
    for (const Context* at = context_.outer; at != nullptr; at = at->outer) {
      const CodeObject* around = at->code;
      if (around == nullptr || (around->flags & CodeObject::kOptimized) == 0) continue;
      if (contains(around->varnames, name) || contains(around->cellvars, name) || contains(around->freevars, name)) return true;
    }
    return false;
  };
  for (const ir::Block& block : body_.blocks) {
    for (const ir::Instruction& in : block.instructions) {
      switch (in.op) {
        case ir::Op::store_global:
        case ir::Op::delete_global: add(globals, in.name); break;
        case ir::Op::load_global:
          if (function ? hidden(in.name) : !nameless && !in.name.starts_with("__")) add(globals, in.name);
          break;
        case ir::Op::store_deref:
        case ir::Op::delete_deref:
          if (contains(code_.freevars, in.name) && !in.name.starts_with("__class")) add(nonlocals, in.name);
          break;
        case ir::Op::load_deref:
          // Before 3.4 a class body reads every variable of the functions around like this.
          if (class_body_ && version_ >= PythonVersion{3, 4} && contains(code_.freevars, in.name) && !in.name.starts_with("__class") && !in.name.starts_with(".")) add(nonlocals, in.name);
          break;
        default: break;
      }
    }
  }
  // Names that only code which was never compiled binds: what nobody reaches says what they are.
  std::vector<std::string_view> bound, used;
  bool yields = false;
  for (const ir::Block& block : body_.blocks) {
    for (const ir::Instruction& in : block.instructions) {
      switch (in.op) {
        case ir::Op::store_fast: case ir::Op::delete_fast: case ir::Op::load_fast_and_clear: bound.push_back(in.name); break;
        case ir::Op::load_deref: case ir::Op::load_closure: case ir::Op::load_class_deref: case ir::Op::load_from_dict_or_deref:
        case ir::Op::store_deref: case ir::Op::delete_deref: used.push_back(in.name); break;
        case ir::Op::yield_value: case ir::Op::yield_from: yields = true; break;
        default: break;
      }
    }
  }
  std::sort(bound.begin(), bound.end());
  std::sort(used.begin(), used.end());
  const bool whole = !body_.blocks.empty() && body_.anomalies.empty() && function && !nameless;
  for (size_t i = 0; whole && i < code_.freevars.size() && i < 1000; ++i) {
    const std::string_view name = code_.freevars[i];
    if (name.starts_with("__class") || name.starts_with(".")) continue;
    if (!std::binary_search(used.begin(), used.end(), name)) add(nonlocals, name);
  }
  python::List never;
  size_t parameters = code_.argcount + size_t{code_.kwonlyargcount};
  parameters += (code_.flags & CodeObject::kVarArgs) != 0 ? 1 : 0;
  parameters += (code_.flags & CodeObject::kVarKeywords) != 0 ? 1 : 0;
  for (size_t i = parameters; whole && version_ >= PythonVersion{3, 8} && i < code_.varnames.size() && i < 4000; ++i) {
    const std::string_view name = code_.varnames[i];
    if (std::binary_search(bound.begin(), bound.end(), name) || contains(code_.cellvars, name) || name.starts_with(".")) continue;
    Node *assign = tree_.make(Type::Assign), *target = tree_.make(Type::Name), *value = tree_.make(Type::Constant);
    target->name = plain_name(name);
    value->value = Value::none();
    tree_.append(assign->items, target);
    assign->first = value;
    tree_.append(never, assign);
  }
  if (whole && !yields && (code_.flags & (CodeObject::kGenerator | CodeObject::kAsyncGenerator)) != 0) {
    Node* statement = tree_.make(Type::Expr);
    statement->first = tree_.make(Type::Yield);
    tree_.append(never, statement);
  }
  declare(Type::Global, globals);
  if (version_.major > 2) declare(Type::Nonlocal, nonlocals);
  if (!never.empty()) {
    Node *statement = tree_.make(Type::If), *test = tree_.make(Type::Constant);
    test->value = Value::integer(0);
    statement->first = test;
    statement->body = never;
    front.push_back({FlowStatement::Kind::plain, statement, kNoSlot, kNoSlot, 0});
  }
  // Nothing but the docstring may stand before the imports from __future__.
  const bool documented = !front.empty() && front.front().node->type == Type::Expr;
  const auto future = [](const FlowStatement& s) {
    return s.kind == FlowStatement::Kind::plain && s.node->type == Type::ImportFrom && s.node->name == "__future__";
  };
  if (documented) first.insert(first.begin(), front.front());
  auto place = first.begin() + (documented ? 1 : 0);
  while (place != first.end() && future(*place)) ++place;
  first.insert(place, front.begin() + (documented ? 1 : 0), front.end());
  fill_definitions();
}

// What every class body stores without being told to.
void Builder::drop_housekeeping() {
  const auto drop = [&](std::vector<FlowStatement>& statements) {
    const auto is_housekeeping = [&](const FlowStatement& s) {
      if (s.kind != FlowStatement::Kind::plain || s.node->type != Type::Assign) return false;
      const Node* value = s.node->first;
      if (is_assignment(s, "__module__")) return value->type == Type::Name && value->name == "__name__";
      if (is_assignment(s, "__qualname__")) return is_text(value) && value->value.text() == std::string_view(code_.qualname.empty() ? value->value.text() : code_.qualname);
      if (is_assignment(s, "__firstlineno__")) return version_ >= PythonVersion{3, 13} && value->type == Type::Constant;
      if (is_assignment(s, "__static_attributes__")) return version_ >= PythonVersion{3, 13} && value->type == Type::Constant;
      if (is_assignment(s, "__type_params__")) return value->type == Type::Name && value->name == ".type_params";
      if (is_assignment(s, "__classdict__")) return value->type == Type::Call && value->first->name == "locals";
      if (is_assignment(s, "__classdictcell__") || is_assignment(s, "__classcell__")) return value->type == Type::Name;
      return false;
    };
    statements.erase(std::remove_if(statements.begin(), statements.end(), is_housekeeping), statements.end());
  };
  for (FlowBlock& block : flow_.blocks) drop(block.statements);
}

// 3.14: the annotations of a class or module are in a function. Those with a number go where the number is told;
// the others to the first assignment of their name, or behind the one before.
void Builder::distribute_annotations() {
  if (version_ < PythonVersion{3, 14} || (code_.flags & CodeObject::kOptimized) != 0) return;
  Node* dict = nullptr;
  for (FlowBlock& block : flow_.blocks) {
    for (size_t i = 0; i < block.statements.size() && dict == nullptr; ++i) {
      Node* definition = block.statements[i].node;
      if (!is_definition(definition) || block.statements[i].kind != FlowStatement::Kind::plain) continue;
      if (!definition->name.starts_with("__annotate")) continue;
      dict = annotations_of(heap().code(definition->value));
      if (dict == nullptr) continue;
      block.statements.erase(block.statements.begin() + static_cast<ptrdiff_t>(i));
    }
  }
  if (dict == nullptr) return;
  std::vector<bool> told(dict->items.size, false);
  const auto fill_in = [&](Node* statement, uint32_t k) {
    statement->first = tree_.make(Type::Name);
    statement->first->name = plain_name(dict->items[k]->value.text());
    statement->second = dict->others[k];
    statement->number = 1;
  };
  for (FlowBlock& block : flow_.blocks) {
    std::vector<FlowStatement>& statements = block.statements;
    for (size_t i = 0; i < statements.size(); ++i) {
      Node* statement = statements[i].node;
      if (statements[i].kind != FlowStatement::Kind::plain || statement->type != Type::AnnAssign || statement->first != nullptr) continue;
      for (uint32_t k = 0; k < dict->items.size; ++k) {
        if (!is_text(dict->items[k]) || dict->items[k]->number != statement->value.as_integer() + 1) continue;
        fill_in(statement, k);
        told[k] = true;
      }
      if (statement->first == nullptr) {
        statement->first = statement->second = tree_.make(Type::Name);
        statement->first->name = "__conditional_annotations__";
        inexact();
      } else if (i > 0 && is_assignment(statements[i - 1], statement->first->name)) {
        statement->third = statements[i - 1].node->first;
        statements.erase(statements.begin() + static_cast<ptrdiff_t>(--i));
      }
    }
  }
  std::vector<FlowStatement>& first = flow_.blocks[0].statements;
  size_t position = 0;
  while (position < first.size() && first[position].kind == FlowStatement::Kind::plain &&
         (first[position].node->type == Type::Expr || first[position].node->type == Type::Global || first[position].node->type == Type::Nonlocal)) {
    ++position;
  }
  // Those of code that is never reached.
  python::List never;
  for (uint32_t k = 0; k < dict->items.size; ++k) {
    if (!is_text(dict->items[k]) || dict->items[k]->number <= 0 || told[k]) continue;
    Node* statement = tree_.make(Type::AnnAssign);
    fill_in(statement, k);
    tree_.append(never, statement);
  }
  if (!never.empty()) {
    Node* statement = tree_.make(Type::If);
    statement->first = tree_.make(Type::Constant);
    statement->first->value = Value::integer(0);
    statement->body = never;
    first.insert(first.begin() + static_cast<ptrdiff_t>(position), {FlowStatement::Kind::plain, statement, kNoSlot, kNoSlot, 0});
    ++position;
  }
  for (uint32_t k = 0; k < dict->items.size; ++k) {
    if (!is_text(dict->items[k]) || dict->items[k]->number > 0) continue;
    Node* statement = tree_.make(Type::AnnAssign);
    fill_in(statement, k);
    size_t at = position;
    while (at < first.size() && !is_assignment(first[at], statement->first->name)) ++at;
    if (at < first.size()) {
      statement->third = first[at].node->first;
      statement->line = first[at].node->line;
      first[at].node = statement;
      position = at + 1;
      continue;
    }
    position = std::min(position, first.size());
    first.insert(first.begin() + static_cast<ptrdiff_t>(position), {FlowStatement::Kind::plain, statement, kNoSlot, kNoSlot, 0});
    ++position;
  }
}

// def __annotate__(format): if format > 2: raise NotImplementedError; return {...}, or a dict that is filled piece
// by piece, where a piece may stand under `number in __conditional_annotations__`: its key gets the number + 1.
Node* Builder::annotations_of(const CodeObject& code) {
  const auto found = evaluated_.find(&code);
  if (found != evaluated_.end()) return found->second;
  evaluated_[&code] = nullptr;
  if (context_.depth > 40 || !context_.lift) return nullptr;
  const std::shared_ptr<const ir::Body> body = context_.lift(code);
  if (body == nullptr || body->blocks.empty()) return nullptr;
  kept_.push_back(body);
  const Context inside{tree_, context_.lift, context_.nested, context_.class_name, &context_, &code, context_.depth + 1, context_.steps};
  Builder builder(code, *body, inside);
  builder.reduce();
  if (builder.blocks_[0].leave != Leave::branch) return nullptr;
  Simulator simulator(builder, {});
  simulator.enter({});
  BlockId at = builder.blocks_[0].otherwise;
  int32_t number = 0;
  for (uint32_t steps = 0; steps < 100000 && at != kNoBlock; ++steps) {
    const Work& block = builder.blocks_[at];
    Run& run = simulator.run();
    const auto size = [&]() { return !run.stack.empty() && run.stack[0].node->type == Type::Dict ? run.stack[0].node->items.size : 0; };
    const uint32_t before = size();
    for (const Step& step : block.steps) simulator.step(step);
    if (simulator.failed() || run.stack.empty()) return nullptr;
    if (number > 0) {
      for (uint32_t k = before; k < size(); ++k) {
        if (run.stack[0].node->items[k] != nullptr) run.stack[0].node->items[k]->number = number;
      }
    }
    number = 0;
    if (block.leave == Leave::return_value) {
      simulator.finish();
      if (simulator.failed() || !run.statements.empty() || run.stack.size() != 1 || run.stack[0].node->type != Type::Dict) return nullptr;
      return evaluated_[&code] = run.stack[0].node;
    }
    if (block.leave == Leave::jump) {
      at = block.target;
    } else if (block.leave == Leave::branch) {
      const Node* test = simulator.take_entry().node;
      const bool known = test->type == Type::Compare && test->items.size == 1 && test->items[0]->op == Operator::In &&
                         test->first->type == Type::Constant && test->first->value.is(Kind::integer);
      if (!known) return nullptr;
      number = static_cast<int32_t>(test->first->value.as_integer()) + 1;
      at = block.target;
    } else {
      return nullptr;
    }
  }
  return nullptr;
}

// The function of a type variable's bound or an alias' value; 3.14's asks for the format first.
Node* Builder::lazy_value(const CodeObject& code) {
  if (version_ < PythonVersion{3, 14}) return evaluated(code, false);
  const auto found = evaluated_.find(&code);
  if (found != evaluated_.end()) return found->second;
  evaluated_[&code] = nullptr;
  if (context_.depth > 40 || !context_.lift) return nullptr;
  const std::shared_ptr<const ir::Body> body = context_.lift(code);
  if (body == nullptr || body->blocks.empty()) return nullptr;
  kept_.push_back(body);
  const Context inside{tree_, context_.lift, context_.nested, context_.class_name, &context_, &code, context_.depth + 1, context_.steps};
  Builder builder(code, *body, inside);
  builder.reduce();
  if (builder.blocks_[0].leave != Leave::branch) return nullptr;
  const Work& value = builder.blocks_[builder.blocks_[0].otherwise];
  Node* result = nullptr;
  if (value.leave != Leave::return_value || !builder.isolate(value.steps, result)) return nullptr;
  return evaluated_[&code] = result;
}

void Builder::fill(Node* definition) {
  if (!definition->value.is(Kind::code) || definition->body.size != 0) return;
  const CodeObject& code = heap().code(definition->value);
  const std::string_view cls = definition->type == Type::ClassDef ? definition->name : context_.class_name;
  const Context inside{tree_, context_.lift, context_.nested, cls, &context_, &code, context_.depth + 1, context_.steps};
  if (context_.nested != nullptr) context_.nested->fill(code, *definition, inside);
}

void Builder::fill_definitions() {
  for (FlowBlock& block : flow_.blocks) {
    for (const FlowStatement& statement : block.statements) {
      Node* node = statement.node;
      if (node == nullptr || statement.kind != FlowStatement::Kind::plain) continue;
      switch (node->type) {
        case Type::FunctionDef:
        case Type::AsyncFunctionDef:
        case Type::ClassDef: fill(node); break;
        default: break;
      }
    }
  }
}

// ---- generic definitions (3.12) ----

// The function of `def f[T](x: T)`: makes the type variables, then the function or class itself.
Node* Builder::make_generic(Node* marker, const std::vector<Node*>& arguments) {
  Node* definition = evaluated(heap().code(marker->value), true);
  if (definition == nullptr || arguments.size() > 2) return nullptr;
  if (definition->type != Type::FunctionDef && definition->type != Type::AsyncFunctionDef && definition->type != Type::ClassDef &&
      definition->type != Type::TypeAlias) {
    return nullptr;
  }
  if (definition->type != Type::FunctionDef && definition->type != Type::AsyncFunctionDef) return definition;
  // Defaults are evaluated outside and given as arguments.
  Node* parameters = definition->first;
  const auto is_outer = [](const Node* node, std::string_view name) { return node->type == Type::Name && node->name == name; };
  size_t next = 0;
  if (parameters->handlers.size == 1 && is_outer(parameters->handlers[0], ".defaults") && next < arguments.size()) {
    const Node* defaults = arguments[next++];
    parameters->handlers = {};
    if (defaults->type == Type::Tuple) parameters->handlers = defaults->items;
    if (defaults->type == Type::Constant && defaults->value.is(Kind::tuple)) {
      for (const Value& item : heap().items(defaults->value)) {
        Node* value = tree_.make(Type::Constant);
        value->value = item;
        tree_.append(parameters->handlers, value);
      }
    }
  }
  if (next < arguments.size() && arguments[next]->type == Type::Dict) {
    const Node* dict = arguments[next];
    for (uint32_t i = 0; i < dict->items.size; ++i) {
      for (uint32_t k = 0; is_text(dict->items[i]) && k < parameters->others.size; ++k) {
        if (parameters->others[k]->name == plain_name(dict->items[i]->value.text())) parameters->orelse[k] = dict->others[i];
      }
    }
  }
  return definition;
}

void Simulator::intrinsic(const ir::Instruction& in) {
  const bool permuted = permuted_;
  if (in.name == "set_function_type_params") permuted_ = false;  // the variables were made before the function
  const std::vector<Entry> parts = take_many(in.a > 8 ? 8 : in.a);
  permuted_ = permuted;
  if (parts.size() < in.a || parts.empty()) return fail();
  const auto lazily = [&](Node* node) -> Node* {  // the function that computes a bound or value
    if (Builder::is_definition(node)) return builder_.lazy_value(builder_.heap().code(node->value));
    return as_expression(node);
  };
  if (in.name.starts_with("typevar") || in.name == "paramspec") {
    const Type type = in.name == "paramspec" ? Type::ParamSpec : in.name == "typevartuple" ? Type::TypeVarTuple : Type::TypeVar;
    Node* variable = make(type);
    if (is_text(parts[0].node)) variable->name = builder_.plain_name(parts[0].node->value.text());
    if (parts.size() == 2) variable->first = lazily(parts[1].node);
    return push(marker(kTypeVariable, variable));
  }
  if (in.name == "set_typeparam_default" && parts.size() == 2 && is_marker(parts[0].node, kTypeVariable)) {
    parts[0].node->first->second = lazily(parts[1].node);
    return push(parts[0].node);
  }
  const auto add_parameters = [&](python::List& to, const Node* tuple) {
    for (Node* item : tuple->items) {
      if (is_marker(item, kTypeVariable)) tree_.append(to, item->first);
    }
  };
  if (in.name == "set_function_type_params" && parts.size() == 2 && Builder::is_definition(parts[0].node)) {
    add_parameters(parts[0].node->others, parts[1].node);
    return push(parts[0].node);
  }
  if (in.name == "subscript_generic") {
    Node* base = make(Type::Name);
    base->name = ".generic_base";
    return push(base);
  }
  if (in.name == "typealias") {  // of (name, type parameters, function that computes the value)
    const Node* tuple = parts[0].node;
    if (tuple->type == Type::Tuple && tuple->items.size == 3) {
      Node* alias = make(Type::TypeAlias);
      alias->first = make(Type::Name);
      if (is_text(tuple->items[0])) alias->first->name = tuple->items[0]->value.text();
      if (tuple->items[1]->type == Type::Tuple) add_parameters(alias->others, tuple->items[1]);
      alias->second = lazily(tuple->items[2]);
      return push(alias);
    }
  }
  if (in.name == "print") {  // of the interactive interpreter: the value's text
    return push(parts[0].node);
  }
  Node* call = make(Type::Call);
  call->first = make(Type::Name);
  call->first->name = in.name;
  for (const Entry& part : parts) tree_.append(call->items, as_expression(part.node));
  builder_.inexact();
  push(call);
}

}  // namespace winnow::bytecode
