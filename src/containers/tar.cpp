#include "containers/tar.h"

#include <algorithm>
#include <charconv>

#include "bytes/reader.h"

namespace winnow::containers {

namespace {

constexpr uint64_t kBlock = 512;
constexpr uint64_t kLongest = uint64_t{1} << 20;  // bytes of one extended header that are read

struct Header {
  std::string_view name, link, prefix;
  uint64_t size = 0;
  char type = '0';
  bool is_pax = false;  // ustar with a zero byte: the prefix field is part of the name
  bool sparse_continues = false;
};

// What pax and GNU headers say about the member that follows them.
struct Overrides {
  std::optional<std::string> path, link;
  std::optional<uint64_t> size;
  bool sparse = false;
};

std::string_view until_zero(std::string_view field) { return field.substr(0, field.find('\0')); }

// As Python's str.strip() and int(text, 8) take it: spaces around, a sign, "0o", single underscores.
std::optional<uint64_t> octal(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\n\v\f\r\x1c\x1d\x1e\x1f";
  const size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return 0;
  text = text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  const bool marked = text.starts_with("0o") || text.starts_with("0O");
  if (marked) text.remove_prefix(2);
  bool digit = marked;  // an underscore stands behind a digit or the mark
  uint64_t value = 0;
  for (const char c : text) {
    const bool underscore = c == '_';
    if (underscore ? !digit : (c < '0' || c > '7')) return std::nullopt;
    digit = !underscore;
    if (!underscore) value = value * 8 + static_cast<uint64_t>(c - '0');  // fields hold at most 36 bits
  }
  if (text.empty() || !digit) return std::nullopt;
  return negative ? 0 : value;
}

// Octal text, or base 256 when the first bit is set. As tarfile's nti(), but that what is too large for 64
// bits is the largest number, and negative numbers are zero.
std::optional<uint64_t> number(std::string_view field) {
  if (field.empty()) return std::nullopt;
  const auto first = static_cast<uint8_t>(field[0]);
  if (first == 0xff) return 0;
  if (first != 0x80) return octal(until_zero(field));
  uint64_t value = 0;
  for (const char c : field.substr(1)) {
    if (value >> 56 != 0) return UINT64_MAX;
    value = (value << 8) | static_cast<uint8_t>(c);
  }
  return value;
}

// The sum of the header with the checksum field as spaces; some writers add signed characters.
bool checksum_stands(Bytes block) {
  int64_t plain = 0, with_sign = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    const auto byte = i >= 148 && i < 156 ? uint8_t{' '} : std::to_integer<uint8_t>(block[i]);
    plain += byte;
    with_sign += static_cast<int8_t>(byte);
  }
  const auto told = number(as_text(block).substr(148, 8));
  if (!told) return false;
  const auto sum = static_cast<int64_t>(*told);
  return sum == plain || sum == with_sign;
}

bool is_zero(Bytes block) {
  return std::all_of(block.begin(), block.end(), [](std::byte b) { return b == std::byte{0}; });
}

std::optional<Header> header_of(Bytes block) {
  if (block.size() != kBlock || !checksum_stands(block)) return std::nullopt;
  Reader reader(block);
  Header out;
  out.name = until_zero(reader.text(100));
  reader.skip(8 + 8 + 8);
  const auto size = number(reader.text(12));
  reader.skip(12 + 8);
  out.type = static_cast<char>(reader.u8());
  out.link = until_zero(reader.text(100));
  const std::string_view magic = reader.text(8);
  reader.skip(32 + 32 + 8 + 8);
  const Bytes tail = reader.bytes(155);
  out.prefix = until_zero(as_text(tail));
  out.is_pax = magic.starts_with("ustar") && out.type != 'S' && magic[5] != ' ';
  out.sparse_continues = tail.size() > 137 && tail[137] != std::byte{0};
  if (!size || !reader.ok()) return std::nullopt;
  out.size = *size;
  return out;
}

// "length key=value\n" records.
void read_pax(std::string_view text, Overrides& overrides) {
  while (!text.empty()) {
    uint64_t length = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<size_t>(end - text.data());
    if (fault != std::errc{} || length <= digits + 1 || length > text.size()) return;
    const std::string_view record = text.substr(digits + 1, length - digits - 2);
    text.remove_prefix(length);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1);
    if (key == "path" || key == "GNU.sparse.name") overrides.path = value;
    if (key == "linkpath") overrides.link = value;
    if (key.starts_with("GNU.sparse.")) overrides.sparse = true;
    if (key == "size") {
      uint64_t size = 0;
      const auto got = std::from_chars(value.data(), value.data() + value.size(), size);
      if (got.ec == std::errc{}) overrides.size = size;
    }
  }
}

