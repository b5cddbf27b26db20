// The edits that all formats share.
#include "records.h"

#include <algorithm>
#include <cstring>

namespace winnow::fuzz {
namespace {

constexpr size_t kMostRecords = 4000;  // a larger file is left to mutation of bytes
constexpr uint64_t kInteresting[] = {0, 1, 2, 3, 4, 7, 8, 16, 32, 64, 100, 127, 128, 255, 256, 1000, 1024, 4096, 32767,
                                     32768, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x100000000,
                                     0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffff8, 0xffffffffffffffff};

// A record and where it stands.
struct Place {
  Record* parent = nullptr;
  size_t index = 0;
  Record& record() const { return parent->parts[index]; }
};

std::vector<Place> places_of(Record& root) {
  std::vector<Place> places;
  std::vector<Record*> open = {&root};
  while (!open.empty() && places.size() <= kMostRecords) {
    Record* parent = open.back();
    open.pop_back();
    for (size_t i = 0; i < parent->parts.size(); ++i) {
      places.push_back({parent, i});
      open.push_back(&parent->parts[i]);
    }
  }
  return places;
}

class Editing {
 public:
  Editing(const RecordFormat& format, Record& root, Random& random, ChangeBytes change)
      : format_(format), root_(root), random_(random), change_(change) {}

  void once() {
    std::vector<Place> places = places_of(root_);
    if (places.empty()) return;
    const Place place = places[below(random_, places.size())];
    if (format_.keeps_places) return in_place(place, places);
    switch (below(random_, 12)) {
      case 0: return remove(place);
      case 1: return repeat(place);
      case 2: return swap(place);
      case 3: return copy_to(place, places[below(random_, places.size())]);
      case 4:
      case 5: return insert(place, format_.another(place.record(), random_));
      case 6: place.record().kind = format_.other_kind(place.record(), random_); return;
      case 7: return lie(place.record());
      case 8: return cut(place);
      default: return content(place.record());
    }
  }

 private:
  void remove(const Place& place) {
    auto& parts = place.parent->parts;
    const size_t count = std::min(parts.size() - place.index, 1 + below(random_, 3));
    const auto first = parts.begin() + static_cast<std::ptrdiff_t>(place.index);
    parts.erase(first, first + static_cast<std::ptrdiff_t>(count));
  }

  void repeat(const Place& place) {
    const Record copy = place.record();
    auto& parts = place.parent->parts;
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(place.index), 1 + below(random_, 4), copy);
  }

  void swap(const Place& place) {
    auto& parts = place.parent->parts;
    std::swap(parts[place.index], parts[below(random_, parts.size())]);
  }

  void insert(const Place& place, Record record) {
    auto& parts = place.parent->parts;
    const size_t at = place.index + below(random_, 2);
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at), std::move(record));
  }

  // Beside another record, or into it where it has parts: that is how depth grows.
  void copy_to(const Place& from, const Place& to) {
    Record copy = from.record();
    if (!to.record().parts.empty() && below(random_, 2) == 0) {
      to.record().parts.push_back(std::move(copy));
    } else {
      insert(to, std::move(copy));
    }
  }

  void cut(const Place& place) {
    auto& parts = place.parent->parts;
    if (below(random_, 4) == 0) parts.resize(place.index + 1);
  }

  void lie(Record& record) {
    static constexpr int64_t kLies[] = {0, 1, -1, 2, -2, 8, -8, 255, 65536, INT32_MAX, INT64_MAX, INT64_MIN, -(int64_t{1} << 32)};
    record.lie = below(random_, 4) == 0 ? static_cast<int64_t>(kInteresting[below(random_, std::size(kInteresting))])
                                        : kLies[below(random_, std::size(kLies))];
  }

  void number(std::string& text, size_t at, size_t width) {
    uint64_t value = number_at(text, at, width);
    switch (below(random_, 4)) {
      case 0: value += 1 + below(random_, 4); break;
      case 1: value -= 1 + below(random_, 4); break;
      case 2: value ^= uint64_t{1} << below(random_, 8 * width); break;
      default: value = kInteresting[below(random_, std::size(kInteresting))]; break;
    }
    for (size_t i = 0; i < width && at + i < text.size(); ++i) text[at + i] = static_cast<char>(value >> (8 * i));
  }

  // A number of the text, or its bytes.
  void content(Record& record) {
    const std::string_view widths = format_.widths(record);
    if (!widths.empty()) {
      const size_t chosen = below(random_, widths.size());
      size_t at = 0;
      for (size_t i = 0; i < chosen; ++i) at += static_cast<size_t>(widths[i]);
      return number(record.text, at, static_cast<size_t>(widths[chosen]));
    }
    const size_t most = format_.keeps_places ? record.text.size() : record.text.size() + 16;
    std::string changed = record.text;
    changed.resize(std::max<size_t>(most, 1));
    const size_t size = change_(reinterpret_cast<uint8_t*>(changed.data()), record.text.size(), most);
    changed.resize(format_.keeps_places ? record.text.size() : size);
    record.text = std::move(changed);
  }

  // Where addresses must stay right: the same sizes with other contents.
  void in_place(const Place& place, const std::vector<Place>& places) {
    Record& record = place.record();
    const Place other = places[below(random_, places.size())];
    switch (below(random_, 6)) {
      case 0: record.kind = format_.other_kind(record, random_); return;
      case 1: return swap(place);  // of one parent: what follows keeps its place
      case 2:
        if (other.record().text.size() == record.text.size() && other.record().parts.empty() && record.parts.empty()) record.text = other.record().text;
        return;
      case 3:
        if (below(random_, 4) == 0) return lie(record);
        [[fallthrough]];
      default:
        if (!record.text.empty()) content(record);
    }
  }

  const RecordFormat& format_;
  Record& root_;
  Random& random_;
  ChangeBytes change_;
};

