// Methods of list, dict, set, bytearray, tuple, generators and iterators, for running code: they change things in
// place.
#include <algorithm>
#include <cstring>

#include "code/machine/interpreter.h"
#include "code/machine/iterables.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

bool is_list(Value v) { return v.is(Kind::list) || v.is(Kind::set); }

// The container that a method works on: for instances of subclasses the one that they hold.
Value self_of(Machine& m, const Call& call) { return plain(m, call[0]); }

Value hole() { return Value::unknown(); }

int64_t index_in(int64_t index, int64_t size) { return std::clamp<int64_t>(index < 0 ? index + size : index, 0, size); }

Found list_append(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (self.is(Kind::byte_array)) {
    const auto content = buffer_of(m, self);
    const auto byte = integer_of(call[1]);
    const Value sum = content && byte ? m.joined(Value::bytes(*content), std::string(1, static_cast<char>(*byte))) : hole();
    m.heap().change(self).data[0] = sum;
    return Value::none();
  }
  if (!is_list(self)) return std::nullopt;
  const Value item = call[1];
  m.heap().append(m.heap().change(self), &item, 1);
  return Value::none();
}

Found list_append_left(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (!self.is(Kind::list)) return std::nullopt;
  const Items old = m.heap().items(self);
  std::vector<Value> all{call[1]};
  all.insert(all.end(), old.begin(), old.end());
  Items& items = m.heap().change(self);
  items.size = 0;
  m.heap().append(items, all.data(), static_cast<uint32_t>(all.size()));
  return Value::none();
}

Found list_extend(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (self.is(Kind::byte_array)) {
    const auto content = buffer_of(m, self);
    std::string more;
    const auto given = buffer_of(m, call[1]);
    const auto items = given ? std::nullopt : m.iterate(call[1]);
    for (const Value& v : items.value_or(std::vector<Value>())) if (v.is(Kind::integer)) more += static_cast<char>(v.as_integer());
    const Value sum = content && (given || items) ? m.joined(Value::bytes(*content), given ? *given : more) : hole();
    m.heap().change(self).data[0] = sum;
    return Value::none();
  }
  if (!self.is(Kind::list)) return std::nullopt;
  const Value unknown = hole();
  // A generator sees what it has given stand in the list, also where it raises then.
  for (size_t taken = 0; call[1].is(Kind::generator); ++taken) {
    const Next next = taken < kMostItems ? next_of(m, call[1]) : Next{{}, true};
    if (m.raised) return Value::unknown();
    if (next.unknown) m.heap().append(m.heap().change(self), &unknown, 1);
    if (next.unknown || !next.item) return Value::none();
    m.heap().append(m.heap().change(self), &*next.item, 1);
  }
  const auto items = m.iterate(call[1]);
  if (m.raised) return Value::unknown();
  if (!items) m.heap().append(m.heap().change(self), &unknown, 1);
  else m.heap().append(m.heap().change(self), items->data(), static_cast<uint32_t>(items->size()));
  return Value::none();
}

Found list_insert(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  const auto at = integer_of(call[1]);
  if (self.is(Kind::byte_array)) {
    const auto content = buffer_of(m, self);
    const auto byte = integer_of(call[2]);
    if (!content || !at || !byte) return std::nullopt;
    std::string out(*content);
    out.insert(static_cast<size_t>(index_in(*at, static_cast<int64_t>(out.size()))), 1, static_cast<char>(*byte));
    const Value made = m.make_bytes(out);
    m.heap().change(self).data[0] = made;
    return Value::none();
  }
  if (!self.is(Kind::list) || !at) return self.is(Kind::list) ? Found(Value::none()) : std::nullopt;
  const Items old = m.heap().items(self);
  std::vector<Value> all(old.begin(), old.end());
  all.insert(all.begin() + index_in(*at, old.size), call[2]);
  Items& items = m.heap().change(self);
  items.size = 0;
  m.heap().append(items, all.data(), static_cast<uint32_t>(all.size()));
  return Value::none();
}

