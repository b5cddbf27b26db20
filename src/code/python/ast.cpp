#include "code/python/ast.h"

namespace winnow::python {

Node* Tree::make(Type type) {
  nodes_.emplace_back();
  nodes_.back().type = type;
  return &nodes_.back();
}

void Tree::append(List& list, Node* node) {
  if (list.size == list.capacity) {
    const uint32_t capacity = list.capacity == 0 ? 4 : list.capacity * 2;
    Node** data = arena_.allocate<Node*>(capacity);
    if (list.size != 0) std::memcpy(data, list.data, list.size * sizeof(Node*));
    list.data = data;
    list.capacity = capacity;
  }
  list.data[list.size++] = node;
}

}  // namespace winnow::python
