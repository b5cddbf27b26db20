// The module itertools: what is drawn from other iterables is known where these are.
#include <algorithm>

#include "code/machine/iterables.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

Found chain(Machine& m, const Call& call) {
  std::vector<Value> rows(call.arguments.begin(), call.arguments.end());
  if (m.heap().name(call.callee).canonical.ends_with("from_iterable")) {
    const auto given = m.iterate(call[0]);
    if (!given) return Value::unknown();
    rows = *given;
  }
  std::vector<Value> out, item;
  for (const Value& row : rows) {
    Drawing drawing;
    if (!drawing.begin(m, std::span(&row, 1))) return Value::unknown();
    for (;;) {
      const Drawing::State state = drawing.next(m, item);
      if (state == Drawing::State::unknown) return Value::unknown();
      if (state == Drawing::State::open) return iterator_of(m, out, true);
      if (state == Drawing::State::ended) break;
      out.push_back(item[0]);
    }
  }
  return iterator_of(m, out);
}

template <IteratorKind kind>
Found lazy(Machine& m, const Call& call) {
  Link link;
  link.kind = kind;
  link.first = call.count() > 0 ? call[0] : Value::integer(0);
  link.second = call.count() > 1 ? call[1] : kind == kCount ? Value::integer(1) : Value::none();
  if (kind == kCycle) {
    const auto items = m.iterate(call[0]);
    if (!items || items->empty()) return Value::unknown();
    link.first = list_of(m, *items);
  }
  return m.heap().new_link(Kind::iterator, link);
}

Found slice_of(Machine& m, const Call& call) {
  int64_t start = 0, stop = -1, step = 1;
  if (call.count() == 2) stop = integer_of(call[1]).value_or(-1);
  if (call.count() > 2) start = integer_of(call[1]).value_or(0), stop = integer_of(call[2]).value_or(-1);
  if (call.count() > 3) step = integer_of(call[3]).value_or(1);
  if (step < 1 || start < 0) return Value::unknown();
  const Value iterator = iterator_over(m, call[0]);
  std::vector<Value> out;
  for (int64_t i = 0; (stop < 0 || i < stop) && out.size() < kMostItems && m.step(); ++i) {
    const Next item = next_of(m, iterator);
    if (item.unknown || m.raised) return Value::unknown();
    if (!item.item) break;
    if (i >= start && (i - start) % step == 0) out.push_back(*item.item);
  }
  return iterator_of(m, out);
}

// product, permutations and combinations of few things.
Found product(Machine& m, const Call& call) {
  std::vector<std::vector<Value>> pools;
  for (const Value& given : call.arguments) {
    const auto items = m.iterate(given);
    if (!items) return Value::unknown();
    pools.push_back(*items);
  }
  if (const Value* times = m.keyword(call, "repeat"); times != nullptr && times->is(Kind::integer)) {
    const auto once = pools;
    for (int64_t i = 1; i < std::min<int64_t>(times->as_integer(), 16); ++i) pools.insert(pools.end(), once.begin(), once.end());
  }
  std::vector<std::vector<Value>> rows{{}};
  for (const auto& pool : pools) {
    std::vector<std::vector<Value>> longer;
    for (const auto& row : rows) {
      for (const Value& item : pool) {
        if (longer.size() >= kMostItems / 4 || !m.step()) return Value::unknown();
        longer.push_back(row);
        longer.back().push_back(item);
      }
    }
    rows = std::move(longer);
  }
  std::vector<Value> out;
  for (const auto& row : rows) out.push_back(tuple_of(m, row));
  return iterator_of(m, out);
}

template <bool ordered>
Found selections(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (!items) return Value::unknown();
  const auto size = static_cast<size_t>(call.count() > 1 ? integer_of(call[1]).value_or(0) : static_cast<int64_t>(items->size()));
  if (size > items->size()) return iterator_of(m, {});
  std::vector<std::vector<size_t>> rows{{}};
  for (size_t depth = 0; depth < size; ++depth) {
    std::vector<std::vector<size_t>> longer;
    for (const auto& row : rows) {
      for (size_t i = ordered || row.empty() ? 0 : row.back() + 1; i < items->size(); ++i) {
        if (ordered && std::find(row.begin(), row.end(), i) != row.end()) continue;
        if (longer.size() >= kMostItems / 4 || !m.step()) return Value::unknown();
        longer.push_back(row);
        longer.back().push_back(i);
      }
    }
    rows = std::move(longer);
  }
  std::vector<Value> out;
  for (const auto& row : rows) {
    std::vector<Value> values;
    for (const size_t i : row) values.push_back((*items)[i]);
    out.push_back(tuple_of(m, values));
  }
  return iterator_of(m, out);
}

