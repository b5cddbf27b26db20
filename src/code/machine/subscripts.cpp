// What stands in brackets: items, slices, and their storing and deleting.
#include <algorithm>
#include <cstring>

#include "code/machine/interpreter.h"
#include "code/machine/objects.h"
#include "code/machine/models.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

bool is_sequence(Value v) { return v.is(Kind::list) || v.is(Kind::tuple); }

// -1 where it lies outside.
int64_t position(int64_t index, int64_t size) {
  if (index < 0) index += size;
  return index >= 0 && index < size ? index : -1;
}

std::optional<int64_t> whole(Machine& m, Value key) {
  if (key.is(Kind::instance)) {
    const auto out = call_special(m, key, "__index__", {});
    key = out ? *out : plain(m, key);
  }
  if (key.is(Kind::integer) || key.is(Kind::boolean)) return key.as_integer();
  return std::nullopt;
}

// The bytes of the characters that a slice takes of a text.
Value sliced_text(Machine& m, Value text, Value slice) {
  const std::string_view all = text.text();
  const bool wide = text.is(Kind::string) && !m.ascii(all);
  std::vector<std::string_view> units;
  if (wide) {
    for (size_t i = 0; i < all.size();) {
      size_t size = 1;
      while (i + size < all.size() && (static_cast<unsigned char>(all[i + size]) & 0xc0) == 0x80) ++size;
      units.push_back(all.substr(i, size));
      i += size;
    }
  }
  const auto size = static_cast<int64_t>(wide ? units.size() : all.size());
  const auto range = picked(m, slice, size);
  if (!range) return Value::unknown();
  const auto typed = [&](std::string_view part) { return text.is(Kind::bytes) ? Value::bytes(part) : Value::string(part); };
  if (!wide && range->step == 1) return typed(all.substr(static_cast<size_t>(range->start), range->count));
  if (!m.scan().step(range->count / 64)) return Value::unknown();
  std::string out;
  int64_t at = range->start;
  for (uint64_t i = 0; i < range->count; ++i, at += range->step) {
    if (wide) out += units[static_cast<size_t>(at)];
    else out += all[static_cast<size_t>(at)];
  }
  return text.is(Kind::bytes) ? m.make_bytes(out) : m.make_string(out);
}

Value sliced_items(Machine& m, Value sequence, Value slice) {
  const Items items = m.heap().items(sequence);
  const auto range = picked(m, slice, items.size);
  if (!range || !items.complete()) return Value::unknown();
  std::vector<Value> out;
  int64_t at = range->start;
  for (uint64_t i = 0; i < range->count; ++i, at += range->step) out.push_back(items[static_cast<uint32_t>(at)]);
  return m.heap().new_items(sequence.kind(), out.data(), static_cast<uint32_t>(out.size()));
}

Value sliced_range(Machine& m, Value range, Value slice) {
  const auto size = length(m, range);
  const auto taken = size ? picked(m, slice, *size) : std::nullopt;
  if (!taken) return Value::unknown();
  const Items parts = m.heap().items(range);
  const int64_t start = parts[0].as_integer(), step = parts[2].as_integer();
  const Value out[] = {Value::integer(start + taken->start * step),
                       Value::integer(start + (taken->start + static_cast<int64_t>(taken->count) * taken->step) * step),
                       Value::integer(step * taken->step)};
  return m.heap().new_items(Kind::range, out, 3);
}

Value index_error(Machine& m) { return m.raise("IndexError", Value::string("index out of range")); }

// An item of something that is not known, kept with what it was taken from.
Value opaque_item(Machine& m, Value base, Value key) {
  if (!base.is(Kind::object) && !base.is(Kind::attribute) && !base.is(Kind::name) && !base.is(Kind::unknown)) return Value::unknown();
  const auto shown = key.is(Kind::string) || key.is(Kind::integer) ? repr_of(m, key) : std::nullopt;
  return m.heap().new_attribute({base, m.heap().arena().copy("[" + shown.value_or("...").substr(0, 40) + "]"), Value::unknown()});
}

