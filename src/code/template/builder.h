// Short names for making trees.
#pragma once

#include <initializer_list>

#include "code/python/ast.h"

namespace winnow::jinja {

using python::Node;
using python::Operator;
using python::Tree;
using python::Type;

// Makes nodes that stand at one place of the template.
class Builder {
 public:
  explicit Builder(Tree& tree) : tree_(tree) {}

  void at(uint64_t offset, int32_t line) {
    offset_ = static_cast<uint32_t>(offset);
    line_ = line;
  }
  int32_t line() const { return line_; }

  Node* make(Type type, Node* first = nullptr, Node* second = nullptr) {
    Node* node = tree_.make(type);
    node->offset = offset_;
    node->line = line_;
    node->first = first;
    node->second = second;
    return node;
  }
  Node* name(std::string_view text) {
    Node* node = make(Type::Name);
    node->name = text;
    return node;
  }
  Node* constant(Value value) {
    Node* node = make(Type::Constant);
    node->value = value;
    return node;
  }
  Node* text(std::string_view text) { return constant(Value::string(tree_.text(text))); }
  Node* call(Node* function, std::initializer_list<Node*> arguments) {
    Node* node = make(Type::Call, function);
    for (Node* argument : arguments) tree_.append(node->items, argument);
    return node;
  }
  Node* attribute(Node* of, std::string_view text) {
    Node* node = make(Type::Attribute, of);
    node->name = text;
    return node;
  }
  Node* operation(Node* left, Operator op, Node* right) {
    Node* node = make(Type::BinOp, left, right);
    node->op = op;
    return node;
  }
  Node* statement(Node* expression) { return make(Type::Expr, expression); }
  Tree& tree() { return tree_; }

 private:
  Tree& tree_;
  uint32_t offset_ = 0;
  int32_t line_ = 0;
};

}  // namespace winnow::jinja
