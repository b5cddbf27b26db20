// Whether two trees say the same: copies of `finally` bodies and of loop tests are found by it.
#include "code/bytecode/structure_graph.h"

namespace winnow::bytecode {

using python::Type;

namespace {

constexpr int kDepth = 200;

bool same_value(const Heap& heap, Value a, Value b, int depth) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::string: case Kind::bytes: case Kind::big_integer: return a.text() == b.text();
    case Kind::tuple: case Kind::list: case Kind::dict: case Kind::set: case Kind::frozen_set: case Kind::frozen_dict:
    case Kind::slice: case Kind::complex: {
      const Items& left = heap.items(a);
      const Items& right = heap.items(b);
      if (left.size != right.size || depth == 0) return false;
      for (uint32_t i = 0; i < left.size; ++i) {
        if (!same_value(heap, left[i], right[i], depth - 1)) return false;
      }
      return true;
    }
    default: return a.same_as(b);
  }
}

struct Comparison {
  const Heap& heap;
  std::unordered_map<SlotId, SlotId>* slots;

  bool lists(const python::List& a, const python::List& b, int depth) {
    if (a.size != b.size) return false;
    for (uint32_t i = 0; i < a.size; ++i) {
      if (!nodes(a[i], b[i], depth)) return false;
    }
    return true;
  }

  bool nodes(const Node* a, const Node* b, int depth) {
    if (a == b && slots == nullptr) return true;
    if (a == nullptr || b == nullptr) return a == b;
    if (depth == 0 || a->type != b->type || a->op != b->op) return false;
    if (is_slot(a) || is_slot(b)) {
      if (!is_slot(a) || !is_slot(b)) return false;
      return same_slots(slot_number(a), slot_number(b));
    }
    if (a->number != b->number || a->name != b->name || a->other != b->other) return false;
    if (a->type == Type::Constant && !same_value(heap, a->value, b->value, 50)) return false;
    --depth;
    return nodes(a->first, b->first, depth) && nodes(a->second, b->second, depth) && nodes(a->third, b->third, depth) &&
           lists(a->items, b->items, depth) && lists(a->others, b->others, depth) && lists(a->body, b->body, depth) &&
           lists(a->orelse, b->orelse, depth) && lists(a->handlers, b->handlers, depth);
  }

  bool same_slots(SlotId a, SlotId b) {
    if (slots == nullptr) return a == b;
    return slots->emplace(a, b).first->second == b;
  }
};

}  // namespace

bool is_slot(const Node* node) { return node != nullptr && node->type == Type::Name && node->name.empty(); }

SlotId slot_number(const Node* node) { return static_cast<SlotId>(node->number); }

bool is_none(const Node* node) {
  return node == nullptr || (node->type == Type::Constant && node->value.is(Kind::none));
}

bool same_tree(const Heap& heap, const Node* a, const Node* b, std::unordered_map<SlotId, SlotId>* slots) {
  return Comparison{heap, slots}.nodes(a, b, kDepth);
}

}  // namespace winnow::bytecode
