// Zip archives: every view of the directory, every member opened. Parts must lie inside of the input.
#include <cstdlib>

#include "containers/zip.h"
#include "records.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace winnow;
  const Bytes bytes = fuzz::bytes_of(data, size);
  (void)containers::looks_like_zip(bytes);
  const containers::Zip zip = containers::read_zip(bytes);
  for (const containers::Region& region : zip.unclaimed) {
    if (region.offset > size || region.size > size - region.offset) std::abort();
  }
  uint64_t left = fuzz::small_budget().inflated_bytes;
  containers::Limits limits;
  limits.ratio_floor = 1 << 20;
  limits.allow = [&left](uint64_t taken) {
    if (taken > left) return false;
    left -= taken;
    return true;
  };
  size_t opened = 0;
  for (const containers::ZipMember& member : zip.members) {
    if (++opened > 200) break;
    (void)containers::open_zip_member(zip, member, limits);
  }
  return 0;
}

WINNOW_MUTATE_RECORDS(&winnow::fuzz::kZipRecords)
