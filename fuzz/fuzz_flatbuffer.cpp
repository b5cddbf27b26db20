// TensorFlow Lite and ExecuTorch: flat buffers read, run as graphs and judged. The first byte says which of them.
#include <vector>

#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 17) return 0;
  const bool mobile = (data[0] & 1) != 0;
  std::vector<uint8_t> file(data + 1, data + size);
  const char* identifier = mobile ? "ET12" : "TFL3";
  for (int i = 0; i < 4; ++i) file[static_cast<size_t>(4 + i)] = static_cast<uint8_t>(identifier[i]);
  winnow::fuzz::whole_scan("model", winnow::fuzz::bytes_of(file.data(), file.size()));
  return 0;
}
