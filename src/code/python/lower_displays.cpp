// Displays of lists, sets, dicts and tuples, and texts with values in them.
#include "code/python/lowering.h"

namespace winnow::python {
namespace {

constexpr uint32_t kStackGuideline = 30;  // past it displays are built piece by piece (3.10 and later)

bool has_star(const List& items) {
  for (const Node* item : items) {
    if (item->type == Type::Starred) return true;
  }
  return false;
}

}  // namespace

void Lowerer::display(const Node* node) {
  const bool tuple = node->type == Type::Tuple, set = node->type == Type::Set;
  if (tuple) return starred_display(node->items, Op::build_tuple, 0);
  starred_display(node->items, set ? Op::build_set : Op::build_list, 0);
}

// A display of `items` behind `already` values that lie on the stack.
void Lowerer::starred_display(const List& items, Op build, uint32_t already) {
  const bool tuple = build == Op::build_tuple;
  const Op container = tuple ? Op::build_list : build;
  const Op add = build == Op::build_set ? Op::set_add : Op::list_append;
  const Op extend = build == Op::build_set ? Op::set_update : Op::list_extend;
  const bool starred = has_star(items);
  Value folded;
  const bool big = later(10) && items.size + already > kStackGuideline;
  if (later(9) && !(later(14) && big) && !tuple && items.size > 2 &&
      constant_tuple(items, build == Op::build_set ? Kind::frozen_set : Kind::tuple, &folded)) {
    emit(build, already);
    constant(folded);
    emit(extend, 1);
    return;
  }
  if (later(9) && tuple && items.size > 2 && constant_tuple(items, Kind::tuple, &folded)) {
    if (already == 0) return constant(folded);
    emit(container, already);
    constant(folded);
    emit(extend, 1);
    emit(Op::list_to_tuple);
    return;
  }
  if (!starred && !big) {
    for (const Node* item : items) expression(item);
    emit(build, items.size + already);
    return;
  }
  if (!later(9)) return starred_display_before_39(items, build, already);
  bool built = false;
  uint32_t count = already;
  if (big) {
    emit(container, already);
    built = true;
  }
  // 3.14 folds a run of constants in front, too.
  List leading = items;
  leading.size = 0;
  while (leading.size < items.size && items[leading.size]->type != Type::Starred) ++leading.size;
  uint32_t first = 0;
  if (later(14) && !big && already == 0 && leading.size > 2 &&
      constant_tuple(leading, build == Op::build_set ? Kind::frozen_set : Kind::tuple, &folded)) {
    emit(container, 0);
    constant(folded);
    emit(extend, 1);
    built = true;
    first = leading.size;
  }
  for (uint32_t i = first; i < items.size; ++i) {
    const Node* item = items[i];
    if (item->type == Type::Starred) {
      if (!built) emit(container, count);
      built = true;
      expression(item->first);
      emit(extend, 1);
    } else {
      expression(item);
      if (built) emit(add, 1);
      ++count;
    }
  }
  if (tuple) emit(Op::list_to_tuple);
}

// Runs of plain items become pieces of their own between the starred ones; `already` items are on the stack. Gives how many.
uint32_t Lowerer::pieces(const List& items, Op piece, uint32_t already) {
  uint32_t parts = 0, seen = already;
  for (const Node* item : items) {
    if (item->type == Type::Starred) {
      if (seen > 0) {
        emit(piece, seen);
        ++parts;
      }
      seen = 0;
      expression(item->first);
      ++parts;
    } else {
      expression(item);
      ++seen;
    }
  }
  if (seen > 0) {
    emit(piece, seen);
    ++parts;
  }
  return parts;
}

// Up to 3.8 the pieces are all evaluated before they are joined.
void Lowerer::starred_display_before_39(const List& items, Op build, uint32_t already) {
  const uint32_t parts = pieces(items, build == Op::build_set ? Op::build_set : Op::build_tuple, already);
  join(parts, build == Op::build_set ? Op::build_set : Op::build_list,
       build == Op::build_set ? Op::set_update : Op::list_extend);
  if (build == Op::build_tuple) emit(Op::list_to_tuple);
}

// The top `parts` values become one container that is extended with each, first to last.
void Lowerer::join(uint32_t parts, Op build, Op extend) {
  emit(build, 0);
  emit(Op::rotate, parts + 1);
  for (uint32_t i = parts; i > 0; --i) {
    // container p1 ... pi: the deepest is taken first.
    for (uint32_t k = 1; k < i; ++k) emit(Op::rotate, i);
    if (i > 1) {
      emit(extend, i);
    } else {
      emit(extend, 1);
    }
  }
}

void Lowerer::dict(const Node* node) {
  const uint32_t count = node->others.size;
  if (!later(9)) return dict_before_39(node);
  bool have = false;
  uint32_t elements = 0;
  const auto flush = [&](uint32_t begin, uint32_t end) {
    dict_part(node, begin, end);
    if (have) emit(Op::dict_update, 1);
    have = true;
    elements = 0;
  };
  for (uint32_t i = 0; i < count; ++i) {
    const bool unpacked = i >= node->items.size || node->items[i] == nullptr;
    if (unpacked) {
      if (elements > 0) flush(i - elements, i);
      if (!have) emit(Op::build_map, 0);
      have = true;
      expression(node->others[i]);
      emit(Op::dict_update, 1);
    } else if (later(10) && elements * 2 > kStackGuideline) {
      flush(i - elements, i + 1);
    } else {
      ++elements;
    }
  }
  if (elements > 0) flush(count - elements, count);
  if (!have) emit(Op::build_map, 0);
}

void Lowerer::dict_part(const Node* node, uint32_t begin, uint32_t end) {
  const bool big = later(10) && (end - begin) * 2 > kStackGuideline;
  bool constant_keys = later(6) && end - begin > 1 && !big;
  Value key;
  for (uint32_t i = begin; i < end && constant_keys; ++i) constant_keys = constant_of(node->items[i], &key);
  if (big) emit(Op::build_map, 0);
  for (uint32_t i = begin; i < end; ++i) {
    const bool value_first = !later(5);
    if (value_first) {
      expression(node->others[i]);
      expression(node->items[i]);
      swap(2);
    } else {
      expression(node->items[i]);
      expression(node->others[i]);
    }
    if (big) emit(Op::map_add, 1);
  }
  if (!big) emit(Op::build_map, end - begin);
}

void Lowerer::dict_before_39(const Node* node) {
  const uint32_t count = node->others.size;
  if (!later(5)) return dict_before_35(node);
  uint32_t elements = 0, parts = 0;
  bool unpacked = false;
  for (uint32_t i = 0; i < count; ++i) {
    unpacked = i >= node->items.size || node->items[i] == nullptr;
    if (elements == 0xffff || (elements > 0 && unpacked)) {
      dict_part(node, i - elements, i);
      ++parts;
      elements = 0;
    }
    if (unpacked) {
      expression(node->others[i]);
      ++parts;
    } else {
      ++elements;
    }
  }
  if (elements > 0 || parts == 0) {
    dict_part(node, count - elements, count);
    ++parts;
  }
  if (parts > 1 || unpacked) join(parts, Op::build_map, Op::dict_update);
}

// Python 2 and 3.0-3.4 store item by item, each value evaluated before its key.
void Lowerer::dict_before_35(const Node* node) {
  emit(Op::build_map, 0);
  for (uint32_t i = 0; i < node->others.size && i < node->items.size; ++i) {
    expression(node->others[i]);
    expression(node->items[i]);
    swap(2);
    emit(Op::map_add, 1);
  }
}

void Lowerer::joined(const Node* node) {
  const uint32_t count = node->items.size;
  if (count == 0) return constant_string("");
  if (later(10) && count > kStackGuideline) {
    constant_string("");
    emit(Op::load_attr).name = "join";
    emit(Op::build_list, 0);
    for (const Node* item : node->items) {
      expression(item);
      emit(Op::list_append, 1);
    }
    return call(1);
  }
  for (const Node* item : node->items) expression(item);
  if (count != 1) emit(Op::build_string, count);
}

namespace {

uint32_t conversion_of(int32_t number) {
  const ir::Conversion conversion = number == 's'   ? ir::Conversion::str
                                    : number == 'r' ? ir::Conversion::repr
                                    : number == 'a' ? ir::Conversion::ascii
                                                    : ir::Conversion::none;
  return static_cast<uint32_t>(conversion);
}

}  // namespace

void Lowerer::formatted(const Node* node) {
  expression(node->first);
  if (node->second != nullptr) expression(node->second);
  emit(Op::format_value, conversion_of(node->number), node->second != nullptr ? 1 : 0);
}

void Lowerer::interpolation(const Node* node) {
  expression(node->first);
  constant_string(node->name);
  if (node->second != nullptr) expression(node->second);
  emit(Op::build_interpolation, conversion_of(node->number), node->second != nullptr ? 1 : 0);
}

// t"...": the strings between the interpolations, one more than those, then the interpolations.
void Lowerer::template_string(const Node* node) {
  uint32_t strings = 0, values = 0;
  bool text = false;
  for (const Node* item : node->items) {
    if (item->type == Type::Interpolation) {
      if (!text) constant_string("");
      if (!text) ++strings;
      text = false;
      ++values;
    } else {
      expression(item);
      ++strings;
      text = true;
    }
  }
  if (!text) {
    constant_string("");
    ++strings;
  }
  emit(Op::build_tuple, strings);
  for (const Node* item : node->items) {
    if (item->type == Type::Interpolation) expression(item);
  }
  emit(Op::build_tuple, values);
  emit(Op::build_template);
}

}  // namespace winnow::python
