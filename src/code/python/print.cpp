// Statements. Nested ones are counted (printer.h), chains of elif are walked in a loop.
#include "code/python/print.h"

#include "code/python/printer.h"

namespace winnow::python {
namespace {

bool is_definition(const Node& node) {
  return node.type == Type::FunctionDef || node.type == Type::AsyncFunctionDef || node.type == Type::ClassDef;
}

// The future statements of a Python 2 module, which change how its strings and print read.
void note_futures(const List& body, PrintOptions& options) {
  for (const Node* node : body) {
    if (node == nullptr || node->type != Type::ImportFrom || node->name != "__future__") continue;
    for (const Node* item : node->items) {
      if (item == nullptr) continue;
      if (item->name == "print_function") options.print_function = true;
      if (item->name == "unicode_literals") options.unicode_literals = true;
    }
  }
}

std::string_view augmented(Operator op) {
  switch (op) {
    case Operator::Add: return "+=";
    case Operator::Sub: return "-=";
    case Operator::Mult: return "*=";
    case Operator::MatMult: return "@=";
    case Operator::Div: return "/=";
    case Operator::Mod: return "%=";
    case Operator::Pow: return "**=";
    case Operator::LShift: return "<<=";
    case Operator::RShift: return ">>=";
    case Operator::BitOr: return "|=";
    case Operator::BitXor: return "^=";
    case Operator::BitAnd: return "&=";
    case Operator::FloorDiv: return "//=";
    default: return "?=";
  }
}

}  // namespace

std::string print(const Node& node, const Heap& heap, const PrintOptions& options, bool* complete) {
  Printer printer(heap, options);
  printer.any(node);
  if (complete != nullptr) *complete = printer.complete();
  return printer.take();
}

std::string print(Value value, const Heap& heap, const PrintOptions& options) {
  Printer printer(heap, options);
  printer.value(value);
  return printer.take();
}

void Printer::any(const Node& node) {
  if (node.type == Type::Module) return module(node);
  if (node.type <= Type::Comment) return statement(&node);
  if (node.type == Type::ExceptHandler) return handler(node, false);
  if (node.type == Type::MatchCase || (node.type >= Type::MatchValue && node.type <= Type::MatchOr)) {
    return node.type == Type::MatchCase ? match(node) : pattern(&node);
  }
  expression(&node, kNamed);
}

void Printer::module(const Node& node) {
  note_futures(node.body, options_);
  statements(node.body, true);
}

void Printer::begin_line() { out_.append(size_t{4} * level_, ' '); }

void Printer::statements(const List& body, bool documented) {
  const Level level(*this);
  bool first = true, any = false, after_definition = false;
  for (const Node* node : body) {
    if (node == nullptr) continue;
    if (stopped_) return;
    const bool definition = is_definition(*node);
    if (!first && (definition || after_definition)) write('\n');
    after_definition = definition;
    any = any || node->type != Type::Comment;
    const bool is_string = node->type == Type::Expr && node->first != nullptr &&
                           node->first->type == Type::Constant && node->first->value.is_text();
    if (first && documented && is_string) {
      docstring(*node->first);
    } else {
      statement(node);
    }
    first = false;
  }
  if (any || (documented && level_ == options_.indent)) return;
  begin_line();
  write("pass\n");
}

// ":" and the indented body.
void Printer::block(const List& body, bool documented) {
  write(":\n");
  if (stops()) return write('\n');
  level_++;
  statements(body, documented);
  level_--;
}

void Printer::docstring(const Node& constant) {
  const Value text = constant.value;
  const bool is_unicode = text.is(Kind::string);
  begin_line();
  if (is_2() && is_unicode) write('u');
  if (!is_unicode && (!is_2() || options_.unicode_literals)) write('b');
  write("\"\"\"");
  escape_text(out_, text.text(), is_unicode ? TextKind::unicode : TextKind::bytes, kTripleDouble);
  write("\"\"\"\n");
}

// Whatever the text holds stays in its line and in ASCII.
void Printer::comment(std::string_view text) {
  begin_line();
  write("# ");
  escape_text(out_, text, TextKind::unicode, kSingle);
  write('\n');
}

void Printer::statement(const Node* node) {
  if (stopped_) return;
  if (depth_ > options_.max_depth || out_.size() > options_.max_bytes) {
    begin_line();
    stops();
    return write('\n');
  }
  const Level level(*this);
  switch (node->type) {
    case Type::FunctionDef: case Type::AsyncFunctionDef: return function(*node);
    case Type::ClassDef: return class_definition(*node);
    case Type::For: case Type::AsyncFor: case Type::While: return loop(*node);
    case Type::If: return if_chain(node);
    case Type::With: case Type::AsyncWith: return with(*node);
    case Type::Match: return match(*node);
    case Type::Try: case Type::TryStar: return try_statement(*node);
    case Type::Module: return module(*node);
    case Type::Comment: return comment(node->name);
    default:
      begin_line();
      simple_statement(*node);
      return write('\n');
  }
}

void Printer::simple_statement(const Node& node) {
  switch (node.type) {
    case Type::Return:
      write("return");
      if (node.first == nullptr) return;
      write(' ');
      return expression(node.first, kTest);
    case Type::Delete:
      write("del ");
      return list(node.items, kTest);
    case Type::Assign: case Type::AugAssign: case Type::AnnAssign: return assignment(node);
    case Type::TypeAlias:
      write("type ");
      expression(node.first, kTest);
      type_parameters(node.others);
      write(" = ");
      return expression(node.second, kTest);
    case Type::Raise: return raise(node);
    case Type::Assert:
      write("assert ");
      expression(node.first, kTest);
      if (node.second == nullptr) return;
      write(", ");
      return expression(node.second, kTest);
    case Type::Import: case Type::ImportFrom: return import(node);
    case Type::Global: case Type::Nonlocal:
      write(node.type == Type::Global ? "global " : "nonlocal ");
      return list(node.items, kTest);
    case Type::Expr: return expression(node.first, kYield);
    case Type::Pass: return write("pass");
    case Type::Break: return write("break");
    case Type::Continue: return write("continue");
    case Type::Print: return print_2(node);
    case Type::Exec:
      write("exec ");
      expression(node.first, kBitOr);
      if (node.second == nullptr) return;
      write(" in ");
      expression(node.second, kTest);
      if (node.third == nullptr) return;
      write(", ");
      return expression(node.third, kTest);
    default: return expression(&node, kYield);
  }
}

void Printer::assignment(const Node& node) {
  if (node.type == Type::AnnAssign) return annotated(node);
  if (node.type == Type::AugAssign) {
    expression(node.first, kTest);
    write(' ');
    write(augmented(node.op));
    write(' ');
    return expression(node.second, kYield);
  }
  for (const Node* to : node.items) {
    target(to);
    write(" = ");
  }
  expression(node.first, kYield);
}

void Printer::annotated(const Node& node) {
  const bool in_parens = node.number == 0 && node.first != nullptr && node.first->type == Type::Name;
  if (in_parens) write('(');
  expression(node.first, kTest);
  if (in_parens) write(')');
  write(": ");
  expression(node.second, kTest);
  if (node.third == nullptr) return;
  write(" = ");
  expression(node.third, kYield);
}

void Printer::raise(const Node& node) {
  write("raise");
  if (node.first == nullptr) return;
  write(' ');
  expression(node.first, kTest);
  if (node.number != 2) {
    if (node.second == nullptr) return;
    write(" from ");
    return expression(node.second, kTest);
  }
  if (node.second == nullptr && node.third == nullptr) return;
  write(", ");
  if (node.second == nullptr) write("None");
  else expression(node.second, kTest);
  if (node.third == nullptr) return;
  write(", ");
  expression(node.third, kTest);
}

void Printer::print_2(const Node& node) {
  write("print");
  bool first = true;
  if (node.first != nullptr) {
    write(" >>");
    expression(node.first, kTest);
    first = false;
  }
  for (const Node* item : node.items) {
    write(first ? " " : ", ");
    first = false;
    expression(item, kTest);
  }
  if (node.number == 0 && !node.items.empty()) write(',');
}

void Printer::import(const Node& node) {
  if (node.type == Type::Import) {
    write("import ");
    return list(node.items, kNamed);
  }
  write("from ");
  for (int32_t i = 0; i < node.number && i < 1000; i++) write('.');
  if (!node.name.empty()) dotted_name(node.name);
  write(" import ");
  list(node.items, kNamed);
}

void Printer::decorators(const List& items) {
  for (const Node* item : items) {
    begin_line();
    write('@');
    expression(item, kTest);
    write('\n');
  }
}

void Printer::function(const Node& node) {
  decorators(node.items);
  begin_line();
  write(node.type == Type::AsyncFunctionDef ? "async def " : "def ");
  name(node.name);
  type_parameters(node.others);
  write('(');
  arguments(node.first);
  write(')');
  if (node.second != nullptr) {
    write(" -> ");
    expression(node.second, kTest);
  }
  block(node.body, true);
}

void Printer::class_definition(const Node& node) {
  decorators(node.orelse);
  begin_line();
  write("class ");
  name(node.name);
  type_parameters(node.handlers);
  if (!node.items.empty() || !node.others.empty()) {
    write('(');
    list(node.items, kTest);
    if (!node.items.empty() && !node.others.empty()) write(", ");
    list(node.others, kNamed);
    write(')');
  }
  block(node.body, true);
}

void Printer::otherwise(const char* word, const List& body) {
  if (body.empty()) return;
  begin_line();
  write(word);
  block(body);
}

void Printer::loop(const Node& node) {
  begin_line();
  if (node.type == Type::While) {
    write("while ");
    expression(node.first, kTest);
  } else {
    write(node.type == Type::AsyncFor ? "async for " : "for ");
    target(node.first);
    write(" in ");
    expression(node.second, kTest);
  }
  block(node.body);
  otherwise("else", node.orelse);
}

void Printer::if_chain(const Node* node) {
  const char* word = "if ";
  while (true) {
    begin_line();
    write(word);
    expression(node->first, kTest);
    block(node->body);
    if (stopped_) return;
    const bool chained = node->orelse.size == 1 && node->orelse[0] != nullptr && node->orelse[0]->type == Type::If;
    if (!chained) break;
    node = node->orelse[0];
    word = "elif ";
  }
  otherwise("else", node->orelse);
}

void Printer::with(const Node& node) {
  begin_line();
  write(node.type == Type::AsyncWith ? "async with " : "with ");
  // A lone tuple would read as several managers.
  const Node* only = node.items.size == 1 ? node.items[0] : nullptr;
  if (only != nullptr && only->first != nullptr && only->second == nullptr && only->first->type == Type::Tuple) {
    write('(');
    expression(only->first, kTest);
    write(')');
  } else {
    list(node.items, kNamed);
  }
  block(node.body);
}

void Printer::try_statement(const Node& node) {
  begin_line();
  write("try");
  block(node.body);
  for (const Node* item : node.handlers) {
    if (item != nullptr) handler(*item, node.type == Type::TryStar);
  }
  otherwise("else", node.orelse);
  otherwise("finally", node.others);
  if (node.handlers.empty() && node.others.empty()) {  // a tree that no parser makes
    begin_line();
    write("finally:\n");
    begin_line();
    write("    pass\n");
  }
}

void Printer::handler(const Node& node, bool star) {
  begin_line();
  write(star ? "except*" : "except");
  if (node.first != nullptr) {
    write(' ');
    expression(node.first, kTest);
    if (node.second != nullptr || !node.name.empty()) write(is_2() ? ", " : " as ");
    if (node.second != nullptr) {
      expression(node.second, kTest);
    } else if (!node.name.empty()) {
      name(node.name);
    }
  }
  block(node.body);
}

// The statement, or one case of it.
void Printer::match(const Node& node) {
  begin_line();
  if (node.type == Type::Match) {
    write("match ");
    expression(node.first, kTest);
    write(":\n");
    level_++;
    for (const Node* item : node.items) {
      if (item != nullptr && !stopped_) match(*item);
    }
    level_--;
    return;
  }
  write("case ");
  pattern(node.first);
  if (node.second != nullptr) {
    write(" if ");
    expression(node.second, kTest);
  }
  block(node.body);
}

}  // namespace winnow::python
