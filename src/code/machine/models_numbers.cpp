// Numbers: int and float, their methods, math.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "code/machine/big.h"
#include "code/machine/encodings.h"
#include "code/machine/models.h"
#include "code/machine/objects.h"
#include "code/machine/operators.h"
#include "code/python/letters.h"

namespace winnow::machine {
namespace {

using Found = std::optional<Value>;

std::optional<double> real(Machine& m, Value v) {
  v = plain(m, v);
  if (v.is(Kind::real)) return v.as_real();
  const auto number = big_of(v);
  return number ? std::optional(to_real(*number)) : std::nullopt;
}

Value floored(Machine& m, double value) {
  if (std::fabs(value) < 9e18) return Value::integer(static_cast<int64_t>(value));
  if (!std::isfinite(value)) return m.raise("OverflowError");
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  const auto shifted = shift_left(big_of(static_cast<int64_t>(mantissa * 9007199254740992.0)), static_cast<uint64_t>(exponent - 53));
  return shifted ? value_of(m.heap(), *shifted) : Value::unknown();
}

// int(x), int(text, base)
Found to_integer(Machine& m, const Call& call) {
  if (call.count() == 0) return Value::integer(0);
  Value given = call[0];
  if (given.is(Kind::instance)) {
    for (const std::string_view hook : {"__int__", "__index__", "__trunc__"}) if (const auto out = call_special(m, given, hook, {})) return out;
    given = plain(m, given);
  }
  if (const auto number = big_of(given)) return value_of(m.heap(), *number);
  if (given.is(Kind::real)) return floored(m, std::trunc(given.as_real()));
  const auto buffer = given.is(Kind::string) ? std::optional(given.text()) : buffer_of(m, given);
  if (!buffer) return Value::unknown();
  std::string text;
  for (const char c : given.is(Kind::string) ? python::with_ascii_digits(*buffer) : std::string(*buffer)) if (c != '_') text += c;
  const auto trim = [](unsigned char c) { return c == ' ' || (c >= 9 && c <= 13); };
  while (!text.empty() && trim(static_cast<unsigned char>(text.back()))) text.pop_back();
  size_t at = 0;
  while (at < text.size() && trim(static_cast<unsigned char>(text[at]))) ++at;
  const bool negative = at < text.size() && text[at] == '-';
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  Value base_given = call.count() > 1 ? call[1] : Value::integer(10);
  if (const Value* named = m.keyword(call, "base")) base_given = *named;
  if (!base_given.is(Kind::integer)) return Value::unknown();
  int64_t base = base_given.as_integer();
  std::string_view digits = std::string_view(text).substr(at);
  const auto prefix = [&](char letter, int64_t of) {
    if (digits.size() > 2 && digits[0] == '0' && (digits[1] | 32) == letter && (base == of || base == 0)) digits.remove_prefix(2), base = of;
  };
  prefix('x', 16);
  prefix('o', 8);
  prefix('b', 2);
  if (base == 0) base = 10;
  if (base < 2 || base > 36) return m.raise("ValueError");
  auto number = parse_big(digits, static_cast<int>(base));
  if (!number) return m.raise_saying("ValueError", "invalid literal for int() with base " + std::to_string(base) + ": " + repr_of(m, given).value_or("?"));
  number->negative = negative && !number->zero();
  return value_of(m.heap(), *number);
}

Found to_float(Machine& m, const Call& call) {
  if (call.count() == 0) return Value::real(0);
  if (const auto number = real(m, call[0])) return Value::real(*number);
  const Value given = plain(m, call[0]);
  if (!given.is(Kind::string)) return Value::unknown();
  std::string text(given.text());
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '_'; });
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double out = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (end.ec != std::errc() || end.ptr != digits.data() + digits.size()) return m.raise("ValueError", Value::string("could not convert string to float"));
  return Value::real(out);
}

Found to_boolean(Machine& m, const Call& call) {
  if (call.count() == 0) return Value::boolean(false);
  const auto known = truth(m, call[0]);
  return known ? Value::boolean(*known) : Value::unknown();
}

Found absolute(Machine& m, const Call& call) {
  if (const auto out = call_special(m, call[0], "__abs__", {})) return out;
  const Value v = plain(m, call[0]);
  if (v.is(Kind::real)) return Value::real(std::fabs(v.as_real()));
  auto number = big_of(v);
  if (!number) return Value::unknown();
  number->negative = false;
  return value_of(m.heap(), *number);
}

