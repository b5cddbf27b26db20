// Zip archives as hostile input, read as the loaders read them: PyTorch's miniz, Python's zipfile (NumPy,
// Keras, skops), and programs that walk the local headers. Where these would see different members, every
// view is given, and the difference is told as a fact.
//
// Code hides in a zip in members that only one reader sees: behind a second directory, in local headers that
// no directory lists, under another name, size or method than the directory says, between the members.
//
// Reading costs the central directory and one page for each member: that of its local header.
// Specification: PKWARE APPNOTE.TXT 6.3.10.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "containers/codecs.h"

namespace winnow::containers {

// Who says that the member exists; a bit set.
enum ZipSource : uint8_t {
  kFromDirectory = 1,  // the central directory that the loaders use
  kFromLocal = 2,      // a local header which the directory does not list, or lists differently
  kFromOther = 4,      // another central directory in the same file
};

struct ZipMember {
  std::string_view name;        // as this view spells it; may hold NUL bytes
  std::string_view other_name;  // the local header's or the Unicode extra field's, when that differs
  uint64_t header_offset = 0;   // of the local header, from the start of the input, in bytes
  uint64_t data_offset = 0;     // 0 when the local header is missing
  uint64_t packed_size = 0;     // in bytes, as are all sizes
  uint64_t size = 0;
  uint32_t crc = 0;
  uint32_t attributes = 0;  // external attributes: the upper half is the Unix mode when `host` is 3
  uint16_t method = 0;      // 0 stored, 8 deflate, ...
  uint16_t flags = 0;
  uint8_t host = 0;
  uint8_t sources = 0;
  bool overlaps = false;  // shares bytes with another member or the directory; no honest writer does that

  // Bit 0 is encryption. Bits 5 and 6, patches and strong encryption, stop some readers and not others.
  bool encrypted() const { return (flags & 0x61U) != 0; }
  bool is_folder() const { return !name.empty() && (name.back() == '/' || name.back() == '\\'); }
  bool is_link() const { return host == 3 && ((attributes >> 16) & 0xf000U) == 0xa000U; }
};

enum class ZipTrick : uint8_t {
  name_differs,        // local header and directory name the member differently
  method_differs,      // ... give different compression methods
  size_differs,        // ... give different sizes
  crc_differs,         // ... give different checksums
  encryption_differs,  // only one of the two says that the member is encrypted
  header_missing,      // no local header where the directory says that it is
  members_overlap,     // two members share bytes
  unlisted_member,     // a local header that no directory lists
  second_directory,    // another central directory with other members
  count_differs,       // the directory holds more or fewer members than its end record says
  duplicate_name,      // two members with one name and different content
  nul_in_name,         // a name that ends for some readers before it ends for others
};

struct Trick {
  ZipTrick what = ZipTrick::name_differs;
  uint64_t offset = 0;  // of the local header, or of the directory
  uint32_t member = 0;  // index into Zip::members
};

struct Region {
  uint64_t offset = 0;
  uint64_t size = 0;
};

struct Zip {
  Bytes bytes;
  std::vector<ZipMember> members;  // in the order of the directory, then the other views
  std::vector<Trick> tricks;
  std::vector<Region> unclaimed;  // bytes that are no header, member or directory
  std::string_view comment;
  bool has_directory = false;
  std::optional<Error> damage;  // there is no usable directory; members come from local headers
};

// Whether a zip reader would accept the bytes: a local header at the start, or an end record near the end
// with a directory before it.
bool looks_like_zip(Bytes bytes);

Zip read_zip(Bytes bytes);

struct ZipContent {
  Bytes bytes;                    // a view into the archive when stored, into `buffer` otherwise
  std::vector<std::byte> buffer;  // moving it keeps `bytes` valid
  std::optional<Error> error;     // `bytes` holds what could be read in spite of it
  bool wrong_crc = false;
  bool wrong_size = false;        // decodes to another size than promised
  bool false_encryption = false;  // the flag says encrypted, the bytes are not
  Bytes unused;                   // of the packed bytes, behind the end of the compressed stream
};

ZipContent open_zip_member(const Zip& zip, const ZipMember& member, const Limits& limits);

}  // namespace winnow::containers
