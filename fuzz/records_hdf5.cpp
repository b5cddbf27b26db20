// HDF5 in place: messages of object headers, and words of everything else. The file is full of its own addresses, so nothing
// changes its size; the signature and the superblock stay as they are. Messages change their type, their places within a
// header, and the size they claim.
//
// The input may be without its signature of eight bytes, as fuzz_hdf5 takes it: addresses are multiples of eight.
#include <cstring>

#include "containers/hdf5_parts.h"
#include "records.h"

namespace winnow::fuzz {
namespace {

enum Kind : uint32_t { kRest, kWord, kHeader, kMessages1 = 0x100, kMessages2 = 0x10000 };  // and a message's type

constexpr size_t kSuperblock = 88;
constexpr size_t kPrefix1 = 16, kMessagePrefix1 = 8;
constexpr uint16_t kTypes[] = {0, 1, 2, 3, 5, 6, 7, 8, 0xa, 0xb, 0xc, 0xf, 0x10, 0x11, 0x15, 0x16, 0x18};

bool known(uint64_t type) {
  for (const uint16_t one : kTypes) {
    if (one == type) return true;
  }
  return false;
}

class Reading {
 public:
  explicit Reading(std::string_view file) : file_(file) {}

  Record run() {
    Record root;
    const size_t start = file_.starts_with("\x89HDF") ? kSuperblock : kSuperblock - 8;
    at_ = std::min(start, file_.size());
    superblock_ = file_.substr(0, at_);
    while (at_ < file_.size()) {
      Record record;
      if (!header_1(record) && !header_2(record)) {
        record = {kWord, std::string(file_.substr(at_, 8)), {}, 0};
        at_ += record.text.size();
      }
      root.parts.push_back(std::move(record));
    }
    root.text = superblock_;
    return root;
  }

 private:
  // Version 1: number of messages, references, size; messages of two bytes of type, two of size, four of flags.
  bool header_1(Record& header) {
    if (file_.size() - at_ < kPrefix1 + kMessagePrefix1 || number_at(file_, at_, 2) != 1) return false;
    const uint64_t count = number_at(file_, at_ + 2, 2), size = number_at(file_, at_ + 8, 4);
    if (count == 0 || count > 200 || size < 8 || size > file_.size() - at_ - kPrefix1) return false;
    const size_t end = at_ + kPrefix1 + static_cast<size_t>(size);
    return messages(header, at_ + kPrefix1, end, 2, kMessagePrefix1, kMessages1) && finish(header, kPrefix1, end);
  }

  // Version 2: flags say how wide the size is and what stands before it; one byte of type, two of size, one of flags.
  bool header_2(Record& header) {
    if (!file_.substr(at_).starts_with("OHDR\2") || file_.size() - at_ < 32) return false;
    const uint64_t flags = number_at(file_, at_ + 5, 1);
    size_t prefix = 6 + ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
    const size_t width = size_t{1} << (flags & 3);
    const uint64_t size = number_at(file_, at_ + prefix, width);
    prefix += width;
    if (size > file_.size() - at_ - prefix) return false;
    const size_t end = at_ + prefix + static_cast<size_t>(size);
    return messages(header, at_ + prefix, end, 1, (flags & 4) != 0 ? 6 : 4, kMessages2) && finish(header, prefix, end);
  }

  bool finish(Record& header, size_t prefix, size_t end) {
    header.kind = kHeader;
    header.text = file_.substr(at_, prefix);
    at_ = end;
    return true;
  }

  // Each message's prefix behind its type is the first part of its text.
  bool messages(Record& header, size_t from, size_t end, size_t type_width, size_t prefix, uint32_t kind) {
    while (end - from >= prefix) {
      const uint64_t type = number_at(file_, from, type_width), size = number_at(file_, from + type_width, 2);
      if (!known(type) || size > end - from - prefix) return false;
      header.parts.push_back({kind + static_cast<uint32_t>(type), std::string(file_.substr(from + type_width, prefix - type_width + size)), {}, 0});
      from += prefix + static_cast<size_t>(size);
    }
    if (from < end) header.parts.push_back({kRest, std::string(file_.substr(from, end - from)), {}, 0});
    return !header.parts.empty();
  }

  std::string_view file_, superblock_;
  size_t at_ = 0;
};

Record read(std::string_view file) { return Reading(file).run(); }

void write_record(const Record& record, std::string& out) {
  if (record.kind >= kMessages2) {
    append_number(out, record.kind - kMessages2, 1);
  } else if (record.kind >= kMessages1) {
    append_number(out, record.kind - kMessages1, 2);
  }
  const size_t start = out.size();
  out += record.text;
  if (record.kind >= kMessages1 && record.lie != 0) {
    const uint64_t size = number_at(record.text, 0, 2) + static_cast<uint64_t>(record.lie);
    out[start] = static_cast<char>(size), out[start + 1] = static_cast<char>(size >> 8);
  }
  for (const Record& part : record.parts) write_record(part, out);
}

std::string write(const Record& root) {
  std::string out;
  write_record(root, out);
  return out;
}

std::string_view widths(const Record& record) {
  if (record.kind == kWord) return record.text.size() == 8 ? record.text[4] == 0 ? "\4\4" : "\2\2\1\1\1\1" : std::string_view();
  if (record.kind < kMessages1 || record.text.size() < 6) return {};
  // What follows the prefix: a version and classes, then numbers of four or eight bytes.
  return record.text.size() < 22 ? "\2\4" : "\2\4\1\1\2\4\4\4";
}

uint32_t other_kind(const Record& record, Random& random) {
  if (record.kind < kMessages1) return record.kind;
  return (record.kind >= kMessages2 ? kMessages2 : kMessages1) + kTypes[below(random, std::size(kTypes))];
}

Record another(const Record& beside, Random&) { return beside; }

}  // namespace

const RecordFormat kHdf5Records = {read, write, widths, other_kind, another, true};

}  // namespace winnow::fuzz