Found power_of(Machine& m, const Call& call) {
  if (call.count() == 3 && !call[2].is(Kind::none)) {
    const auto base = big_of(plain(m, call[0])), exponent = big_of(plain(m, call[1])), modulus = big_of(plain(m, call[2]));
    if (!base || !exponent || !modulus || !m.scan().step(exponent->bits() * modulus->words.size() + 1)) return Value::unknown();
    const auto out = power(*base, *exponent, *modulus);
    return out ? value_of(m.heap(), *out) : Value::unknown();
  }
  return binary(m, ir::Binary::power, call[0], call[1]);
}

// complex(real, imag) of numbers.
Found to_complex(Machine& m, const Call& call) {
  Value parts[] = {Value::real(0), Value::real(0)};
  for (size_t i = 0; i < std::min<size_t>(call.count(), 2); ++i) {
    const auto number = real(m, call[i]);
    if (!number) return std::nullopt;
    parts[i] = Value::real(*number);
  }
  return m.heap().new_items(Kind::complex, parts, 2);
}

Found divide_both(Machine& m, const Call& call) {
  if (call.count() != 2) return std::nullopt;
  if (const auto out = call_special(m, call[0], "__divmod__", call.arguments.subspan(1))) return out;
  if (const auto out = m.raised ? std::nullopt : call_special(m, call[1], "__rdivmod__", call.arguments.first(1))) return out;
  if (m.raised) return Value::unknown();
  const Value quotient = binary(m, ir::Binary::floor_divide, call[0], call[1]);
  if (m.raised) return Value::unknown();
  return m.heap().new_tuple({quotient, binary(m, ir::Binary::remainder, call[0], call[1])});
}

Found rounded(Machine& m, const Call& call) {
  const auto number = real(m, call[0]);
  if (!number) return Value::unknown();
  const bool whole = !plain(m, call[0]).is(Kind::real);
  const auto integer = big_of(call[0]);
  const Value itself = integer ? value_of(m.heap(), *integer) : call[0];
  if (call.count() < 2 || call[1].is(Kind::none)) return whole ? Found(itself) : Found(floored(m, std::nearbyint(*number)));
  const auto digits = integer_of(call[1]);
  if (!digits || *digits < -300 || *digits > 300) return Value::unknown();
  if (whole && *digits >= 0) return itself;
  char buffer[700];
  std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(std::max<int64_t>(*digits, 0)), *number);
  const double scale = std::pow(10.0, static_cast<double>(-*digits));
  const double out = *digits >= 0 ? std::atof(buffer) : std::nearbyint(*number / scale) * scale;
  return whole ? floored(m, out) : Value::real(out);
}

template <int base>
Found in_base(Machine& m, const Call& call) {
  const Value given = call[0].is(Kind::instance) ? call_special(m, call[0], "__index__", {}).value_or(plain(m, call[0])) : call[0];
  const auto number = big_of(given);
  if (!number) return given.is_text() ? Found(m.raise("TypeError")) : Found(Value::unknown());
  Big magnitude = *number;
  magnitude.negative = false;
  const std::string_view prefix = base == 16 ? "0x" : base == 8 ? "0o" : "0b";
  return m.make_string((number->negative ? "-" : "") + std::string(prefix) + to_text(magnitude, base));
}

Found bit_length(Machine& m, const Call& call) {
  const auto number = big_of(plain(m, call[0]));
  return number ? Found(Value::integer(static_cast<int64_t>(number->bits()))) : std::nullopt;
}

Found bit_count(Machine& m, const Call& call) {
  const auto number = big_of(plain(m, call[0]));
  if (!number) return std::nullopt;
  int64_t count = 0;
  for (const uint32_t word : number->words) count += __builtin_popcount(word);
  return Value::integer(count);
}

bool is_little(Value order) { return order.is(Kind::string) && order.text() == "little"; }

