// The layout of an archive: which bytes each member takes, which belong to nobody, and where the directory
// and the local headers disagree.
#include "containers/zip.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <numeric>

#include "containers/zip_parts.h"

namespace winnow::containers {

using namespace zip_parts;

namespace {

constexpr uint16_t kSizesFollow = 8;
constexpr size_t kMostProbes = 1000;  // local headers that are looked for to tell whether this is a zip

struct Layout {
  Zip& zip;
  std::vector<Directory>& directories;
  std::vector<Region> gaps;  // what members and directories leave
};

void trick(Zip& zip, ZipTrick what, uint64_t offset, size_t member) {
  zip.tricks.push_back({what, offset, static_cast<uint32_t>(member)});
}

std::string_view with_slashes(std::string_view name, std::string& store) {
  store = name;
  std::replace(store.begin(), store.end(), '\\', '/');
  return store;
}

bool same_name(std::string_view one, std::string_view other) {
  if (one == other) return true;
  if (one.find('\\') == std::string_view::npos && other.find('\\') == std::string_view::npos) return false;
  std::string first, second;
  return with_slashes(one, first) == with_slashes(other, second);
}

// Compares a member with its local header; where they would give different content, the local header's view
// becomes a member of its own.
void compare(Zip& zip, size_t index, const LocalHeader& local) {
  ZipMember& member = zip.members[index];
  const size_t before = zip.tricks.size();
  const uint64_t offset = member.header_offset;
  if (!same_name(local.name, member.name)) {
    member.other_name = local.name;
    trick(zip, ZipTrick::name_differs, offset, index);
  }
  const bool method = local.method != member.method;
  if (method) trick(zip, ZipTrick::method_differs, offset, index);
  const bool size =
      local.sizes_known && (local.packed_size != member.packed_size || local.size != member.size);
  if (size) trick(zip, ZipTrick::size_differs, offset, index);
  const bool follows = (local.flags & kSizesFollow) != 0;
  if (local.crc != member.crc && !(follows && local.crc == 0)) {
    trick(zip, ZipTrick::crc_differs, offset, index);
  }
  if (((local.flags ^ member.flags) & 0x61U) != 0) trick(zip, ZipTrick::encryption_differs, offset, index);
  if (zip.tricks.size() == before || (!method && !size && member.other_name.empty())) return;
  ZipMember view = member;
  view.name = local.name;
  view.other_name = {};
  view.method = local.method;
  view.flags = local.flags;
  view.crc = local.crc;
  if (local.sizes_known) {
    view.packed_size = local.packed_size;
    view.size = local.size;
  }
  view.sources = kFromLocal;
  if (method || size) zip.members.push_back(view);  // another name alone gives the same bytes
}

// Reads the local header of one member. Gives the end of its bytes.
uint64_t place(Layout& layout, size_t index) {
  Zip& zip = layout.zip;
  const uint64_t offset = zip.members[index].header_offset;
  const std::optional<LocalHeader> local = local_header_at(zip.bytes, offset);
  if (!local) {
    trick(zip, ZipTrick::header_missing, offset, index);
    return offset;
  }
  zip.members[index].data_offset = local->data_offset;
  compare(zip, index, *local);
  const ZipMember& member = zip.members[index];
  const uint64_t room = zip.bytes.size() - member.data_offset;
  const uint64_t data_end = member.data_offset + std::min(room, member.packed_size);
  return descriptor_end(zip.bytes, data_end, member.crc, member.packed_size, member.flags);
}

// The parts that directories and end records take, sorted.
std::vector<Region> records(const std::vector<Directory>& directories) {
  std::vector<Region> out;
  for (const Directory& directory : directories) {
    out.push_back({directory.start, directory.end - directory.start});
    out.push_back({directory.end_record, directory.tail - directory.end_record});
    if (directory.zip64_end == 0) continue;
    out.push_back({directory.zip64_start, directory.zip64_end - directory.zip64_start});
    out.push_back({directory.end_record - 20, 20});
  }
  std::sort(out.begin(), out.end(), [](const Region& a, const Region& b) { return a.offset < b.offset; });
  return out;
}

// Claims bytes in the order of the file, and keeps the gaps between the claims.
struct Claims {
  Layout& layout;
  uint64_t end = 0;
  uint32_t holder = UINT32_MAX;  // the member that reaches to `end`

  void overlap(uint32_t member) {
    if (member == UINT32_MAX || layout.zip.members[member].overlaps) return;
    layout.zip.members[member].overlaps = true;
    trick(layout.zip, ZipTrick::members_overlap, layout.zip.members[member].header_offset, member);
  }

