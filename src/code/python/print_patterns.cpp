// The patterns of `match`.
#include "code/python/printer.h"

namespace winnow::python {

// `closed`: stands where `as` and `|` need parentheses.
void Printer::pattern(const Node* node, bool closed) {
  if (stops()) return;
  if (node == nullptr) {
    complete_ = false;
    return write("__winnow_missing__");
  }
  const Level level(*this);
  const auto list_of = [&](const List& items, std::string_view separator, bool inner) {
    bool first = true;
    for (const Node* item : items) {
      if (!first) write(separator);
      first = false;
      pattern(item, inner);
      if (stopped_) return;
    }
  };
  switch (node->type) {
    case Type::MatchValue: return expression(node->first, kBitOr);
    case Type::MatchSingleton: return value(node->value);
    case Type::MatchSequence:
      write('[');
      list_of(node->items, ", ", false);
      return write(']');
    case Type::MatchMapping: return mapping_pattern(*node);
    case Type::MatchClass: return class_pattern(*node);
    case Type::MatchStar:
      write('*');
      if (node->name.empty()) return write('_');
      return name(node->name);
    case Type::MatchAs:
      if (node->first == nullptr) {
        if (node->name.empty()) return write('_');
        return name(node->name);
      }
      if (closed) write('(');
      pattern(node->first, node->first->type == Type::MatchAs && node->first->first != nullptr);
      write(" as ");
      name(node->name);
      if (closed) write(')');
      return;
    case Type::MatchOr:
      if (closed) write('(');
      list_of(node->items, " | ", true);
      if (closed) write(')');
      return;
    default: return expression(node, kBitOr);  // a bad one
  }
}

void Printer::mapping_pattern(const Node& node) {
  write('{');
  for (size_t i = 0; i < node.items.size && !stopped_; i++) {
    if (i != 0) write(", ");
    expression(node.items[i], kBitOr);
    write(": ");
    pattern(i < node.others.size ? node.others[i] : nullptr);
  }
  if (!node.name.empty()) {
    write(node.items.empty() ? "**" : ", **");
    name(node.name);
  }
  write('}');
}

void Printer::class_pattern(const Node& node) {
  expression(node.first, kDotted);
  write('(');
  bool first = true;
  for (const Node* item : node.items) {
    if (!first) write(", ");
    first = false;
    pattern(item);
    if (stopped_) return;
  }
  for (size_t i = 0; i < node.others.size && !stopped_; i++) {
    if (!first) write(", ");
    first = false;
    name(node.others[i]->name);
    write('=');
    pattern(i < node.orelse.size ? node.orelse[i] : nullptr);
  }
  write(')');
}

}  // namespace winnow::python
