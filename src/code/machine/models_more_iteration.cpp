// What iterates, for running code: iterators with a position of their own, keys and predicates that are called.
#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/iterables.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

std::span<const Value> first_of(const Call& call) { return call.arguments.first(std::min<size_t>(1, call.count())); }

Found iterate(Machine& m, const Call& call) {
  if (call.count() == 2) {
    Link link;
    link.kind = kCalls;
    link.first = call[0];
    link.second = call[1];
    return m.heap().new_link(Kind::iterator, link);
  }
  return iterator_over(m, call[0]);
}

Found next(Machine& m, const Call& call) {
  const Next item = next_of(m, call[0]);
  if (m.raised) return Value::unknown();
  if (item.unknown) return Value::unknown_named("item");
  if (item.item) return item.item;
  if (call.count() > 1) return call[1];
  return m.raise("StopIteration", call[0].is(Kind::generator) ? m.heap().link(call[0]).second : Value::none());
}

template <Kind kind>
Found container(Machine& m, const Call& call) {
  const Value made = m.heap().new_items(kind, nullptr, 0);
  if (call.count() == 0) return made;
  auto items = m.iterate(call[0]);
  if (m.raised || !items) return Value::unknown();
  const Value* most = m.keyword(call, "maxlen");  // of a deque
  if (const auto kept = integer_of(most != nullptr ? *most : call.count() > 1 ? call[1] : Value::none()); kind == Kind::list && kept && *kept >= 0 && items->size() > static_cast<size_t>(*kept)) {
    items->erase(items->begin(), items->end() - *kept);
  }
  if (kind == Kind::list || kind == Kind::tuple) return m.heap().new_items(kind, items->data(), static_cast<uint32_t>(items->size()));
  for (const Value& item : *items) {
    const Items& held = m.heap().items(made);
    const bool there = item.is_known() && held.size < 4096 && std::any_of(held.begin(), held.end(), [&](const Value& v) { return same_key(m.heap(), v, item); });
    if (!there) m.heap().append(m.heap().items(made), &item, 1);
  }
  return made;
}

Found to_dict(Machine& m, const Call& call) {
  const Value made = m.heap().new_items(Kind::dict, nullptr, 0);
  const auto put = [&](Value from) {
    const Items pairs = m.heap().items(from);
    for (uint32_t i = 0; i + 1 < pairs.size; i += 2) m.heap().set_key(made, pairs[i], pairs[i + 1]);
  };
  if (call.count() > 0) {
    const Value from = plain(m, call[0]);
    if (from.is(Kind::dict)) {
      put(from);
    } else if (const auto pairs = namespace_pairs(m, from)) {
      for (size_t i = 0; i + 1 < pairs->size(); i += 2) m.heap().set_key(made, (*pairs)[i], (*pairs)[i + 1]);
    } else {
      const auto rows = m.iterate(from);
      if (!rows) return Value::unknown();
      for (const Value& row : *rows) {
        const auto pair = m.iterate(row);
        if (!pair || pair->size() != 2) return Value::unknown();
        m.heap().set_key(made, (*pair)[0], (*pair)[1]);
      }
    }
  }
  if (call.keywords.is(Kind::dict)) put(call.keywords);
  return made;
}

Found to_bytes(Machine& m, const Call& call) {
  const bool mutates = m.heap().name(call.callee).canonical == "builtins.bytearray";
  const auto typed = [&](std::string_view data) { return mutates ? new_byte_array(m, data) : m.make_bytes(data); };
  if (call.count() == 0) return typed("");
  const Value given = plain(m, call[0]);
  if (given.is(Kind::instance)) {
    if (const auto out = call_special(m, given, "__bytes__", {})) return out;
  }
  if (const auto buffer = buffer_of(m, given)) return typed(*buffer);
  if (given.is(Kind::string)) {
    const Model encode = model_of("builtins.str.encode");
    const auto out = encode(m, {call.callee, call.arguments, call.keywords});
    return out && out->is(Kind::bytes) ? Found(typed(out->text())) : Found(Value::unknown());
  }
  if (given.is(Kind::integer)) {
    if (given.as_integer() < 0 || given.as_integer() > (1 << 24)) return Value::unknown();
    return typed(std::string(static_cast<size_t>(given.as_integer()), '\0'));
  }
  const auto items = m.iterate(given);
  if (m.raised || !items) return Value::unknown();
  std::string out;
  for (const Value& item : *items) {
    const auto byte = integer_of(item);
    if (!byte) return Value::unknown();
    if (*byte < 0 || *byte > 255) return m.raise("ValueError", Value::string("bytes must be in range(0, 256)"));
    out += static_cast<char>(*byte);
  }
  return typed(out);
}

