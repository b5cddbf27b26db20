// The central directory: finding its end record as miniz and zipfile find it, and reading its entries.
#include <algorithm>

#include "bytes/reader.h"
#include "containers/zip_parts.h"

namespace winnow::containers::zip_parts {

namespace {

constexpr std::string_view kLocatorMagic{"PK\x06\x07", 4};
constexpr std::string_view kEnd64Magic{"PK\x06\x06", 4};
constexpr uint64_t kLocatorSize = 20;
constexpr uint64_t kEnd64Size = 56;
constexpr uint64_t kTail = (uint64_t{1} << 16) + kEndSize;  // how far from the end readers look
constexpr size_t kMostEndRecords = 16;
constexpr uint32_t kIn64 = UINT32_MAX;  // "see the zip64 field"

// What one end record says.
struct End {
  uint64_t entries = 0, size = 0, offset = 0;
  uint64_t before = 0;  // where the directory must have ended
  uint64_t zip64_start = 0, zip64_end = 0;
};

std::optional<End> zip64_end_at(Bytes bytes, uint64_t offset, uint64_t locator) {
  if (!magic_at(bytes, offset, kEnd64Magic)) return std::nullopt;
  Reader reader(bytes);
  reader.seek(offset + 4);
  const uint64_t record = reader.le<uint64_t>();
  reader.skip(2 + 2 + 4 + 4 + 8);
  End end;
  end.entries = reader.le<uint64_t>();
  end.size = reader.le<uint64_t>();
  end.offset = reader.le<uint64_t>();
  end.before = offset;
  end.zip64_start = offset;
  const uint64_t told_end = record < locator - offset ? offset + 12 + record : 0;
  end.zip64_end = std::min(locator, std::max(offset + kEnd64Size, told_end));
  if (!reader.ok()) return std::nullopt;
  return end;
}

// The end record itself, and the zip64 ones before it: at the locator's offset, as miniz finds it, and just
// before the locator, as zipfile does. The ones that count come first.
std::vector<End> ends_at(Bytes bytes, uint64_t offset) {
  std::vector<End> out;
  if (offset >= kLocatorSize && magic_at(bytes, offset - kLocatorSize, kLocatorMagic)) {
    const uint64_t locator = offset - kLocatorSize;
    Reader reader(bytes);
    reader.seek(locator + 8);
    const uint64_t told = reader.le<uint64_t>();
    if (told < locator) {
      if (auto end = zip64_end_at(bytes, told, locator)) out.push_back(*end);
    }
    if (locator >= kEnd64Size && told != locator - kEnd64Size) {
      if (auto end = zip64_end_at(bytes, locator - kEnd64Size, locator)) out.push_back(*end);
    }
  }
  Reader reader(bytes);
  reader.seek(offset + 10);
  End end;
  end.entries = reader.le<uint16_t>();
  end.size = reader.le<uint32_t>();
  end.offset = reader.le<uint32_t>();
  end.before = out.empty() ? offset : out.front().zip64_start;
  const bool in64 = end.size == kIn64 || end.offset == kIn64 || end.entries == UINT16_MAX;
  if (reader.ok() && (out.empty() || !in64)) out.push_back(end);
  return out;
}

// Sizes and offset from the zip64 extra field, the name from Info-ZIP's Unicode path field.
void read_extra(Bytes extra, ZipMember& member) {
  Reader reader(extra);
  while (reader.left() >= 4) {
    const uint16_t id = reader.le<uint16_t>();
    const uint16_t size = reader.le<uint16_t>();
    const Bytes field = reader.bytes(size);
    if (!reader.ok()) return;
    Reader value(field);
    if (id == 0x0001) {
      if (member.size == kIn64) member.size = value.le<uint64_t>();
      if (member.packed_size == kIn64) member.packed_size = value.le<uint64_t>();
      if (member.header_offset == kIn64) member.header_offset = value.le<uint64_t>();
    } else if (id == 0x7075 && size > 5) {
      value.skip(5);
      const std::string_view name = value.text(value.left());
      if (name != member.name) member.other_name = name;
    }
  }
}

bool read_entry(Reader& reader, ZipMember& member) {
  reader.skip(4 + 1);
  member.host = reader.u8();
  reader.skip(2);
  member.flags = reader.le<uint16_t>();
  member.method = reader.le<uint16_t>();
  reader.skip(4);
  member.crc = reader.le<uint32_t>();
  member.packed_size = reader.le<uint32_t>();
  member.size = reader.le<uint32_t>();
  const uint16_t name_size = reader.le<uint16_t>();
  const uint16_t extra_size = reader.le<uint16_t>();
  const uint16_t comment_size = reader.le<uint16_t>();
  reader.skip(4);
  member.attributes = reader.le<uint32_t>();
  member.header_offset = reader.le<uint32_t>();
  // Lengths past the end of the directory are cut short, as zipfile does.
  member.name = reader.text(std::min<uint64_t>(name_size, reader.left()));
  const Bytes extra = reader.bytes(std::min<uint64_t>(extra_size, reader.left()));
  reader.skip(std::min<uint64_t>(comment_size, reader.left()));
  if (extra_size != 0) read_extra(extra, member);
  return reader.ok();
}

// The entries from `start`; zipfile stops by size, miniz by count, so both are passed as far as entries go.
std::optional<Directory> directory_from(Bytes bytes, const End& end, uint64_t start) {
  Directory out;
  out.start = start;
  out.end = start;
  if (start > end.before || (end.entries != 0 && !magic_at(bytes, start, kEntryMagic))) return std::nullopt;
  Reader reader(slice(bytes, 0, end.before));
  reader.seek(start);
  const uint64_t possible = (end.before - start) / kEntrySize;
  out.entries.reserve(std::min(end.entries, possible));
  while (magic_at(bytes, reader.offset(), kEntryMagic)) {
    ZipMember member;
    if (!read_entry(reader, member)) break;
    member.sources = kFromDirectory;
    out.entries.push_back(member);
    out.end = reader.offset();
  }
  const uint64_t found = out.entries.size();
  const bool wrapped = end.zip64_end == 0 && (found & 0xffff) == end.entries;
  out.count_differs = (found != end.entries && !wrapped) || out.end - start != end.size;
  out.zip64_start = end.zip64_start;
  out.zip64_end = end.zip64_end;
  return out;
}

// What zipfile calls "concat": bytes before the archive that its offsets do not count. Where bytes are
// missing it is negative, and wraps around as it does there.
void shift(Directory& directory, uint64_t by) {
  if (by == 0) return;
  for (ZipMember& member : directory.entries) member.header_offset += by;
}

}  // namespace

bool magic_at(Bytes bytes, uint64_t offset, std::string_view magic) {
  return as_text(slice(bytes, offset, magic.size())) == magic;
}

std::vector<uint64_t> end_records(Bytes bytes) {
  std::vector<uint64_t> out;
  const uint64_t start = bytes.size() > kTail ? bytes.size() - kTail : 0;
  const std::string_view tail = as_text(slice(bytes, start));
  // Searched forwards, which is many times faster; the last record is the first that readers try.
  for (size_t at = tail.find(kEndMagic); at != std::string_view::npos; at = tail.find(kEndMagic, at + 1)) {
    if (tail.size() - at >= kEndSize) out.push_back(start + at);
  }
  std::reverse(out.begin(), out.end());
  if (out.size() > kMostEndRecords) out.resize(kMostEndRecords);
  return out;
}

std::vector<Directory> directories_at(Bytes bytes, uint64_t end_record) {
  std::vector<Directory> out;
  Reader reader(bytes);
  reader.seek(end_record + 20);
  const uint64_t comment_size = reader.le<uint16_t>();
  const std::string_view comment = reader.text(std::min(comment_size, reader.left()));
  for (const End& end : ends_at(bytes, end_record)) {
    const uint64_t starts[] = {end.size <= end.before ? end.before - end.size : UINT64_MAX, end.offset};
    for (const uint64_t start : starts) {
      const bool seen =
          std::any_of(out.begin(), out.end(), [&](const Directory& d) { return d.start == start; });
      if (seen || start > end.before) continue;
      std::optional<Directory> directory = directory_from(bytes, end, start);
      if (!directory) continue;
      shift(*directory, start - end.offset);
      directory->end_record = end_record;
      directory->comment = comment;
      directory->tail = std::min<uint64_t>(bytes.size(), end_record + kEndSize + comment_size);
      out.push_back(std::move(*directory));
    }
  }
  return out;
}

}  // namespace winnow::containers::zip_parts
