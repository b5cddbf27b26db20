#include "code/machine/random.h"

#include <algorithm>
#include <bit>
#include <string>

#include "code/machine/digests.h"

namespace winnow::machine {

// Matsumoto and Nishimura's MT19937, seeded by an array.
Mersenne::Mersenne(const std::vector<uint32_t>& key) {
  const auto size = static_cast<uint32_t>(state_.size());
  state_[0] = 19650218u;
  for (uint32_t i = 1; i < size; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  const std::vector<uint32_t> words = key.empty() ? std::vector<uint32_t>{0} : key;
  const auto count = static_cast<uint32_t>(words.size());
  uint32_t i = 1, j = 0;
  const auto advance = [&] {
    if (++i < size) return;
    state_[0] = state_[size - 1];
    i = 1;
  };
  for (uint32_t k = std::max(size, count); k > 0; --k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525u)) + words[j] + j;
    advance();
    if (++j >= count) j = 0;
  }
  for (uint32_t k = size - 1; k > 0; --k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941u)) - i;
    advance();
  }
  state_[0] = 0x80000000u;
}

// Python takes the text with its SHA-512 behind it for one number, most significant byte first.
Mersenne Mersenne::of_text(std::string_view text) {
  std::string number(text);
  number += digest_of("sha512", text).value_or("");
  std::vector<uint32_t> key((number.size() + 3) / 4, 0);
  for (size_t i = 0; i < number.size(); ++i) {
    const auto byte = static_cast<unsigned char>(number[number.size() - 1 - i]);
    key[i / 4] |= static_cast<uint32_t>(byte) << (8 * (i % 4));
  }
  while (!key.empty() && key.back() == 0) key.pop_back();
  return Mersenne(key);
}

uint32_t Mersenne::next() {
  const size_t size = state_.size();
  if (at_ >= size) {
    for (size_t k = 0; k < size; ++k) {
      const uint32_t y = (state_[k] & 0x80000000u) | (state_[(k + 1) % size] & 0x7fffffffu);
      state_[k] = state_[(k + 397) % size] ^ (y >> 1) ^ ((y & 1u) != 0 ? 0x9908b0dfu : 0u);
    }
    at_ = 0;
  }
  uint32_t y = state_[at_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

double Mersenne::real() {
  const uint32_t high = next() >> 5, low = next() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

uint64_t Mersenne::bits(uint32_t count) {
  if (count == 0) return 0;
  if (count <= 32) return next() >> (32 - count);
  const uint64_t low = next();
  return low | static_cast<uint64_t>(next() >> (64 - std::min<uint32_t>(count, 64))) << 32;
}

uint64_t Mersenne::below(uint64_t limit) {
  if (limit == 0) return 0;
  const auto count = static_cast<uint32_t>(std::bit_width(limit));
  uint64_t drawn = bits(count);
  for (int i = 0; i < 256 && drawn >= limit; ++i) drawn = bits(count);  // each draw succeeds every other time
  return drawn < limit ? drawn : 0;
}

}  // namespace winnow::machine
