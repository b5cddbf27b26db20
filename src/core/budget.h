// Every limit on hostile input, as one struct of numbers. Running out is a gap in the report that says which, where,
// and what was read before. core/budget_fields.h has their names.
#pragma once

#include <cstdint>

namespace winnow {

struct Budget {
  uint64_t inflated_bytes = uint64_t{4} << 30;  // decompressed, over one whole scan
  uint64_t inflation_ratio = 2000;              // decompressed : compressed, for streams above 16 MiB
  uint32_t depth = 12;                          // artifacts inside artifacts
  uint32_t artifacts = 200'000;                 // members read, over one whole scan
  uint64_t steps = uint64_t{2} << 30;           // opcodes and machine operations, over one whole scan
  uint64_t code_steps = 40'000'000;             // instructions of code objects run, per trace
  uint64_t forks = 20'000;                      // conditions whose both sides are followed, per trace
  uint64_t memo = uint64_t{1} << 26;            // entries that one pickle remembers
  uint64_t memory = uint64_t{1} << 30;          // bytes of machine values, per trace
  double seconds = 600;                         // of one file; 0 is without end
  uint64_t string = uint64_t{64} << 20;         // bytes of one string that the machine computes
};

// The same by name, in the same order as core/budget_fields.h tells them.
enum class Limit : uint8_t {
  inflated_bytes, inflation_ratio, artifacts, depth, steps, code_steps, forks, memo, memory, string, seconds,
};

}  // namespace winnow
