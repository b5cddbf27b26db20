// Python's generator of random numbers: what `random` gives after it was seeded with something known. Programs hide
// text under keys that they draw from it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace winnow::machine {

class Mersenne {
 public:
  // random.seed(number), little-endian words of its absolute value; random.seed(text or bytes).
  explicit Mersenne(const std::vector<uint32_t>& key);
  static Mersenne of_text(std::string_view text);

  uint32_t next();
  double real();                     // random.random()
  uint64_t bits(uint32_t count);     // getrandbits(count), count <= 64
  uint64_t below(uint64_t limit);    // random._randbelow(limit); 0 for 0

 private:
  std::array<uint32_t, 624> state_;
  size_t at_ = 624;
};

}  // namespace winnow::machine
