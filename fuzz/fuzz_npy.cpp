// NumPy files: the fuzzer's bytes follow the magic string, so that all of them are header and data.
#include <cstring>
#include <vector>

#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr char kMagic[] = "\x93NUMPY";
  std::vector<std::byte> file(6 + size);
  std::memcpy(file.data(), kMagic, 6);
  if (size != 0) std::memcpy(file.data() + 6, data, size);
  winnow::fuzz::whole_scan("array.npy", file);
  return 0;
}
