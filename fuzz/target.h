// What every fuzz target needs: the entry that libFuzzer calls, and budgets small enough that a slow input is
// a finding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bytes/bytes.h"
#include "core/budget.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace winnow::fuzz {

inline Bytes bytes_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}

inline Budget small_budget() {
  Budget budget;
  budget.inflated_bytes = uint64_t{8} << 20;
  budget.inflation_ratio = 200;
  budget.depth = 5;
  budget.artifacts = 300;
  budget.steps = 200'000;
  budget.code_steps = 1'000'000;
  budget.forks = 2'000;
  budget.memory = uint64_t{32} << 20;
  budget.string = uint64_t{1} << 20;
  return budget;
}

}  // namespace winnow::fuzz
