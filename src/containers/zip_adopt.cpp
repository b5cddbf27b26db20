// Which central directories count. Usually there is one. Whole archives may stand behind one another, as in
// torch's distributed checkpoints: each has its own, and none hides anything. A directory inside another
// archive, or an end record that leads to two directories, shows different readers different members.
#include <algorithm>
#include <set>

#include "bytes/reader.h"
#include "containers/zip_parts.h"

namespace winnow::containers::zip_parts {

namespace {

constexpr size_t kMostArchives = 100'000;  // behind one another

// One end record with the directories that it can mean. The nearest is its own: together they are an archive.
struct Ended {
  Region extent;
  uint64_t start = 0;            // of the nearest directory
  std::vector<uint64_t> others;  // starts of the further ones, which some readers take
  bool added = false;            // members that no end record before had
};

bool overlap(const Region& a, const Region& b) {
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

class Adoption {
 public:
  explicit Adoption(Zip& zip) : zip_(zip) {}

  // Takes over the directories of one end record; false when it leads to none.
  bool take(uint64_t end_record) {
    std::vector<Directory> directories = directories_at(zip_.bytes, end_record);
    if (directories.empty()) return false;
    Ended ended;
    for (const Directory& directory : directories) ended.start = std::max(ended.start, directory.start);
    for (Directory& directory : directories) {
      if (directory.start != ended.start) {
        ended.others.push_back(directory.start);
      } else {
        uint64_t lowest = directory.start;
        for (const ZipMember& member : directory.entries) lowest = std::min(lowest, member.header_offset);
        ended.extent = {lowest, directory.tail - std::min(directory.tail, lowest)};
      }
      adopt(directory, ended.added);
      used.push_back(std::move(directory));
    }
    all_.push_back(std::move(ended));
    return true;
  }

  // Archives that end just where the one taken last begins, one after another.
  void take_archives_in_front() {
    uint64_t front = all_.back().extent.offset;
    for (size_t count = 0; count < kMostArchives; ++count) {
      const std::optional<uint64_t> end = end_record_before(front);
      if (!end || !take(*end) || all_.back().extent.offset >= front) return;
      front = all_.back().extent.offset;
    }
  }

  // A directory inside another archive.
  void report_second_directories() {
    for (size_t i = 1; i < all_.size() && i < kMostCompared; ++i) {
      const bool inside_another = std::any_of(all_.begin(), all_.end(), [&](const Ended& other) {
        return &other != &all_[i] && overlap(other.extent, all_[i].extent);
      });
      if (all_[i].added && inside_another) trick(ZipTrick::second_directory, all_[i].start);
    }
  }

  // An end record that leads to two directories, unless the further one belongs to an archive that stands
  // before this one and was meant for nobody else.
  void report_split_directories() {
    std::set<uint64_t> owned;
    for (const Ended& ended : all_) owned.insert(ended.start);
    for (const Ended& ended : all_) {
      for (const uint64_t start : ended.others) {
        if (!owned.contains(start)) trick(ZipTrick::second_directory, start);
      }
    }
  }

  std::vector<Directory> used;

 private:
  static constexpr size_t kMostCompared = 1000;

  void trick(ZipTrick what, uint64_t offset) { zip_.tricks.push_back({what, offset, 0}); }

  // Of a second directory, the members that the ones before do not have.
  void adopt(Directory& directory, bool& added) {
    if (directory.count_differs) trick(ZipTrick::count_differs, directory.start);
    if (!zip_.has_directory) {
      zip_.has_directory = true;
      zip_.comment = directory.comment;
      zip_.members = std::move(directory.entries);
      directory.entries.clear();
      return;
    }
    if (known_.empty()) {
      for (const ZipMember& member : zip_.members) known_.emplace(member.header_offset, member.name);
    }
    for (ZipMember member : directory.entries) {
      if (!known_.emplace(member.header_offset, member.name).second) continue;
      member.sources = kFromOther;
      zip_.members.push_back(member);
      added = true;
    }
  }

  // An end record whose comment reaches to `front`.
  std::optional<uint64_t> end_record_before(uint64_t front) const {
    const auto reaches = [&](uint64_t end) {
      Reader reader(zip_.bytes);
      reader.seek(end + 20);
      return end + kEndSize + reader.le<uint16_t>() == front && reader.ok();
    };
    if (front < kEndSize) return std::nullopt;
    if (magic_at(zip_.bytes, front - kEndSize, kEndMagic) && reaches(front - kEndSize))
      return front - kEndSize;
    for (const uint64_t end : end_records(slice(zip_.bytes, 0, front))) {
      if (reaches(end)) return end;
    }
    return std::nullopt;
  }

  Zip& zip_;
  std::vector<Ended> all_;
  std::set<std::pair<uint64_t, std::string_view>> known_;
};

bool inside(const std::vector<Region>& regions, uint64_t offset) {
  return std::any_of(regions.begin(), regions.end(), [&](const Region& region) {
    return offset >= region.offset && offset - region.offset < region.size;
  });
}

}  // namespace

std::vector<Directory> adopt_directories(Zip& zip, const FindGaps& gaps) {
  Adoption adoption(zip);
  const std::vector<uint64_t> ends = end_records(zip.bytes);
  size_t next = 0;
  while (next < ends.size() && !adoption.take(ends[next])) ++next;
  if (adoption.used.empty()) return {};
  adoption.take_archives_in_front();
  // Further end records count when they stand in bytes that nothing explains so far.
  if (++next < ends.size()) {
    const std::vector<Region> unexplained = gaps(zip, adoption.used);
    for (; next < ends.size(); ++next) {
      if (inside(unexplained, ends[next])) adoption.take(ends[next]);
    }
  }
  adoption.report_second_directories();
  adoption.report_split_directories();
  return std::move(adoption.used);
}

}  // namespace winnow::containers::zip_parts
