// First pass: which names each scope uses and how. Second pass (resolve.cpp): who owns them.
#include "code/python/scopes.h"

#include "code/python/scopes_parts.h"

namespace winnow::python {

Scope* Scopes::make(const Node* node, ScopeRole role, ScopeKind kind, Scope* parent) {
  all_.emplace_back();
  Scope* scope = &all_.back();
  scope->kind = kind;
  scope->node = node;
  scope->parent = parent;
  if (parent != nullptr) {
    parent->children.push_back(scope);
    scope->nested = parent->nested || parent->is_function_like();
  } else {
    module_ = scope;
  }
  scopes_[key(node, role)] = scope;
  return scope;
}

std::string_view mangled(Arena& arena, std::string_view private_name, std::string_view name) {
  if (private_name.empty() || !name.starts_with("__") || name.ends_with("__")) return name;
  if (name.find('.') != std::string_view::npos) return name;
  const size_t first = private_name.find_first_not_of('_');
  if (first == std::string_view::npos) return name;
  private_name.remove_prefix(first);
  const size_t size = 1 + private_name.size() + name.size();
  char* to = arena.allocate<char>(size);
  to[0] = '_';
  std::memcpy(to + 1, private_name.data(), private_name.size());
  std::memcpy(to + 1 + private_name.size(), name.data(), name.size());
  return {to, size};
}

namespace {

// Walks the tree and enters what it finds in the scopes' symbols.
class Collector {
 public:
  Collector(const ScopeOptions& options, Scopes& scopes) : options_(options), scopes_(scopes) {}

  void run(const Node& root) {
    current_ = scopes_.make(&root, ScopeRole::own, ScopeKind::module, nullptr);
    if (root.type == Type::Module) {
      all(root.body);
    } else {
      visit(&root);
    }
  }

 private:
  struct Deeper {
    explicit Deeper(Collector& c) : collector(c) { ++collector.depth_; }
    ~Deeper() { --collector.depth_; }
    Collector& collector;
  };

  bool later(uint8_t minor) const { return options_.version >= PythonVersion{3, minor}; }

  std::string_view mangle(std::string_view name) {
    return mangled(*options_.arena, current_->private_name, name);
  }

  void add_to(Scope* scope, std::string_view name, uint16_t flags) {
    const auto [at, fresh] = scope->index.emplace(name, static_cast<uint32_t>(scope->symbols.size()));
    if (fresh) scope->symbols.push_back({name, 0, Binding::global_implicit});
    scope->symbols[at->second].flags |= flags;
  }
  void add(std::string_view name, uint16_t flags) { add_to(current_, mangle(name), flags); }

  Scope* enter(const Node* node, ScopeRole role, ScopeKind kind) {
    Scope* scope = scopes_.make(node, role, kind, current_);
    scope->private_name = current_->private_name;
    if (kind == ScopeKind::type_parameters || kind == ScopeKind::type_value || kind == ScopeKind::annotations) {
      scope->sees_class = (current_->kind == ScopeKind::class_body || current_->sees_class) &&
                          !(kind == ScopeKind::annotations && options_.future_annotations);
    }
    current_ = scope;
    if (scope->sees_class) add("__classdict__", Symbol::kUsed);
    return scope;
  }
  void leave() { current_ = current_->parent; }

  void all(const List& list) {
    for (const Node* node : list) visit(node);
  }
  bool too_deep() {
    if (depth_ > kDeepest) scopes_.too_deep = true;
    return depth_ > kDeepest;
  }

  void all_targets(const List& list) {
    for (const Node* node : list) target(node);
  }

  // What is assigned or deleted.
  void target(const Node* node) {
    if (node == nullptr) return;
    const Deeper deeper(*this);
    if (too_deep()) return;
    switch (node->type) {
      case Type::Name: return add(node->name, Symbol::kLocal | (iterated_ ? Symbol::kIterated : 0));
      case Type::Tuple:
      case Type::List: return all_targets(node->items);
      case Type::Starred: return target(node->first);
      default: return visit(node);
    }
  }

