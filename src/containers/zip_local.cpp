// Local headers: reading one, and finding those which no directory lists.
#include <algorithm>

#include "bytes/reader.h"
#include "containers/zip_parts.h"

namespace winnow::containers::zip_parts {

namespace {

constexpr uint32_t kIn64 = UINT32_MAX;
constexpr uint16_t kSizesFollow = 8;  // flag bit 3: sizes stand in a descriptor behind the data

void read_zip64(Bytes extra, LocalHeader& header) {
  Reader reader(extra);
  while (reader.left() >= 4) {
    const uint16_t id = reader.le<uint16_t>();
    const uint16_t size = reader.le<uint16_t>();
    const Bytes field = reader.bytes(size);
    if (!reader.ok() || id != 0x0001) continue;
    Reader value(field);
    if (header.size == kIn64) header.size = value.le<uint64_t>();
    if (header.packed_size == kIn64) header.packed_size = value.le<uint64_t>();
    return;
  }
}

bool plausible(const LocalHeader& header, Bytes bytes) {
  static constexpr uint16_t kMethods[] = {0, 1, 6, 8, 9, 12, 14, 20, 93, 94, 95, 96, 97, 98, 99};
  return !header.name.empty() && header.name.size() <= 4096 && header.data_offset <= bytes.size() &&
         std::find(std::begin(kMethods), std::end(kMethods), header.method) != std::end(kMethods);
}

// The packed size of a member whose header leaves it open: up to the descriptor that gives just this size, or
// the next header of any kind. Each byte is looked at once, whatever the headers say.
uint64_t measured_size(Bytes bytes, uint64_t start, uint64_t end, LocalHeader& header) {
  const std::string_view data = as_text(slice(bytes, start, end - start));
  for (size_t at = data.find("PK"); at != std::string_view::npos; at = data.find("PK", at + 1)) {
    if (magic_at(bytes, start + at, kLocalMagic) || magic_at(bytes, start + at, kEntryMagic)) return at;
    if (!magic_at(bytes, start + at, kDescriptorMagic)) continue;
    Reader reader(bytes);
    reader.seek(start + at + 4);
    const uint32_t crc = reader.le<uint32_t>();
    const uint64_t packed = reader.le<uint64_t>();
    const uint64_t size = reader.le<uint64_t>();
    const bool small = (packed & UINT32_MAX) == at;
    if (!small && (packed != at || !reader.ok())) continue;
    header.crc = crc;
    header.size = packed == at && reader.ok() ? size : packed >> 32;
    return at;
  }
  return data.size();
}

}  // namespace

std::optional<LocalHeader> local_header_at(Bytes bytes, uint64_t offset) {
  if (!magic_at(bytes, offset, kLocalMagic)) return std::nullopt;
  Reader reader(bytes);
  reader.seek(offset + 6);
  LocalHeader header;
  header.flags = reader.le<uint16_t>();
  header.method = reader.le<uint16_t>();
  reader.skip(4);
  header.crc = reader.le<uint32_t>();
  header.packed_size = reader.le<uint32_t>();
  header.size = reader.le<uint32_t>();
  const uint16_t name_size = reader.le<uint16_t>();
  const uint16_t extra_size = reader.le<uint16_t>();
  header.name = reader.text(name_size);
  const Bytes extra = reader.bytes(extra_size);
  if (!reader.ok()) return std::nullopt;
  header.data_offset = reader.offset();
  const bool in64 = header.packed_size == kIn64 || header.size == kIn64;
  if (in64) read_zip64(extra, header);
  const bool follows = (header.flags & kSizesFollow) != 0;
  if (follows && (header.packed_size == 0 || header.packed_size == kIn64)) header.sizes_known = false;
  return header;
}

uint64_t descriptor_end(Bytes bytes, uint64_t data_end, uint32_t crc, uint64_t packed_size, uint16_t flags) {
  if ((flags & kSizesFollow) == 0 || data_end > bytes.size()) return data_end;
  const bool has_magic = magic_at(bytes, data_end, kDescriptorMagic);
  const uint64_t start = data_end + (has_magic ? 4 : 0);
  Reader reader(bytes);
  reader.seek(start);
  const uint32_t told_crc = reader.le<uint32_t>();
  const uint32_t small = reader.le<uint32_t>();
  const uint32_t high = reader.le<uint32_t>();
  if (!reader.ok() || (!has_magic && told_crc != crc)) return data_end;
  const uint64_t long_size = (uint64_t{high} << 32) | small;
  reader.skip(8);
  const bool is_long = reader.ok() && long_size == packed_size && !magic_at(bytes, start + 12, kLocalMagic) &&
                       !magic_at(bytes, start + 12, kEntryMagic);
  return start + (is_long ? 20 : 12);
}

void find_local_headers(Bytes bytes, Region region, std::vector<ZipMember>& members,
                        std::vector<Region>& between) {
  const uint64_t end = region.offset + region.size;
  uint64_t claimed = region.offset;
  uint64_t at = region.offset;
  const std::string_view text = as_text(slice(bytes, 0, end));
  while ((at = text.find(kLocalMagic, at)) != std::string_view::npos) {
    std::optional<LocalHeader> header = local_header_at(bytes, at);
    if (!header || !plausible(*header, bytes)) {
      ++at;
      continue;
    }
    ZipMember member;
    member.name = header->name;
    member.header_offset = at;
    member.data_offset = header->data_offset;
    member.method = header->method;
    member.flags = header->flags;
    member.sources = kFromLocal;
    member.packed_size = header->packed_size;
    if (!header->sizes_known) {
      const uint64_t limit = std::max(end, header->data_offset);
      member.packed_size = measured_size(bytes, header->data_offset, limit, *header);
    }
    member.packed_size = std::min(member.packed_size, bytes.size() - member.data_offset);
    member.size = header->size;
    member.crc = header->crc;
    members.push_back(member);
    if (at > claimed) between.push_back({claimed, at - claimed});
    const uint64_t data_end = member.data_offset + member.packed_size;
    at = descriptor_end(bytes, data_end, member.crc, member.packed_size, member.flags);
    claimed = at = std::min(std::max(at, member.header_offset + kLocalSize), end);
  }
  if (end > claimed) between.push_back({claimed, end - claimed});
}

}  // namespace winnow::containers::zip_parts