Found to_bytes(Machine& m, const Call& call) {
  const auto number = big_of(plain(m, call[0]));
  Value length = call.count() > 1 ? call[1] : Value::integer(1), order = call.count() > 2 ? call[2] : Value::string("big");
  if (const Value* given = m.keyword(call, "length")) length = *given;
  if (const Value* given = m.keyword(call, "byteorder")) order = *given;
  const auto size = integer_of(length);
  if (!number || !size || !order.is(Kind::string)) return Value::unknown();
  if (*size < 0 || *size > (1 << 20)) return Value::unknown();
  std::string raw = bytes_of(*number);
  if (!number->negative && number->bits() > static_cast<size_t>(*size) * 8) return m.raise("OverflowError", Value::string("int too big to convert"));
  raw.resize(static_cast<size_t>(*size), number->negative ? '\xff' : '\0');
  if (!is_little(order)) std::reverse(raw.begin(), raw.end());
  return m.make_bytes(raw);
}

Found from_bytes(Machine& m, const Call& call) {
  // Called through the class; an instance before it changes nothing.
  const size_t first = call.count() > 0 && (call[0].is(Kind::integer) || call[0].is(Kind::name)) ? 1 : 0;
  Value data = call[first];
  if (const Value* given = m.keyword(call, "bytes")) data = *given;
  std::string raw;
  if (const auto buffer = buffer_of(m, plain(m, data))) {
    raw = *buffer;
  } else {
    const auto items = m.iterate(data);
    if (!items) return Value::unknown();
    for (const Value& item : *items) {
      if (!item.is(Kind::integer)) return Value::unknown();
      raw += static_cast<char>(item.as_integer());
    }
  }
  Value order = call.count() > first + 1 ? call[first + 1] : Value::string("big");
  if (const Value* given = m.keyword(call, "byteorder")) order = *given;
  const Value* is_signed = m.keyword(call, "signed");
  if (raw.size() > Big::kMostWords * 4 || !order.is(Kind::string)) return Value::unknown();
  if (!is_little(order)) std::reverse(raw.begin(), raw.end());
  return value_of(m.heap(), big_of_bytes(raw, is_signed != nullptr && is_signed->is(Kind::boolean) && is_signed->as_boolean()));
}

template <double (*compute)(double)>
Found real_function(Machine& m, const Call& call) {
  const auto number = real(m, call[0]);
  if (!number) return std::nullopt;
  const double out = compute(*number);
  return std::isnan(out) && !std::isnan(*number) ? Found(m.raise("ValueError", Value::string("math domain error"))) : Found(Value::real(out));
}

template <double (*compute)(double)>
Found whole_function(Machine& m, const Call& call) {
  if (const auto whole = big_of(call[0])) return value_of(m.heap(), *whole);
  const auto number = real(m, call[0]);
  return number ? Found(floored(m, compute(*number))) : std::nullopt;
}

Found logarithm(Machine& m, const Call& call) {
  const auto number = real(m, call[0]), base = call.count() > 1 ? real(m, call[1]) : std::optional(0.0);
  if (!number || !base) return std::nullopt;
  if (*number <= 0) return m.raise("ValueError", Value::string("math domain error"));
  return Value::real(call.count() > 1 ? std::log(*number) / std::log(*base) : std::log(*number));
}

Found two_reals(Machine& m, const Call& call) {
  const auto a = real(m, call[0]), b = real(m, call[1]);
  if (!a || !b) return std::nullopt;
  const std::string_view name = m.heap().name(call.callee).canonical;
  if (name == "math.pow") return Value::real(std::pow(*a, *b));
  if (name == "math.fmod") return *b == 0 ? Found(m.raise("ValueError")) : Found(Value::real(std::fmod(*a, *b)));
  if (name == "math.atan2") return Value::real(std::atan2(*a, *b));
  return Value::real(std::hypot(*a, *b));
}

Found common_divisor(Machine& m, const Call& call) {
  auto a = big_of(call[0]), b = big_of(call[1]);
  if (!a || !b || call.count() != 2) return std::nullopt;
  a->negative = b->negative = false;
  while (!b->zero() && m.step()) {
    Big quotient, rest;
    divide(*a, *b, quotient, rest);
    a = b;
    b = rest;
  }
  return value_of(m.heap(), *a);
}

Found factorial(Machine& m, const Call& call) {
  const auto n = integer_of(call[0]);
  if (!n || *n < 0 || *n > 2000) return std::nullopt;
  Big out = big_of(1);
  for (int64_t i = 2; i <= *n; ++i) out = multiply(out, big_of(i)).value_or(Big());
  return value_of(m.heap(), out);
}