Found range(Machine& m, const Call& call) {
  if (call.count() == 0 || call.count() > 3) return std::nullopt;
  Value parts[] = {Value::integer(0), call[0], Value::integer(1)};
  if (call.count() > 1) parts[0] = call[0], parts[1] = call[1];
  if (call.count() > 2) parts[2] = call[2];
  for (Value& part : parts) {
    if (part.is(Kind::boolean)) part = Value::integer(part.as_boolean());
    if (!part.is(Kind::integer)) return part.is_known() && !part.is(Kind::object) && !part.is(Kind::attribute) && !part.is(Kind::name) ? Found(m.raise("TypeError")) : Found(Value::unknown());
  }
  if (parts[2].as_integer() == 0) return m.raise("ValueError", Value::string("range() arg 3 must not be zero"));
  return m.heap().new_items(Kind::range, parts, 3);
}

Found slice(Machine& m, const Call& call) {
  if (call.count() == 0 || call.count() > 3) return std::nullopt;
  Value parts[] = {Value::none(), call[0], Value::none()};
  if (call.count() > 1) parts[0] = call[0], parts[1] = call[1];
  if (call.count() > 2) parts[2] = call[2];
  return m.heap().new_items(Kind::slice, parts, 3);
}

Found zip(Machine& m, const Call& call) {
  if (call.count() == 0) return iterator_of(m, {});
  std::optional<Value> filling;
  if (m.heap().name(call.callee).canonical == "itertools.zip_longest") {
    const Value* given = m.keyword(call, "fillvalue");
    filling = given != nullptr ? *given : Value::none();
  }
  Drawing drawing;
  if (!drawing.begin(m, call.arguments)) return Value::unknown();
  std::vector<Value> out, row;
  for (;;) {
    const Drawing::State state = drawing.next(m, row, filling);
    if (state == Drawing::State::unknown) return Value::unknown();
    if (state != Drawing::State::going) return iterator_of(m, out, state == Drawing::State::open);
    out.push_back(tuple_of(m, row));
  }
}

Found map(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const auto unsure = [&]() -> Found {
    if (!m.raised) m.call(call[0], std::vector<Value>(call.count() - 1, Value::unknown_named("item")));
    return Value::unknown();
  };
  Drawing drawing;
  if (!drawing.begin(m, call.arguments.subspan(1))) return unsure();
  std::vector<Value> out, row;
  for (;;) {
    const Drawing::State state = drawing.next(m, row);
    if (state == Drawing::State::unknown) return unsure();
    if (state != Drawing::State::going) return iterator_of(m, out, state == Drawing::State::open);
    out.push_back(call[0].is(Kind::none) ? row[0] : m.call_from_code(call[0], row, Value::none()));
    if (m.raised) return Value::unknown();
  }
}

enum class Keep : uint8_t { where_true, where_false, while_true, from_false };
template <Keep keep>
Found filter(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const auto unsure = [&]() -> Found {
    const Value item = Value::unknown_named("item");
    if (!m.raised && !call[0].is(Kind::none)) m.call(call[0], std::span(&item, 1));
    return Value::unknown();
  };
  Drawing drawing;
  if (!drawing.begin(m, call.arguments.subspan(1, 1))) return unsure();
  std::vector<Value> out, row;
  bool open = keep != Keep::from_false;
  for (;;) {
    const Drawing::State state = drawing.next(m, row);
    if (state == Drawing::State::unknown) return unsure();
    if (state != Drawing::State::going) return iterator_of(m, out, state == Drawing::State::open);
    const Value answer = call[0].is(Kind::none) ? row[0] : m.call_from_code(call[0], row, Value::none());
    if (m.raised) return Value::unknown();
    const auto known = truth(m, answer);
    if (keep == Keep::while_true && known && !*known) return iterator_of(m, out);
    if (keep == Keep::from_false && known && !*known) open = true;
    const bool taken = keep == Keep::where_false ? !known.value_or(false) : keep == Keep::from_false ? open : known.value_or(true);
    if (taken) out.push_back(row[0]);
  }
}

