#include "containers/hdf5.h"

#include <algorithm>

#include "containers/hdf5_parts.h"

namespace winnow::containers {

namespace {

constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);
constexpr uint64_t kMostWork = 8'000'000;  // structures and entries
constexpr uint64_t kMostObjects = 200'000;
constexpr uint64_t kMostOutside = 10'000;
constexpr uint64_t kMostTold = 8;  // of what is damaged
constexpr uint32_t kDeepestPath = 200;
constexpr uint16_t kFirstPlugIn = 256;  // filters below are libhdf5's own

}  // namespace

std::optional<uint64_t> find_hdf5(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with(kSignature)) return 0;
  for (uint64_t at = 512; at < text.size(); at *= 2) {
    if (text.substr(at).starts_with(kSignature)) return at;
  }
  return std::nullopt;
}

Hdf5 read_hdf5(Bytes bytes) { return hdf5::Hdf5Reading(bytes).run(); }

const Hdf5Attribute* Hdf5Object::attribute(std::string_view named) const {
  for (const Hdf5Attribute& one : attributes) {
    if (one.name == named) return &one;
  }
  return nullptr;
}

std::string Hdf5::path(uint32_t object) const {
  std::vector<std::string_view> parts;
  for (uint32_t at = object; at != 0 && parts.size() < kDeepestPath; at = objects[at].parent) parts.push_back(objects[at].name);
  std::string out;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    out += '/';
    out += *part;
  }
  return out.empty() ? "/" : (parts.size() == kDeepestPath ? "/..." : "") + out;
}