Found product(Machine& m, const Call& call) {
  const auto items = m.iterate(call[0]);
  if (!items) return std::nullopt;
  const Value* start = m.keyword(call, "start");
  Value out = start != nullptr ? *start : Value::integer(1);
  for (const Value& item : *items) out = binary(m, ir::Binary::multiply, out, item);
  return out;
}

template <ir::Binary op>
Found operation(Machine& m, const Call& call) { return call.count() < 2 ? std::nullopt : Found(binary(m, op, call[0], call[1])); }
template <ir::Binary op>
Found operation_inplace(Machine& m, const Call& call) { return call.count() < 2 ? std::nullopt : Found(inplace(m, op, call[0], call[1])); }
template <ir::Binary op>
Found reflected(Machine& m, const Call& call) { return call.count() < 2 ? std::nullopt : Found(binary(m, op, call[1], call[0])); }
template <ir::Compare op>
Found comparison(Machine& m, const Call& call) { return call.count() < 2 ? std::nullopt : Found(compare(m, op, call[0], call[1])); }
template <ir::Unary op>
Found single(Machine& m, const Call& call) { return call.count() < 1 ? std::nullopt : Found(unary(m, op, call[0])); }
Found holds(Machine& m, const Call& call) { return call.count() < 2 ? std::nullopt : Found(compare(m, ir::Compare::in, call[1], call[0])); }
Found get_item(Machine& m, const Call& call) { return call.count() < 2 ? std::nullopt : Found(subscript(m, call[0], call[1])); }
Found set_item(Machine& m, const Call& call) {
  if (call.count() < 3) return std::nullopt;
  store_subscript(m, call[0], call[1], call[2]);
  return Value::none();
}
Found delete_item(Machine& m, const Call& call) {
  if (call.count() < 2) return std::nullopt;
  delete_subscript(m, call[0], call[1]);
  return Value::none();
}
Found size(Machine& m, const Call& call) {
  const auto out = length(m, call[0]);
  if (m.raised) return Value::unknown();
  if (out) return Value::integer(*out);
  return call[0].is(Kind::none) || call[0].is(Kind::integer) ? Found(m.raise("TypeError")) : Found(Value::unknown());
}

#define WINNOW_OPERATOR(name, op) \
  {"operator." name, operation<ir::Binary::op>}, {"operator.__" name "__", operation<ir::Binary::op>}, \
      {"operator.i" name, operation_inplace<ir::Binary::op>}, {"builtins.int.__" name "__", operation<ir::Binary::op>}, \
      {"builtins.float.__" name "__", operation<ir::Binary::op>}, {"builtins.str.__" name "__", operation<ir::Binary::op>}, \
      {"builtins.bytes.__" name "__", operation<ir::Binary::op>}, {"builtins.list.__" name "__", operation<ir::Binary::op>}, \
      {"builtins.tuple.__" name "__", operation<ir::Binary::op>}, {"builtins.bool.__" name "__", operation<ir::Binary::op>}, \
      {"builtins.int.__r" name "__", reflected<ir::Binary::op>}, {"builtins.str.__r" name "__", reflected<ir::Binary::op>}, \
      {"builtins.set.__" name "__", operation<ir::Binary::op>}
#define WINNOW_COMPARE(name, op) \
  {"operator." name, comparison<ir::Compare::op>}, {"builtins.int.__" name "__", comparison<ir::Compare::op>}, \
      {"builtins.str.__" name "__", comparison<ir::Compare::op>}, {"builtins.bytes.__" name "__", comparison<ir::Compare::op>}, \
      {"builtins.list.__" name "__", comparison<ir::Compare::op>}, {"builtins.tuple.__" name "__", comparison<ir::Compare::op>}
#define WINNOW_ITEMS(type) \
  {"builtins." type ".__getitem__", get_item}, {"builtins." type ".__len__", size}, {"builtins." type ".__contains__", holds}, \
      {"builtins." type ".__setitem__", set_item}, {"builtins." type ".__delitem__", delete_item}

// math.isqrt(n), of what fits.
Found whole_root(Machine& m, const Call& call) {
  const auto n = integer_of(plain(m, call[0]));
  if (!n) return Value::unknown();
  if (*n < 0) return m.raise("ValueError");
  auto root = static_cast<int64_t>(std::sqrt(static_cast<double>(*n)));
  while (root > 0 && root > *n / root) --root;
  while (root + 1 <= *n / (root + 1)) ++root;
  return Value::integer(root);
}

