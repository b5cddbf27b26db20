// Dicts as the machine uses them: keys compared by value, each once, large ones through an index.
#include <algorithm>
#include <cstring>
#include <functional>

#include "core/heap_state.h"

namespace winnow {
namespace {

constexpr uint32_t kIndexed = 32;   // items from which an index pays
constexpr int kDeepestKey = 8;      // of tuples in tuples, which are compared by what they hold

// The same number for keys that are equal by same_key.
uint64_t key_hash(const Heap& heap, Value key, int depth) {
  const auto kind = static_cast<uint64_t>(key.kind());
  switch (key.kind()) {
    case Kind::string: case Kind::bytes: case Kind::big_integer: return std::hash<std::string_view>()(key.text()) + kind;
    case Kind::integer: case Kind::boolean: return std::hash<double>()(static_cast<double>(key.as_integer()));
    case Kind::real: return std::hash<double>()(key.as_real());
    case Kind::tuple: case Kind::frozen_set: {
      uint64_t hash = kind;
      if (depth >= kDeepestKey) return hash;
      for (const Value part : heap.items(key)) hash = (hash ^ key_hash(heap, part, depth + 1)) * 0x9ddfea08eb382d69;
      return hash;
    }
    default: return (kind << 32 | key.index()) * 0x9ddfea08eb382d69;
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
  if ((a.is(Kind::tuple) || a.is(Kind::frozen_set)) && depth < kDeepestKey) {
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
  if (key.is(Kind::unknown)) return nullptr;  // equal to nothing
  if (items.size >= kIndexed) {
    auto& index = indices_[dict.index()];
    if (!index) index = std::make_unique<DictIndex>();
    if (index->covered > items.size) *index = DictIndex();
    for (; index->covered + 1 < items.size; index->covered += 2) {
      const Value held = items[index->covered];
      if (!held.is(Kind::unknown)) index->at.emplace(key_hash(*this, held, 0), index->covered);
    }
    uint32_t last = 0;  // where its value stands
    const auto [from, to] = index->at.equal_range(key_hash(*this, key, 0));
    for (auto found = from; found != to; ++found) {
      if (same_key(*this, items[found->second], key)) last = std::max(last, found->second + 1);
    }
    return last == 0 ? nullptr : &items.data[last];
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