Found dict_pop(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (!self.is(Kind::dict)) return std::nullopt;
  const Value* held = call[1].is_known() ? m.heap().find_key(self, plain(m, call[1])) : nullptr;
  if (held == nullptr) return call.count() > 2 ? Found(call[2]) : call[1].is_known() ? Found(m.raise("KeyError", call[1])) : Found(Value::unknown());
  const Value value = *held;
  m.heap().remove_key(self, plain(m, call[1]));
  return value;
}

Found list_pop(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (self.is(Kind::dict)) return dict_pop(m, call);
  if (!is_list(self) && !self.is(Kind::byte_array)) return std::nullopt;
  const Value at = call.count() > 1 ? call[1] : Value::integer(self.is(Kind::set) ? 0 : -1);
  Value list = self;
  if (self.is(Kind::set)) {
    const Items& items = m.heap().items(self);
    if (items.size == 0) return m.raise("KeyError");
    const Value value = items[0];
    Items& changed = m.heap().change(self);
    std::memmove(static_cast<void*>(changed.data), changed.data + 1, (changed.size - 1) * sizeof(Value));
    --changed.size;
    return value;
  }
  const Value value = subscript(m, list, at);
  if (m.raised) return Value::unknown();
  delete_subscript(m, list, at);
  return value;
}

Found list_pop_left(Machine& m, const Call& call) {
  const Value given[] = {call[0], Value::integer(0)};
  return list_pop(m, {call.callee, given, Value::none()});
}

Found list_remove(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (!is_list(self)) return std::nullopt;
  const Items items = m.heap().items(self);
  for (uint32_t i = 0; i < items.size; ++i) {
    const auto same = equal(m, items[i], call[1]);
    if (!same || !*same) continue;
    Items& changed = m.heap().change(self);
    std::memmove(static_cast<void*>(changed.data + i), changed.data + i + 1, (changed.size - i - 1) * sizeof(Value));
    --changed.size;
    return Value::none();
  }
  return m.heap().name(call.callee).canonical.ends_with("discard") ? Found(Value::none()) : Found(m.raise("ValueError", Value::string("not in list")));
}

Found list_clear(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (self.is(Kind::byte_array)) m.heap().change(self).data[0] = Value::bytes("");
  else if (is_list(self)) m.heap().change(self).size = 0;
  else if (self.is(Kind::dict)) for (const Value& key : m.iterate(self).value_or(std::vector<Value>())) m.heap().remove_key(self, key);
  else return std::nullopt;
  return Value::none();
}

Found copied(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (self.is(Kind::byte_array)) return new_byte_array(m, buffer_of(m, self).value_or(""));
  if (!is_list(self) && !self.is(Kind::dict) && !self.is(Kind::frozen_set)) return std::nullopt;
  const Items items = m.heap().items(self);
  return m.heap().new_items(self.kind(), items.data, items.size);
}

Found list_reverse(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (self.is(Kind::byte_array)) {
    std::string out(buffer_of(m, self).value_or(""));
    std::reverse(out.begin(), out.end());
    const Value made = m.make_bytes(out);
    m.heap().change(self).data[0] = made;
    return Value::none();
  }
  if (!self.is(Kind::list)) return std::nullopt;
  Items& items = m.heap().change(self);
  std::reverse(items.data, items.data + items.size);
  return Value::none();
}

Found list_rotate(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (!self.is(Kind::list)) return std::nullopt;
  Items& items = m.heap().change(self);
  const int64_t by = call.count() > 1 ? integer_of(call[1]).value_or(0) : 1;
  if (items.size == 0) return Value::none();
  const int64_t size = items.size, shift = ((by % size) + size) % size;
  std::rotate(items.data, items.data + (size - shift) % size, items.data + size);
  return Value::none();
}

