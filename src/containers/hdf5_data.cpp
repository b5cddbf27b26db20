// The bytes of datasets whose items are bytes or texts: what libraries that keep any object in HDF5 put there are
// pickles (PyTables' object arrays, and with them pandas; hickle). Of numbers nothing is read.
#include "containers/hdf5_parts.h"

namespace winnow::containers::hdf5 {

namespace {

constexpr size_t kMostBlobs = 10'000;  // of one dataset
constexpr int kDeepestTree = 16;

}  // namespace

void Hdf5Reading::read_blobs(uint32_t index, const HeaderMessage& layout, const Datatype& type) {
  if (type.kind == Datatype::other || type.kind == Datatype::variable_text || layout.shared) return;
  enum : uint8_t { compact = 0, contiguous = 1, chunked = 2 };
  Reader from(layout.body, start_ + layout.offset);
  const uint8_t version = from.u8();
  if (version < 1 || version > 4) return;
  if (version < 3) {  // rank, class, then the place of the data and the sizes
    const uint8_t rank = from.u8();
    const uint8_t kind = from.u8();
    from.skip(5);
    if (kind == compact) return;
    const uint64_t where = address(from);
    if (!from.ok() || !defined(where)) return;
    if (kind == chunked) return read_chunks(index, where, rank, type, 0);
    uint64_t size = type.size;
    for (uint8_t i = 0; i < rank; ++i) {
      if (__builtin_mul_overflow(size, uint64_t{from.le<uint32_t>()}, &size)) return;
    }
    return from.ok() ? read_raw(index, at(where, size), type) : void();
  }
  const uint8_t kind = from.u8();
  if (kind == compact) {
    const uint16_t size = from.le<uint16_t>();
    const Bytes raw = from.bytes(size);
    if (from.ok()) read_raw(index, raw, type);
  } else if (kind == contiguous) {
    const uint64_t where = address(from);
    const uint64_t size = length(from);
    if (from.ok() && defined(where)) read_raw(index, at(where, size), type);
  } else if (kind == chunked && version == 3) {
    const uint8_t dimensions = from.u8();
    const uint64_t tree = address(from);
    if (from.ok() && defined(tree)) read_chunks(index, tree, dimensions, type, 0);
  }
}

// Of bytes and texts of fixed length, one blob; of those of variable length one each, which stand in heaps.
void Hdf5Reading::read_raw(uint32_t index, Bytes raw, const Datatype& type) {
  std::vector<Bytes>& blobs = out_.objects[index].blobs;
  if (type.kind == Datatype::bytes) {
    if (!raw.empty() && blobs.size() < kMostBlobs) blobs.push_back(raw);
    return;
  }
  Reader from(raw, offset_of(raw));
  const uint64_t item = type.kind == Datatype::fixed_text ? type.size : 4 + uint64_t{offset_size_} + 4;
  while (item != 0 && from.left() >= item && out_.objects[index].blobs.size() < kMostBlobs && work()) {
    if (type.kind == Datatype::fixed_text) {
      out_.objects[index].blobs.push_back(from.bytes(item));
      continue;
    }
    const uint32_t size = from.le<uint32_t>();
    const uint64_t heap = address(from);
    const uint32_t number_of_item = from.le<uint32_t>();
    if (size == 0 || !defined(heap) || heap == 0) continue;
    const Bytes content = slice(global_heap_item(heap, number_of_item), 0, size);
    if (!content.empty()) out_.objects[index].blobs.push_back(content);
  }
}

// The tree of version 1 that lists the chunks of a dataset.
void Hdf5Reading::read_chunks(uint32_t index, uint64_t tree, uint8_t dimensions, const Datatype& type, int depth) {
  if (depth > kDeepestTree || !work()) return;
  Reader from = reader(tree);
  if (from.text(4) != "TREE" || from.u8() != 1) return;
  const uint8_t level = from.u8();
  const uint16_t entries = from.le<uint16_t>();
  address(from);
  address(from);
  for (uint16_t i = 0; i < entries && from.ok() && work(); ++i) {
    const uint32_t size = from.le<uint32_t>();
    from.skip(4 + uint64_t{dimensions} * 8);
    const uint64_t child = address(from);
    if (!from.ok() || !defined(child)) return;
    if (level == 0) {
      read_raw(index, at(child, size), type);
    } else {
      read_chunks(index, child, dimensions, type, depth + 1);
    }
  }
}

}  // namespace winnow::containers::hdf5
