// Definitions: functions, lambdas, comprehensions and classes are made by code that loads a constant code object,
// what its parameters default to, and calls. The statements inside are filled in by the driver (Nested), in
// a context that knows the class around.
#include <algorithm>

#include "code/bytecode/folding.h"
#include "code/python/parse.h"

namespace winnow::bytecode {

namespace {

constexpr uint32_t kAsync = CodeObject::kCoroutine | CodeObject::kAsyncGenerator;

bool is_marker(const Node* node, int32_t which) {
  return node != nullptr && node->type == Type::Bad && node->number == which;
}

bool is_comprehension_name(std::string_view name) {
  return name == "<listcomp>" || name == "<setcomp>" || name == "<dictcomp>" || name == "<genexpr>";
}

}  // namespace

std::string_view Builder::plain_name(std::string_view name) {
  std::string_view prefix = context_.class_name;
  if (prefix.empty() || name.size() < 4 || name[0] != '_' || name.ends_with("__")) return name;
  while (!prefix.empty() && prefix[0] == '_') prefix.remove_prefix(1);
  if (prefix.empty() || !name.substr(1).starts_with(prefix)) return name;
  const std::string_view rest = name.substr(1 + prefix.size());
  return rest.size() > 2 && rest.starts_with("__") ? rest : name;
}

bool Builder::future_annotations() const {
  if (version_ < PythonVersion{3, 7}) return false;
  return (code_.flags & (version_ < PythonVersion{3, 9} ? 0x100000u : 0x1000000u)) != 0;
}

// With `from __future__ import annotations` only their text is kept.
Node* Builder::annotation(Node* value) {
  if (!future_annotations() || value->type != Type::Constant || !value->value.is(Kind::string)) return value;
  const std::string_view text = value->value.text();
  const bool plain = !text.empty() && text.size() < 10000 && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '#' || c == ';' || c == '\\' || c == '=';
  });
  if (!plain) return value;
  return written_expression(tree_, text, value);
}

// The code's value as one expression, once for each code object.
Node* Builder::evaluated(const CodeObject& code, bool raw) {
  const auto found = evaluated_.find(&code);
  if (found != evaluated_.end()) return found->second;
  Node*& result = evaluated_[&code];
  if (context_.depth > 40 || !context_.lift || !spend(code.code.size() + 1)) return result = nullptr;
  const std::shared_ptr<const ir::Body> body = context_.lift(code);
  if (body == nullptr) return result = nullptr;
  const Context inside{tree_, context_.lift, context_.nested, context_.class_name, &context_, &code, context_.depth + 1, context_.steps};
  Node* value = nullptr;
  {
    Builder builder(code, *body, inside);
    value = builder.lambda(raw);
    // Whatever it looks at later (names, constants) belongs to the code object, not to the body.
    kept_.push_back(body);
  }
  evaluated_[&code] = value;
  return value;
}

Node* written_expression(Tree& tree, std::string_view text, Node* otherwise) {
  python::ParseOptions options;
  options.mode = python::ParseMode::expression;
  options.version = {3, 14};
  options.max_nodes = 10000;
  const python::Parsed parsed = python::parse(tree, text, options);
  return parsed.ok() && parsed.root != nullptr ? parsed.root : otherwise;
}

// ---- functions ----

Node* Builder::make_function(const CodeObject& code, Value value, const Parts& parts, int32_t line) {
  const auto make = [&](Type type) {
    Node* node = tree_.make(type);
    node->line = line;
    return node;
  };
  if (code.name == "<lambda>") {
    if (Node* body = evaluated(code, false)) {
      Node* lambda = make(Type::Lambda);
      lambda->first = parameters(code, parts);
      lambda->second = body;
      return lambda;
    }
  }
  if (is_comprehension_name(code.name)) {
    Node* body = evaluated(code, false);
    const bool fits = body != nullptr && (body->type == Type::ListComp || body->type == Type::SetComp || body->type == Type::DictComp || body->type == Type::GeneratorExp);
    if (fits) {
      Node* marker = make(Type::Bad);
      marker->number = kComprehension;
      marker->first = body;
      marker->value = value;
      return marker;
    }
  }
  if (code.name.starts_with("<generic parameters of ")) {
    Node* marker = make(Type::Bad);
    marker->number = kGeneric;
    marker->value = value;
    return marker;
  }
  Node* definition = make((code.flags & kAsync) != 0 ? Type::AsyncFunctionDef : Type::FunctionDef);
  definition->name = code.name;
  if (definition->name.starts_with("<")) {  // an expression's function that is none
    std::string name = "_";
    for (const char c : code.name) {
      if (c != '<' && c != '>') name += c == ' ' ? '_' : c;
    }
    definition->name = tree_.text(name);
    inexact();
  }
  definition->value = value;
  definition->first = parameters(code, parts);
  if (definition->line == 0) definition->line = code.firstlineno;
  const auto returns = returns_.find(definition->first);
  if (returns != returns_.end()) definition->second = returns->second;
  return definition;
}

