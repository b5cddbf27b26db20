#include "code/ir/fold.h"

#include <cmath>

namespace winnow::ir {
namespace {

__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 WideBits;
constexpr uint32_t kLongestText = 1 << 16;  // more than compilers fold: they count letters, this bytes
constexpr uint32_t kDeepest = 64;

// Integers of up to 127 bits; booleans count as such.
bool as_wide(Value v, Wide* out) {
  if (v.is(Kind::integer)) return *out = v.as_integer(), true;
  if (v.is(Kind::boolean)) return *out = v.as_boolean() ? 1 : 0, true;
  if (!v.is(Kind::big_integer) || v.text().size() > 16 || v.text().empty()) return false;
  WideBits bits = 0;
  const std::string_view data = v.text();
  for (size_t i = 0; i < data.size(); ++i) bits |= static_cast<WideBits>(static_cast<uint8_t>(data[i])) << (8 * i);
  if (data.size() < 16 && (static_cast<uint8_t>(data.back()) & 0x80) != 0) {
    bits |= ~static_cast<WideBits>(0) << (8 * data.size());
  }
  return *out = static_cast<Wide>(bits), true;
}

// `as_long`: Python 2's long, which stays one however small it is.
Value from_wide(Heap& heap, Wide wide, bool as_long = false) {
  if (!as_long && wide >= INT64_MIN && wide <= INT64_MAX) return Value::integer(static_cast<int64_t>(wide));
  char data[16];
  auto bits = static_cast<WideBits>(wide);
  for (char& byte : data) {
    byte = static_cast<char>(bits & 0xff);
    bits >>= 8;
  }
  size_t size = 16;
  const char sign = wide < 0 ? '\xff' : '\0';
  while (size > 1 && data[size - 1] == sign && ((data[size - 2] ^ sign) & 0x80) == 0) --size;
  return Value::big_integer(heap.arena().copy({data, size}));
}

bool as_double(Value v, double* out) {
  if (v.is(Kind::real)) return *out = v.as_real(), true;
  Wide wide = 0;
  if (!as_wide(v, &wide)) return false;
  if (wide > (Wide{1} << 53) || wide < -(Wide{1} << 53)) return false;
  return *out = static_cast<double>(wide), true;
}

struct Pair { double real, imaginary; };

bool as_complex(const Heap& heap, Value v, Pair* out) {
  if (!v.is(Kind::complex)) {
    out->imaginary = 0;
    return as_double(v, &out->real);
  }
  const Items& items = heap.items(v);
  if (items.size != 2) return false;
  *out = {items[0].as_real(), items[1].as_real()};
  return true;
}

Wide floor_quotient(Wide l, Wide r) {
  const Wide q = l / r;
  return l % r != 0 && (l < 0) != (r < 0) ? q - 1 : q;
}

bool power(Wide base, Wide exponent, Wide* out) {
  if (exponent < 0 || exponent > 126) {
    if (base == 0 || base == 1) return exponent > 0 ? (*out = base, true) : false;
    return false;
  }
  Wide result = 1;
  for (Wide i = 0; i < exponent; ++i) {
    if (__builtin_mul_overflow(result, base, &result)) return false;
  }
  return *out = result, true;
}

bool fold_integers(Heap& heap, PythonVersion version, Binary op, Wide l, Wide r, bool as_long, Value* out) {
  Wide result = 0;
  switch (op) {
    case Binary::add: if (__builtin_add_overflow(l, r, &result)) return false; break;
    case Binary::subtract: if (__builtin_sub_overflow(l, r, &result)) return false; break;
    case Binary::multiply: if (__builtin_mul_overflow(l, r, &result)) return false; break;
    case Binary::divide:
      if (r == 0 || version.major > 2) return false;
      result = floor_quotient(l, r);
      break;
    case Binary::floor_divide:
      if (r == 0) return false;
      result = floor_quotient(l, r);
      break;
    case Binary::remainder:
      if (r == 0) return false;
      result = l - floor_quotient(l, r) * r;
      break;
    case Binary::true_divide: {
      double a = 0, b = 0;
      if (r == 0 || !as_double(from_wide(heap, l), &a) || !as_double(from_wide(heap, r), &b)) return false;
      return *out = Value::real(a / b), true;
    }
    case Binary::power:
      if (r < 0) {
        if (l == 0 || l > (Wide{1} << 53) || l < -(Wide{1} << 53) || r < -4096) return false;
        return *out = Value::real(std::pow(static_cast<double>(l), static_cast<double>(r))), true;
      }
      if (!power(l, r, &result)) return false;
      break;
    case Binary::left_shift:
      if (r < 0 || r > 126) return false;
      if (__builtin_mul_overflow(l, Wide{1} << static_cast<int>(r), &result)) return false;
      break;
    case Binary::right_shift:
      if (r < 0) return false;
      result = r > 126 ? (l < 0 ? -1 : 0) : l >> static_cast<int>(r);
      break;
    case Binary::bit_and: result = l & r; break;
    case Binary::bit_or: result = l | r; break;
    case Binary::bit_xor: result = l ^ r; break;
    case Binary::matrix_multiply: return false;
  }
  return *out = from_wide(heap, result, as_long), true;
}

bool fold_reals(Binary op, double l, double r, Value* out) {
  double result = 0;
  switch (op) {
    case Binary::add: result = l + r; break;
    case Binary::subtract: result = l - r; break;
    case Binary::multiply: result = l * r; break;
    case Binary::divide:
    case Binary::true_divide:
      if (r == 0) return false;
      result = l / r;
      break;
    case Binary::floor_divide:
    case Binary::remainder: {
      if (r == 0) return false;
      double mod = std::fmod(l, r);
      double div = (l - mod) / r;
      if (mod != 0) {
        if ((r < 0) != (mod < 0)) {
          mod += r;
          div -= 1;
        }
      } else {
        mod = std::copysign(0.0, r);
      }
      double floored = 0;
      if (div != 0) {
        floored = std::floor(div);
        if (div - floored > 0.5) floored += 1;
      } else {
        floored = std::copysign(0.0, l / r);
      }
      result = op == Binary::remainder ? mod : floored;
      break;
    }
    case Binary::power:
      if ((l == 0 && r < 0) || (l < 0 && r != std::floor(r))) return false;
      result = std::pow(l, r);
      if (std::isinf(result) && !std::isinf(l) && !std::isinf(r)) return false;
      break;
    default: return false;
  }
  return *out = Value::real(result), true;
}

bool fold_complex(Heap& heap, Binary op, Pair l, Pair r, Value* out) {
  Pair result{};
  switch (op) {
    case Binary::add: result = {l.real + r.real, l.imaginary + r.imaginary}; break;
    case Binary::subtract: result = {l.real - r.real, l.imaginary - r.imaginary}; break;
    case Binary::multiply:
      result = {l.real * r.real - l.imaginary * r.imaginary, l.real * r.imaginary + l.imaginary * r.real};
      break;
    default: return false;
  }
  const Value parts[] = {Value::real(result.real), Value::real(result.imaginary)};
  return *out = heap.new_items(Kind::complex, parts, 2), true;
}

bool repeat(Heap& heap, Value v, Wide times, Value* out) {
  if (times < 0) times = 0;
  if (v.is_text()) {
    if (static_cast<Wide>(v.text().size()) * times > kLongestText) return false;
    std::string text;
    for (Wide i = 0; i < times; ++i) text += v.text();
    return *out = v.is(Kind::string) ? heap.new_string(text) : heap.new_bytes(text), true;
  }
  const Items& items = heap.items(v);
  if (!items.complete() || static_cast<Wide>(items.size) * times > kLongestText) return false;
  std::vector<Value> made;
  for (Wide i = 0; i < times; ++i) made.insert(made.end(), items.begin(), items.end());
  return *out = heap.new_items(Kind::tuple, made.data(), static_cast<uint32_t>(made.size())), true;
}

bool concatenate(Heap& heap, Value l, Value r, Value* out) {
  if (l.is(Kind::tuple) && r.is(Kind::tuple)) {
    std::vector<Value> made(heap.items(l).begin(), heap.items(l).end());
    made.insert(made.end(), heap.items(r).begin(), heap.items(r).end());
    if (made.size() > kLongestText) return false;
    return *out = heap.new_items(Kind::tuple, made.data(), static_cast<uint32_t>(made.size())), true;
  }
  if (l.kind() != r.kind() || !l.is_text()) return false;
  std::string text(l.text());
  text += r.text();
  if (text.size() > (size_t{1} << 20)) return false;
  return *out = l.is(Kind::string) ? heap.new_string(text) : heap.new_bytes(text), true;
}

// Two's complement without the bytes that only repeat the sign.
std::string_view without_sign_bytes(std::string_view data) {
  while (data.size() > 1) {
    const auto last = static_cast<uint8_t>(data.back()), before = static_cast<uint8_t>(data[data.size() - 2]);
    if (!(last == 0 && before < 0x80) && !(last == 0xff && before >= 0x80)) break;
    data.remove_suffix(1);
  }
  return data.size() == 1 && data[0] == '\0' ? std::string_view{} : data;
}

bool same(const Heap& heap, Value a, Value b, uint32_t depth);

bool same_items(const Heap& heap, const Items& a, const Items& b, bool ordered, uint32_t depth) {
  if (a.size != b.size || a.dropped != b.dropped) return false;
  if (ordered) {
    for (uint32_t i = 0; i < a.size; ++i) {
      if (!same(heap, a[i], b[i], depth)) return false;
    }
    return true;
  }
  std::vector<uint8_t> used(b.size, 0);
  if (a.size > 4096) return false;
  for (uint32_t i = 0; i < a.size; ++i) {
    bool found = false;
    for (uint32_t k = 0; k < b.size && !found; ++k) {
      if (used[k] != 0 || !same(heap, a[i], b[k], depth)) continue;
      used[k] = 1;
      found = true;
    }
    if (!found) return false;
  }
  return true;
}

bool same(const Heap& heap, Value a, Value b, uint32_t depth) {
  if (a.kind() != b.kind() || depth > kDeepest) return false;
  switch (a.kind()) {
    case Kind::none: case Kind::ellipsis: case Kind::stop_iteration: case Kind::unknown: return true;
    case Kind::boolean: case Kind::integer: case Kind::real: return a.same_as(b);
    case Kind::string: case Kind::bytes: return a.text() == b.text();
    case Kind::big_integer: return without_sign_bytes(a.text()) == without_sign_bytes(b.text());
    case Kind::tuple: case Kind::list: case Kind::dict: case Kind::slice: case Kind::complex: case Kind::frozen_dict:
      return same_items(heap, heap.items(a), heap.items(b), true, depth + 1);
    case Kind::set: case Kind::frozen_set: return same_items(heap, heap.items(a), heap.items(b), false, depth + 1);
    default: return a.same_as(b);  // things of the heap are the same where they are one
  }
}

}  // namespace

bool same_constant(const Heap& heap, Value a, Value b) { return same(heap, a, b, 0); }

bool fold_binary(Heap& heap, PythonVersion version, Binary op, Value l, Value r, Value* out) {
  Wide a = 0, b = 0;
  if (as_wide(l, &a) && as_wide(r, &b)) {
    const bool bits = op == Binary::bit_and || op == Binary::bit_or || op == Binary::bit_xor;
    if (bits && l.is(Kind::boolean) && r.is(Kind::boolean)) {
      const bool x = l.as_boolean(), y = r.as_boolean();
      return *out = Value::boolean(op == Binary::bit_and ? x && y : op == Binary::bit_or ? x || y : x != y), true;
    }
    const bool as_long = version.major < 3 && (l.is(Kind::big_integer) || r.is(Kind::big_integer));
    return fold_integers(heap, version, op, a, b, as_long, out);
  }
  double x = 0, y = 0;
  if (as_double(l, &x) && as_double(r, &y)) return fold_reals(op, x, y, out);
  Pair p{}, q{};
  if (as_complex(heap, l, &p) && as_complex(heap, r, &q)) return fold_complex(heap, op, p, q, out);
  const auto repeatable = [](Value v) { return v.is_text() || v.is(Kind::tuple); };
  if (op == Binary::multiply && repeatable(l) && as_wide(r, &b)) return repeat(heap, l, b, out);
  if (op == Binary::multiply && repeatable(r) && as_wide(l, &a)) return repeat(heap, r, a, out);
  if (op == Binary::add) return concatenate(heap, l, r, out);
  return false;
}

bool fold_unary(Heap& heap, Unary op, Value v, Value* out) {
  if (op == Unary::logical_not) {
    bool truth = false;
    if (!constant_truth(heap, v, &truth)) return false;
    return *out = Value::boolean(!truth), true;
  }
  Wide wide = 0;
  if (as_wide(v, &wide)) {
    if (wide == (Wide{1} << 126) * -2) return false;
    const bool as_long = v.is(Kind::big_integer) && from_wide(heap, wide).is(Kind::integer);
    if (op == Unary::negative) return *out = from_wide(heap, -wide, as_long), true;
    if (op == Unary::positive) return *out = from_wide(heap, wide, as_long), true;
    if (op == Unary::invert) return *out = from_wide(heap, ~wide, as_long), true;
    return false;
  }
  if (v.is(Kind::real) && (op == Unary::negative || op == Unary::positive)) {
    return *out = Value::real(op == Unary::negative ? -v.as_real() : v.as_real()), true;
  }
  if (v.is(Kind::complex) && (op == Unary::negative || op == Unary::positive) && heap.items(v).size == 2) {
    const double sign = op == Unary::negative ? -1.0 : 1.0;
    const Value parts[] = {Value::real(sign * heap.items(v)[0].as_real()), Value::real(sign * heap.items(v)[1].as_real())};
    return *out = heap.new_items(Kind::complex, parts, 2), true;
  }
  return false;
}

bool fold_subscript(Heap& heap, PythonVersion version, Value l, Value r, Value* out) {
  Wide at = 0;
  if (!as_wide(r, &at)) return false;
  if (l.is(Kind::tuple)) {
    const Items& items = heap.items(l);
    if (at < 0) at += items.size;
    if (at < 0 || at >= items.size) return false;
    return *out = items[static_cast<uint32_t>(at)], true;
  }
  if (l.is(Kind::bytes)) {
    const std::string_view text = l.text();
    if (at < 0) at += static_cast<Wide>(text.size());
    if (at < 0 || at >= static_cast<Wide>(text.size())) return false;
    if (version.major < 3) return *out = Value::bytes(text.substr(static_cast<size_t>(at), 1)), true;
    return *out = Value::integer(static_cast<uint8_t>(text[static_cast<size_t>(at)])), true;
  }
  if (l.is(Kind::string)) {
    const std::string_view text = l.text();
    for (const char c : text) {
      if (static_cast<uint8_t>(c) >= 0x80) return false;
    }
    if (at < 0) at += static_cast<Wide>(text.size());
    if (at < 0 || at >= static_cast<Wide>(text.size())) return false;
    return *out = Value::string(text.substr(static_cast<size_t>(at), 1)), true;
  }
  return false;
}

bool constant_truth(const Heap& heap, Value v, bool* out) {
  switch (v.kind()) {
    case Kind::none: return *out = false, true;
    case Kind::boolean: return *out = v.as_boolean(), true;
    case Kind::integer: return *out = v.as_integer() != 0, true;
    case Kind::big_integer: return *out = !without_sign_bytes(v.text()).empty(), true;
    case Kind::real: return *out = v.as_real() != 0, true;
    case Kind::string: case Kind::bytes: return *out = !v.text().empty(), true;
    case Kind::tuple: case Kind::frozen_set: return *out = heap.items(v).size != 0, true;
    case Kind::complex:
      return *out = heap.items(v).size == 2 && (heap.items(v)[0].as_real() != 0 || heap.items(v)[1].as_real() != 0), true;
    case Kind::ellipsis: case Kind::code: return *out = true, true;
    default: return false;
  }
}

}  // namespace winnow::ir