Found list_sort(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (!self.is(Kind::list)) return std::nullopt;
  const Value sorted = m.call_from_code(m.resolve("builtins", "sorted"), std::span(&self, 1), call.keywords);
  if (!sorted.is(Kind::list)) return Value::none();
  const Items in_order = m.heap().items(sorted);
  Items& items = m.heap().change(self);
  items.size = 0;
  m.heap().append(items, in_order.data, in_order.size);
  return Value::none();
}

Found list_index(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  const auto items = m.iterate(self);
  if (!items) return Value::unknown();
  for (size_t i = static_cast<size_t>(std::max<int64_t>(0, call.count() > 2 ? integer_of(call[2]).value_or(0) : 0)); i < items->size(); ++i) {
    const auto same = equal(m, (*items)[i], call[1]);
    if (same && *same) return Value::integer(static_cast<int64_t>(i));
    if (!same) return Value::unknown();
  }
  return m.raise("ValueError", Value::string("not in list"));
}

Found list_count(Machine& m, const Call& call) {
  const auto items = m.iterate(self_of(m, call));
  if (!items) return Value::unknown();
  int64_t count = 0;
  for (const Value& item : *items) {
    const auto same = equal(m, item, call[1]);
    if (!same) return Value::unknown();
    count += *same;
  }
  return Value::integer(count);
}

Found dict_get(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (!self.is(Kind::dict)) return std::nullopt;
  if (!call[1].is_known()) return Value::unknown();
  if (const Value* held = m.heap().find_key(self, plain(m, call[1]))) return *held;
  if (call[1].is(Kind::string) && call[1].text() == "__builtins__") return m.import_name("builtins", "");  // as subscripts.cpp has it
  return call.count() > 2 ? call[2] : Value::none();
}

Found dict_set_default(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (!self.is(Kind::dict)) return std::nullopt;
  if (const Value* held = m.heap().find_key(self, plain(m, call[1]))) return *held;
  const Value value = call.count() > 2 ? call[2] : Value::none();
  m.heap().set_key(self, plain(m, call[1]), value);
  return value;
}

enum class Part : uint8_t { keys, values, items };
template <Part part>
Found dict_parts(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  std::vector<Value> pairs, out;
  if (self.is(Kind::dict)) {
    const Items held = m.heap().items(self);
    pairs.assign(held.begin(), held.end());
  } else if (auto members = namespace_pairs(m, self)) {
    pairs = std::move(*members);
  } else {
    return std::nullopt;
  }
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (part == Part::keys) out.push_back(pairs[i]);
    else if (part == Part::values) out.push_back(pairs[i + 1]);
    else out.push_back(m.heap().new_items(Kind::tuple, pairs.data() + i, 2));
  }
  return m.heap().new_items(Kind::list, out.data(), static_cast<uint32_t>(out.size()));
}

// globals().update(vars(os)): what is known of the module's members goes under their names.
void put_members(Machine& m, Value dict, Value from) {
  const auto pairs = namespace_pairs(m, from.is(Kind::name) && !m.heap().name(from).canonical.ends_with(".__dict__") ? m.attribute(from, "__dict__") : from);
  if (!pairs) return;
  for (size_t i = 0; i + 1 < pairs->size(); i += 2) {
    if ((*pairs)[i].is_known()) m.heap().set_key(dict, (*pairs)[i], (*pairs)[i + 1]);
  }
}