void store_slice(Machine& m, Value list, Value slice, Value value) {
  const auto values = m.iterate(value);
  const Items old = m.heap().items(list);
  const auto range = picked(m, slice, old.size);
  if (!values || !range) {
    const Value hole = Value::unknown();
    m.heap().append(m.heap().change(list), &hole, 1);
    return;
  }
  if (range->step == 1) {
    std::vector<Value> out(old.begin(), old.begin() + range->start);
    out.insert(out.end(), values->begin(), values->end());
    out.insert(out.end(), old.begin() + range->start + static_cast<int64_t>(range->count), old.end());
    Items& items = m.heap().change(list);
    items.size = 0;
    m.heap().append(items, out.data(), static_cast<uint32_t>(out.size()));
    return;
  }
  if (values->size() != range->count) {
    m.raise("ValueError", Value::string("slice of another size"));
    return;
  }
  Items& items = m.heap().change(list);
  for (uint64_t i = 0; i < range->count; ++i) items.data[range->start + static_cast<int64_t>(i) * range->step] = (*values)[i];
}

void store_byte(Machine& m, Value array, Value key, Value value) {
  const auto content = buffer_of(m, array);
  if (!content) return;
  const auto size = static_cast<int64_t>(content->size());
  const auto index = whole(m, key);
  const auto byte = whole(m, value);
  const bool saved = m.heap().is_saved(array);
  if (key.is(Kind::slice)) {
    const auto range = picked(m, key, size);
    Value given = value;
    if (!buffer_of(m, value)) {
      const auto values = m.iterate(value);
      std::string out;
      for (const Value& v : values.value_or(std::vector<Value>())) if (v.is(Kind::integer)) out += static_cast<char>(v.as_integer());
      given = values ? m.make_bytes(out) : Value::unknown();
    }
    const auto more = buffer_of(m, given);
    if (!range || !more) return void(m.heap().change(array).data[0] = Value::unknown());
    std::string out(*content);
    if (range->step == 1) {
      out.replace(static_cast<size_t>(range->start), range->count, *more);
    } else {
      if (more->size() != range->count) return void(m.raise("ValueError"));
      for (uint64_t i = 0; i < range->count; ++i) out[static_cast<size_t>(range->start + static_cast<int64_t>(i) * range->step)] = (*more)[i];
    }
    const Value made = m.make_bytes(out);
    m.heap().change(array).data[0] = made;
    return;
  }
  if (!index || !byte) return void(m.heap().change(array).data[0] = Value::unknown());
  if (position(*index, size) < 0) return void(index_error(m));
  if (*byte < 0 || *byte > 255) return void(m.raise("ValueError", Value::string("byte must be in range(0, 256)")));
  // The buffer is this array's own: without a journal it is written in place.
  std::string_view target = *content;
  if (!saved) {
    target = m.heap().arena().copy(*content);
    m.heap().change(array).data[0] = Value::bytes(target);
  }
  const_cast<char*>(target.data())[position(*index, size)] = static_cast<char>(*byte);
}

}  // namespace

std::optional<Picked> picked(const Machine& m, Value slice, int64_t size) {
  if (!slice.is(Kind::slice) || m.heap().items(slice).size != 3) return std::nullopt;
  const Items parts = m.heap().items(slice);
  for (uint32_t i = 0; i < 3; ++i) {
    if (!parts[i].is(Kind::integer) && !parts[i].is(Kind::none) && !parts[i].is(Kind::boolean)) return std::nullopt;
  }
  const int64_t step = parts[2].is(Kind::none) ? 1 : parts[2].as_integer();
  if (step == 0 || step == INT64_MIN) return std::nullopt;
  const auto bound = [&](Value v, int64_t otherwise) {
    if (v.is(Kind::none)) return otherwise;
    int64_t i = v.as_integer();
    if (i < 0) i = i < -size ? -1 : i + size;
    return std::clamp<int64_t>(i, step < 0 ? -1 : 0, step < 0 ? size - 1 : size);
  };
  int64_t start = bound(parts[0], step < 0 ? size - 1 : 0);
  const int64_t stop = bound(parts[1], step < 0 ? -1 : size);
  if (step > 0 && !parts[0].is(Kind::none) && parts[0].as_integer() < -size) start = 0;
  const int64_t distance = step > 0 ? stop - start : start - stop;
  const int64_t stride = step > 0 ? step : -step;
  return Picked{start, step, distance <= 0 ? 0 : static_cast<uint64_t>((distance - 1) / stride + 1)};
}

