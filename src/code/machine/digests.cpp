// MD5 (RFC 1321) and the secure hash standard (FIPS 180-4).
#include "code/machine/digests.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace winnow::machine {
namespace {

// The message with its padding: 0x80, zeros, and the length in bits in the last `tail` bytes.
std::string padded(std::string_view data, size_t block, size_t tail, bool big) {
  std::string out(data);
  out += '\x80';
  while (out.size() % block != block - tail) out += '\0';
  const uint64_t bits = static_cast<uint64_t>(data.size()) * 8;
  for (size_t i = 0; i < tail; ++i) {
    const size_t shift = big ? tail - 1 - i : i;
    out += static_cast<char>(shift < 8 ? bits >> (8 * shift) : 0);
  }
  return out;
}

template <class Word>
Word load(const std::string& data, size_t at, bool big) {
  Word out = 0;
  for (size_t i = 0; i < sizeof(Word); ++i) {
    const auto byte = static_cast<unsigned char>(data[at + (big ? i : sizeof(Word) - 1 - i)]);
    out = static_cast<Word>(out << 8 | byte);
  }
  return out;
}

template <class Word, size_t size>
std::string store(const std::array<Word, size>& state, bool big, size_t wanted) {
  std::string out;
  for (const Word word : state) {
    for (size_t i = 0; i < sizeof(Word); ++i) out += static_cast<char>(word >> (8 * (big ? sizeof(Word) - 1 - i : i)));
  }
  return out.substr(0, wanted);
}

std::string md5(std::string_view data) {
  static constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  std::array<uint32_t, 64> sines;
  for (size_t i = 0; i < 64; ++i) sines[i] = static_cast<uint32_t>(std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 4294967296.0));
  std::array<uint32_t, 4> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const std::string message = padded(data, 64, 8, false);
  for (size_t at = 0; at < message.size(); at += 64) {
    auto [a, b, c, d] = state;
    for (size_t i = 0; i < 64; ++i) {
      uint32_t f = 0;
      size_t word = 0;
      switch (i / 16) {
        case 0: f = (b & c) | (~b & d); word = i; break;
        case 1: f = (d & b) | (~d & c); word = (5 * i + 1) % 16; break;
        case 2: f = b ^ c ^ d; word = (3 * i + 5) % 16; break;
        default: f = c ^ (b | ~d); word = (7 * i) % 16; break;
      }
      f += a + sines[i] + load<uint32_t>(message, at + 4 * word, false);
      a = d;
      d = c;
      c = b;
      b += std::rotl(f, kShifts[i / 16][i % 4]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  }
  return store(state, false, 16);
}

std::string sha1(std::string_view data) {
  std::array<uint32_t, 5> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const std::string message = padded(data, 64, 8, true);
  for (size_t at = 0; at < message.size(); at += 64) {
    std::array<uint32_t, 80> w;
    for (size_t i = 0; i < 16; ++i) w[i] = load<uint32_t>(message, at + 4 * i, true);
    for (size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = state;
    for (size_t i = 0; i < 80; ++i) {
      const uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
      const uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      const uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
  }
  return store(state, true, 20);
}

// The fractional parts of cube roots of the first primes, which the constants of SHA-2 are.
template <size_t count>
std::array<uint64_t, count> cube_roots() {
  std::array<uint64_t, count> out;
  uint64_t prime = 1;
  for (size_t i = 0; i < count; ++i) {
    for (bool composite = true; composite;) {
      ++prime;
      composite = false;
      for (uint64_t d = 2; d * d <= prime; ++d) composite = composite || prime % d == 0;
    }
    // The root times 2^64, bit by bit: the greatest r with r^3 <= prime * 2^192.
    long double root = std::cbrt(static_cast<long double>(prime));
    uint64_t whole = static_cast<uint64_t>(root);
    // In 32-bit words, by binary search over the fraction.
    uint64_t fraction = 0;
    for (int bit = 63; bit >= 0; --bit) {
      const uint64_t trial = fraction | uint64_t{1} << bit;
      // (whole + trial / 2^64)^3 against prime, in words of 32 bits.
      const std::array<uint64_t, 3> x{trial & 0xffffffff, trial >> 32, whole};
      std::array<uint64_t, 10> square{}, cube{};
      for (size_t p = 0; p < 3; ++p) {
        for (size_t q = 0; q < 3; ++q) {
          const uint64_t product = x[p] * x[q];
          square[p + q] += product & 0xffffffff;
          square[p + q + 1] += product >> 32;
        }
      }
      for (size_t p = 0; p + 1 < square.size(); ++p) square[p + 1] += square[p] >> 32, square[p] &= 0xffffffff;
      for (size_t p = 0; p < 6; ++p) {
        for (size_t q = 0; q < 3; ++q) {
          const uint64_t product = square[p] * x[q];
          cube[p + q] += product & 0xffffffff;
          cube[p + q + 1] += product >> 32;
        }
      }
      for (size_t p = 0; p + 1 < cube.size(); ++p) cube[p + 1] += cube[p] >> 32, cube[p] &= 0xffffffff;
      // The whole part stands in word 6.
      if (cube[6] < prime && cube[7] == 0) fraction = trial;
    }
    out[i] = fraction;
  }
  return out;
}

template <class Word, size_t rounds>
std::string sha2(std::string_view data, std::array<Word, 8> state, const std::array<int, 12>& turns, size_t wanted) {
  static const std::array<uint64_t, 80> roots = cube_roots<80>();
  constexpr size_t kBlock = sizeof(Word) * 16;
  const std::string message = padded(data, kBlock, sizeof(Word) * 2, true);
  for (size_t at = 0; at < message.size(); at += kBlock) {
    std::array<Word, rounds> w;
    for (size_t i = 0; i < 16; ++i) w[i] = load<Word>(message, at + sizeof(Word) * i, true);
    for (size_t i = 16; i < rounds; ++i) {
      const Word s0 = std::rotr(w[i - 15], turns[0]) ^ std::rotr(w[i - 15], turns[1]) ^ (w[i - 15] >> turns[2]);
      const Word s1 = std::rotr(w[i - 2], turns[3]) ^ std::rotr(w[i - 2], turns[4]) ^ (w[i - 2] >> turns[5]);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (size_t i = 0; i < rounds; ++i) {
      const Word s1 = std::rotr(e, turns[9]) ^ std::rotr(e, turns[10]) ^ std::rotr(e, turns[11]);
      const Word constant = static_cast<Word>(roots[i] >> (64 - 8 * sizeof(Word)));
      const Word first = h + s1 + ((e & f) ^ (~e & g)) + constant + w[i];
      const Word s0 = std::rotr(a, turns[6]) ^ std::rotr(a, turns[7]) ^ std::rotr(a, turns[8]);
      const Word other = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + first;
      d = c;
      c = b;
      b = a;
      a = first + other;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
  return store(state, true, wanted);
}

constexpr std::array<int, 12> kTurns32{7, 18, 3, 17, 19, 10, 2, 13, 22, 6, 11, 25};
constexpr std::array<int, 12> kTurns64{1, 8, 7, 19, 61, 6, 28, 34, 39, 14, 18, 41};

}  // namespace

std::optional<std::string> digest_of(std::string_view name, std::string_view data) {
  if (name == "md5") return md5(data);
  if (name == "sha1") return sha1(data);
  if (name == "sha256") {
    return sha2<uint32_t, 64>(data, {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, kTurns32, 32);
  }
  if (name == "sha224") {
    return sha2<uint32_t, 64>(data, {0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4}, kTurns32, 28);
  }
  if (name == "sha512") {
    return sha2<uint64_t, 80>(data, {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
                                     0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}, kTurns64, 64);
  }
  if (name == "sha384") {
    return sha2<uint64_t, 80>(data, {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31,
                                     0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4}, kTurns64, 48);
  }
  for (const auto& [sponge, size] : {std::pair("sha3_224", 28), std::pair("sha3_256", 32), std::pair("sha3_384", 48), std::pair("sha3_512", 64)}) {
    if (name == sponge) return sha3_of(data, static_cast<size_t>(size), static_cast<size_t>(size), 6);
  }
  if (name == "blake2b") return blake2b_of(data, 64);
  if (name == "blake2s") return blake2s_of(data, 32);
  return std::nullopt;
}

std::optional<std::string> keyed_digest_of(std::string_view name, std::string_view key, std::string_view data) {
  const size_t block = name == "sha512" || name == "sha384" || name == "blake2b" ? 128
                       : name == "sha3_224" ? 144 : name == "sha3_256" ? 136 : name == "sha3_384" ? 104 : name == "sha3_512" ? 72 : 64;
  std::string padded_key(key);
  if (padded_key.size() > block) {
    const auto shorter = digest_of(name, key);
    if (!shorter) return std::nullopt;
    padded_key = *shorter;
  }
  padded_key.resize(block, '\0');
  const auto masked = [&](char mask) {
    std::string out = padded_key;
    for (char& c : out) c = static_cast<char>(c ^ mask);
    return out;
  };
  const auto inner = digest_of(name, masked(0x36).append(data));
  return inner ? digest_of(name, masked(0x5c).append(*inner)) : std::nullopt;
}

uint32_t crc32_of(std::string_view data, uint32_t from) {
  static const std::array<uint32_t, 256> kTable = [] {
    std::array<uint32_t, 256> out{};
    for (uint32_t i = 0; i < out.size(); ++i) {
      uint32_t rest = i;
      for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ (rest & 1 ? 0xedb88320u : 0);
      out[i] = rest;
    }
    return out;
  }();
  uint32_t out = ~from;
  for (const char c : data) out = kTable[(out ^ static_cast<unsigned char>(c)) & 0xff] ^ out >> 8;
  return ~out;
}

uint32_t adler32_of(std::string_view data, uint32_t from) {
  constexpr uint32_t kPrime = 65521;
  uint32_t low = from & 0xffff, high = from >> 16;
  for (const char c : data) {
    low = (low + static_cast<unsigned char>(c)) % kPrime;
    high = (high + low) % kPrime;
  }
  return high << 16 | low;
}

}  // namespace winnow::machine
