// For tests: zip archives spelled field by field, so that every field can lie.
#pragma once

#include <zlib.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::containers::build {

inline std::string le(uint64_t value, int size) {
  std::string out;
  for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

inline uint32_t crc_of(std::string_view data) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
}

inline std::string deflated(std::string_view data, int window_bits = -15) {
  std::string out(data.size() + data.size() / 100 + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

// One member; what is set overrides what is true.
struct Member {
  std::string name;
  std::string data;  // decoded
  uint16_t method = 0;
  uint16_t flags = 0;
  std::string extra;
  std::optional<std::string> local_name, packed;
  std::optional<uint16_t> local_method, local_flags;
  std::optional<uint32_t> crc, local_crc;
  std::optional<uint32_t> size, packed_size, local_size, local_packed_size;
  std::optional<uint32_t> header_offset;
  uint32_t attributes = 0;
  bool listed = true;
  std::string before;  // bytes in front of the local header
};

struct Archive {
  std::string prefix;  // in front of everything, not counted in offsets
  std::vector<Member> members;
  std::string before_directory, behind_directory;
  std::string comment, trailing;
  std::optional<uint16_t> count;
  std::optional<uint32_t> directory_size, directory_offset;
  bool has_directory = true;
  bool has_end = true;
};

inline std::string packed_of(const Member& member) {
  if (member.packed) return *member.packed;
  return member.method == 8 ? deflated(member.data) : member.data;
}

inline std::string local_header(const Member& member) {
  const std::string packed = packed_of(member);
  const bool follows = (member.flags & 8) != 0;
  const uint32_t crc = member.crc.value_or(crc_of(member.data));
  const auto packed_size = static_cast<uint32_t>(packed.size());
  const auto size = static_cast<uint32_t>(member.data.size());
  const std::string& name = member.local_name ? *member.local_name : member.name;
  std::string out = "PK\x03\x04" + le(20, 2) + le(member.local_flags.value_or(member.flags), 2) +
                    le(member.local_method.value_or(member.method), 2) + le(0, 4) +
                    le(member.local_crc.value_or(follows ? 0 : crc), 4) +
                    le(member.local_packed_size.value_or(follows ? 0 : packed_size), 4) +
                    le(member.local_size.value_or(follows ? 0 : size), 4) + le(name.size(), 2) +
                    le(member.extra.size(), 2) + name + member.extra + packed;
  if (follows) out += "PK\x07\x08" + le(crc, 4) + le(packed_size, 4) + le(size, 4);
  return out;
}

inline std::string entry(const Member& member, uint64_t offset) {
  const std::string packed = packed_of(member);
  return "PK\x01\x02" + le(0x0314, 2) + le(20, 2) + le(member.flags, 2) + le(member.method, 2) + le(0, 4) +
         le(member.crc.value_or(crc_of(member.data)), 4) +
         le(member.packed_size.value_or(static_cast<uint32_t>(packed.size())), 4) +
         le(member.size.value_or(static_cast<uint32_t>(member.data.size())), 4) + le(member.name.size(), 2) +
         le(0, 2) + le(0, 2) + le(0, 2) + le(0, 2) + le(member.attributes, 4) +
         le(member.header_offset.value_or(static_cast<uint32_t>(offset)), 4) + member.name;
}

inline std::string end_record(const Archive& archive, uint64_t count, uint64_t size, uint64_t offset) {
  return "PK\x05\x06" + le(0, 4) + le(archive.count.value_or(static_cast<uint16_t>(count)), 2) +
         le(archive.count.value_or(static_cast<uint16_t>(count)), 2) +
         le(archive.directory_size.value_or(static_cast<uint32_t>(size)), 4) +
         le(archive.directory_offset.value_or(static_cast<uint32_t>(offset)), 4) +
         le(archive.comment.size(), 2) + archive.comment;
}

inline std::string zip(const Archive& archive) {
  std::string body, directory;
  uint64_t count = 0;
  for (const Member& member : archive.members) {
    body += member.before;
    if (member.listed) {
      directory += entry(member, body.size());
      ++count;
    }
    body += local_header(member);
  }
  body += archive.before_directory;
  const uint64_t offset = body.size();
  if (archive.has_directory) body += directory + archive.behind_directory;
  if (archive.has_end) body += end_record(archive, count, directory.size(), offset);
  return archive.prefix + body + archive.trailing;
}

}  // namespace winnow::containers::build
