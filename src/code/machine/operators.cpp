#include "code/machine/operators.h"

#include <algorithm>
#include <cmath>

#include "code/machine/big.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"

namespace winnow::machine {
namespace {

using ir::Binary;

bool is_number(Value v) {
  return v.is(Kind::integer) || v.is(Kind::boolean) || v.is(Kind::big_integer) || v.is(Kind::real);
}
bool is_whole(Value v) { return v.is(Kind::integer) || v.is(Kind::boolean) || v.is(Kind::big_integer); }

double real_of(Value v) {
  if (v.is(Kind::real)) return v.as_real();
  if (v.is(Kind::big_integer)) return to_real(*big_of(v));
  return static_cast<double>(v.as_integer());
}

struct Names { std::string_view plain, reflected, inplace; };
Names names_of(Binary op) {
  switch (op) {
    case Binary::add: return {"__add__", "__radd__", "__iadd__"};
    case Binary::subtract: return {"__sub__", "__rsub__", "__isub__"};
    case Binary::multiply: return {"__mul__", "__rmul__", "__imul__"};
    case Binary::matrix_multiply: return {"__matmul__", "__rmatmul__", "__imatmul__"};
    case Binary::divide: return {"__div__", "__rdiv__", "__idiv__"};
    case Binary::true_divide: return {"__truediv__", "__rtruediv__", "__itruediv__"};
    case Binary::floor_divide: return {"__floordiv__", "__rfloordiv__", "__ifloordiv__"};
    case Binary::remainder: return {"__mod__", "__rmod__", "__imod__"};
    case Binary::power: return {"__pow__", "__rpow__", "__ipow__"};
    case Binary::left_shift: return {"__lshift__", "__rlshift__", "__ilshift__"};
    case Binary::right_shift: return {"__rshift__", "__rrshift__", "__irshift__"};
    case Binary::bit_and: return {"__and__", "__rand__", "__iand__"};
    case Binary::bit_or: return {"__or__", "__ror__", "__ior__"};
    case Binary::bit_xor: return {"__xor__", "__rxor__", "__ixor__"};
  }
  return {};
}

Value real_arithmetic(Machine& m, Binary op, double a, double b) {
  const bool divides = op == Binary::divide || op == Binary::true_divide || op == Binary::floor_divide || op == Binary::remainder;
  if (divides && b == 0) return m.raise("ZeroDivisionError", Value::string("division by zero"));
  switch (op) {
    case Binary::add: return Value::real(a + b);
    case Binary::subtract: return Value::real(a - b);
    case Binary::multiply: return Value::real(a * b);
    case Binary::divide: case Binary::true_divide: return Value::real(a / b);
    case Binary::floor_divide: return Value::real(std::floor(a / b));
    case Binary::remainder: {
      const double rest = std::fmod(a, b);
      return Value::real(rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest);
    }
    case Binary::power: return Value::real(std::pow(a, b));
    default: return Value::unknown();
  }
}

// Whole numbers that fit into 64 bits and whose result does: the common case.
std::optional<Value> small_arithmetic(Binary op, int64_t a, int64_t b) {
  int64_t out = 0;
  switch (op) {
    case Binary::add: if (__builtin_add_overflow(a, b, &out)) return std::nullopt; return Value::integer(out);
    case Binary::subtract: if (__builtin_sub_overflow(a, b, &out)) return std::nullopt; return Value::integer(out);
    case Binary::multiply: if (__builtin_mul_overflow(a, b, &out)) return std::nullopt; return Value::integer(out);
    case Binary::bit_and: return Value::integer(a & b);
    case Binary::bit_or: return Value::integer(a | b);
    case Binary::bit_xor: return Value::integer(a ^ b);
    case Binary::right_shift: if (b < 0) return std::nullopt; return Value::integer(a >> std::min<int64_t>(b, 63));
    case Binary::remainder:
      if (b == 0 || b == -1) return std::nullopt;
      out = a % b;
      return Value::integer(out != 0 && (out < 0) != (b < 0) ? out + b : out);
    case Binary::floor_divide: case Binary::divide:
      if (b == 0 || b == -1) return std::nullopt;
      out = a / b;
      return Value::integer(a % b != 0 && (a < 0) != (b < 0) ? out - 1 : out);
    case Binary::true_divide:
      if (b == 0) return std::nullopt;
      return Value::real(static_cast<double>(a) / static_cast<double>(b));
    default: return std::nullopt;
  }
}

Value big_arithmetic(Machine& m, Binary op, Value left, Value right) {
  const auto a = big_of(left), b = big_of(right);
  if (!a || !b) return Value::unknown();
  if (!m.scan().step(1 + a->words.size() * b->words.size() / 16)) return Value::unknown();
  std::optional<Big> out;
  Big quotient, rest;
  switch (op) {
    case Binary::add: out = add(*a, *b); break;
    case Binary::subtract: out = subtract(*a, *b); break;
    case Binary::multiply: out = multiply(*a, *b); break;
    case Binary::bit_and: out = combine(*a, *b, Bits::bit_and); break;
    case Binary::bit_or: out = combine(*a, *b, Bits::bit_or); break;
    case Binary::bit_xor: out = combine(*a, *b, Bits::bit_xor); break;
    case Binary::left_shift: case Binary::right_shift:
      if (b->negative) return m.raise("ValueError", Value::string("negative shift count"));
      if (op == Binary::left_shift && b->bits() < 32) out = shift_left(*a, b->zero() ? 0 : b->words[0]);
      if (op == Binary::right_shift) out = shift_right(*a, b->bits() >= 32 ? UINT32_MAX : b->zero() ? 0 : b->words[0]);
      break;
    case Binary::power:
      if (b->negative) return real_arithmetic(m, op, to_real(*a), to_real(*b));
      if (b->bits() < 32) out = power(*a, b->zero() ? 0 : b->words[0]);
      break;
    case Binary::true_divide:
      if (b->zero()) return m.raise("ZeroDivisionError", Value::string("division by zero"));
      return Value::real(to_real(*a) / to_real(*b));
    case Binary::divide: case Binary::floor_divide: case Binary::remainder:
      if (b->zero()) return m.raise("ZeroDivisionError", Value::string("division by zero"));
      divide(*a, *b, quotient, rest);
      out = op == Binary::remainder ? rest : quotient;
      break;
    case Binary::matrix_multiply: break;
  }
  return out ? value_of(m.heap(), *out) : Value::unknown();
}

Value repeated(Machine& m, Value sequence, Value times) {
  const auto count = big_of(times);
  if (!count) return Value::unknown();
  if (count->bits() > 31) return Value::unknown();
  const uint64_t n = count->negative || count->zero() ? 0 : count->words[0];
  if (sequence.is_text()) {
    const std::string_view text = sequence.text();
    if (!text.empty() && !m.fits(n, text.size())) return Value::unknown();
    std::string out;
    out.reserve(text.size() * n);
    for (uint64_t i = 0; i < n && !text.empty(); ++i) out += text;
    return sequence.is(Kind::bytes) ? m.make_bytes(out) : m.make_string(out);
  }
  const Items items = m.heap().items(sequence);
  if (items.size * n > Items::kKept || !m.scan().step(items.size * n / 16)) return Value::unknown();
  std::vector<Value> out;
  for (uint64_t i = 0; i < n; ++i) out.insert(out.end(), items.begin(), items.end());
  return m.heap().new_items(sequence.kind(), out.data(), static_cast<uint32_t>(out.size()));
}

bool is_set(Value v) { return v.is(Kind::set) || v.is(Kind::frozen_set); }

std::optional<Value> set_algebra(Machine& m, Binary op, Value left, Value right) {
  const Items a = m.heap().items(left), b = m.heap().items(right);
  std::vector<Value> out;
  const auto has = [&](const Items& items, Value v) {
    for (const Value& item : items) if (same_key(m.heap(), item, v)) return true;
    return false;
  };
  if (uint64_t{a.size} * b.size > (1u << 22)) return std::nullopt;
  switch (op) {
    case Binary::bit_or:
      out.assign(a.begin(), a.end());
      for (const Value& v : b) if (!has(a, v)) out.push_back(v);
      break;
    case Binary::bit_and: for (const Value& v : a) if (has(b, v)) out.push_back(v); break;
    case Binary::subtract: for (const Value& v : a) if (!has(b, v)) out.push_back(v); break;
    case Binary::bit_xor:
      for (const Value& v : a) if (!has(b, v)) out.push_back(v);
      for (const Value& v : b) if (!has(a, v)) out.push_back(v);
      break;
    default: return std::nullopt;
  }
  return m.heap().new_items(left.kind(), out.data(), static_cast<uint32_t>(out.size()));
}

// Containers and texts; nothing where the operator is not theirs.
std::optional<Value> container_arithmetic(Machine& m, Binary op, Value a, Value b) {
  if (op == Binary::add) {
    if (a.is_text() && a.kind() == b.kind()) return m.joined(a, b.text());
    // Python 2's str and unicode.
    if (a.is_text() && b.is_text() && (a.is(Kind::bytes) ? m.ascii(b.text()) : m.ascii(a.text()))) return m.make_bytes(std::string(a.text()) + std::string(b.text()));
    if (const auto left = buffer_of(m, a), right = buffer_of(m, b); left && right && a.is(Kind::byte_array)) {
      return new_byte_array(m, std::string(*left) + std::string(*right));
    } else if (left && right && a.is(Kind::bytes) && b.is(Kind::byte_array)) {
      return m.make_bytes(std::string(*left) + std::string(*right));
    }
    if (a.kind() == b.kind() && (a.is(Kind::list) || a.is(Kind::tuple))) {
      const Items left = m.heap().items(a), right = m.heap().items(b);
      if (!left.complete() || !right.complete()) return std::nullopt;
      std::vector<Value> all(left.begin(), left.end());
      all.insert(all.end(), right.begin(), right.end());
      return m.heap().new_items(a.kind(), all.data(), static_cast<uint32_t>(all.size()));
    }
  }
  if (op == Binary::multiply) {
    const auto repeats = [](Value v) { return v.is_text() || v.is(Kind::list) || v.is(Kind::tuple); };
    if (repeats(a) && is_whole(b)) return repeated(m, a, b);
    if (repeats(b) && is_whole(a)) return repeated(m, b, a);
    if (a.is(Kind::byte_array) && is_whole(b)) {
      const Value times = repeated(m, Value::bytes(*buffer_of(m, a)), b);
      return times.is(Kind::bytes) ? new_byte_array(m, times.text()) : times;
    }
  }
  if (op == Binary::remainder && a.is_text()) {
    const Value arguments[] = {a, b};
    if (const Model model = code_model_of("operator.mod")) {
      if (const auto out = model(m, {m.resolve("operator", "mod"), arguments, Value::none()})) return *out;
    }
    return Value::unknown();
  }
  if (is_set(a) && is_set(b)) return set_algebra(m, op, a, b);
  if (op == Binary::bit_or && a.is(Kind::dict) && b.is(Kind::dict)) {
    const Items left = m.heap().items(a), right = m.heap().items(b);
    const Value out = m.heap().new_items(Kind::dict, left.data, left.size);
    for (uint32_t i = 0; i + 1 < right.size; i += 2) m.heap().set_key(out, right[i], right[i + 1]);
    return out;
  }
  return std::nullopt;
}

bool of_data(Value v) {
  return v.kind() <= Kind::set || v.is(Kind::frozen_set) || v.is(Kind::byte_array) || v.is(Kind::range) || v.is(Kind::slice);
}

}  // namespace

Value plain(const Machine& machine, Value value) {
  if (!value.is(Kind::instance)) return value;
  const Instance& instance = machine.heap().instance(value);
  return instance.held.is_known() && instance.cls.is(Kind::class_object) ? instance.held : value;
}

std::optional<std::string_view> buffer_of(const Machine& machine, Value value) {
  if (value.is(Kind::bytes)) return value.text();
  if (value.is(Kind::byte_array)) {
    const Items& items = machine.heap().items(value);
    if (items.size == 1 && items[0].is(Kind::bytes)) return items[0].text();
  }
  return std::nullopt;
}

Value new_byte_array(Machine& machine, std::string_view content) {
  const Value copy = machine.make_bytes(content);
  return machine.heap().new_items(Kind::byte_array, &copy, 1);
}

Value binary(Machine& m, Binary op, Value left, Value right) {
  if (left.is(Kind::integer) && right.is(Kind::integer)) {
    if (const auto out = small_arithmetic(op, left.as_integer(), right.as_integer())) return *out;
  }
  const Names names = names_of(op);
  if (left.is(Kind::instance)) {
    if (const auto out = call_special(m, left, names.plain, std::span(&right, 1))) return *out;
    if (m.raised) return Value::unknown();
  }
  if (right.is(Kind::instance)) {
    if (const auto out = call_special(m, right, names.reflected, std::span(&left, 1))) return *out;
    if (m.raised) return Value::unknown();
  }
  if (left.is(Kind::class_object) || right.is(Kind::class_object)) {
    if (const auto out = call_special(m, left, names.plain, std::span(&right, 1))) return *out;
    if (const auto out = call_special(m, right, names.reflected, std::span(&left, 1))) return *out;
  }
  const Value a = plain(m, left), b = plain(m, right);
  if (is_whole(a) && is_whole(b)) {
    if (a.is(Kind::boolean) && b.is(Kind::boolean) && (op == Binary::bit_and || op == Binary::bit_or || op == Binary::bit_xor)) {
      const bool x = a.as_boolean(), y = b.as_boolean();
      return Value::boolean(op == Binary::bit_and ? x && y : op == Binary::bit_or ? x || y : x != y);
    }
    return big_arithmetic(m, op, a, b);
  }
  if (is_number(a) && is_number(b)) return real_arithmetic(m, op, real_of(a), real_of(b));
  if (const auto out = container_arithmetic(m, op, a, b)) return *out;
  if (of_data(a) && of_data(b) && !a.is(Kind::complex) && !b.is(Kind::complex)) {
    return m.raise("TypeError", Value::string("unsupported operand types"));
  }
  const auto open = [](Value v) { return !v.is_known() || v.is(Kind::object) || v.is(Kind::attribute) || v.is(Kind::name); };
  const auto text = [&](Value v) { return v.is_text() || m.is_partial(v); };
  if (op == Binary::add && (text(a) || text(b)) && (text(a) || open(a)) && (text(b) || open(b))) {
    const Value both[] = {a, b};
    return m.partial(both);
  }
  // pathlib's way to join: what is put together is told by what it was made of.
  if (op == Binary::true_divide && (a.is(Kind::object) || b.is(Kind::object))) {
    const auto maker = [&](Value v) {
      if (!v.is(Kind::object) || !m.heap().object(v).callee.is(Kind::name)) return std::string_view();
      return m.heap().name(m.heap().object(v).callee).canonical;
    };
    if (maker(a).starts_with("pathlib.") || maker(b).starts_with("pathlib.")) {
      const Value both[] = {a, b};
      return m.call(m.resolve("pathlib", "Path"), both);
    }
  }
  return Value::unknown();
}

Value inplace(Machine& m, Binary op, Value left, Value right) {
  const Names names = names_of(op);
  if (left.is(Kind::instance)) {
    if (const auto out = call_special(m, left, names.inplace, std::span(&right, 1))) return *out;
    if (m.raised) return Value::unknown();
  }
  if (op == Binary::add && left.is(Kind::list)) {
    const auto items = m.iterate(right);
    if (!items) {
      const Value hole = m.derived(std::span(&right, 1));
      m.heap().append(m.heap().change(left), &hole, 1);
    } else {
      m.heap().append(m.heap().change(left), items->data(), static_cast<uint32_t>(items->size()));
    }
    return left;
  }
  if (op == Binary::add && left.is(Kind::byte_array)) {
    const auto old = buffer_of(m, left), more = buffer_of(m, right);
    Items& items = m.heap().change(left);
    if (!old || !more) {
      items.data[0] = Value::unknown();
    } else {
      const Value sum = m.joined(Value::bytes(*old), *more);
      m.heap().change(left).data[0] = sum;
    }
    return left;
  }
  if (op == Binary::bit_or && left.is(Kind::dict) && right.is(Kind::dict)) {
    const Items more = m.heap().items(right);
    for (uint32_t i = 0; i + 1 < more.size; i += 2) m.heap().set_key(left, more[i], more[i + 1]);
    return left;
  }
  if (left.is(Kind::set) && is_set(right)) {
    const Value out = binary(m, op, left, right);
    if (out.is(Kind::set)) {
      const Items made = m.heap().items(out);
      Items& items = m.heap().change(left);
      items.data = made.data, items.size = made.size, items.capacity = made.size;
      return left;
    }
  }
  return binary(m, op, left, right);
}

Value unary(Machine& m, ir::Unary op, Value operand) {
  if (op == ir::Unary::logical_not) {
    const auto known = truth(m, operand);
    return known ? Value::boolean(!*known) : Value::unknown();
  }
  if (op == ir::Unary::repr) {
    const auto text = repr_of(m, operand);
    return text ? m.make_string(*text) : Value::unknown();
  }
  if (operand.is(Kind::instance)) {
    const std::string_view name = op == ir::Unary::negative ? "__neg__" : op == ir::Unary::positive ? "__pos__" : "__invert__";
    if (const auto out = call_special(m, operand, name, {})) return *out;
    if (m.raised) return Value::unknown();
    operand = plain(m, operand);
  }
  if (operand.is(Kind::real)) {
    if (op == ir::Unary::negative) return Value::real(-operand.as_real());
    return op == ir::Unary::positive ? operand : m.raise("TypeError");
  }
  const auto number = big_of(operand);
  if (!number) return operand.is_text() || operand.is_sequence() ? m.raise("TypeError") : Value::unknown();
  switch (op) {
    case ir::Unary::negative: return value_of(m.heap(), subtract(Big(), *number));
    case ir::Unary::positive: return value_of(m.heap(), *number);
    case ir::Unary::invert: return value_of(m.heap(), subtract(subtract(Big(), *number), big_of(1)));
    case ir::Unary::logical_not: case ir::Unary::repr: break;
  }
  return Value::unknown();
}

}  // namespace winnow::machine
