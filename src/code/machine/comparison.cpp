// Truth, equality, order and membership.
#include <algorithm>

#include "code/machine/big.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"

namespace winnow::machine {
namespace {

constexpr int kDeepest = 16;  // containers inside containers

bool is_number(Value v) {
  return v.is(Kind::integer) || v.is(Kind::boolean) || v.is(Kind::big_integer) || v.is(Kind::real);
}

std::optional<bool> same_items(Machine& m, Value left, Value right, int depth) {
  const Items a = m.heap().items(left), b = m.heap().items(right);
  if (!a.complete() || !b.complete()) return std::nullopt;
  if (a.size != b.size) return false;
  bool sure = true;
  for (uint32_t i = 0; i < a.size; ++i) {
    const auto same = equal(m, a[i], b[i], depth + 1);
    if (same && !*same) return false;
    sure = sure && same;
  }
  return sure ? std::optional(true) : std::nullopt;
}

std::optional<bool> same_pairs(Machine& m, Value left, Value right, int depth) {
  const Items a = m.heap().items(left), b = m.heap().items(right);
  if (a.size != b.size) return false;
  for (uint32_t i = 0; i + 1 < a.size; i += 2) {
    const Value* other = m.heap().find_key(right, a[i]);
    if (other == nullptr) return false;
    const auto same = equal(m, a[i + 1], *other, depth + 1);
    if (!same || !*same) return same;
  }
  return true;
}

std::optional<bool> same_sets(Machine& m, Value left, Value right) {
  const Items a = m.heap().items(left), b = m.heap().items(right);
  for (const Items* side : {&a, &b}) {
    const Items& other = side == &a ? b : a;
    for (const Value& v : *side) {
      if (!v.is_known()) return std::nullopt;
      if (!std::any_of(other.begin(), other.end(), [&](const Value& w) { return same_key(m.heap(), v, w); })) return false;
    }
  }
  return true;
}

// What is itself and nothing else: known to differ from any other such thing.
bool has_identity(Value v) {
  return v.is(Kind::name) || v.is_defined() || v.is(Kind::none) || v.is(Kind::ellipsis) || v.is(Kind::boolean);
}

bool is_data(Value v) {
  return v.kind() <= Kind::set || v.is(Kind::frozen_set) || v.is(Kind::byte_array) || v.is(Kind::range) || v.is(Kind::slice) || v.is(Kind::ellipsis);
}

bool is_set(Value v) { return v.is(Kind::set) || v.is(Kind::frozen_set); }

}  // namespace

std::optional<bool> truth(Machine& m, Value value) {
  switch (value.kind()) {
    case Kind::none: return false;
    case Kind::boolean: case Kind::integer: return value.as_integer() != 0;
    case Kind::real: return value.as_real() != 0;
    case Kind::string: case Kind::bytes: return !value.text().empty();
    case Kind::big_integer: return true;
    case Kind::tuple: case Kind::list: case Kind::dict: case Kind::set: case Kind::frozen_set: case Kind::frozen_dict: {
      const Items& items = m.heap().items(value);
      return items.size > 0;
    }
    case Kind::byte_array: case Kind::range: {
      const auto size = length(m, value);
      return size ? std::optional(*size > 0) : std::nullopt;
    }
    case Kind::instance: {
      for (const std::string_view hook : {"__bool__", "__nonzero__", "__len__"}) {
        // What gives another instance raises in Python.
        if (const auto out = call_special(m, value, hook, {})) return out->is(Kind::instance) ? std::nullopt : truth(m, *out);
      }
      const Value held = plain(m, value);
      if (!held.same_as(value)) return truth(m, held);
      return opaque_base(m, value) ? std::nullopt : std::optional(true);
    }
    case Kind::slice: case Kind::complex: case Kind::ellipsis: case Kind::stop_iteration: case Kind::code: return true;
    case Kind::name: {
      const std::string_view name = m.heap().name(value).canonical;
      if (name == "typing.TYPE_CHECKING") return false;
      if (name == "builtins.__debug__") return true;
      return value.is(Kind::name) && m.heap().name(value).known != nullptr ? std::optional(true) : std::nullopt;
    }
    case Kind::function: case Kind::class_object: case Kind::cell: case Kind::method: case Kind::super_object:
    case Kind::descriptor: case Kind::generator: case Kind::iterator: case Kind::module:
      return true;
    case Kind::attribute: case Kind::object: case Kind::unknown: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<bool> equal(Machine& m, Value left, Value right, int depth) {
  if (depth > kDeepest || (depth > 3 && !m.scan().step(1024))) return std::nullopt;  // cycles unfold
  for (const auto& [self, other] : {std::pair(left, right), std::pair(right, left)}) {
    if (!self.is(Kind::instance) && !self.is(Kind::class_object)) continue;
    if (const auto out = call_special(m, self, "__eq__", std::span(&other, 1))) return truth(m, *out);
  }
  const Value a = plain(m, left), b = plain(m, right);
  if (!a.is_known() || !b.is_known()) return std::nullopt;
  if (is_number(a) && is_number(b)) {
    if (a.is(Kind::real) || b.is(Kind::real)) {
      const auto real = [](Value v) { return v.is(Kind::real) ? v.as_real() : v.is(Kind::big_integer) ? to_real(*big_of(v)) : static_cast<double>(v.as_integer()); };
      return real(a) == real(b);
    }
    if (!a.is(Kind::big_integer) && !b.is(Kind::big_integer)) return a.as_integer() == b.as_integer();
    const auto x = big_of(a), y = big_of(b);
    return x && y ? std::optional(compare(*x, *y) == 0) : std::nullopt;
  }
  if (const auto x = buffer_of(m, a), y = buffer_of(m, b); x && y) return *x == *y;
  if (is_set(a) && is_set(b)) return same_sets(m, a, b);
  if (a.kind() == b.kind()) {
    switch (a.kind()) {
      case Kind::string: return a.text() == b.text();
      case Kind::tuple: case Kind::list: case Kind::range: case Kind::slice: return same_items(m, a, b, depth);
      case Kind::dict: return same_pairs(m, a, b, depth);
      case Kind::object: case Kind::attribute: return a.same_as(b) ? std::optional(true) : std::nullopt;
      case Kind::method: {
        const Link x = m.heap().link(a), y = m.heap().link(b);
        return x.first.same_as(y.first) && x.second.same_as(y.second);
      }
      case Kind::complex: return std::nullopt;
      default: return a.same_as(b);
    }
  }
  if ((is_data(a) || has_identity(a)) && (is_data(b) || has_identity(b))) {
    // A name may stand for a constant of its module.
    const bool opaque = (a.is(Kind::name) && is_data(b)) || (b.is(Kind::name) && is_data(a));
    return opaque ? std::nullopt : std::optional(false);
  }
  return std::nullopt;
}

std::optional<int> order(Machine& m, Value left, Value right, int depth) {
  const Value a = plain(m, left), b = plain(m, right);
  if (depth > kDeepest) return std::nullopt;
  if (is_number(a) && is_number(b)) {
    if (a.is(Kind::real) || b.is(Kind::real)) {
      const auto real = [](Value v) { return v.is(Kind::real) ? v.as_real() : v.is(Kind::big_integer) ? to_real(*big_of(v)) : static_cast<double>(v.as_integer()); };
      const double x = real(a), y = real(b);
      return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
    }
    const auto x = big_of(a), y = big_of(b);
    return x && y ? std::optional(compare(*x, *y)) : std::nullopt;
  }
  if (a.is(Kind::string) && b.is(Kind::string)) return a.text() < b.text() ? -1 : a.text() > b.text();
  if (const auto x = buffer_of(m, a), y = buffer_of(m, b); x && y) return *x < *y ? -1 : *x > *y;
  if (a.kind() == b.kind() && (a.is(Kind::tuple) || a.is(Kind::list))) {
    const Items x = m.heap().items(a), y = m.heap().items(b);
    for (uint32_t i = 0; i < std::min(x.size, y.size); ++i) {
      const auto same = equal(m, x[i], y[i], depth + 1);
      if (!same) return std::nullopt;
      if (!*same) return order(m, x[i], y[i], depth + 1);
    }
    return x.size < y.size ? -1 : x.size > y.size;
  }
  return std::nullopt;
}

std::optional<bool> contains(Machine& m, Value container, Value item) {
  if (container.is(Kind::instance)) {
    if (const auto out = call_special(m, container, "__contains__", std::span(&item, 1))) return truth(m, *out);
    if (m.raised) return std::nullopt;
    container = plain(m, container);
  }
  item = plain(m, item);
  if (container.is(Kind::string)) {
    if (!item.is(Kind::string)) return std::nullopt;
    return container.text().find(item.text()) != std::string_view::npos;
  }
  if (const auto buffer = buffer_of(m, container)) {
    if (const auto part = buffer_of(m, item)) return buffer->find(*part) != std::string_view::npos;
    if (item.is(Kind::integer)) return buffer->find(static_cast<char>(item.as_integer())) != std::string_view::npos;
    return std::nullopt;
  }
  if (container.is(Kind::dict) || container.is(Kind::frozen_dict)) {
    if (!item.is_known()) return std::nullopt;
    return m.heap().find_key(container, item) != nullptr;
  }
  if (container.is(Kind::range) && item.is(Kind::integer)) {
    const auto values = m.iterate(container);
    if (!values) return std::nullopt;
    return std::any_of(values->begin(), values->end(), [&](Value v) { return v.as_integer() == item.as_integer(); });
  }
  if (const auto names = names_in(m, container, item)) return names;
  const auto values = container.is_sequence() || container.is(Kind::frozen_set) || container.is(Kind::iterator) ||
                              container.is(Kind::generator) || container.is(Kind::instance) ? m.iterate(container) : std::nullopt;
  if (!values) return std::nullopt;
  bool sure = true;
  for (const Value& value : *values) {
    const auto same = value.same_as(item) && value.is_known() ? std::optional(true) : equal(m, value, item);
    if (same && *same) return true;
    sure = sure && same;
  }
  return sure ? std::optional(false) : std::nullopt;
}

Value compare(Machine& m, ir::Compare op, Value left, Value right) {
  const auto known = [](std::optional<bool> b) { return b ? Value::boolean(*b) : Value::unknown(); };
  const auto inverse = [](std::optional<bool> b) { return b ? Value::boolean(!*b) : Value::unknown(); };
  const auto identical = [&]() -> std::optional<bool> {
    if (left.same_as(right) && left.is_known()) return true;
    if (!left.is_known() || !right.is_known()) return std::nullopt;
    if (left.kind() == right.kind() && (left.is_text() || is_number(left))) return equal(m, left, right);
    const auto opaque = [](Value v) { return v.is(Kind::object) || v.is(Kind::attribute); };
    if (opaque(left) || opaque(right)) {
      // Nothing that a call returns is surely not None; most of it is not.
      return std::nullopt;
    }
    if (left.is(Kind::name) != right.is(Kind::name) && !left.is(Kind::none) && !right.is(Kind::none)) return std::nullopt;
    return false;
  };
  switch (op) {
    case ir::Compare::is: return known(identical());
    case ir::Compare::is_not: return inverse(identical());
    case ir::Compare::in: return known(contains(m, right, left));
    case ir::Compare::not_in: return inverse(contains(m, right, left));
    case ir::Compare::eq: case ir::Compare::ne: {
      const std::string_view name = op == ir::Compare::eq ? "__eq__" : "__ne__";
      // Of classes that return something else than a bool.
      if (left.is(Kind::instance)) {
        if (const auto out = call_special(m, left, name, std::span(&right, 1))) return *out;
        if (m.raised) return Value::unknown();
      }
      return op == ir::Compare::eq ? known(equal(m, left, right)) : inverse(equal(m, left, right));
    }
    case ir::Compare::lt: case ir::Compare::le: case ir::Compare::gt: case ir::Compare::ge: break;
  }
  static constexpr std::string_view kNames[] = {"__lt__", "__le__", "", "", "__gt__", "__ge__"};
  static constexpr std::string_view kReflected[] = {"__gt__", "__ge__", "", "", "__lt__", "__le__"};
  const auto which = static_cast<size_t>(op);
  if (left.is(Kind::instance)) {
    if (const auto out = call_special(m, left, kNames[which], std::span(&right, 1))) return *out;
  }
  if (right.is(Kind::instance) && !m.raised) {
    if (const auto out = call_special(m, right, kReflected[which], std::span(&left, 1))) return *out;
  }
  if (m.raised) return Value::unknown();
  const Value a = plain(m, left), b = plain(m, right);
  if (is_set(a) && is_set(b)) {
    const bool swapped = op == ir::Compare::gt || op == ir::Compare::ge;
    const Items small = m.heap().items(swapped ? b : a);
    const Value large = swapped ? a : b;
    for (const Value& v : small) {
      const auto has = contains(m, large, v);
      if (!has || !*has) return known(has);
    }
    return Value::boolean(op == ir::Compare::le || op == ir::Compare::ge || small.size < m.heap().items(large).size);
  }
  const auto ordered = order(m, a, b);
  if (!ordered) {
    const bool mixed = (is_number(a) && b.is_text()) || (a.is_text() && is_number(b)) || a.is(Kind::none) || b.is(Kind::none);
    return mixed && is_data(a) && is_data(b) ? m.raise("TypeError", Value::string("not ordered")) : Value::unknown();
  }
  if (*ordered == 2) return Value::boolean(false);
  switch (op) {
    case ir::Compare::lt: return Value::boolean(*ordered < 0);
    case ir::Compare::le: return Value::boolean(*ordered <= 0);
    case ir::Compare::gt: return Value::boolean(*ordered > 0);
    default: return Value::boolean(*ordered >= 0);
  }
}

std::optional<int64_t> length(Machine& m, Value value) {
  if (value.is(Kind::instance)) {
    if (const auto out = call_special(m, value, "__len__", {})) return out->is(Kind::integer) ? std::optional(out->as_integer()) : std::nullopt;
    value = plain(m, value);
  }
  switch (value.kind()) {
    case Kind::string: return units_in(m, value);
    case Kind::bytes: return static_cast<int64_t>(value.text().size());
    case Kind::byte_array: {
      const auto buffer = buffer_of(m, value);
      return buffer ? std::optional(static_cast<int64_t>(buffer->size())) : std::nullopt;
    }
    case Kind::tuple: case Kind::list: case Kind::set: case Kind::frozen_set: {
      const Items& items = m.heap().items(value);
      return items.complete() ? std::optional<int64_t>(items.size) : std::nullopt;
    }
    case Kind::dict: case Kind::frozen_dict: return m.heap().items(value).size / 2;
    case Kind::range: {
      const Items parts = m.heap().items(value);
      if (parts.size != 3 || !parts[0].is(Kind::integer) || !parts[1].is(Kind::integer) || !parts[2].is(Kind::integer)) return std::nullopt;
      const int64_t a = parts[0].as_integer(), b = parts[1].as_integer(), step = parts[2].as_integer();
      constexpr int64_t kMost = int64_t{1} << 61;
      if (a > kMost || a < -kMost || b > kMost || b < -kMost || step > kMost || step < -kMost) return std::nullopt;
      const int64_t count = step > 0 ? (b - a + step - 1) / step : step < 0 ? (a - b - step - 1) / -step : 0;
      return count < 0 ? 0 : count;
    }
    default: return std::nullopt;
  }
}

}  // namespace winnow::machine
