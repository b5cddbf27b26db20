// The pieces of the zip reader: directories and local headers as they stand, before any of them is believed.
#pragma once

#include <functional>

#include "containers/zip.h"

namespace winnow::containers::zip_parts {

inline constexpr std::string_view kLocalMagic{"PK\x03\x04", 4};
inline constexpr std::string_view kEntryMagic{"PK\x01\x02", 4};
inline constexpr std::string_view kEndMagic{"PK\x05\x06", 4};
inline constexpr std::string_view kDescriptorMagic{"PK\x07\x08", 4};
inline constexpr uint64_t kLocalSize = 30;
inline constexpr uint64_t kEntrySize = 46;
inline constexpr uint64_t kEndSize = 22;

bool magic_at(Bytes bytes, uint64_t offset, std::string_view magic);

// A central directory which some reader would use for one end record.
struct Directory {
  std::vector<ZipMember> entries;
  uint64_t start = 0, end = 0;  // of the entries, in the input
  uint64_t end_record = 0;      // offset of the record that led here
  uint64_t tail = 0;            // behind the end record and its comment
  uint64_t zip64_start = 0, zip64_end = 0;
  std::string_view comment;
  bool count_differs = false;
};

// Every directory that a reader may come to from the end record at `end_record`: PyTorch counts its offset
// from the start of the file, zipfile counts its size back from the end record. One, unless they disagree.
std::vector<Directory> directories_at(Bytes bytes, uint64_t end_record);

// Offsets of end records in the last 64 KiB, last first.
std::vector<uint64_t> end_records(Bytes bytes);

// Takes over the members of every directory that counts, and tells those which show different readers
// different members. `gaps` gives the bytes that the directories taken over so far leave unexplained.
using FindGaps = std::function<std::vector<Region>(Zip trial, std::vector<Directory>& used)>;
std::vector<Directory> adopt_directories(Zip& zip, const FindGaps& gaps);

struct LocalHeader {
  std::string_view name;
  uint64_t data_offset = 0, packed_size = 0, size = 0;
  uint32_t crc = 0;
  uint16_t method = 0, flags = 0;
  bool sizes_known = true;  // false when they follow the data
};

std::optional<LocalHeader> local_header_at(Bytes bytes, uint64_t offset);

// Where the data descriptor of a member ends, if there is one behind its data; else `data_end`.
uint64_t descriptor_end(Bytes bytes, uint64_t data_end, uint32_t crc, uint64_t packed_size, uint16_t flags);

// Walks the local headers in a region that no directory explains: adds the members, and the bytes that belong
// to none of them.
void find_local_headers(Bytes bytes, Region region, std::vector<ZipMember>& members,
                        std::vector<Region>& between);

}  // namespace winnow::containers::zip_parts