constexpr ModelEntry kModels[] = {
    {"builtins.int", to_integer},
    {"builtins.long", to_integer},
    {"builtins.float", to_float},
    {"builtins.bool", to_boolean},
    {"builtins.abs", absolute},
    {"builtins.pow", power_of},
    {"builtins.complex", to_complex},
    {"builtins.divmod", divide_both},
    {"builtins.round", rounded},
    {"builtins.bin", in_base<2>},
    {"builtins.oct", in_base<8>},
    {"builtins.hex", in_base<16>},
    {"builtins.int.bit_length", bit_length},
    {"builtins.int.bit_count", bit_count},
    {"builtins.int.to_bytes", to_bytes},
    {"builtins.int.from_bytes", from_bytes},
    {"builtins.int.__index__", [](Machine&, const Call& call) -> Found { return call[0]; }},
    {"builtins.len", size},
    WINNOW_OPERATOR("add", add), WINNOW_OPERATOR("sub", subtract), WINNOW_OPERATOR("mul", multiply),
    WINNOW_OPERATOR("floordiv", floor_divide), WINNOW_OPERATOR("truediv", true_divide), WINNOW_OPERATOR("pow", power),
    WINNOW_OPERATOR("lshift", left_shift), WINNOW_OPERATOR("rshift", right_shift), WINNOW_OPERATOR("xor", bit_xor),
    WINNOW_OPERATOR("and_", bit_and), WINNOW_OPERATOR("or_", bit_or),
    {"operator.and_", operation<ir::Binary::bit_and>},
    {"operator.or_", operation<ir::Binary::bit_or>},
    {"builtins.int.__and__", operation<ir::Binary::bit_and>},
    {"builtins.int.__or__", operation<ir::Binary::bit_or>},
    {"builtins.int.__mod__", operation<ir::Binary::remainder>},
    {"operator.concat", operation<ir::Binary::add>},
    {"operator.iconcat", operation_inplace<ir::Binary::add>},
    WINNOW_COMPARE("eq", eq), WINNOW_COMPARE("ne", ne), WINNOW_COMPARE("lt", lt), WINNOW_COMPARE("le", le), WINNOW_COMPARE("gt", gt),
    WINNOW_COMPARE("ge", ge),
    {"operator.is_", comparison<ir::Compare::is>},
    {"operator.is_not", comparison<ir::Compare::is_not>},
    {"operator.contains", holds},
    {"operator.neg", single<ir::Unary::negative>},
    {"operator.pos", single<ir::Unary::positive>},
    {"operator.invert", single<ir::Unary::invert>},
    {"operator.inv", single<ir::Unary::invert>},
    {"operator.not_", single<ir::Unary::logical_not>},
    {"operator.truth", to_boolean},
    {"operator.index", [](Machine&, const Call& call) -> Found { return call[0]; }},
    {"operator.getitem", get_item},
    {"operator.__getitem__", get_item},
    {"operator.setitem", set_item},
    {"operator.delitem", delete_item},
    WINNOW_ITEMS("str"), WINNOW_ITEMS("bytes"), WINNOW_ITEMS("list"), WINNOW_ITEMS("tuple"), WINNOW_ITEMS("dict"),
    WINNOW_ITEMS("bytearray"), WINNOW_ITEMS("range"),
    {"math.floor", whole_function<std::floor>},
    {"math.ceil", whole_function<std::ceil>},
    {"math.trunc", whole_function<std::trunc>},
    {"math.sqrt", real_function<std::sqrt>},
    {"math.exp", real_function<std::exp>},
    {"math.log", logarithm},
    {"math.log2", real_function<std::log2>},
    {"math.log10", real_function<std::log10>},
    {"math.sin", real_function<std::sin>},
    {"math.cos", real_function<std::cos>},
    {"math.tan", real_function<std::tan>},
    {"math.fabs", real_function<std::fabs>},
    {"math.pow", two_reals},
    {"math.fmod", two_reals},
    {"math.hypot", two_reals},
    {"math.atan2", two_reals},
    {"math.isqrt", whole_root},
    {"math.gcd", common_divisor},
    {"math.factorial", factorial},
    {"math.prod", product},
};

}  // namespace

std::span<const ModelEntry> number_models() { return kModels; }

}  // namespace winnow::machine
