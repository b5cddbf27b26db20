// Source in C and C++ beside the weights, of which only one thing is asked: which programs it starts by name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

struct NativeCall {
  std::string_view callee;  // "system"
  std::string text;         // the literals that it is given, one after the other
  uint64_t offset = 0;
  uint32_t line = 1;
};

// The calls of system, popen, exec and their kin that are given literals; comments and other literals are passed over.
std::vector<NativeCall> native_calls(std::string_view source);

}  // namespace winnow