  void claim(uint64_t from, uint64_t to, uint32_t member) {
    if (from > end) layout.gaps.push_back({end, from - end});
    if (from < end) {
      overlap(member);
      overlap(holder);
    }
    if (to < end) return;
    end = to;
    holder = member;
  }
};

std::vector<uint32_t> in_file_order(const std::vector<ZipMember>& members) {
  std::vector<uint32_t> order(members.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto earlier = [&](uint32_t a, uint32_t b) {
    return members[a].header_offset < members[b].header_offset;
  };
  if (!std::is_sorted(order.begin(), order.end(), earlier)) {
    std::stable_sort(order.begin(), order.end(), earlier);
  }
  return order;
}

// Goes through members and records in the order of the file.
void lay_out(Layout& layout) {
  Zip& zip = layout.zip;
  const std::vector<uint32_t> order = in_file_order(zip.members);
  const std::vector<Region> taken = records(layout.directories);
  Claims claims{layout};
  size_t record = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const uint64_t start = zip.members[order[i]].header_offset;
    for (; record < taken.size() && taken[record].offset <= start; ++record) {
      claims.claim(taken[record].offset, taken[record].offset + taken[record].size, UINT32_MAX);
    }
    if (start >= zip.bytes.size()) {
      trick(zip, ZipTrick::header_missing, start, order[i]);
      continue;
    }
    const uint64_t stop = place(layout, order[i]);
    if (stop != start) claims.claim(start, stop, order[i]);
  }
  for (; record < taken.size(); ++record) {
    claims.claim(taken[record].offset, taken[record].offset + taken[record].size, UINT32_MAX);
  }
  claims.claim(std::max<uint64_t>(claims.end, zip.bytes.size()), zip.bytes.size(), UINT32_MAX);
}

// A table of member indices by name: open addressing, as archives have up to millions of members.
class Names {
 public:
  explicit Names(size_t count) : slots_(std::bit_ceil(count * 2 + 1), UINT32_MAX) {}

  // The member that had this name before; UINT32_MAX when there was none, and `index` has it now.
  uint32_t enter(const std::vector<ZipMember>& members, uint32_t index) {
    const std::string_view name = members[index].name;
    size_t slot = std::hash<std::string_view>{}(name) & (slots_.size() - 1);
    // Names made to collide end the search early; then a duplicate is not told, though still read.
    for (int looks = 0; looks < kMostLooks && slots_[slot] != UINT32_MAX; ++looks) {
      if (members[slots_[slot]].name == name) return slots_[slot];
      slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot] = index;
    return UINT32_MAX;
  }

 private:
  static constexpr int kMostLooks = 256;
  std::vector<uint32_t> slots_;
};

void find_duplicates(Zip& zip) {
  Names names(zip.members.size());
  for (uint32_t i = 0; i < zip.members.size(); ++i) {
    const ZipMember& member = zip.members[i];
    if (member.name.find('\0') != std::string_view::npos) {
      trick(zip, ZipTrick::nul_in_name, member.header_offset, i);
    }
    if ((member.sources & kFromDirectory) == 0) continue;
    const uint32_t other = names.enter(zip.members, i);
    if (other == UINT32_MAX) continue;
    const ZipMember& first = zip.members[other];
    if (first.crc != member.crc || first.size != member.size) {
      trick(zip, ZipTrick::duplicate_name, member.header_offset, i);
    }
  }
}

}  // namespace

bool looks_like_zip(Bytes bytes) {
  if (bytes.size() < kEndSize) return false;
  if (magic_at(bytes, 0, kLocalMagic)) return true;
  for (const uint64_t end : end_records(bytes)) {
    if (end == 0) return true;
    for (const Directory& directory : directories_at(bytes, end)) {
      const auto stands = [&](const ZipMember& member) {
        return magic_at(bytes, member.header_offset, kLocalMagic);
      };
      const size_t looks = std::min(directory.entries.size(), kMostProbes);
      if (std::any_of(directory.entries.begin(), directory.entries.begin() + looks, stands)) return true;
    }
  }
  return false;
}

Zip read_zip(Bytes bytes) {
  Zip zip;
  zip.bytes = bytes;
  const auto gaps = [](Zip trial, std::vector<Directory>& used) {
    Layout layout{trial, used, {}};
    lay_out(layout);
    return std::move(layout.gaps);
  };
  std::vector<Directory> directories = adopt_directories(zip, gaps);
  for (Directory& directory : directories) std::vector<ZipMember>().swap(directory.entries);
  if (!zip.has_directory) {
    zip.damage = Error{Fault::truncated, bytes.size(), "the archive has no usable central directory"};
  }
  Layout layout{zip, directories, {}};
  lay_out(layout);
  // What stands before the first member is the business of whoever put the archive behind it.
  const bool behind_others = !magic_at(bytes, 0, kLocalMagic) && zip.has_directory;
  for (const Region& gap : layout.gaps) {
    if (behind_others && gap.offset == 0) {
      zip.unclaimed.push_back(gap);
      continue;
    }
    const size_t before = zip.members.size();
    find_local_headers(bytes, gap, zip.members, zip.unclaimed);
    for (size_t i = before; zip.has_directory && i < zip.members.size(); ++i) {
      trick(zip, ZipTrick::unlisted_member, zip.members[i].header_offset, i);
    }
  }
  find_duplicates(zip);
  return zip;
}

}  // namespace winnow::containers