  void visit(const Node* node);
  void statement(const Node* node);
  void conditional(const List& list) {
    ++conditional_;
    all(list);
    --conditional_;
  }
  void annotated_assignment(const Node* node);
  void lazy_annotation(const Node* annotation);
  void function(const Node* node);
  void arguments_outside(const Node* arguments);
  void annotations_of(const Node* function);
  void parameters(const Node* arguments);
  void class_definition(const Node* node);
  void type_parameters(const List& list);
  void lazy_value(const Node* node, const Node* value, ScopeRole role);
  void comprehension(const Node* node);
  void named_expression(const Node* node);
  void import(const Node* node);
  void name_loaded(const Node* node);
  void pattern(const Node* node);
  void python2_exec(const Node* node);

  const ScopeOptions& options_;
  Scopes& scopes_;
  Scope* current_ = nullptr;
  uint32_t depth_ = 0, conditional_ = 0;
  bool iterated_ = false;  // the targets of a comprehension are being visited
};

void Collector::visit(const Node* node) {
  if (node == nullptr) return;
  const Deeper deeper(*this);
  if (too_deep()) return;
  // Long sums and chains of attributes lean to the left: they are walked without recursion.
  while (node->type == Type::BinOp || node->type == Type::Attribute) {
    if (node->type == Type::BinOp) visit(node->second);
    node = node->first;
    if (node == nullptr) return;
  }
  switch (node->type) {
    case Type::Name: return name_loaded(node);
    case Type::Constant: return;
    case Type::NamedExpr: return named_expression(node);
    case Type::Lambda: return function(node);
    case Type::ListComp:
    case Type::SetComp:
    case Type::DictComp:
    case Type::GeneratorExp: return comprehension(node);
    case Type::Yield:
    case Type::YieldFrom:
      visit(node->first);
      current_->generator = true;
      return;
    case Type::Await:
      visit(node->first);
      current_->coroutine = true;
      return;
    case Type::Dict:
      all(node->items);
      return all(node->others);
    case Type::Call:
      visit(node->first);
      all(node->items);
      for (const Node* keyword : node->others) visit(keyword->first);
      return;
    case Type::BoolOp:
    case Type::UnaryOp:
    case Type::IfExp:
    case Type::Set:
    case Type::List:
    case Type::Tuple:
    case Type::Compare:
    case Type::CompareOp:
    case Type::FormattedValue:
    case Type::Interpolation:
    case Type::JoinedStr:
    case Type::TemplateStr:
    case Type::Subscript:
    case Type::Starred:
    case Type::Slice:
    case Type::Repr:
      visit(node->first);
      visit(node->second);
      visit(node->third);
      return all(node->items);
    default: return statement(node);
  }
}

void Collector::statement(const Node* node) {
  switch (node->type) {
    case Type::FunctionDef:
    case Type::AsyncFunctionDef: return function(node);
    case Type::ClassDef: return class_definition(node);
    case Type::Return:
    case Type::Expr: return visit(node->first);
    case Type::Delete: return all_targets(node->items);
    case Type::Assign:
      visit(node->first);
      return all_targets(node->items);
    case Type::TypeAlias:
      target(node->first);
      if (!node->others.empty()) {
        enter(node, ScopeRole::type_parameters, ScopeKind::type_parameters);
        type_parameters(node->others);
      }
      lazy_value(node, node->second, ScopeRole::own);
      if (!node->others.empty()) leave();
      return;
    case Type::AugAssign:
      target(node->first);
      if (node->first != nullptr && node->first->type == Type::Name) add(node->first->name, Symbol::kUsed);
      return visit(node->second);
    case Type::AnnAssign: return annotated_assignment(node);
    case Type::For:
    case Type::AsyncFor:
      target(node->first);
      visit(node->second);
      conditional(node->body);
      return conditional(node->orelse);
    case Type::While:
    case Type::If:
      visit(node->first);
      conditional(node->body);
      return conditional(node->orelse);
    case Type::With:
    case Type::AsyncWith:
      for (const Node* item : node->items) {
        visit(item->first);
        target(item->second);
      }
      return conditional(node->body);
    case Type::Match:
      visit(node->first);
      for (const Node* one : node->items) {
        pattern(one->first);
        visit(one->second);
        conditional(one->body);
      }
      return;
    case Type::Raise:
    case Type::Assert:
      visit(node->first);
      visit(node->second);
      return visit(node->third);
    case Type::Try:
    case Type::TryStar:
      conditional(node->body);
      for (const Node* handler : node->handlers) {
        visit(handler->first);
        if (!handler->name.empty()) add(handler->name, Symbol::kLocal);
        target(handler->second);
        conditional(handler->body);
      }
      conditional(node->orelse);
      return conditional(node->others);
    case Type::Import:
    case Type::ImportFrom: return import(node);
    case Type::Global:
      // A name that any function declares global is stored as such by the module, too.
      for (const Node* name : node->items) {
        add(name->name, Symbol::kGlobal);
        if (current_ != scopes_.module()) add_to(scopes_.module(), mangle(name->name), Symbol::kGlobal);
      }
      return;
    case Type::Nonlocal:
      for (const Node* name : node->items) add(name->name, Symbol::kNonlocal);
      return;
    case Type::Print:
      visit(node->first);
      return all(node->items);
    case Type::Exec: return python2_exec(node);
    default: return;  // Pass, Break, Continue, Comment, Bad, and parts that their owners visit
  }
}

void Collector::python2_exec(const Node* node) {
  visit(node->first);
  visit(node->second);
  visit(node->third);
  // exec(code, globals[, locals]) is the statement with its operands.
  const bool tuple = node->second == nullptr && node->first != nullptr && node->first->type == Type::Tuple &&
                     (node->first->items.size == 2 || node->first->items.size == 3);
  static_cast<void>(tuple);
  if (current_->kind == ScopeKind::function) current_->unoptimized = true;
}

void Collector::import(const Node* node) {
  for (const Node* alias : node->items) {
    if (alias->name == "*") {
      if (current_->kind == ScopeKind::function) current_->unoptimized = true;
      continue;
    }
    std::string_view name = alias->other.empty() ? alias->name : alias->other;
    if (alias->other.empty() && node->type == Type::Import) name = name.substr(0, name.find('.'));
    add(name, Symbol::kLocal | Symbol::kImported);
  }
}

void Collector::name_loaded(const Node* node) {
  add(node->name, Symbol::kUsed);
  if (node->name == "super" && options_.version.major >= 3 &&
      (later(12) ? current_->is_function_like() : current_->kind == ScopeKind::function)) {
    add("__class__", Symbol::kUsed);
  }
}

void Collector::annotated_assignment(const Node* node) {
  if (node->first != nullptr && node->first->type == Type::Name) {
    if (node->number != 0) {
      add(node->first->name, Symbol::kAnnotated | Symbol::kLocal);
    } else if (node->third != nullptr) {
      add(node->first->name, Symbol::kLocal);
    }
  } else {
    visit(node->first);
  }
  current_->has_annotations = true;
  const bool in_function = current_->kind == ScopeKind::function;
  if (later(14)) {
    if (!in_function) {
      if (current_->kind == ScopeKind::module || conditional_ > 0) {
        if (!current_->conditional_annotations) add("__conditional_annotations__", Symbol::kUsed);
        current_->conditional_annotations = true;
      }
      if (!options_.future_annotations) lazy_annotation(node->second);
    }
  } else if (!options_.future_annotations) {
    visit(node->second);
  }
  visit(node->third);
}

// 3.14: the annotations of a class or module share one scope.
void Collector::lazy_annotation(const Node* annotation) {
  Scope* scope = scopes_.find(current_->node, ScopeRole::annotations);
  if (scope == nullptr) {
    enter(current_->node, ScopeRole::annotations, ScopeKind::annotations);
    add("format", Symbol::kParameter);
  } else {
    current_ = scope;
  }
  // Whether it was reached is asked of a set that the class lends.
  if (conditional_ > 0 || current_->parent->kind == ScopeKind::module) add("__conditional_annotations__", Symbol::kUsed);
  visit(annotation);
  leave();
}

void Collector::arguments_outside(const Node* arguments) {
  if (arguments == nullptr) return;
  all(arguments->handlers);
  all(arguments->orelse);
}

// The annotations of a function, in the scope around it or (3.14) in their own.
void Collector::annotations_of(const Node* function) {
  const Node* arguments = function->first;
  if (options_.future_annotations && !later(14)) return;
  const auto one = [&](const Node* arg) {
    if (arg != nullptr) visit(arg->first);
  };
  if (later(14)) {
    enter(function, ScopeRole::annotations, ScopeKind::annotations);
    add("format", Symbol::kParameter);
  }
  if (arguments != nullptr && !options_.future_annotations) {
    for (const Node* arg : arguments->items) one(arg);
    one(arguments->first);
    for (const Node* arg : arguments->others) one(arg);
    one(arguments->second);
  }
  if (!options_.future_annotations) visit(function->second);
  if (later(14)) leave();
}

void Collector::parameters(const Node* arguments) {
  if (arguments == nullptr) return;
  uint32_t position = 0;
  for (const Node* arg : arguments->items) {
    if (arg->second != nullptr) {  // Python 2: (a, b)
      const std::string name = "." + std::to_string(position);
      add(options_.arena->copy(name), Symbol::kParameter);
    } else {
      add(arg->name, Symbol::kParameter);
    }
    ++position;
  }
  for (const Node* arg : arguments->others) add(arg->name, Symbol::kParameter);
  if (arguments->first != nullptr) add(arguments->first->name, Symbol::kParameter);
  if (arguments->second != nullptr) add(arguments->second->name, Symbol::kParameter);
  for (const Node* arg : arguments->items) {
    if (arg->second != nullptr) target(arg->second);
  }
}

void Collector::function(const Node* node) {
  const bool lambda = node->type == Type::Lambda;
  const bool outer_iterated = iterated_;
  const uint32_t outer_conditional = conditional_;
  if (!lambda) add(node->name, Symbol::kLocal);
  all(node->items);
  arguments_outside(node->first);
  const bool generic = !lambda && !node->others.empty();
  if (generic) {
    enter(node, ScopeRole::type_parameters, ScopeKind::type_parameters);
    if (node->first != nullptr && !node->first->handlers.empty()) add(".defaults", Symbol::kParameter);
    bool keyword_defaults = false;
    for (const Node* value : node->first != nullptr ? node->first->orelse : List{}) keyword_defaults |= value != nullptr;
    if (keyword_defaults) add(".kwdefaults", Symbol::kParameter);
    type_parameters(node->others);
  }
  if (!lambda) annotations_of(node);
  iterated_ = false;
  conditional_ = 0;
  enter(node, ScopeRole::own, ScopeKind::function);
  if (node->type == Type::AsyncFunctionDef) current_->coroutine = true;
  parameters(node->first);
  if (lambda) {
    visit(node->second);
  } else {
    all(node->body);
  }
  leave();
  if (generic) leave();
  iterated_ = outer_iterated;
  conditional_ = outer_conditional;
}

void Collector::class_definition(const Node* node) {
  add(node->name, Symbol::kLocal);
  all(node->orelse);
  const uint32_t outer_conditional = conditional_;
  const bool generic = !node->handlers.empty();
  if (generic) {
    enter(node, ScopeRole::type_parameters, ScopeKind::type_parameters);
    current_->private_name = node->name;
    add(".type_params", Symbol::kLocal | Symbol::kUsed);
    add(".generic_base", Symbol::kLocal | Symbol::kUsed);
    type_parameters(node->handlers);
  }
  all(node->items);
  for (const Node* keyword : node->others) visit(keyword->first);
  conditional_ = 0;
  enter(node, ScopeRole::own, ScopeKind::class_body);
  current_->private_name = node->name;
  if (generic) {
    add("__type_params__", Symbol::kLocal);
    add(".type_params", Symbol::kUsed);
  }
  all(node->body);
  leave();
  if (generic) leave();
  conditional_ = outer_conditional;
}

void Collector::lazy_value(const Node* node, const Node* value, ScopeRole role) {
  if (value == nullptr) return;
  enter(node, role, ScopeKind::type_value);
  if (later(14)) add(".format", Symbol::kParameter);
  visit(value);
  leave();
}

void Collector::type_parameters(const List& list) {
  for (const Node* parameter : list) {
    add(parameter->name, Symbol::kTypeParameter | Symbol::kLocal);
    if (parameter->type == Type::TypeVar) lazy_value(parameter, parameter->first, ScopeRole::bound);
    lazy_value(parameter, parameter->second, ScopeRole::default_value);
  }
}

void Collector::comprehension(const Node* node) {
  if (node->items.empty()) return;
  const Node* outermost = node->items[0];
  // Python 2's list comprehensions have no scope of their own.
  if (options_.version.major < 3 && node->type == Type::ListComp) {
    for (const Node* generator : node->items) {
      visit(generator->second);
      target(generator->first);
      all(generator->items);
    }
    return visit(node->first);
  }
  visit(outermost->second);
  const bool outer_iterated = iterated_;
  enter(node, ScopeRole::own, ScopeKind::function);
  current_->comprehension = node->type;
  bool asynchronous = false;
  if (node->type == Type::GeneratorExp) current_->generator = true;
  add(".0", Symbol::kParameter);
  bool first = true;
  for (const Node* generator : node->items) {
    iterated_ = true;
    target(generator->first);
    iterated_ = outer_iterated && false;
    if (!first) visit(generator->second);
    all(generator->items);
    asynchronous |= generator->number != 0;
    first = false;
  }
  if (node->type == Type::DictComp) visit(node->second);
  visit(node->first);
  if (asynchronous) current_->coroutine = true;
  const bool spreads = current_->coroutine && node->type != Type::GeneratorExp;
  leave();
  iterated_ = outer_iterated;
  if (spreads) current_->coroutine = true;
}

void Collector::named_expression(const Node* node) {
  if (current_->comprehension != Type::Bad && node->first != nullptr && node->first->type == Type::Name) {
    // The name belongs to the function or module around all comprehensions.
    Scope* owner = current_;
    while (owner->comprehension != Type::Bad && owner->parent != nullptr) owner = owner->parent;
    const std::string_view name = mangle(node->first->name);
    if (owner->is_function_like()) {
      const Symbol* symbol = owner->find(name);
      add_to(current_, name, symbol != nullptr && (symbol->flags & Symbol::kGlobal) != 0 ? Symbol::kGlobal : Symbol::kNonlocal);
      add_to(owner, name, Symbol::kLocal);
    } else {
      add_to(current_, name, Symbol::kGlobal);
      add_to(owner, name, Symbol::kGlobal);
    }
  }
  visit(node->second);
  target(node->first);
}

void Collector::pattern(const Node* node) {
  if (node == nullptr) return;
  const Deeper deeper(*this);
  if (too_deep()) return;
  switch (node->type) {
    case Type::MatchValue: return visit(node->first);
    case Type::MatchSequence:
    case Type::MatchOr:
      for (const Node* item : node->items) pattern(item);
      return;
    case Type::MatchMapping:
      all(node->items);
      for (const Node* item : node->others) pattern(item);
      if (!node->name.empty()) add(node->name, Symbol::kLocal);
      return;
    case Type::MatchClass:
      visit(node->first);
      for (const Node* item : node->items) pattern(item);
      for (const Node* item : node->orelse) pattern(item);
      return;
    case Type::MatchStar:
      if (!node->name.empty()) add(node->name, Symbol::kLocal);
      return;
    case Type::MatchAs:
      pattern(node->first);
      if (!node->name.empty()) add(node->name, Symbol::kLocal);
      return;
    default: return;
  }
}

}  // namespace

void find_scopes(const Node& root, const ScopeOptions& options, Scopes& scopes) {
  Collector(options, scopes).run(root);
  resolve_names(options, scopes);
}

}  // namespace winnow::python
