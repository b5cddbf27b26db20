// SHA-3 (FIPS 202) and BLAKE2 (RFC 7693).
#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "code/machine/digests.h"

namespace winnow::machine {
namespace {

using State = std::array<uint64_t, 25>;

void permute(State& a) {
  static constexpr int kTurns[24] = {1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44};
  static constexpr size_t kLanes[24] = {10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1};
  uint8_t feedback = 1;
  for (int round = 0; round < 24; ++round) {
    std::array<uint64_t, 5> column{};
    for (size_t i = 0; i < a.size(); ++i) column[i % 5] ^= a[i];
    for (size_t i = 0; i < a.size(); ++i) a[i] ^= column[(i + 4) % 5] ^ std::rotl(column[(i + 1) % 5], 1);
    uint64_t moved = a[1];
    for (size_t i = 0; i < 24; ++i) {
      const uint64_t next = a[kLanes[i]];
      a[kLanes[i]] = std::rotl(moved, kTurns[i]);
      moved = next;
    }
    for (size_t row = 0; row < 25; row += 5) {
      const std::array<uint64_t, 5> old{a[row], a[row + 1], a[row + 2], a[row + 3], a[row + 4]};
      for (size_t i = 0; i < 5; ++i) a[row + i] = old[i] ^ (~old[(i + 1) % 5] & old[(i + 2) % 5]);
    }
    // The constants of the rounds are bits of a shift register.
    for (int bit = 0; bit < 7; ++bit) {
      if (feedback & 1) a[0] ^= uint64_t{1} << ((1 << bit) - 1);
      feedback = static_cast<uint8_t>(feedback << 1 ^ (feedback & 0x80 ? 0x71 : 0));
    }
  }
}

template <class Word>
std::array<Word, 8> starts() {
  if constexpr (sizeof(Word) == 8) {
    return {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  } else {
    return {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  }
}

template <class Word>
void compress(std::array<Word, 8>& state, std::string_view block, uint64_t counted, bool last) {
  static constexpr uint8_t kOrders[10][16] = {
      {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};
  constexpr bool kWide = sizeof(Word) == 8;
  static constexpr int kTurns[4] = {kWide ? 32 : 16, kWide ? 24 : 12, kWide ? 16 : 8, kWide ? 63 : 7};
  std::array<Word, 16> v, m{};
  for (size_t i = 0; i < block.size(); ++i) m[i / sizeof(Word)] |= static_cast<Word>(static_cast<Word>(static_cast<unsigned char>(block[i])) << (8 * (i % sizeof(Word))));
  const auto initial = starts<Word>();
  std::copy(state.begin(), state.end(), v.begin());
  std::copy(initial.begin(), initial.end(), v.begin() + 8);
  v[12] ^= static_cast<Word>(counted);
  if (last) v[14] = ~v[14];
  const auto mix = [&](size_t a, size_t b, size_t c, size_t d, Word x, Word y) {
    v[a] += v[b] + x;
    v[d] = std::rotr(static_cast<Word>(v[d] ^ v[a]), kTurns[0]);
    v[c] += v[d];
    v[b] = std::rotr(static_cast<Word>(v[b] ^ v[c]), kTurns[1]);
    v[a] += v[b] + y;
    v[d] = std::rotr(static_cast<Word>(v[d] ^ v[a]), kTurns[2]);
    v[c] += v[d];
    v[b] = std::rotr(static_cast<Word>(v[b] ^ v[c]), kTurns[3]);
  };
  for (size_t round = 0; round < (kWide ? 12 : 10); ++round) {
    const uint8_t* s = kOrders[round % 10];
    for (size_t i = 0; i < 4; ++i) mix(i, i + 4, i + 8, i + 12, m[s[2 * i]], m[s[2 * i + 1]]);
    for (size_t i = 0; i < 4; ++i) mix(i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12, m[s[2 * i + 8]], m[s[2 * i + 9]]);
  }
  for (size_t i = 0; i < 8; ++i) state[i] ^= v[i] ^ v[i + 8];
}

template <class Word>
std::string blake2(std::string_view data, size_t size) {
  constexpr size_t kBlock = 16 * sizeof(Word);
  std::array<Word, 8> state = starts<Word>();
  state[0] ^= static_cast<Word>(0x01010000 ^ size);
  size_t at = 0;
  for (; data.size() - at > kBlock; at += kBlock) compress<Word>(state, data.substr(at, kBlock), at + kBlock, false);
  compress<Word>(state, data.substr(at), data.size(), true);
  std::string out;
  for (size_t i = 0; i < size; ++i) out += static_cast<char>(state[i / sizeof(Word)] >> (8 * (i % sizeof(Word))));
  return out;
}

}  // namespace

std::string sha3_of(std::string_view data, size_t size, size_t wanted, uint8_t mark) {
  const size_t rate = 200 - 2 * size;
  State state{};
  const auto mix = [&](size_t at, uint8_t byte) { state[at / 8] ^= static_cast<uint64_t>(byte) << (8 * (at % 8)); };
  size_t at = 0;
  for (const char c : data) {
    mix(at, static_cast<uint8_t>(c));
    if (++at == rate) permute(state), at = 0;
  }
  mix(at, mark);
  mix(rate - 1, 0x80);
  permute(state);
  std::string out;
  for (size_t i = 0; out.size() < wanted; ++i) {
    if (i == rate) permute(state), i = 0;
    out += static_cast<char>(state[i / 8] >> (8 * (i % 8)));
  }
  return out;
}

std::string blake2b_of(std::string_view data, size_t size) { return blake2<uint64_t>(data, size); }
std::string blake2s_of(std::string_view data, size_t size) { return blake2<uint32_t>(data, size); }

}  // namespace winnow::machine