Node* parameters_of(const CodeObject& code, const Context& context) {
  static const ir::Body kNothing;
  Builder builder(code, kNothing, context);
  return builder.plain_parameters(code);
}

Node* Builder::plain_parameters(const CodeObject& code) { return parameters(code, {}); }

Node* Builder::parameters(const CodeObject& code, const Parts& parts) {
  Node* arguments = tree_.make(Type::Arguments);
  const std::vector<std::string_view>& names = code.varnames;
  const auto name_at = [&](size_t i) { return i < names.size() ? names[i] : std::string_view("_"); };
  const auto make = [&](size_t i) {
    Node* arg = tree_.make(Type::Arg);
    arg->name = plain_name(name_at(i));
    return arg;
  };
  constexpr size_t kMost = 1u << 12;
  const size_t positional = std::min<size_t>(code.argcount, kMost), keyword = std::min<size_t>(code.kwonlyargcount, kMost);
  size_t next = 0;
  for (; next < positional; ++next) tree_.append(arguments->items, make(next));
  for (; next < positional + keyword; ++next) tree_.append(arguments->others, make(next));
  arguments->number = static_cast<int32_t>(std::min<size_t>(code.posonlyargcount, positional));
  if ((code.flags & CodeObject::kVarArgs) != 0) arguments->first = make(next++);
  if ((code.flags & CodeObject::kVarKeywords) != 0) arguments->second = make(next++);
  if (version_.major == 2) tuple_parameters(code, arguments);

  if (parts.defaults != nullptr) {
    if (parts.defaults->type == Type::Tuple) {
      arguments->handlers = parts.defaults->items;
    } else if (parts.defaults->type == Type::Constant && parts.defaults->value.is(Kind::tuple)) {
      for (const Value& item : heap().items(parts.defaults->value)) {
        Node* value = tree_.make(Type::Constant);
        value->value = item;
        tree_.append(arguments->handlers, value);
      }
    } else {
      tree_.append(arguments->handlers, parts.defaults);
      inexact();
    }
  }
  for (uint32_t i = 0; i < arguments->others.size; ++i) tree_.append(arguments->orelse, nullptr);
  if (parts.keyword_defaults != nullptr && parts.keyword_defaults->type == Type::Dict) {
    const Node* dict = parts.keyword_defaults;
    for (uint32_t i = 0; i < dict->items.size; ++i) {
      const Node* key = dict->items[i];
      bool placed = false;
      for (uint32_t k = 0; key != nullptr && key->type == Type::Constant && key->value.is_text() && k < arguments->others.size; ++k) {
        if (arguments->others[k]->name != plain_name(key->value.text())) continue;
        arguments->orelse[k] = dict->others[i];
        placed = true;
      }
      if (!placed) inexact();
    }
  }
  const auto annotate = [&](const Node* key, Node* value) {
    if (key == nullptr || key->type != Type::Constant || !key->value.is_text()) return inexact();
    const std::string_view name = plain_name(key->value.text());
    value = annotation(value);
    const auto offer = [&](Node* arg) {
      if (arg == nullptr || arg->name != name) return false;
      arg->first = value;
      return true;
    };
    for (Node* arg : arguments->items) {
      if (offer(arg)) return;
    }
    for (Node* arg : arguments->others) {
      if (offer(arg)) return;
    }
    if (offer(arguments->first) || offer(arguments->second)) return;
    if (name == "return") returns_[arguments] = value;
    else inexact();
  };
  Node* annotations = parts.annotations;
  if (is_definition(parts.annotate)) annotations = annotations_of(heap().code(parts.annotate->value));
  if (annotations == nullptr) return arguments;
  if (annotations->type == Type::Dict) {
    for (uint32_t i = 0; i < annotations->items.size; ++i) annotate(annotations->items[i], annotations->others[i]);
  } else if (annotations->type == Type::Tuple) {
    for (uint32_t i = 0; i + 1 < annotations->items.size; i += 2) annotate(annotations->items[i], annotations->items[i + 1]);
  } else if (annotations->type == Type::Constant && annotations->value.is(Kind::tuple)) {
    const Items& items = heap().items(annotations->value);
    for (uint32_t i = 0; i + 1 < items.size; i += 2) {
      Node *key = tree_.make(Type::Constant), *value = tree_.make(Type::Constant);
      key->value = items[i];
      value->value = items[i + 1];
      annotate(key, value);
    }
  } else {
    inexact();
  }
  return arguments;
}

