#include "code/machine/big.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace winnow::machine {
namespace {

void trim(Big& number) {
  while (!number.words.empty() && number.words.back() == 0) number.words.pop_back();
  if (number.words.empty()) number.negative = false;
}

int compare_magnitude(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

std::vector<uint32_t> add_magnitude(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  std::vector<uint32_t> out;
  uint64_t carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    carry += (i < a.size() ? a[i] : 0ull) + (i < b.size() ? b[i] : 0ull);
    out.push_back(static_cast<uint32_t>(carry));
    carry >>= 32;
  }
  return out;
}

// a - b where a is not the smaller.
std::vector<uint32_t> subtract_magnitude(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  std::vector<uint32_t> out(a.size());
  int64_t borrow = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t digit = static_cast<int64_t>(a[i]) - (i < b.size() ? b[i] : 0) - borrow;
    borrow = digit < 0;
    if (digit < 0) digit += int64_t{1} << 32;
    out[i] = static_cast<uint32_t>(digit);
  }
  return out;
}

uint32_t divide_small(std::vector<uint32_t>& words, uint32_t by) {
  uint64_t rest = 0;
  for (size_t i = words.size(); i-- > 0;) {
    rest = rest << 32 | words[i];
    words[i] = static_cast<uint32_t>(rest / by);
    rest %= by;
  }
  while (!words.empty() && words.back() == 0) words.pop_back();
  return static_cast<uint32_t>(rest);
}

// Knuth's algorithm D on magnitudes; b has two words or more and is not greater than a.
void divide_magnitude(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b, std::vector<uint32_t>& quotient,
                      std::vector<uint32_t>& rest) {
  const int shift = std::countl_zero(b.back());
  const auto shifted = [&](const std::vector<uint32_t>& from) {
    std::vector<uint32_t> out(from.size() + 1, 0);
    for (size_t i = 0; i < from.size(); ++i) {
      const uint64_t wide = static_cast<uint64_t>(from[i]) << shift;
      out[i] |= static_cast<uint32_t>(wide);
      out[i + 1] |= static_cast<uint32_t>(wide >> 32);
    }
    return out;
  };
  std::vector<uint32_t> u = shifted(a), v = shifted(b);
  v.resize(b.size());
  const size_t n = v.size(), m = a.size() - n;
  quotient.assign(m + 1, 0);
  for (size_t j = m + 1; j-- > 0;) {
    const uint64_t top = static_cast<uint64_t>(u[j + n]) << 32 | u[j + n - 1];
    uint64_t guess = top / v[n - 1], left = top % v[n - 1];
    while (guess >> 32 || guess * v[n - 2] > (left << 32 | u[j + n - 2])) {
      --guess;
      left += v[n - 1];
      if (left >> 32) break;
    }
    int64_t borrow = 0;
    uint64_t carry = 0;
    for (size_t i = 0; i < n; ++i) {
      const uint64_t product = guess * v[i] + carry;
      carry = product >> 32;
      const int64_t digit = static_cast<int64_t>(u[i + j]) - borrow - static_cast<int64_t>(product & 0xffffffff);
      u[i + j] = static_cast<uint32_t>(digit);
      borrow = digit < 0 ? 1 : 0;
    }
    const int64_t digit = static_cast<int64_t>(u[j + n]) - borrow - static_cast<int64_t>(carry);
    u[j + n] = static_cast<uint32_t>(digit);
    if (digit < 0) {
      --guess;
      uint64_t sum = 0;
      for (size_t i = 0; i < n; ++i) {
        sum += static_cast<uint64_t>(u[i + j]) + v[i];
        u[i + j] = static_cast<uint32_t>(sum);
        sum >>= 32;
      }
      u[j + n] += static_cast<uint32_t>(sum);
    }
    quotient[j] = static_cast<uint32_t>(guess);
  }
  rest.assign(n, 0);
  for (size_t i = 0; i < n; ++i) {
    const uint64_t wide = static_cast<uint64_t>(u[i + 1]) << 32 | u[i];
    rest[i] = static_cast<uint32_t>(wide >> shift);
  }
}

// Two's complement of `size` words.
std::vector<uint32_t> complement(const Big& number, size_t size) {
  std::vector<uint32_t> out = number.words;
  out.resize(size, 0);
  if (!number.negative) return out;
  uint64_t carry = 1;
  for (uint32_t& word : out) {
    carry += static_cast<uint32_t>(~word);
    word = static_cast<uint32_t>(carry);
    carry >>= 32;
  }
  return out;
}

