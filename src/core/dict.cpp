// Dicts as the machine uses them: keys compared by value, each once, large ones through an index.
#include <cstring>

#include "core/heap_state.h"

namespace winnow {
namespace {

constexpr uint32_t kIndexed = 32;  // items from which an index pays

// What keys that are equal share, for texts and whole numbers; empty for other keys.
std::string index_key(Value key) {
  switch (key.kind()) {
    case Kind::string: return "s" + std::string(key.text());
    case Kind::bytes: return "b" + std::string(key.text());
    case Kind::integer: return "i" + std::to_string(key.as_integer());
    case Kind::boolean: return key.as_boolean() ? "i1" : "i0";
    default: return {};
  }
}

}  // namespace

bool same_key(const Heap& heap, Value a, Value b, int depth) {
  const auto number = [](Value v) { return v.is(Kind::integer) || v.is(Kind::boolean) || v.is(Kind::real); };
  if (number(a) && number(b)) {
    if (!a.is(Kind::real) && !b.is(Kind::real)) return a.as_integer() == b.as_integer();
    const auto real = [](Value v) { return v.is(Kind::real) ? v.as_real() : static_cast<double>(v.as_integer()); };
    return real(a) == real(b);
  }
  if (a.kind() != b.kind()) return false;
  if (a.is_text() || a.is(Kind::big_integer)) return a.text() == b.text();
  if (a.is(Kind::unknown)) return false;
  if ((a.is(Kind::tuple) || a.is(Kind::frozen_set)) && depth < 8) {
    const Items& left = heap.items(a);
    const Items& right = heap.items(b);
    if (left.size != right.size) return false;
    for (uint32_t i = 0; i < left.size; ++i) {
      if (!same_key(heap, left[i], right[i], depth + 1)) return false;
    }
    return true;
  }
  return a.same_as(b);
}

const Value* Heap::find_key(Value dict, Value key) const {
  const Items& items = items_[dict.index()];
  if (items.size >= kIndexed) {
    if (const std::string wanted = index_key(key); !wanted.empty()) {
      auto& index = indices_[dict.index()];
      if (!index) index = std::make_unique<DictIndex>();
      if (index->covered > items.size) *index = DictIndex();
      for (; index->covered + 1 < items.size; index->covered += 2) {
        if (std::string held = index_key(items[index->covered]); !held.empty()) index->at[std::move(held)] = index->covered;
      }
      const auto found = index->at.find(wanted);
      return found == index->at.end() ? nullptr : &items.data[found->second + 1];
    }
  }
  for (uint32_t i = items.size / 2 * 2; i >= 2; i -= 2) {
    if (same_key(*this, items[i - 2], key)) return &items[i - 1];
  }
  return nullptr;
}

void Heap::set_key(Value dict, Value key, Value value) {
  Items& items = change(dict);
  if (const Value* found = find_key(dict, key)) {
    items.data[found - items.data] = value;
    return;
  }
  const Value pair[] = {key, value};
  append(items, pair, 2);
}

void Heap::set_key(Value dict, std::string_view key, Value value) { set_key(dict, Value::string(key), value); }

bool Heap::remove_key(Value dict, Value key) {
  Items& items = change(dict);
  bool removed = false;
  for (uint32_t i = items.size / 2 * 2; i >= 2; i -= 2) {
    if (!same_key(*this, items[i - 2], key)) continue;
    std::memmove(static_cast<void*>(items.data + i - 2), items.data + i, (items.size - i) * sizeof(Value));
    items.size -= 2;
    removed = true;
  }
  if (removed) indices_.erase(dict.index());
  return removed;
}

}  // namespace winnow
