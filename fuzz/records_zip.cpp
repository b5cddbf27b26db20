// Zip archives as headers: local ones with their data, entries of the directory, end records. Sizes follow the data, and
// places follow the headers: an entry belongs to the local header of its name, or of its number.
#include <map>
#include <optional>

#include "containers/zip_parts.h"
#include "records.h"

namespace winnow::fuzz {
namespace {

using containers::zip_parts::kEndMagic;
using containers::zip_parts::kEntryMagic;
using containers::zip_parts::kLocalMagic;

enum Kind : uint32_t {
  kRest,   // bytes between the headers, and records that have no lengths of ours
  kLocal,  // text: version, flags, method, time, date, checksum; parts: below
  kEntry,  // text: two versions, flags, ..., checksum, disk and attributes
  kEnd,    // text: numbers of disks
  kName, kExtra, kComment, kData,
  kPacked, kPlain,           // sizes in entries and local headers; the lie is against the size of the data
  kPlace,                    // in entries: of the local header; in end records: of the directory
  kCount, kCountHere, kSize  // of the directory
};

std::optional<uint64_t> stored(std::string_view file, size_t at, size_t bytes) {
  if (at + bytes > file.size()) return std::nullopt;
  return number_at(file, at, bytes);
}

size_t next_header(std::string_view file, size_t from) {
  for (size_t at = from; (at = file.find("PK", at)) != file.npos; ++at) {
    if (at + 4 > file.size()) break;
    const uint8_t a = static_cast<uint8_t>(file[at + 2]), b = static_cast<uint8_t>(file[at + 3]);
    if (a < 8 && b < 9 && (b == a + 1 || (a == 6 && b == 6))) return at;
  }
  return file.size();
}

const Record* part(const Record& record, uint32_t kind) {
  for (const Record& one : record.parts) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}
uint64_t part_size(const Record& record, uint32_t kind) {
  const Record* found = part(record, kind);
  return found == nullptr ? 0 : found->text.size();
}
int64_t part_lie(const Record& record, uint32_t kind) {
  const Record* found = part(record, kind);
  return found == nullptr ? 0 : found->lie;
}
std::string_view part_text(const Record& record, uint32_t kind) {
  const Record* found = part(record, kind);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

// Where the writer put things, for what refers to them.
struct Placed {
  struct Local {
    uint64_t place = 0, data_size = 0;
    std::string_view name;
  };
  std::vector<Local> locals;
  std::optional<uint64_t> directory;
  uint64_t entries = 0;
  std::map<std::string_view, size_t> used;  // entries of a name so far

  Local of_entry(std::string_view name) {
    size_t left = used[name]++;
    const Local* last = nullptr;
    for (const Local& local : locals) {
      if (local.name != name) continue;
      last = &local;
      if (left-- == 0) break;
    }
    if (last != nullptr) return *last;
    return entries < locals.size() ? locals[entries] : Local{};
  }
};

class Writer {
 public:
  explicit Writer(Placed known) : known_(std::move(known)) { known_.entries = 0, known_.used.clear(); }

  void record(const Record& record) {
    switch (record.kind) {
      case kLocal: return local(record);
      case kEntry: return entry(record);
      case kEnd: return end(record);
      default: out += record.text;
    }
  }

  std::string out;
  Placed placed;

 private:
  void number(int64_t base, const Record& of, uint32_t kind, size_t bytes) {
    append_number(out, static_cast<uint64_t>(base) + static_cast<uint64_t>(part_lie(of, kind)), bytes);
  }

  void local(const Record& record) {
    const uint64_t data = part_size(record, kData);
    placed.locals.push_back({out.size(), data, part_text(record, kName)});
    out += kLocalMagic;
    out += record.text;
    number(static_cast<int64_t>(data), record, kPacked, 4);
    number(static_cast<int64_t>(data), record, kPlain, 4);
    number(static_cast<int64_t>(part_size(record, kName)), record, kName, 2);
    number(static_cast<int64_t>(part_size(record, kExtra)), record, kExtra, 2);
    for (const uint32_t kind : {kName, kExtra, kData}) out += part_text(record, kind);
  }

  void entry(const Record& record) {
    if (!placed.directory) placed.directory = out.size();
    const Placed::Local of = known_.of_entry(part_text(record, kName));
    ++known_.entries, ++placed.entries;
    out += kEntryMagic;
    out += std::string_view(record.text).substr(0, 16);
    number(static_cast<int64_t>(of.data_size), record, kPacked, 4);
    number(static_cast<int64_t>(of.data_size), record, kPlain, 4);
    for (const uint32_t kind : {kName, kExtra, kComment}) number(static_cast<int64_t>(part_size(record, kind)), record, kind, 2);
    if (record.text.size() > 16) out += std::string_view(record.text).substr(16);
    number(static_cast<int64_t>(of.place), record, kPlace, 4);
    for (const uint32_t kind : {kName, kExtra, kComment}) out += part_text(record, kind);
  }

  void end(const Record& record) {
    const uint64_t directory = placed.directory.value_or(out.size());
    const uint64_t size = out.size() - directory;
    out += kEndMagic;
    out += record.text;
    number(static_cast<int64_t>(placed.entries), record, kCountHere, 2);
    number(static_cast<int64_t>(placed.entries), record, kCount, 2);
    number(static_cast<int64_t>(size), record, kSize, 4);
    number(static_cast<int64_t>(directory), record, kPlace, 4);
    number(static_cast<int64_t>(part_size(record, kComment)), record, kComment, 2);
    out += part_text(record, kComment);
    placed.directory.reset();
    placed.entries = 0;
  }

  Placed known_;
};

// Once to learn the places, once with them.
std::string write(const Record& root) {
  Writer first{{}};
  for (const Record& record : root.parts) first.record(record);
  Writer second{first.placed};
  for (const Record& record : root.parts) second.record(record);
  return std::move(second.out);
}

class Reading {
 public:
  explicit Reading(std::string_view file) : file_(file) {}

  Record run() {
    Record root;
    while (at_ < file_.size()) {
      const size_t start = at_;
      Record record;
      if (!header(record)) {
        record = {};
        at_ = start;
        take(record, kRest, next_header(file_, start + 1) - start);
        Record rest = std::move(record.parts.front());
        record = std::move(rest);
      }
      root.parts.push_back(std::move(record));
    }
    return root;
  }

 private:
  void take(Record& into, uint32_t kind, uint64_t size, int64_t lie = 0) {
    const std::string_view text = file_.substr(at_, size);
    into.parts.push_back({kind, std::string(text), {}, lie});
    at_ += text.size();
  }

  bool header(Record& record) {
    const std::string_view magic = file_.substr(at_, 4);
    if (magic == kLocalMagic) return local(record);
    if (magic == kEntryMagic) return entry(record);
    return magic == kEndMagic && end(record);
  }

  bool local(Record& record) {
    if (file_.size() - at_ < 30) return false;
    const size_t start = at_;
    record.kind = kLocal;
    record.text = file_.substr(start + 4, 14);
    const uint64_t packed = *stored(file_, start + 18, 4), plain = *stored(file_, start + 22, 4);
    const uint64_t name = *stored(file_, start + 26, 2), extra = *stored(file_, start + 28, 2);
    if (name + extra > file_.size() - start - 30) return false;
    at_ = start + 30;
    take(record, kName, name);
    take(record, kExtra, extra);
    size_t end = at_ + packed;
    if (end > file_.size() || (end < file_.size() && file_.substr(end, 2) != "PK")) end = next_header(file_, at_);
    if (packed == 0) end = next_header(file_, at_);  // a descriptor behind the data says
    const auto size = static_cast<int64_t>(end - at_);
    take(record, kData, end - at_);
    record.parts.push_back({kPacked, {}, {}, static_cast<int64_t>(packed) - size});
    record.parts.push_back({kPlain, {}, {}, static_cast<int64_t>(plain) - size});
    locals_.locals.push_back({start, static_cast<uint64_t>(size), file_.substr(start + 30, name)});
    return true;
  }

  bool entry(Record& record) {
    if (file_.size() - at_ < 46) return false;
    const size_t start = at_;
    const auto u16 = [&](size_t at) { return *stored(file_, start + at, 2); };
    const auto u32 = [&](size_t at) { return static_cast<int64_t>(*stored(file_, start + at, 4)); };
    const uint64_t name = u16(28), extra = u16(30), comment = u16(32);
    if (name + extra + comment > file_.size() - start - 46) return false;
    record.kind = kEntry;
    record.text = std::string(file_.substr(start + 4, 16)) + std::string(file_.substr(start + 34, 8));
    const Placed::Local of = locals_.of_entry(file_.substr(start + 46, name));
    ++locals_.entries;
    at_ = start + 46;
    take(record, kName, name);
    take(record, kExtra, extra);
    take(record, kComment, comment);
    record.parts.push_back({kPacked, {}, {}, u32(20) - static_cast<int64_t>(of.data_size)});
    record.parts.push_back({kPlain, {}, {}, u32(24) - static_cast<int64_t>(of.data_size)});
    record.parts.push_back({kPlace, {}, {}, u32(42) - static_cast<int64_t>(of.place)});
    if (!locals_.directory) locals_.directory = start;
    ++entries_;
    return true;
  }

  bool end(Record& record) {
    if (file_.size() - at_ < 22) return false;
    const size_t start = at_;
    const auto value = [&](size_t at, size_t bytes) { return static_cast<int64_t>(*stored(file_, start + at, bytes)); };
    const auto comment = static_cast<uint64_t>(value(20, 2));
    const uint64_t there = std::min<uint64_t>(comment, file_.size() - start - 22);
    const uint64_t directory = locals_.directory.value_or(start);
    record.kind = kEnd;
    record.text = file_.substr(start + 4, 4);
    record.parts.push_back({kCountHere, {}, {}, value(8, 2) - entries_});
    record.parts.push_back({kCount, {}, {}, value(10, 2) - entries_});
    record.parts.push_back({kSize, {}, {}, value(12, 4) - static_cast<int64_t>(start - directory)});
    record.parts.push_back({kPlace, {}, {}, value(16, 4) - static_cast<int64_t>(directory)});
    at_ = start + 22;
    take(record, kComment, there, static_cast<int64_t>(comment - there));
    locals_.directory.reset();
    entries_ = 0;
    return true;
  }

  std::string_view file_;
  size_t at_ = 0;
  Placed locals_;
  int64_t entries_ = 0;
};

Record read(std::string_view file) { return Reading(file).run(); }

std::string_view widths(const Record& record) {
  if (record.kind == kLocal) return "\2\2\2\2\2\4";
  if (record.kind == kEntry) return "\2\2\2\2\2\2\4\2\2\4";
  return record.kind == kEnd ? "\2\2" : std::string_view();
}

uint32_t other_kind(const Record& record, Random& random) {
  if (record.kind < kName) return record.kind;
  return below(random, 8) == 0 ? static_cast<uint32_t>(kName + below(random, 4)) : record.kind;
}

// Names and extra fields that readers treat apart; headers come by copies.
Record another(const Record& beside, Random& random) {
  static constexpr std::string_view kNames[] = {"data.pkl", "archive/data.pkl", "config.json", "model.weights.h5", "../up", "a\0b", "A/", "code/__torch__.py"};
  static const std::string_view kExtras[] = {{"\x01\0\x08\0\x08\0\0\0\0\0\0\0", 12}, {"\x75\x70\x06\0\x01\0\0\0\0x", 10}, {"\xff\xff\xff\xff", 4}};
  if (beside.kind == kExtra) return {kExtra, std::string(kExtras[below(random, std::size(kExtras))]), {}, 0};
  if (beside.kind == kName) return {kName, std::string(kNames[below(random, std::size(kNames))]), {}, 0};
  return beside;
}

}  // namespace

const RecordFormat kZipRecords = {read, write, widths, other_kind, another};

}  // namespace winnow::fuzz