Big from_complement(std::vector<uint32_t> words) {
  Big out;
  out.negative = !words.empty() && words.back() >> 31;
  if (out.negative) {
    uint64_t carry = 1;
    for (uint32_t& word : words) {
      carry += static_cast<uint32_t>(~word);
      word = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  out.words = std::move(words);
  trim(out);
  return out;
}

}  // namespace

size_t Big::bits() const {
  return words.empty() ? 0 : words.size() * 32 - static_cast<size_t>(std::countl_zero(words.back()));
}

Big big_of(int64_t value) {
  Big out;
  out.negative = value < 0;
  uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  for (; magnitude != 0; magnitude >>= 32) out.words.push_back(static_cast<uint32_t>(magnitude));
  return out;
}

Big big_of_bytes(std::string_view raw, bool is_signed) {
  std::vector<uint32_t> words(raw.size() / 4 + 1, 0);
  for (size_t i = 0; i < raw.size(); ++i) {
    words[i / 4] |= static_cast<uint32_t>(static_cast<unsigned char>(raw[i])) << (8 * (i % 4));
  }
  if (is_signed && !raw.empty() && (raw.back() & 0x80) != 0) {
    for (size_t i = raw.size(); i < words.size() * 4; ++i) words[i / 4] |= 0xffu << (8 * (i % 4));
    return from_complement(std::move(words));
  }
  Big out;
  out.words = std::move(words);
  trim(out);
  return out;
}

std::optional<Big> big_of(Value value) {
  if (value.is(Kind::integer)) return big_of(value.as_integer());
  if (value.is(Kind::boolean)) return big_of(int64_t{value.as_boolean()});
  if (value.is(Kind::big_integer) && value.text().size() <= Big::kMostWords * 4) return big_of_bytes(value.text(), true);
  return std::nullopt;
}

std::optional<Big> parse_big(std::string_view digits, int base) {
  Big out;
  if (digits.empty() || digits.size() > Big::kMostWords * 4) return std::nullopt;
  for (const char c : digits) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
    if (digit >= base) return std::nullopt;
    uint64_t carry = static_cast<uint64_t>(digit);
    for (uint32_t& word : out.words) {
      carry += static_cast<uint64_t>(word) * static_cast<uint64_t>(base);
      word = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) out.words.push_back(static_cast<uint32_t>(carry));
  }
  return out;
}

std::string bytes_of(const Big& number) {
  const std::vector<uint32_t> words = complement(number, number.words.size() + 1);
  std::string out;
  for (const uint32_t word : words) {
    for (int k = 0; k < 4; ++k) out += static_cast<char>(word >> (8 * k));
  }
  return out;
}

Value value_of(Heap& heap, const Big& number) {
  if (number.words.size() <= 2) {
    uint64_t magnitude = 0;
    for (size_t i = 0; i < number.words.size(); ++i) magnitude |= static_cast<uint64_t>(number.words[i]) << (32 * i);
    if (magnitude <= static_cast<uint64_t>(INT64_MAX)) {
      return Value::integer(number.negative ? -static_cast<int64_t>(magnitude) : static_cast<int64_t>(magnitude));
    }
  }
  return Value::big_integer(heap.arena().copy(bytes_of(number)));
}

