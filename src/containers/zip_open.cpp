// The content of a member: a view when it is stored, decoded otherwise. What the flags claim is checked
// against the bytes, for there are readers which ignore them.
#include <zlib.h>

#include <algorithm>

#include "containers/zip.h"

namespace winnow::containers {

namespace {

constexpr uint64_t kCheckedStored = uint64_t{16} << 20;  // larger stored members are not summed

enum Method : uint16_t {
  kStored = 0,
  kDeflate = 8,
  kBzip2 = 12,
  kLzma = 14,
  kZstdOld = 20,
  kZstd = 93,
  kXz = 95
};

bool checksum_is(Bytes bytes, uint32_t crc) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) == crc;
}

const char* unread_method(uint16_t method) {
  switch (method) {
    case 1: return "shrink";
    case 6: return "implode";
    case 9: return "deflate64";
    case 97: return "WavPack";
    case 98: return "PPMd";
    case 99: return "AES encryption";
    default: return nullptr;
  }
}

Error unsupported(const ZipMember& member) {
  const char* name = unread_method(member.method);
  return {Fault::unsupported, member.data_offset,
          "compression method " + (name != nullptr ? name : std::to_string(member.method)) + " is not read"};
}

Error encrypted(const ZipMember& member) {
  return {Fault::unsupported, member.data_offset, "the member is encrypted"};
}

Decoded decode_member(const ZipMember& member, Bytes packed, const Limits& limits) {
  switch (member.method) {
    case kDeflate: return decode(Codec::deflate, packed, limits);
    case kBzip2: return decode(Codec::bzip2, packed, limits);
    case kLzma: return decode_zip_lzma(packed, member.size, (member.flags & 2U) != 0, limits);
    case kZstdOld:
    case kZstd: return decode(Codec::zstd, packed, limits);
    case kXz: return decode(Codec::xz, packed, limits);
    default: break;
  }
  Decoded out;
  out.error = unsupported(member);
  return out;
}

void open_stored(const ZipMember& member, Bytes packed, ZipContent& content) {
  content.bytes = packed;
  content.wrong_size = member.packed_size != member.size;
  // Members that share bytes would be summed many times over; they are told already.
  if (packed.size() <= kCheckedStored && !member.overlaps)
    content.wrong_crc = !checksum_is(packed, member.crc);
  if (!member.encrypted()) return;
  // Real encryption adds twelve bytes.
  if (content.wrong_size && content.wrong_crc) {
    content = {};
    content.error = encrypted(member);
  } else {
    content.false_encryption = true;
  }
}

void open_packed(const ZipMember& member, Bytes packed, const Limits& limits, ZipContent& content) {
  Limits known = limits;
  known.expected = member.size;
  Decoded decoded = decode_member(member, packed, known);
  if (decoded.error && decoded.error->fault == Fault::unsupported) {
    content.error = decoded.error;
    return;
  }
  content.wrong_crc = !checksum_is(decoded.bytes, member.crc);
  content.wrong_size = decoded.bytes.size() != member.size;
  if (member.encrypted()) {
    if (decoded.error || (content.wrong_crc && content.wrong_size)) {
      content = {};
      content.error = encrypted(member);
      return;
    }
    content.false_encryption = true;
  }
  if (decoded.error) {
    content.error = Error{decoded.error->fault, member.data_offset + decoded.consumed, decoded.error->what};
    content.wrong_crc = content.wrong_size = false;  // the error says it already
  } else {
    content.unused = slice(packed, decoded.consumed);
  }
  content.buffer = std::move(decoded.bytes);
  content.bytes = content.buffer;
}

}  // namespace

ZipContent open_zip_member(const Zip& zip, const ZipMember& member, const Limits& limits) {
  ZipContent content;
  if (member.data_offset == 0) {
    const uint64_t offset = std::min<uint64_t>(member.header_offset, zip.bytes.size());
    content.error = Error{Fault::malformed, offset, "the member has no local header"};
    return content;
  }
  const Bytes packed = slice(zip.bytes, member.data_offset, member.packed_size);
  if (member.method == kStored) {
    open_stored(member, packed, content);
  } else {
    open_packed(member, packed, limits, content);
  }
  if (packed.size() < member.packed_size && !content.error) {
    content.error = Error{Fault::truncated, zip.bytes.size(), "the member runs past the end of the archive"};
    content.wrong_crc = content.wrong_size = false;
  }
  return content;
}

}  // namespace winnow::containers
