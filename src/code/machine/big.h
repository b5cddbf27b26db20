// Whole numbers of any size, as Python computes with them: programs hide texts in numbers of a thousand bits.
// Sizes are bounded by kMostWords; what would exceed them gives nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.h"

namespace winnow::machine {

struct Big {
  static constexpr size_t kMostWords = 8192;

  bool negative = false;
  std::vector<uint32_t> words;  // magnitude, lowest first, without leading zeros

  bool zero() const { return words.empty(); }
  size_t bits() const;
};

Big big_of(int64_t value);
Big big_of_bytes(std::string_view little_endian, bool is_signed);
std::optional<Big> big_of(Value value);             // integer, boolean, big_integer
std::optional<Big> parse_big(std::string_view digits, int base);  // digits only, no sign
Value value_of(Heap& heap, const Big& number);
std::string bytes_of(const Big& number);            // two's complement, little-endian, with a sign bit
std::string to_text(const Big& number, uint32_t base = 10);
double to_real(const Big& number);

int compare(const Big& a, const Big& b);            // -1, 0, 1
Big add(const Big& a, const Big& b);
Big subtract(const Big& a, const Big& b);
std::optional<Big> multiply(const Big& a, const Big& b);
// Python's: the quotient is rounded down, the rest has the divisor's sign. The divisor is not zero.
void divide(const Big& a, const Big& b, Big& quotient, Big& rest);
std::optional<Big> power(const Big& base, uint64_t exponent);
std::optional<Big> power(const Big& base, const Big& exponent, const Big& modulus);
std::optional<Big> shift_left(const Big& a, uint64_t bits);
Big shift_right(const Big& a, uint64_t bits);
enum class Bits : uint8_t { bit_and, bit_or, bit_xor };
Big combine(const Big& a, const Big& b, Bits how);

}  // namespace winnow::machine
