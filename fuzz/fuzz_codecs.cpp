// Compressed streams: the codec that the content tells, and the one that the first byte names.
#include <cstdlib>

#include "containers/codecs.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace winnow;
  const Bytes bytes = fuzz::bytes_of(data, size);
  containers::Limits limits;
  limits.ratio = 200;
  limits.ratio_floor = 1 << 20;
  uint64_t left = 0;
  limits.allow = [&left](uint64_t taken) {
    if (taken > left) return false;
    left -= taken;
    return true;
  };
  const auto decode = [&](containers::Codec codec, Bytes input) {
    left = fuzz::small_budget().inflated_bytes;
    const containers::Decoded decoded = containers::decode(codec, input, limits);
    if (decoded.consumed > input.size()) std::abort();
  };
  decode(containers::codec_of(bytes), bytes);
  if (size == 0) return 0;
  const auto last = static_cast<uint8_t>(containers::Codec::joblib_zfile);
  decode(static_cast<containers::Codec>(data[0] % (last + 1)), bytes.subspan(1));
  return 0;
}