Found enumerate(Machine& m, const Call& call) {
  Value start = call.count() > 1 ? call[1] : Value::integer(0);
  if (const Value* given = m.keyword(call, "start")) start = *given;
  int64_t at = integer_of(start).value_or(0);
  Drawing drawing;
  if (call.count() == 0 || !drawing.begin(m, first_of(call))) return Value::unknown();
  std::vector<Value> out, row;
  for (;;) {
    const Drawing::State state = drawing.next(m, row);
    if (state == Drawing::State::unknown) return Value::unknown();
    if (state != Drawing::State::going) return iterator_of(m, out, state == Drawing::State::open);
    out.push_back(m.heap().new_tuple({Value::integer(at++), row[0]}));
  }
}

template <bool all>
Found any_or_all(Machine& m, const Call& call) {
  Drawing drawing;
  if (call.count() == 0 || !drawing.begin(m, first_of(call))) return Value::unknown();
  bool sure = true;
  std::vector<Value> row;
  for (;;) {
    const Drawing::State state = drawing.next(m, row);
    if (state != Drawing::State::going) return sure && state == Drawing::State::ended ? Value::boolean(all) : Value::unknown();
    const auto known = truth(m, row[0]);
    if (known && *known != all) return Value::boolean(!all);
    sure = sure && known;
  }
}

Found sum(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (m.raised || !items) return Value::unknown();
  Value total = call.count() > 1 ? call[1] : Value::integer(0);
  if (const Value* given = m.keyword(call, "start")) total = *given;
  for (const Value& item : *items) {
    total = binary(m, ir::Binary::add, total, item);
    if (m.raised) return Value::unknown();
  }
  return total;
}

// The values by which items are compared.
std::optional<std::vector<Value>> keys_of(Machine& m, const Call& call, const std::vector<Value>& items) {
  const Value* key = m.keyword(call, "key");
  if (key == nullptr || key->is(Kind::none)) return items;
  std::vector<Value> out;
  for (const Value& item : items) {
    out.push_back(m.call_from_code(*key, std::span(&item, 1), Value::none()));
    if (m.raised) return std::nullopt;
  }
  return out;
}

Found sorted(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (m.raised) return Value::unknown();
  if (!items) {
    const Value item = Value::unknown_named("item");
    if (const Value* key = m.keyword(call, "key"); key != nullptr && !key->is(Kind::none)) m.call(*key, std::span(&item, 1));
    return Value::unknown();
  }
  const auto keys = keys_of(m, call, *items);
  if (!keys) return Value::unknown();
  std::vector<size_t> at(items->size());
  for (size_t i = 0; i < at.size(); ++i) at[i] = i;
  // A merge sort that asks no more than it must, and stops where two keys cannot be compared.
  bool sure = true;
  const Value* reversed = m.keyword(call, "reverse");
  const bool backwards = reversed != nullptr && truth(m, *reversed).value_or(false);
  const auto less = [&](size_t a, size_t b) {
    const Value out = compare(m, ir::Compare::lt, (*keys)[backwards ? b : a], (*keys)[backwards ? a : b]);
    if (!out.is(Kind::boolean)) sure = false;
    return sure && out.as_boolean();
  };
  std::vector<size_t> room(at.size());
  for (size_t width = 1; width < at.size() && sure && m.step(); width *= 2) {
    for (size_t low = 0; low < at.size(); low += 2 * width) {
      const size_t middle = std::min(low + width, at.size()), high = std::min(low + 2 * width, at.size());
      size_t i = low, k = middle;
      for (size_t to = low; to < high; ++to) {
        if (i < middle && (k >= high || !less(at[k], at[i]))) room[to] = at[i++];
        else room[to] = at[k++];
      }
    }
    at.swap(room);
  }
  std::vector<Value> out;
  for (const size_t i : at) out.push_back((*items)[i]);
  return list_of(m, sure ? out : *items);
}

