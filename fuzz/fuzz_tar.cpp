// Tar archives. Every member lies inside of the input.
#include <cstdlib>

#include "containers/tar.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace winnow;
  const Bytes bytes = fuzz::bytes_of(data, size);
  (void)containers::looks_like_tar(bytes);
  const containers::Tar tar = containers::read_tar(bytes);
  if (tar.end > size) std::abort();
  for (const containers::TarMember& member : tar.members) {
    if (member.header_offset >= size || member.bytes.size() > size) std::abort();
  }
  return 0;
}