std::string to_text(const Big& number, uint32_t base) {
  if (number.zero()) return "0";
  // Nine decimal digits at a time where that is the base, else one.
  const uint32_t chunk = base == 10 ? 1'000'000'000 : base;
  std::vector<uint32_t> words = number.words;
  std::string out;
  while (!words.empty()) {
    uint32_t rest = divide_small(words, chunk);
    for (int k = 0; k < (base == 10 ? 9 : 1); ++k) {
      out += "0123456789abcdefghijklmnopqrstuvwxyz"[rest % base];
      rest /= base;
    }
  }
  while (out.size() > 1 && out.back() == '0') out.pop_back();
  if (number.negative) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

double to_real(const Big& number) {
  double out = 0;
  for (size_t i = number.words.size(); i-- > 0;) out = out * 4294967296.0 + number.words[i];
  return number.negative ? -out : out;
}

int compare(const Big& a, const Big& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const int magnitude = compare_magnitude(a.words, b.words);
  return a.negative ? -magnitude : magnitude;
}

Big add(const Big& a, const Big& b) {
  Big out;
  if (a.negative == b.negative) {
    out.words = add_magnitude(a.words, b.words);
    out.negative = a.negative;
  } else {
    const bool first = compare_magnitude(a.words, b.words) >= 0;
    out.words = first ? subtract_magnitude(a.words, b.words) : subtract_magnitude(b.words, a.words);
    out.negative = first ? a.negative : b.negative;
  }
  trim(out);
  return out;
}

Big subtract(const Big& a, const Big& b) {
  Big negated = b;
  negated.negative = !b.negative && !b.zero();
  return add(a, negated);
}

std::optional<Big> multiply(const Big& a, const Big& b) {
  if (a.words.size() + b.words.size() > Big::kMostWords) return std::nullopt;
  Big out;
  out.negative = a.negative != b.negative;
  out.words.assign(a.words.size() + b.words.size(), 0);
  for (size_t i = 0; i < a.words.size(); ++i) {
    uint64_t carry = 0;
    for (size_t k = 0; k < b.words.size() || carry != 0; ++k) {
      carry += out.words[i + k] + (k < b.words.size() ? static_cast<uint64_t>(a.words[i]) * b.words[k] : 0);
      out.words[i + k] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  trim(out);
  return out;
}

void divide(const Big& a, const Big& b, Big& quotient, Big& rest) {
  quotient = Big();
  rest = Big();
  if (compare_magnitude(a.words, b.words) < 0) {
    rest.words = a.words;
  } else if (b.words.size() == 1) {
    quotient.words = a.words;
    const uint32_t left = divide_small(quotient.words, b.words[0]);
    if (left != 0) rest.words.push_back(left);
  } else {
    divide_magnitude(a.words, b.words, quotient.words, rest.words);
  }
  quotient.negative = a.negative != b.negative;
  rest.negative = a.negative;
  trim(quotient);
  trim(rest);
  if (!rest.zero() && rest.negative != b.negative) {
    quotient = subtract(quotient, big_of(1));
    rest = add(rest, b);
  }
}

std::optional<Big> power(const Big& base, uint64_t exponent) {
  if (base.bits() * exponent > Big::kMostWords * 32 && base.bits() > 1) return std::nullopt;
  Big out = big_of(1), square = base;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) {
      const auto next = multiply(out, square);
      if (!next) return std::nullopt;
      out = *next;
    }
    if (exponent > 1) {
      const auto next = multiply(square, square);
      if (!next) return std::nullopt;
      square = *next;
    }
  }
  return out;
}

namespace {

// The number by which another gives one, modulo a third: Euclid's algorithm, turned round.
std::optional<Big> inverse(const Big& number, const Big& modulus) {
  constexpr size_t kMostBits = 1024;
  if (modulus.zero() || modulus.negative || modulus.bits() > kMostBits) return std::nullopt;
  Big a = modulus, b, before = big_of(0), now = big_of(1), quotient, rest;
  divide(number, modulus, quotient, b);
  while (!b.zero()) {
    divide(a, b, quotient, rest);
    const auto taken = multiply(quotient, now);
    if (!taken) return std::nullopt;
    const Big next = subtract(before, *taken);
    before = std::exchange(now, next);
    a = std::exchange(b, rest);
  }
  if (compare(a, big_of(1)) != 0) return std::nullopt;
  Big out;
  divide(before, modulus, quotient, out);
  return out;
}

}  // namespace

std::optional<Big> power(const Big& base, const Big& exponent, const Big& modulus) {
  constexpr size_t kMostBits = 8192;  // of a modulus: a key of RSA
  if (exponent.negative) {
    const auto opposite = inverse(base, modulus);
    return opposite ? power(*opposite, subtract(big_of(0), exponent), modulus) : std::nullopt;
  }
  if (modulus.zero() || modulus.bits() > kMostBits || exponent.bits() > kMostBits) return std::nullopt;
  Big out = big_of(1), quotient, square;
  divide(base, modulus, quotient, square);
  for (size_t i = 0; i < exponent.bits(); ++i) {
    if (exponent.words[i / 32] >> (i % 32) & 1) divide(*multiply(out, square), modulus, quotient, out);
    const Big twice = *multiply(square, square);
    divide(twice, modulus, quotient, square);
  }
  return out;
}

std::optional<Big> shift_left(const Big& a, uint64_t bits) {
  if (a.zero()) return a;
  if (bits > Big::kMostWords * 32 || a.bits() + bits > Big::kMostWords * 32) return std::nullopt;
  Big out;
  out.negative = a.negative;
  out.words.assign(bits / 32 + a.words.size() + 1, 0);
  for (size_t i = 0; i < a.words.size(); ++i) {
    const uint64_t wide = static_cast<uint64_t>(a.words[i]) << (bits % 32);
    out.words[i + bits / 32] |= static_cast<uint32_t>(wide);
    out.words[i + bits / 32 + 1] |= static_cast<uint32_t>(wide >> 32);
  }
  trim(out);
  return out;
}

Big shift_right(const Big& a, uint64_t bits) {
  if (bits >= a.bits()) return a.negative ? big_of(-1) : Big();
  const size_t skip = bits / 32;
  std::vector<uint32_t> words = complement(a, a.words.size() + 1);
  const uint32_t fill = a.negative ? UINT32_MAX : 0;
  std::vector<uint32_t> out(words.size(), fill);
  for (size_t i = 0; i + skip < words.size(); ++i) {
    const uint64_t high = i + skip + 1 < words.size() ? words[i + skip + 1] : fill;
    out[i] = static_cast<uint32_t>((high << 32 | words[i + skip]) >> (bits % 32));
  }
  return from_complement(std::move(out));
}

Big combine(const Big& a, const Big& b, Bits how) {
  const size_t size = std::max(a.words.size(), b.words.size()) + 1;
  std::vector<uint32_t> left = complement(a, size), right = complement(b, size);
  for (size_t i = 0; i < size; ++i) {
    switch (how) {
      case Bits::bit_and: left[i] &= right[i]; break;
      case Bits::bit_or: left[i] |= right[i]; break;
      case Bits::bit_xor: left[i] ^= right[i]; break;
    }
  }
  return from_complement(std::move(left));
}

}  // namespace winnow::machine