Found dict_update(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (self.is(Kind::set)) {
    for (size_t i = 1; i < call.count(); ++i) {
      for (const Value& item : m.iterate(call[i]).value_or(std::vector<Value>())) {
        if (!contains(m, self, item).value_or(false)) m.heap().append(m.heap().change(self), &item, 1);
      }
    }
    return Value::none();
  }
  if (!self.is(Kind::dict)) return std::nullopt;
  const auto put = [&](Value from) {
    const Items pairs = m.heap().items(from);
    for (uint32_t i = 0; i + 1 < pairs.size; i += 2) m.heap().set_key(self, pairs[i], pairs[i + 1]);
  };
  for (size_t i = 1; i < call.count(); ++i) {
    const Value from = plain(m, call[i]);
    if (from.is(Kind::dict)) {
      put(from);
      continue;
    }
    if (from.is(Kind::attribute) || from.is(Kind::name)) {
      put_members(m, self, from);
      continue;
    }
    for (const Value& row : m.iterate(from).value_or(std::vector<Value>())) {
      const auto pair = m.iterate(row);
      if (pair && pair->size() == 2) m.heap().set_key(self, (*pair)[0], (*pair)[1]);
    }
  }
  if (call.keywords.is(Kind::dict)) put(call.keywords);
  return Value::none();
}

Found dict_pop_item(Machine& m, const Call& call) {
  const Value self = self_of(m, call);
  if (!self.is(Kind::dict)) return std::nullopt;
  const Items pairs = m.heap().items(self);
  if (pairs.size < 2) return m.raise("KeyError");
  const Value pair = m.heap().new_items(Kind::tuple, pairs.data + pairs.size - 2, 2);
  m.heap().remove_key(self, pairs[pairs.size - 2]);
  return pair;
}

Found dict_from_keys(Machine& m, const Call& call) {
  const size_t first = call[0].is(Kind::name) || call[0].is(Kind::class_object) ? 1 : 0;
  const auto keys = m.iterate(call[first]);
  if (!keys) return Value::unknown();
  const Value made = m.heap().new_items(Kind::dict, nullptr, 0);
  const Value value = call.count() > first + 1 ? call[first + 1] : Value::none();
  for (const Value& key : *keys) m.heap().set_key(made, key, value);
  return made;
}

Found set_add(Machine& m, const Call& call) {
  const Value self = self_of(m, call), item = call[1];
  if (!self.is(Kind::set)) return std::nullopt;
  if (!contains(m, self, item).value_or(false)) m.heap().append(m.heap().change(self), &item, 1);
  return Value::none();
}

template <ir::Binary op>
Found set_algebra(Machine& m, const Call& call) {
  Value out = self_of(m, call);
  for (size_t i = 1; i < call.count(); ++i) {
    const auto items = m.iterate(call[i]);
    if (!items) return Value::unknown();
    out = binary(m, op, out, m.heap().new_items(Kind::set, items->data(), static_cast<uint32_t>(items->size())));
  }
  return out;
}

Found generator_send(Machine& m, const Call& call) {
  if (call[0].is(Kind::iterator)) {
    const Next next = next_of(m, call[0]);
    if (next.unknown) return Value::unknown();
    return next.item ? next.item : Found(m.raise("StopIteration"));
  }
  if (!call[0].is(Kind::generator)) return std::nullopt;
  const auto item = resume(m, call[0], call.count() > 1 ? call[1] : Value::none());
  if (item || m.raised) return item.value_or(Value::unknown());
  return m.raise("StopIteration", m.heap().link(call[0]).second);
}

Found generator_throw(Machine& m, const Call& call) {
  if (!call[0].is(Kind::generator)) return std::nullopt;
  Value exception = call[call.count() > 2 && call[2].is_known() && !call[2].is(Kind::none) ? 2 : 1];
  if (exception.is(Kind::name)) exception = new_exception(m, exception, {});
  const auto item = resume(m, call[0], Value::none(), exception);
  if (item || m.raised) return item.value_or(Value::unknown());
  return m.raise("StopIteration");
}

Found generator_close(Machine& m, const Call& call) {
  if (!call[0].is(Kind::generator)) return std::nullopt;
  const Value exception = new_exception(m, m.resolve("builtins", "GeneratorExit"), {});
  resume(m, call[0], Value::none(), exception);
  m.raised.reset();
  return Value::none();
}

