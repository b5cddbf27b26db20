// The reader of HDF5 files alone; the fuzzer's bytes follow the signature.
#include <cstring>
#include <vector>

#include "containers/hdf5.h"
#include "records.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr char kSignature[] = "\x89HDF\r\n\x1a\n";
  constexpr size_t kSize = sizeof kSignature - 1;
  std::vector<std::byte> file(kSize + size);
  std::memcpy(file.data(), kSignature, kSize);
  if (size != 0) std::memcpy(file.data() + kSize, data, size);
  const winnow::containers::Hdf5 read = winnow::containers::read_hdf5(file);
  size_t length = 0;
  for (uint32_t i = 0; i < read.objects.size() && i < 64; ++i) length += read.path(i).size();
  for (const auto& outside : read.outside) length += outside.target.size() + read.objects[outside.object].name.size();
  return length == SIZE_MAX ? 1 : 0;
}

WINNOW_MUTATE_RECORDS(&winnow::fuzz::kHdf5Records)
