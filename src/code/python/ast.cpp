#include "code/python/ast.h"

#include <new>

namespace winnow::python {

Node* Tree::make(Type type) {
  static_assert(std::is_trivially_destructible_v<Node>);
  Node* node = new (arena_.allocate<Node>(1)) Node();
  node->type = type;
  return node;
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