namespace hdf5 {

uint64_t Hdf5Reading::number(Reader& from, uint32_t size) {
  uint64_t value = 0;
  for (uint32_t i = 0; i < size; ++i) {
    const uint64_t byte = from.u8();
    if (i < 8) value |= byte << (8 * i);
  }
  return value;
}

Bytes Hdf5Reading::at(uint64_t address, uint64_t size) const { return slice(image_, address, size); }

void Hdf5Reading::damaged(Fault fault, uint64_t offset, std::string what) {
  if (out_.damaged++ < kMostTold) return out_.damage.push_back({fault, offset, std::move(what)});
  // What was not read at all is worth more than one more thing that is broken.
  if (fault == Fault::limit && out_.damage.back().fault != Fault::limit) out_.damage.back() = {fault, offset, std::move(what)};
}

void Hdf5Reading::damaged(const Reader& from, const char* where) {
  if (from.ok()) return;
  damaged(from.error()->fault, from.error()->offset, std::string(where) + ": " + from.error()->what);
}

bool Hdf5Reading::work(uint64_t amount) {
  if (work_ > kMostWork) return false;
  work_ += amount;
  if (work_ > kMostWork) damaged(Fault::limit, 0, "the HDF5 structures hold too many entries");
  return work_ <= kMostWork;
}

Hdf5 Hdf5Reading::run() {
  const auto start = find_hdf5(file_);
  if (!start) {
    damaged(Fault::malformed, 0, "no HDF5 superblock");
    return std::move(out_);
  }
  start_ = out_.start = *start;
  image_ = slice(file_, start_);
  if (!read_superblock()) return std::move(out_);
  queue(0, {}, root_);
  for (uint32_t i = 0; i < out_.objects.size(); ++i) {
    if (!work()) break;
    read_object(i);
  }
  return std::move(out_);
}

bool Hdf5Reading::read_superblock() {
  Reader from = reader(0);
  from.skip(kSignature.size());
  const uint8_t version = from.u8();
  if (version <= 1) {
    from.skip(4);
    offset_size_ = from.u8();
    length_size_ = from.u8();
    from.skip(1 + 2 + 2 + 4 + (version == 1 ? 4 : 0));
    if (offset_size_ <= 8) from.skip(uint64_t{4} * offset_size_ + offset_size_);  // base, free space, end, driver, name
    root_ = address(from);
  } else if (version <= 3) {
    offset_size_ = from.u8();
    length_size_ = from.u8();
    from.skip(1);
    if (offset_size_ <= 8) from.skip(uint64_t{3} * offset_size_);
    root_ = address(from);
  } else {
    damaged(Fault::unsupported, start_ + 8, "version " + std::to_string(version) + " of the HDF5 superblock is unknown");
    return false;
  }
  if (!from.ok()) {
    damaged(from, "the HDF5 superblock");
    return false;
  }
  if (offset_size_ < 2 || offset_size_ > 8 || length_size_ < 2 || length_size_ > 8) {
    damaged(Fault::unsupported, start_, "the HDF5 superblock gives addresses an unknown size");
    return false;
  }
  return true;
}

void Hdf5Reading::queue(uint32_t parent, std::string_view name, uint64_t address) {
  if (!seen_.insert(address).second) return;
  if (out_.objects.size() >= kMostObjects) {
    if (out_.objects.size() == kMostObjects) damaged(Fault::limit, start_ + address, "the HDF5 file holds too many objects");
    return;
  }
  Hdf5Object object;
  object.parent = parent;
  object.name = name;
  object.offset = start_ + address;
  addresses_.push_back(address);
  out_.objects.push_back(std::move(object));
}

void Hdf5Reading::read_object(uint32_t index) {
  const std::vector<HeaderMessage> messages = read_header(addresses_[index]);
  const HeaderMessage* layout = nullptr;
  Datatype type;
  bool filtered = false;
  for (const HeaderMessage& message : messages) {
    if (!work()) return;
    switch (message.type) {
      case kSymbolTable: case kLinkInfo: case kLink: case kGroupInfo: out_.objects[index].kind = Hdf5Kind::group; break;
      case kLayout: out_.objects[index].kind = Hdf5Kind::dataset; break;
      default: break;
    }
    switch (message.type) {
      case kSymbolTable: read_symbol_table(index, message); break;
      case kLinkInfo: read_dense_links(index, message); break;
      case kLink: read_link(index, message); break;
      case kAttribute: read_attribute(index, message); break;
      case kAttributeInfo: read_dense_attributes(index, message); break;
      case kLayout:
        read_layout(index, message);
        layout = &message;
        break;
      case kExternalFiles: read_external_files(index, message); break;
      case kFilters:
        read_filters(index, message);
        filtered = true;
        break;
      case kDataspace: out_.objects[index].items = read_dataspace(message).items; break;
      case kDatatype:
        type = read_datatype(message);
        out_.objects[index].item_size = type.size;
        break;
      default: break;
    }
  }
  // Compressed bytes do not stand in the file as they are.
  if (layout != nullptr && !filtered) read_blobs(index, *layout, type);
}

void Hdf5Reading::read_layout(uint32_t index, const HeaderMessage& message) {
  Reader from(message.body, start_ + message.offset);
  const uint8_t version = from.u8();
  if (version < 3) return;  // older layouts know no virtual datasets
  const uint8_t kind = from.u8();
  if (kind == 3) {
    const uint64_t heap = address(from);
    const uint32_t item = from.le<uint32_t>();
    tell_virtual(index, heap, item, start_ + message.offset);
  }
  damaged(from, "the layout of a dataset");
}

void Hdf5Reading::tell(Hdf5Outside outside) {
  if (out_.outside.size() < kMostOutside) return out_.outside.push_back(std::move(outside));
  if (!outside_cut_) damaged(Fault::limit, outside.offset, "more of the HDF5 file reaches out of it than is told");
  outside_cut_ = true;
}

// Only the first source is told: what follows its names is a selection of unknown length.
void Hdf5Reading::tell_virtual(uint32_t index, uint64_t heap, uint32_t item, uint64_t offset) {
  Hdf5Outside outside{Hdf5Reach::virtual_dataset, index, {}, {}, {}, offset};
  Reader from(global_heap_item(heap, item), offset);
  const uint8_t version = from.u8();
  length(from);
  // HDF5 2.0: flags say whether the source is this same file.
  const uint8_t flags = version >= 1 ? from.u8() : 0;
  outside.target = (flags & 4) != 0 ? "." : std::string(from.line('\0').substr(0, 4096));
  outside.inside = std::string(from.line('\0').substr(0, 4096));
  tell(std::move(outside));
}

void Hdf5Reading::read_external_files(uint32_t index, const HeaderMessage& message) {
  Reader from(message.body, start_ + message.offset);
  from.skip(4);
  from.skip(2);
  const uint16_t used = from.le<uint16_t>();
  const Bytes names = local_heap(address(from));
  for (uint16_t i = 0; i < used && from.ok() && work(); ++i) {
    const uint64_t name = length(from);
    length(from);
    length(from);
    Reader text(slice(names, name));
    Hdf5Outside outside{Hdf5Reach::external_data, index, {}, std::string(text.line('\0').substr(0, 4096)), {}, start_ + message.offset};
    if (from.ok()) tell(std::move(outside));
  }
  damaged(from, "the list of external files of a dataset");
}

void Hdf5Reading::read_filters(uint32_t index, const HeaderMessage& message) {
  const auto resolved = resolve(message, kFilters);
  if (!resolved) return;
  Reader from(resolved->body, start_ + resolved->offset);
  const uint8_t version = from.u8();
  const uint8_t count = from.u8();
  if (version == 1) from.skip(6);
  for (uint8_t i = 0; i < count && from.ok(); ++i) {
    const uint16_t id = from.le<uint16_t>();
    const uint64_t name = version == 1 || id >= kFirstPlugIn ? from.le<uint16_t>() : 0;
    from.skip(2);
    const uint64_t values = from.le<uint16_t>();
    from.skip(version == 1 ? (name + 7) / 8 * 8 : name);
    from.skip(values * 4 + (version == 1 && values % 2 == 1 ? 4 : 0));
    if (!from.ok() || id < kFirstPlugIn) continue;
    tell({Hdf5Reach::plugin_filter, index, {}, std::to_string(id), {}, start_ + resolved->offset});
  }
}

}  // namespace hdf5
}  // namespace winnow::containers