int64_t units_in(Machine& m, Value text) {
  const std::string_view all = text.text();
  if (text.is(Kind::bytes) || m.ascii(all)) return static_cast<int64_t>(all.size());
  return std::count_if(all.begin(), all.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::optional<std::string_view> unit_at(Machine& m, Value text, int64_t index) {
  const std::string_view all = text.text();
  if (text.is(Kind::bytes) || m.ascii(all)) {
    const int64_t at = position(index, static_cast<int64_t>(all.size()));
    return at < 0 ? std::nullopt : std::optional(all.substr(static_cast<size_t>(at), 1));
  }
  int64_t left = position(index, units_in(m, text));
  if (left < 0) return std::nullopt;
  size_t at = 0;
  const auto next = [&](size_t i) {
    do ++i; while (i < all.size() && (static_cast<unsigned char>(all[i]) & 0xc0) == 0x80);
    return i;
  };
  for (; left > 0; --left) at = next(at);
  return all.substr(at, next(at) - at);
}

Value subscript(Machine& m, Value base, Value key) {
  if (base.is(Kind::instance)) {
    if (const auto out = call_special(m, base, "__getitem__", std::span(&key, 1))) return *out;
    if (m.raised) return Value::unknown();
    const Value held = plain(m, base);
    if (held.is(Kind::dict)) {
      if (const Value* found = m.heap().find_key(held, key)) return *found;
      if (const auto out = call_special(m, base, "__missing__", std::span(&key, 1))) return *out;
    }
    if (held.same_as(base)) return Value::unknown();
    base = held;
  }
  if (base.is(Kind::class_object)) {
    if (const auto out = call_special(m, base, "__class_getitem__", std::span(&key, 1))) return *out;
    if (const auto out = call_special(m, base, "__getitem__", std::span(&key, 1))) return *out;
    return m.raised ? Value::unknown() : base;
  }
  if (key.is(Kind::slice)) {
    if (base.is_text()) return sliced_text(m, base, key);
    if (is_sequence(base)) return sliced_items(m, base, key);
    if (base.is(Kind::range)) return sliced_range(m, base, key);
    if (const auto buffer = buffer_of(m, base)) {
      const Value part = sliced_text(m, Value::bytes(*buffer), key);
      return part.is(Kind::bytes) ? new_byte_array(m, part.text()) : part;
    }
    return Value::unknown();
  }
  if (base.is(Kind::dict) || base.is(Kind::frozen_dict)) {
    const Value plain_key = plain(m, key);
    if (!plain_key.is_known()) return Value::unknown();
    if (const Value* found = m.heap().find_key(base, plain_key)) return *found;
    // The globals of a function may hold what its loader put there.
    if (plain_key.is(Kind::string) && m.heap().find_key(base, Value::string("__builtins__")) != nullptr) {
      const Value free = free_name(m, base, plain_key.text());
      if (free.is_known() && !is_builtin_name(plain_key.text())) return free;
    }
    // What a name stands for may be a key after all.
    if (key.is(Kind::object) || key.is(Kind::attribute) || key.is(Kind::name)) return Value::unknown();
    // Namespaces that dill and cloudpickle fill get it from Python; nobody asks another dict for it.
    if (key.is(Kind::string) && key.text() == "__builtins__") return m.import_name("builtins", "");
    const Items& pairs = m.heap().items(base);
    for (uint32_t i = 0; i + 1 < pairs.size; i += 2) {
      if (!pairs[i].is_known()) return pairs[i + 1];  // the key may be this one
    }
    return pairs.complete() ? m.raise("KeyError", key) : Value::unknown();
  }
  const auto index = whole(m, key);
  if (base.is_text() && index) {
    const auto unit = unit_at(m, base, *index);
    if (!unit) return index_error(m);
    return base.is(Kind::bytes) ? Value::integer(static_cast<unsigned char>(unit->front())) : Value::string(*unit);
  }
  if (is_sequence(base) && index) {
    const Items& items = m.heap().items(base);
    const int64_t at = position(*index, items.size);
    if (at >= 0) return items[static_cast<uint32_t>(at)];
    return items.complete() ? index_error(m) : Value::unknown();
  }
  if (const auto buffer = buffer_of(m, base); buffer && index) {
    const int64_t at = position(*index, static_cast<int64_t>(buffer->size()));
    return at < 0 ? index_error(m) : Value::integer(static_cast<unsigned char>((*buffer)[static_cast<size_t>(at)]));
  }
  if (base.is(Kind::range) && index) {
    const auto size = length(m, base);
    const int64_t at = size ? position(*index, *size) : -1;
    if (!size) return Value::unknown();
    const Items& parts = m.heap().items(base);
    return at < 0 ? index_error(m) : Value::integer(parts[0].as_integer() + at * parts[2].as_integer());
  }
  if (base.is_text() || is_sequence(base)) return key.is_text() ? m.raise("TypeError", Value::string("indices must be integers")) : Value::unknown();
  if (base.is(Kind::none)) return m.raise("TypeError", Value::string("not subscriptable"));
  if (base.is_defined()) return m.raise("TypeError", Value::string("not subscriptable"));
  // item() knows what stands behind names and objects; it asks back here for everything else.
  if (!base.is(Kind::name) && !base.is(Kind::object) && !base.is(Kind::attribute)) return opaque_item(m, base, key);
  const Value found = m.item(base, key);
  return found.is_known() || m.raised ? found : opaque_item(m, base, key);
}

void store_subscript(Machine& m, Value base, Value key, Value value) {
  if (base.is(Kind::instance)) {
    const Value pair[] = {key, value};
    if (call_special(m, base, "__setitem__", pair) || m.raised) return;
    base = plain(m, base);
  }
  if (base.is(Kind::dict)) {
    const Value plain_key = plain(m, key);
    if (plain_key.is_known() || plain_key.is_derived()) m.heap().set_key(base, plain_key, value);
    return;
  }
  if (base.is(Kind::byte_array)) return store_byte(m, base, key, value);
  if (base.is(Kind::list)) {
    if (key.is(Kind::slice)) return store_slice(m, base, key, value);
    const auto index = whole(m, key);
    if (!index) return;
    const int64_t at = position(*index, m.heap().items(base).size);
    if (at < 0) return void(index_error(m));
    m.heap().change(base).data[at] = value;
    return;
  }
  if (base.is(Kind::tuple) || base.is_text()) return void(m.raise("TypeError", Value::string("does not support item assignment")));
  const Value pair[] = {key, value};
  if (base.is(Kind::name) || base.is(Kind::object) || base.is(Kind::attribute)) m.set_items(base, pair);
}

void delete_subscript(Machine& m, Value base, Value key) {
  if (base.is(Kind::instance)) {
    if (call_special(m, base, "__delitem__", std::span(&key, 1)) || m.raised) return;
    base = plain(m, base);
  }
  if (base.is(Kind::dict)) {
    if (key.is_known() && !m.heap().remove_key(base, plain(m, key)) && m.heap().items(base).complete()) m.raise("KeyError", key);
  } else if (base.is(Kind::list)) {
    if (key.is(Kind::slice)) {
      const auto range = picked(m, key, m.heap().items(base).size);
      if (!range) return;
      Items& items = m.heap().change(base);
      uint32_t kept = 0;
      for (uint32_t i = 0; i < items.size; ++i) {
        const int64_t distance = (static_cast<int64_t>(i) - range->start) * (range->step > 0 ? 1 : -1);
        const int64_t stride = range->step > 0 ? range->step : -range->step;
        const bool gone = distance >= 0 && distance % stride == 0 && static_cast<uint64_t>(distance / stride) < range->count;
        if (!gone) items.data[kept++] = items.data[i];
      }
      items.size = kept;
      return;
    }
    const auto index = whole(m, key);
    if (!index) return;
    const int64_t at = position(*index, m.heap().items(base).size);
    if (at < 0) return void(index_error(m));
    Items& items = m.heap().change(base);
    std::memmove(static_cast<void*>(items.data + at), items.data + at + 1, (items.size - static_cast<size_t>(at) - 1) * sizeof(Value));
    --items.size;
  } else if (base.is(Kind::byte_array)) {
    if (key.is(Kind::slice) && m.heap().items(key).size == 3 && (m.heap().items(key)[2].is(Kind::none) || integer_of(m.heap().items(key)[2]) == 1)) {
      return store_byte(m, base, key, Value::bytes(""));
    }
    const Value part = subscript(m, base, key);
    const auto content = buffer_of(m, base);
    const auto index = whole(m, key);
    if (!content || m.raised) return;
    std::string out(*content);
    if (index) out.erase(static_cast<size_t>(position(*index, static_cast<int64_t>(out.size()))), 1);
    const Value made = index ? m.make_bytes(out) : Value::unknown();
    static_cast<void>(part);
    m.heap().change(base).data[0] = made;
  }
}

}  // namespace winnow::machine