template <bool most>
Found extreme(Machine& m, const Call& call) {
  std::vector<Value> items(call.arguments.begin(), call.arguments.end());
  if (call.count() == 1) {
    const auto given = m.iterate(call[0]);
    if (m.raised || !given) return Value::unknown();
    items = *given;
  }
  if (items.empty()) {
    const Value* otherwise = m.keyword(call, "default");
    return otherwise != nullptr ? Found(*otherwise) : Found(m.raise("ValueError", Value::string("empty sequence")));
  }
  const auto keys = keys_of(m, call, items);
  if (!keys) return Value::unknown();
  size_t best = 0;
  for (size_t i = 1; i < items.size(); ++i) {
    const Value better = compare(m, most ? ir::Compare::gt : ir::Compare::lt, (*keys)[i], (*keys)[best]);
    if (m.raised || !better.is(Kind::boolean)) return Value::unknown();
    if (better.as_boolean()) best = i;
  }
  return items[best];
}

Found reversed(Machine& m, const Call& call) {
  if (const auto out = call_special(m, call[0], "__reversed__", {})) return out;
  auto items = m.iterate(call[0]);
  if (m.raised || !items) return Value::unknown();
  std::reverse(items->begin(), items->end());
  return iterator_of(m, *items);
}

Found compress(Machine& m, const Call& call) {
  Drawing drawing;
  if (call.count() < 2 || !drawing.begin(m, call.arguments.first(2))) return Value::unknown();
  std::vector<Value> out, row;
  for (;;) {
    const Drawing::State state = drawing.next(m, row);
    if (state == Drawing::State::unknown) return Value::unknown();
    if (state != Drawing::State::going) return iterator_of(m, out, state == Drawing::State::open);
    if (truth(m, row[1]).value_or(true)) out.push_back(row[0]);
  }
}

Found reduce(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  const auto items = m.iterate(call[1]);
  if (m.raised) return Value::unknown();
  if (!items) {
    m.call(call[0], std::vector<Value>{Value::unknown_named("total"), Value::unknown_named("item")});
    return Value::unknown();
  }
  size_t i = 0;
  if (call.count() < 3 && items->empty()) return m.raise("TypeError");
  Value total = call.count() > 2 ? call[2] : (*items)[i++];
  for (; i < items->size() && m.step(); ++i) {
    const Value pair[] = {total, (*items)[i]};
    total = m.call_from_code(call[0], pair, Value::none());
    if (m.raised) return Value::unknown();
  }
  return total;
}

constexpr ModelEntry kModels[] = {
    {"builtins.iter", iterate},
    {"builtins.aiter", iterate},
    {"builtins.next", next},
    {"builtins.list", container<Kind::list>},
    {"collections.deque", container<Kind::list>},
    {"builtins.tuple", container<Kind::tuple>},
    {"builtins.set", container<Kind::set>},
    {"builtins.frozenset", container<Kind::frozen_set>},
    {"builtins.dict", to_dict},
    {"collections.OrderedDict", to_dict},
    {"collections.UserDict", to_dict},
    {"types.MappingProxyType", to_dict},
    {"builtins.bytes", to_bytes},
    {"builtins.bytearray", to_bytes},
    {"builtins.memoryview", to_bytes},
    {"builtins.range", range},
    {"builtins.xrange", range},
    {"builtins.slice", slice},
    {"builtins.zip", zip},
    {"itertools.izip", zip},
    {"itertools.zip_longest", zip},
    {"builtins.map", map},
    {"itertools.imap", map},
    {"builtins.filter", filter<Keep::where_true>},
    {"itertools.ifilter", filter<Keep::where_true>},
    {"itertools.filterfalse", filter<Keep::where_false>},
    {"itertools.takewhile", filter<Keep::while_true>},
    {"itertools.dropwhile", filter<Keep::from_false>},
    {"builtins.enumerate", enumerate},
    {"builtins.all", any_or_all<true>},
    {"builtins.any", any_or_all<false>},
    {"builtins.sum", sum},
    {"builtins.sorted", sorted},
    {"builtins.max", extreme<true>},
    {"builtins.min", extreme<false>},
    {"builtins.reversed", reversed},
    {"itertools.compress", compress},
    {"functools.reduce", reduce},
    {"builtins.reduce", reduce},
};

}  // namespace

std::span<const ModelEntry> more_iteration_models() { return kModels; }

}  // namespace winnow::machine
