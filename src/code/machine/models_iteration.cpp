// Builtins that iterate: what calls a function on every item, and what gathers items. Lazy ones are run at once,
// since whoever keeps them is going to consume them.
#include <algorithm>

#include "code/machine/models.h"

namespace winnow::machine {
namespace {

using Result = std::optional<Value>;

Value list_of(Machine& m, const std::vector<Value>& values) {
  return m.heap().new_items(Kind::list, values.data(), static_cast<uint32_t>(values.size()));
}

bool runs_something(Machine& m, Value callee) {
  return callee.is(Kind::name) || callee.is(Kind::object) || callee.is(Kind::attribute) ||
         callee.is(Kind::unknown) ? m.step() : false;
}

constexpr size_t kMostMapped = 4096;  // calls made for one map; the rest of the items is like the first

// map(f, xs, ...): lazy in Python, run at once here, since whoever keeps it is going to consume it.
Result map_calls(Machine& m, const Call& call) {
  if (call.count() < 2 || !runs_something(m, call[0])) return std::nullopt;
  std::vector<std::vector<Value>> columns;
  size_t rows = kMostMapped;
  for (size_t i = 1; i < call.count(); ++i) {
    auto column = m.iterate(call[i]);
    if (!column) {
      m.call(call[0], std::vector<Value>(call.count() - 1, Value::unknown()));
      return std::nullopt;
    }
    rows = std::min(rows, column->size());
    columns.push_back(std::move(*column));
  }
  std::vector<Value> results;
  for (size_t row = 0; row < rows; ++row) {
    std::vector<Value> arguments;
    for (const auto& column : columns) arguments.push_back(column[row]);
    results.push_back(m.call(call[0], arguments));
  }
  if (rows == kMostMapped) m.call(call[0], std::vector<Value>(call.count() - 1, Value::unknown()));
  return list_of(m, results);
}

Result filter_calls(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const auto items = m.iterate(call[1]);
  if (!items) return std::nullopt;
  if (!call[0].is(Kind::none)) {
    for (size_t i = 0; i < std::min(items->size(), kMostMapped); ++i) m.call(call[0], std::span(&(*items)[i], 1));
    if (items->size() > kMostMapped) m.call(call[0], std::vector<Value>{Value::unknown()});
  }
  return list_of(m, *items);
}

Result starmap_calls(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const auto rows = m.iterate(call[1]);
  if (!rows) {
    m.call(call[0], std::vector<Value>{Value::unknown()});
    return std::nullopt;
  }
  std::vector<Value> results;
  for (size_t i = 0; i < std::min(rows->size(), kMostMapped); ++i) results.push_back(m.call(call[0], (*rows)[i]));
  if (rows->size() > kMostMapped) m.call(call[0], std::vector<Value>{Value::unknown()});
  return list_of(m, results);
}

// functools.reduce(f, xs[, initial]), itertools.accumulate(xs, f)
Result fold(Machine& m, Value function, Value iterable, std::optional<Value> initial) {
  const auto items = m.iterate(iterable);
  if (!items) {
    m.call(function, std::vector<Value>{Value::unknown(), Value::unknown()});
    return std::nullopt;
  }
  size_t i = 0;
  if (!initial) {
    if (items->empty()) return std::nullopt;
    initial = (*items)[i++];
  }
  Value value = *initial;
  for (; i < items->size() && m.step(); ++i) {
    const Value pair[] = {value, (*items)[i]};
    value = m.call(function, pair);
  }
  return value;
}

Result reduce_calls(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  return fold(m, call[0], call[1], call.count() > 2 ? std::optional(call[2]) : std::nullopt);
}

Result accumulate_calls(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  return fold(m, call[1], call[0], std::nullopt);
}

// sorted(xs, key=f), max/min(xs, key=f), itertools.groupby(xs, f): the key function is called on each item.
Result keyed(Machine& m, const Call& call) {
  const Value* key = m.keyword(call, "key");
  if (!key && call.count() == 2 && m.heap().name(call.callee).canonical == "itertools.groupby") key = &call.arguments[1];
  if (key && !key->is(Kind::none) && call.count() > 0) {
    const auto items = m.iterate(call[0]);
    if (!items) m.call(*key, std::vector<Value>{Value::unknown()});
    for (size_t i = 0; items && i < std::min(items->size(), kMostMapped); ++i) m.call(*key, std::span(&(*items)[i], 1));
  }
  return std::nullopt;
}

// filterfalse(f, xs), takewhile(f, xs), dropwhile(f, xs)
Result predicate_calls(Machine& m, const Call& call) {
  if (call.count() >= 2) filter_calls(m, call);
  return std::nullopt;
}

// next(iter(callable, sentinel)), defaultdict(factory)[missing] and kin only hold a callable until used.
Result iterator(Machine& m, const Call& call) {
  if (call.count() == 2) {
    m.call(call[0], std::vector<Value>{});
    return std::nullopt;
  }
  const auto items = m.iterate(call[0]);
  if (!items) return std::nullopt;
  return list_of(m, *items);
}

Result first_of(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (!items || items->empty()) return std::nullopt;
  return items->front();
}

Result to_list(Machine& m, const Call& call) {
  if (call.count() == 0) return m.heap().new_items(Kind::list, nullptr, 0);
  const auto items = m.iterate(call[0]);
  if (!items) return std::nullopt;
  return list_of(m, *items);
}

template <Kind kind>
Result to_container(Machine& m, const Call& call) {
  if (call.count() == 0) return m.heap().new_items(kind, nullptr, 0);
  const auto items = m.iterate(call[0]);
  if (!items) return std::nullopt;
  return m.heap().new_items(kind, items->data(), static_cast<uint32_t>(items->size()));
}

// dict(), dict(pairs), dict(a=1): known where the pairs are.
Result to_dict(Machine& m, const Call& call) {
  std::vector<Value> pairs;
  if (call.count() > 0) {
    if (call[0].is(Kind::dict)) {
      const Items items = m.heap().items(call[0]);
      pairs.assign(items.begin(), items.end());
    } else {
      const auto rows = m.iterate(call[0]);
      if (!rows) return std::nullopt;
      for (const Value& row : *rows) {
        const auto pair = m.iterate(row);
        if (!pair || pair->size() != 2) return std::nullopt;
        pairs.insert(pairs.end(), pair->begin(), pair->end());
      }
    }
  }
  if (call.keywords.is(Kind::dict)) {
    const Items items = m.heap().items(call.keywords);
    pairs.insert(pairs.end(), items.begin(), items.end());
  }
  return m.heap().new_items(Kind::dict, pairs.data(), static_cast<uint32_t>(pairs.size()));
}

Result zip_items(Machine& m, const Call& call) {
  std::vector<std::vector<Value>> columns;
  size_t rows = SIZE_MAX;
  for (const Value& argument : call.arguments) {
    auto column = m.iterate(argument);
    if (!column) return std::nullopt;
    rows = std::min(rows, column->size());
    columns.push_back(std::move(*column));
  }
  std::vector<Value> out;
  for (size_t row = 0; !columns.empty() && row < rows && m.step(); ++row) {
    std::vector<Value> values;
    for (const auto& column : columns) values.push_back(column[row]);
    out.push_back(m.heap().new_items(Kind::tuple, values.data(), static_cast<uint32_t>(values.size())));
  }
  return list_of(m, out);
}

Result chain_items(Machine& m, const Call& call) {
  std::vector<Value> out;
  for (const Value& argument : call.arguments) {
    const auto items = m.iterate(argument);
    if (!items) return std::nullopt;
    out.insert(out.end(), items->begin(), items->end());
  }
  return list_of(m, out);
}

Result chain_from_iterable(Machine& m, const Call& call) {
  const auto rows = m.iterate(call[0]);
  if (!rows) return std::nullopt;
  std::vector<Value> out;
  for (const Value& row : *rows) {
    const auto items = m.iterate(row);
    if (!items) return std::nullopt;
    out.insert(out.end(), items->begin(), items->end());
  }
  return list_of(m, out);
}

Result reversed_items(Machine& m, const Call& call) {
  auto items = m.iterate(call[0]);
  if (!items) return std::nullopt;
  std::reverse(items->begin(), items->end());
  return list_of(m, *items);
}

Result range_items(Machine& m, const Call& call) {
  const auto a = integer_of(call[0]);
  if (!a) return std::nullopt;
  int64_t start = 0, stop = *a, step = 1;
  if (call.count() > 1) {
    const auto b = integer_of(call[1]);
    if (!b) return std::nullopt;
    start = *a, stop = *b;
  }
  if (call.count() > 2) {
    const auto c = integer_of(call[2]);
    if (!c || *c == 0) return std::nullopt;
    step = *c;
  }
  std::vector<Value> out;
  for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
    if (out.size() >= (size_t{1} << 16)) return std::nullopt;
    out.push_back(Value::integer(i));
  }
  return list_of(m, out);
}

constexpr ModelEntry kModels[] = {
    {"builtins.map", map_calls},
    {"itertools.imap", map_calls},
    {"builtins.filter", filter_calls},
    {"itertools.ifilter", filter_calls},
    {"itertools.filterfalse", predicate_calls},
    {"itertools.takewhile", predicate_calls},
    {"itertools.dropwhile", predicate_calls},
    {"itertools.starmap", starmap_calls},
    {"functools.reduce", reduce_calls},
    {"itertools.accumulate", accumulate_calls},
    {"builtins.sorted", keyed},
    {"builtins.max", keyed},
    {"builtins.min", keyed},
    {"itertools.groupby", keyed},
    {"builtins.iter", iterator},
    {"builtins.next", first_of},
    {"builtins.list", to_list},
    {"builtins.tuple", to_container<Kind::tuple>},
    {"builtins.set", to_container<Kind::set>},
    {"builtins.frozenset", to_container<Kind::set>},
    {"builtins.dict", to_dict},
    {"builtins.zip", zip_items},
    {"itertools.chain", chain_items},
    {"itertools.chain.from_iterable", chain_from_iterable},
    {"builtins.reversed", reversed_items},
    {"builtins.range", range_items},
    {"builtins.xrange", range_items},
};

}  // namespace

std::span<const ModelEntry> iteration_models() { return kModels; }

}  // namespace winnow::machine