bool Builder::is_definition(const Node* node) {
  return node != nullptr && (node->type == Type::FunctionDef || node->type == Type::AsyncFunctionDef) && node->value.is(Kind::code);
}

// Python 2: def f(a, (b, c)) has a parameter `.1` which is unpacked first of all.
void Builder::tuple_parameters(const CodeObject& code, Node* arguments) {
  const bool any = std::any_of(arguments->items.begin(), arguments->items.end(), [](const Node* a) { return a->name.starts_with("."); });
  if (!any || !context_.lift) return;
  const std::shared_ptr<const ir::Body> body = context_.lift(code);
  if (body == nullptr || body->blocks.empty()) return;
  const std::vector<ir::Instruction>& in = body->blocks[0].instructions;
  size_t at = 0;
  for (Node* arg : arguments->items) {
    if (!arg->name.starts_with(".")) continue;
    if (at + 1 >= in.size() || in[at].op != ir::Op::load_fast || in[at].name != arg->name) return;
    ++at;
    // Targets in order; what is open waits on a list.
    std::vector<std::pair<Node*, uint32_t>> open;
    Node* top = nullptr;
    do {
      if (at >= in.size()) return;
      const ir::Instruction& i = in[at++];
      Node* target = nullptr;
      if (i.op == ir::Op::unpack_sequence && i.a > 0 && i.a < 256 && open.size() < 64) {
        target = tree_.make(Type::Tuple);
      } else if (i.op == ir::Op::store_fast || i.op == ir::Op::store_deref) {
        target = tree_.make(Type::Name);
        target->name = plain_name(i.name);
      } else {
        return;
      }
      if (top == nullptr) top = target;
      if (!open.empty()) {
        tree_.append(open.back().first->items, target);
        --open.back().second;
      }
      if (target->type == Type::Tuple) open.emplace_back(target, i.a);
      while (!open.empty() && open.back().second == 0) open.pop_back();
    } while (!open.empty());
    arg->second = top;
  }
}

// ---- comprehensions ----

Node* Simulator::finish_comprehension(Node* marker, Node* iterable) {
  const Node* from = marker->first;
  Node* node = make(from->type);
  node->first = from->first;
  node->second = from->second;
  for (uint32_t i = 0; i < from->items.size; ++i) {
    if (i > 0) {
      tree_.append(node->items, from->items[i]);
      continue;
    }
    Node* generator = make(Type::Comprehension);
    *generator = *from->items[0];
    const int32_t wanted = generator->number == 1 ? kAsyncIterator : kIterator;
    generator->second = is_marker(iterable, wanted) ? iterable->first : as_expression(iterable);
    tree_.append(node->items, generator);
  }
  const uint32_t flags = builder_.heap().code(marker->value).flags;
  if (node->type != Type::GeneratorExp && (flags & CodeObject::kCoroutine) != 0) node->number = 1;  // awaited at once
  return node;
}

// A comprehension's function that is not called at once.
Node* Simulator::hoist_comprehension(Node* marker) {
  builder_.inexact();
  Node *lambda = make(Type::Lambda), *arguments = make(Type::Arguments), *arg = make(Type::Arg), *read = make(Type::Name);
  arg->name = read->name = "_iterable";
  tree_.append(arguments->items, arg);
  lambda->first = arguments;
  lambda->second = finish_comprehension(marker, read);
  lambda->second->number = 0;
  return lambda;
}

// ---- classes ----