Found accumulate(Machine& m, const Call& call) {
  Value function = call.count() > 1 ? call[1] : Value::none();
  if (const Value* given = m.keyword(call, "func")) function = *given;
  const Value* initial = m.keyword(call, "initial");
  Drawing drawing;
  if (call.count() == 0 || !drawing.begin(m, call.arguments.first(1))) return Value::unknown();
  std::vector<Value> out, row;
  if (initial != nullptr && !initial->is(Kind::none)) out.push_back(*initial);
  for (;;) {
    const Drawing::State state = drawing.next(m, row);
    if (state == Drawing::State::unknown) return Value::unknown();
    if (state != Drawing::State::going) return iterator_of(m, out, state == Drawing::State::open);
    if (out.empty()) { out.push_back(row[0]); continue; }
    const Value pair[] = {out.back(), row[0]};
    out.push_back(function.is(Kind::none) ? binary(m, ir::Binary::add, pair[0], pair[1]) : m.call(function, pair));
    if (m.raised) return Value::unknown();
  }
}

Found starmap(Machine& m, const Call& call) {
  const auto rows = m.iterate(call[1]);
  if (!rows) {
    m.call(call[0], std::vector<Value>{Value::unknown_named("item")});
    return Value::unknown();
  }
  std::vector<Value> out;
  for (const Value& row : *rows) {
    const auto arguments = m.iterate(row);
    if (!arguments) return Value::unknown();
    out.push_back(m.call(call[0], *arguments));
    if (m.raised) return Value::unknown();
  }
  return iterator_of(m, out);
}

Found groupby(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (!items) return Value::unknown();
  Value key = call.count() > 1 ? call[1] : Value::none();
  if (const Value* given = m.keyword(call, "key")) key = *given;
  std::vector<Value> out, group;
  Value last = Value::unknown();
  const auto flush = [&] {
    if (!group.empty()) out.push_back(m.heap().new_tuple({last, list_of(m, group)}));
    group.clear();
  };
  for (const Value& item : *items) {
    const Value of = key.is(Kind::none) ? item : m.call(key, std::span(&item, 1));
    if (m.raised) return Value::unknown();
    if (!group.empty() && !equal(m, of, last).value_or(false)) flush();
    last = of;
    group.push_back(item);
  }
  flush();
  return iterator_of(m, out);
}

Found runs(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (!items) return Value::unknown();
  const bool pairs = m.heap().name(call.callee).canonical.ends_with("pairwise");
  const size_t size = pairs ? 2 : static_cast<size_t>(std::clamp<int64_t>(integer_of(call[1]).value_or(1), 1, 1 << 20));
  std::vector<Value> out;
  for (size_t i = 0; i < items->size(); i += pairs ? 1 : size) {
    const size_t taken = std::min(size, items->size() - i);
    if (pairs && taken < 2) break;
    out.push_back(m.heap().new_items(Kind::tuple, items->data() + i, static_cast<uint32_t>(taken)));
  }
  return iterator_of(m, out);
}

Found tee(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (!items) return Value::unknown();
  const int64_t count = call.count() > 1 ? std::clamp<int64_t>(integer_of(call[1]).value_or(2), 0, 64) : 2;
  std::vector<Value> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(iterator_of(m, *items));
  return tuple_of(m, out);
}

constexpr ModelEntry kModels[] = {
    {"itertools.chain", chain},
    {"itertools.chain.from_iterable", chain},
    {"itertools.count", lazy<kCount>},
    {"itertools.cycle", lazy<kCycle>},
    {"itertools.repeat", lazy<kRepeat>},
    {"itertools.islice", slice_of},
    {"itertools.product", product},
    {"itertools.permutations", selections<true>},
    {"itertools.combinations", selections<false>},
    {"itertools.accumulate", accumulate},
    {"itertools.starmap", starmap},
    {"itertools.groupby", groupby},
    {"itertools.pairwise", runs},
    {"itertools.batched", runs},
    {"itertools.tee", tee},
};

}  // namespace

std::span<const ModelEntry> itertools_models() { return kModels; }

}  // namespace winnow::machine