uint64_t whole_blocks(uint64_t size) { return size / kBlock * kBlock + (size % kBlock != 0 ? kBlock : 0); }

bool describes_next(char type) {
  return type == 'x' || type == 'X' || type == 'g' || type == 'L' || type == 'K';
}

// Whether bytes of this size follow the header. Types that nobody knows are read as files.
bool has_data(char type) { return type < '1' || type > '6'; }

TarMember member_of(const Header& header, const Overrides& now, const Overrides& always) {
  TarMember out;
  out.type = header.type == '\0' ? '0' : header.type;
  out.name = header.name;
  if (header.is_pax && !header.prefix.empty()) out.name = std::string(header.prefix) + "/" + out.name;
  if (always.path) out.name = *always.path;
  if (now.path) out.name = *now.path;
  out.link = now.link ? *now.link : always.link ? *always.link : std::string(header.link);
  out.sparse = header.type == 'S' || now.sparse;
  if (header.type == '\0' && out.name.ends_with('/')) out.type = '5';
  return out;
}

class Walk {
 public:
  explicit Walk(Bytes bytes) : bytes_(bytes) {}

  Tar run() {
    while (step()) {
    }
    tar_.end = std::min<uint64_t>(at_, bytes_.size());
    return std::move(tar_);
  }

 private:
  // Reads one header and what follows it; false where tarfile stops.
  bool step() {
    const Bytes block = slice(bytes_, at_, kBlock);
    if (block.empty()) return false;
    if (block.size() < kBlock) return stop(Fault::truncated, "the archive ends inside a header");
    if (is_zero(block)) {
      at_ += kBlock;
      if (is_zero(slice(bytes_, at_, kBlock))) at_ += kBlock;
      return false;
    }
    const std::optional<Header> header = header_of(block);
    if (!header) return stop(Fault::malformed, "a header's checksum is wrong");
    const uint64_t start = at_;
    at_ += kBlock;
    if (describes_next(header->type)) return extend(*header);
    add(*header, start);
    return at_ <= bytes_.size();
  }

  bool stop(Fault fault, const char* what) {
    tar_.damage = Error{fault, at_, what};
    return false;
  }

  // A header that only describes the next one.
  bool extend(const Header& header) {
    const Bytes data = slice(bytes_, at_, header.size);
    if (data.size() < header.size)
      return stop(Fault::truncated, "the archive ends inside an extended header");
    const std::string_view text = as_text(slice(data, 0, kLongest));
    switch (header.type) {
      case 'L': next_.path = until_zero(text); break;
      case 'K': next_.link = until_zero(text); break;
      case 'g': read_pax(text, always_); break;
      default: read_pax(text, next_); break;
    }
    at_ += whole_blocks(header.size);
    return at_ <= bytes_.size();
  }

  void add(const Header& header, uint64_t start) {
    TarMember member = member_of(header, next_, always_);
    member.header_offset = start;
    // Old GNU sparse files keep the rest of their map in blocks of its own.
    for (bool more = header.type == 'S' && map_continues(slice(bytes_, start, kBlock), 482); more;) {
      const Bytes map = slice(bytes_, at_, kBlock);
      more = map.size() == kBlock && map_continues(map, 504);
      at_ += kBlock;
    }
    uint64_t size = header.size;
    const std::optional<uint64_t> told = next_.size ? next_.size : always_.size;
    if (told && *told != size) {
      member.size_differs = size != 0 && has_data(header.type);
      size = *told;
    }
    if (has_data(header.type)) {
      member.bytes = slice(bytes_, at_, size);
      member.truncated = member.bytes.size() < size;
      if (member.truncated) {
        tar_.damage =
            Error{Fault::truncated, at_, "the archive ends inside the member '" + member.name + "'"};
        at_ = bytes_.size();
      } else {
        at_ += whole_blocks(size);
      }
    }
    tar_.members.push_back(std::move(member));
    next_ = {};
  }

  static bool map_continues(Bytes block, size_t flag) {
    return block.size() == kBlock && block[flag] != std::byte{0};
  }

  Bytes bytes_;
  uint64_t at_ = 0;
  Tar tar_;
  Overrides next_, always_;
};

}  // namespace

bool looks_like_tar(Bytes bytes) { return header_of(slice(bytes, 0, kBlock)).has_value(); }

Tar read_tar(Bytes bytes) { return Walk(bytes).run(); }

}  // namespace winnow::containers