// The file as records, if it is written again as it is.
bool read_exactly(const RecordFormat& format, std::string_view file, Record& root) {
  root = format.read(file);
  return !root.parts.empty() && places_of(root).size() <= kMostRecords && format.write(root) == file;
}

}  // namespace

const RecordFormat* format_of(std::string_view file) {
  if (file.starts_with("PK\x03\x04")) return &kZipRecords;
  if (file.starts_with("GGUF")) return &kGgufRecords;
  if (file.starts_with("\x89HDF")) return &kHdf5Records;
  if (file.starts_with("\x80") || file.ends_with(".")) return &kPickleRecords;
  return file.starts_with("\x08") || file.starts_with("\x0a") ? &kProtobufRecords : nullptr;
}

std::string edit(const RecordFormat& format, std::string_view file, Random& random, ChangeBytes change) {
  Record root;
  if (!read_exactly(format, file, root)) return {};
  Editing editing(format, root, random, change);
  for (size_t left = 1 + below(random, 4); left > 0; --left) editing.once();
  return format.write(root);
}

std::string cross(const RecordFormat& format, std::string_view file, std::string_view donor, Random& random) {
  Record root, other;
  if (format.keeps_places || !read_exactly(format, file, root) || !read_exactly(format, donor, other)) return {};
  const std::vector<Place> to = places_of(root), from = places_of(other);
  const Place taken = from[below(random, from.size())], place = to[below(random, to.size())];
  auto& parts = place.parent->parts;
  const auto first = taken.parent->parts.begin() + static_cast<std::ptrdiff_t>(taken.index);
  const size_t left = taken.parent->parts.size() - taken.index;
  const auto last = first + static_cast<std::ptrdiff_t>(1 + below(random, left));
  parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(place.index), first, last);
  return format.write(root);
}

size_t mutate(const RecordFormat* format, uint8_t* data, size_t size, size_t most, unsigned seed, ChangeBytes change) {
  Random random(seed);
  if (format != nullptr && below(random, 4) != 0) {
    const std::string edited = edit(*format, {reinterpret_cast<const char*>(data), size}, random, change);
    if (!edited.empty() && edited.size() <= most) {
      std::memcpy(data, edited.data(), edited.size());
      return edited.size();
    }
  }
  return change(data, size, most);
}

size_t cross_over(const RecordFormat* format, std::string_view file, std::string_view donor, uint8_t* out, size_t most, unsigned seed) {
  Random random(seed);
  const std::string crossed = format == nullptr ? std::string() : cross(*format, file, donor, random);
  const std::string_view result = crossed.empty() || crossed.size() > most ? file.substr(0, most) : crossed;
  std::memcpy(out, result.data(), result.size());
  return result.size();
}

}  // namespace winnow::fuzz