Node* Builder::make_class(Node* call) {
  if (call->items.size < 2 || !is_definition(call->items[0])) return nullptr;
  const Node* name = call->items[1];
  if (name->type != Type::Constant || !name->value.is(Kind::string)) return nullptr;
  Node* definition = tree_.make(Type::ClassDef);
  definition->name = name->value.text();
  definition->value = call->items[0]->value;
  definition->line = call->line;
  for (uint32_t i = 2; i < call->items.size; ++i) {
    Node* base = call->items[i];
    if (base->type == Type::Name && base->name == ".generic_base") continue;
    tree_.append(definition->items, base);
  }
  definition->others = call->others;
  if (type_parameters_ != nullptr) {
    for (Node* item : type_parameters_->items) {
      if (is_marker(item, kTypeVariable)) tree_.append(definition->handlers, item->first);
    }
  }
  return definition;
}

Node* Builder::make_class_2(Node* name, Node* bases, Node* dict) {
  if (dict->type != Type::Call || dict->items.size != 0 || !is_definition(dict->first)) return nullptr;
  if (name->type != Type::Constant || !name->value.is_text()) return nullptr;
  Node* definition = tree_.make(Type::ClassDef);
  definition->name = name->value.text();
  definition->value = dict->first->value;
  definition->line = dict->first->line;
  if (bases->type == Type::Tuple) {
    definition->items = bases->items;
    if (bases->items.empty()) definition->number = 1;  // `class C():` and `class C:` are the same code
  } else if (bases->type != Type::Constant) {
    return nullptr;
  }
  return definition;
}

// A store of a definition: `def`, `class`, with the calls around it as decorators.
bool Simulator::store_definition(Node* value, Node* target) {
  if (value->type == Type::TypeAlias && target->type == Type::Name) {
    value->first->name = target->name;
    emit(FlowStatement::Kind::plain, value);
    return true;
  }
  std::vector<Node*> decorators;
  Node* at = value;
  while (at->type == Type::Call && at->number == 1) {
    decorators.push_back(at->first);
    at = at->items[0];
  }
  const bool definition = at->type == Type::FunctionDef || at->type == Type::AsyncFunctionDef || at->type == Type::ClassDef;
  if (!definition || target->type != Type::Name || target->name.empty()) return false;
  if (builder_.plain_name(at->name) != target->name) {
    const bool annotations = at->name == "__annotate__" && target->name.starts_with("__annotate") && builder_.version() >= PythonVersion{3, 14};
    if (at->type == Type::ClassDef || !annotations) return false;
  }
  if (options_.isolated) {
    fail();
    return true;
  }
  at->name = target->name;
  for (Node* decorator : decorators) tree_.append(at->type == Type::ClassDef ? at->orelse : at->items, decorator);
  emit(FlowStatement::Kind::plain, at);
  return true;
}

// ---- annotations of variables ----

// __annotations__['x'] = int, behind `x = 3` or alone.
bool Simulator::annotate(Node* target, Node* value) {
  if (target->type != Type::Subscript || builder_.version() < PythonVersion{3, 6}) return false;
  if ((builder_.code().flags & CodeObject::kOptimized) != 0) return false;
  const Node *dict = target->first, *key = target->second;
  if (dict->type != Type::Name || dict->name != "__annotations__") return false;
  if (key->type != Type::Constant || !key->value.is(Kind::string)) return false;
  const std::string_view text = builder_.plain_name(key->value.text());
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  for (const char c : text) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
    if (!word) return false;
  }
  if (options_.isolated) {
    fail();
    return true;
  }
  value = builder_.annotation(value);
  close_group();
  if (!run_.statements.empty() && run_.statements.back().kind == FlowStatement::Kind::plain) {
    Node* last = run_.statements.back().node;
    if (last->type == Type::Assign && last->items.size == 1 && last->items[0]->type == Type::Name && last->items[0]->name == text) {
      Node* merged = make(Type::AnnAssign);
      merged->first = last->items[0];
      merged->second = value;
      merged->third = last->first;
      merged->number = 1;
      merged->line = last->line;
      run_.statements.back().node = merged;
      return true;
    }
  }
  Node* statement = make(Type::AnnAssign);
  statement->first = make(Type::Name);
  statement->first->name = text;
  statement->second = value;
  statement->number = 1;
  emit(FlowStatement::Kind::plain, statement);
  return true;
}

}  // namespace winnow::bytecode