// Leaving the `with` of a contextlib.contextmanager goes on behind its yield.
Found manager_exit(Machine& m, const Call& call) {
  if (!call[0].is(Kind::generator)) return std::nullopt;
  const bool raised = call.count() > 2 && call[2].is_known() && !call[2].is(Kind::none);
  const Value exception = raised ? call[2] : Value::none();
  const auto item = resume(m, call[0], Value::none(), raised ? Found(exception) : std::nullopt);
  static_cast<void>(item);
  if (!m.raised) return Value::boolean(raised);
  if (raised && m.raised->same_as(exception)) {
    m.raised.reset();
    return Value::boolean(false);
  }
  return Value::unknown();
}

#define WINNOW_LIST(method, model) {"builtins.list." method, model}, {"builtins.bytearray." method, model}, {"collections.deque." method, model}

constexpr ModelEntry kModels[] = {
    WINNOW_LIST("append", list_append),
    WINNOW_LIST("extend", list_extend),
    {"builtins.list.__init__", list_extend},
    {"builtins.dict.__init__", dict_update},
    {"builtins.set.__init__", dict_update},
    WINNOW_LIST("insert", list_insert),
    WINNOW_LIST("pop", list_pop),
    WINNOW_LIST("remove", list_remove),
    WINNOW_LIST("clear", list_clear),
    WINNOW_LIST("copy", copied),
    WINNOW_LIST("reverse", list_reverse),
    {"builtins.list.appendleft", list_append_left},
    {"builtins.list.popleft", list_pop_left},
    {"builtins.list.rotate", list_rotate},
    {"builtins.list.sort", list_sort},
    {"builtins.list.index", list_index},
    {"builtins.list.count", list_count},
    {"builtins.tuple.index", list_index},
    {"builtins.tuple.count", list_count},
    {"builtins.range.index", list_index},
    {"builtins.dict.get", dict_get},
    {"builtins.dict.pop", dict_pop},
    {"builtins.dict.setdefault", dict_set_default},
    {"builtins.dict.keys", dict_parts<Part::keys>},
    {"builtins.dict.values", dict_parts<Part::values>},
    {"builtins.dict.items", dict_parts<Part::items>},
    {"builtins.dict.iterkeys", dict_parts<Part::keys>},
    {"builtins.dict.itervalues", dict_parts<Part::values>},
    {"builtins.dict.iteritems", dict_parts<Part::items>},
    {"builtins.dict.update", dict_update},
    {"builtins.dict.popitem", dict_pop_item},
    {"builtins.dict.copy", copied},
    {"builtins.dict.clear", list_clear},
    {"builtins.dict.fromkeys", dict_from_keys},
    {"builtins.set.add", set_add},
    {"builtins.set.discard", list_remove},
    {"builtins.set.remove", list_remove},
    {"builtins.set.pop", list_pop},
    {"builtins.set.update", dict_update},
    {"builtins.set.clear", list_clear},
    {"builtins.set.copy", copied},
    {"builtins.set.union", set_algebra<ir::Binary::bit_or>},
    {"builtins.set.intersection", set_algebra<ir::Binary::bit_and>},
    {"builtins.set.difference", set_algebra<ir::Binary::subtract>},
    {"builtins.set.symmetric_difference", set_algebra<ir::Binary::bit_xor>},
    {"builtins.frozenset.union", set_algebra<ir::Binary::bit_or>},
    {"types.GeneratorType.send", generator_send},
    {"types.GeneratorType.__next__", generator_send},
    {"types.GeneratorType.next", generator_send},
    {"types.GeneratorType.throw", generator_throw},
    {"types.GeneratorType.close", generator_close},
    {"builtins.iterator.__next__", generator_send},
    {"builtins.iterator.next", generator_send},
    {"contextlib._GeneratorContextManager.__exit__", manager_exit},
};

}  // namespace

std::span<const ModelEntry> container_models() { return kModels; }

}  // namespace winnow::machine
