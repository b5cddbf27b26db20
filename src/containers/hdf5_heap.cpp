// Heaps: local (names of old groups), global (strings of variable length), fractal (what dense groups and
// objects hold), and the version 2 trees that list what stands in the last.
#include <algorithm>
#include <bit>

#include "containers/hdf5_parts.h"

namespace winnow::containers::hdf5 {

namespace {

constexpr uint16_t kDeepestTree = 32;

uint32_t bytes_for(uint64_t number) { return static_cast<uint32_t>((std::bit_width(number) + 7) / 8); }

// Bytes that libhdf5 takes to write any number up to `limit`.
uint32_t bytes_up_to(uint64_t limit) { return limit == 0 ? 1 : static_cast<uint32_t>(std::bit_width(limit) - 1) / 8 + 1; }

}  // namespace

Bytes Hdf5Reading::local_heap(uint64_t address_of_heap) {
  Reader from = reader(address_of_heap);
  if (from.text(4) != "HEAP") {
    damaged(Fault::malformed, start_ + address_of_heap, "the names of an HDF5 group are not where they should be");
    return {};
  }
  from.skip(4);
  const uint64_t size = length(from);
  length(from);
  const uint64_t data = address(from);
  damaged(from, "the names of an HDF5 group");
  return from.ok() && defined(data) ? at(data, size) : Bytes();
}

Bytes Hdf5Reading::global_heap_item(uint64_t address_of_heap, uint32_t item) {
  const auto [found, fresh] = globals_.try_emplace(address_of_heap);
  std::unordered_map<uint32_t, Bytes>& items = found->second;
  if (fresh) {
    Reader head = reader(address_of_heap);
    if (head.text(4) != "GCOL") {
      damaged(Fault::malformed, start_ + address_of_heap, "a heap of HDF5 strings is not where it should be");
      return {};
    }
    head.skip(4);
    const uint64_t size = length(head);
    const uint64_t first = head.offset() - start_ - address_of_heap;
    Reader from(slice(at(address_of_heap, size), first), start_ + address_of_heap + first);
    while (from.left() >= 8 + uint64_t{length_size_} && work()) {
      const uint16_t number_of_item = from.le<uint16_t>();
      from.skip(6);
      const uint64_t item_size = length(from);
      if (number_of_item == 0) break;  // the free space
      const Bytes content = from.bytes(std::min(item_size, from.left()));
      const uint64_t padding = (8 - item_size % 8) % 8;
      from.skip(std::min(padding, from.left()));
      items.emplace(number_of_item, content);
    }
  }
  const auto held = items.find(item);
  return held == items.end() ? Bytes() : held->second;
}

std::optional<FractalHeap> Hdf5Reading::fractal_heap(uint64_t address_of_heap) {
  Reader from = reader(address_of_heap);
  FractalHeap heap;
  heap.address = address_of_heap;
  if (from.text(4) != "FRHP") {
    damaged(Fault::malformed, start_ + address_of_heap, "a heap of HDF5 attributes or links is not where it should be");
    return std::nullopt;
  }
  from.skip(1);
  heap.id_size = from.le<uint16_t>();
  heap.filtered = from.le<uint16_t>() != 0;
  from.skip(1);
  const uint64_t largest_item = from.le<uint32_t>();
  length(from);
  heap.huge_tree = address(from);
  length(from);
  address(from);
  for (int i = 0; i < 8; ++i) length(from);
  heap.width = from.le<uint16_t>();
  heap.first_block = length(from);
  heap.largest_direct = length(from);
  const uint16_t bits = from.le<uint16_t>();
  from.skip(2);
  heap.root = address(from);
  heap.rows = from.le<uint16_t>();
  if (!from.ok()) {
    damaged(from, "a heap of HDF5 attributes or links");
    return std::nullopt;
  }
  heap.offset_size = (uint32_t{bits} + 7) / 8;
  heap.length_size = std::min(bytes_up_to(heap.largest_direct), bytes_up_to(largest_item));
  heap.direct_huge = heap.id_size > offset_size_ + length_size_ + (heap.filtered ? 4 + length_size_ : 0);
  const bool sane = heap.width != 0 && std::has_single_bit(uint64_t{heap.width}) && std::has_single_bit(heap.first_block) &&
                    heap.largest_direct >= heap.first_block && bits <= 64 && heap.rows <= 64 && heap.first_block <= uint64_t{1} << 40;
  if (!sane) {
    damaged(Fault::malformed, start_ + address_of_heap, "a heap of HDF5 attributes or links has no possible shape");
    return std::nullopt;
  }
  if (heap.filtered) {
    damaged(Fault::unsupported, start_ + address_of_heap, "a compressed heap of HDF5 attributes or links");
    return std::nullopt;
  }
  return heap;
}

// The address of the byte at an offset of the heap: down the indirect blocks to a direct one.
std::optional<uint64_t> Hdf5Reading::find_managed(const FractalHeap& heap, uint64_t offset) {
  if (heap.rows == 0) return defined(heap.root) ? std::optional(heap.root + offset) : std::nullopt;
  uint64_t block = heap.root;
  uint32_t rows = heap.rows;
  const uint64_t row_zero = heap.first_block * heap.width;
  for (int depth = 0; depth < 64 && defined(block) && work(); ++depth) {
    uint64_t row_size = heap.first_block;
    uint64_t row_start = 0;
    uint32_t row = 0;
    if (offset >= row_zero) {
      row = static_cast<uint32_t>(std::bit_width(offset / row_zero));
      row_start = row_zero << (row - 1);
      row_size = heap.first_block << (row - 1);
    }
    if (row >= rows) return std::nullopt;
    const uint64_t column = (offset - row_start) / row_size;
    offset = (offset - row_start) % row_size;
    const uint64_t entry = uint64_t{row} * heap.width + column;
    Reader from(slice(at(block), 5 + offset_size_ + heap.offset_size + entry * offset_size_));
    const uint64_t child = address(from);
    if (as_text(at(block, 4)) != "FHIB" || !from.ok() || !defined(child)) return std::nullopt;
    if (row_size <= heap.largest_direct) return child + offset;
    block = child;
    rows = static_cast<uint32_t>(std::bit_width(row_size) - std::bit_width(row_zero)) + 1;
  }
  return std::nullopt;
}

Bytes Hdf5Reading::fractal_item(const FractalHeap& heap, Bytes id) {
  Reader from(id);
  const uint8_t first = from.u8();
  Bytes content;
  switch ((first >> 4) & 3) {
    case 0: {
      const uint64_t offset = number(from, heap.offset_size);
      const uint64_t size = number(from, heap.length_size);
      const auto found = from.ok() ? find_managed(heap, offset) : std::nullopt;
      if (found) content = at(*found, size);
      break;
    }
    case 1: content = huge_item(heap, slice(id, 1)); break;
    // Small items stand in the id itself; attributes and links are larger.
    case 2: content = slice(id, 1, (first & 15) + uint64_t{1}); break;
    default: break;
  }
  if (content.empty()) damaged(Fault::malformed, start_ + heap.address, "an item of a heap of HDF5 attributes or links is not where it should be");
  return content;
}

Bytes Hdf5Reading::huge_item(const FractalHeap& heap, Bytes id) {
  Reader from(id);
  if (heap.direct_huge) {
    const uint64_t where = address(from);
    const uint64_t size = length(from);
    return from.ok() ? at(where, size) : Bytes();
  }
  const uint64_t wanted = number(from, std::min<uint32_t>(heap.id_size - 1u, 8));
  Bytes content;
  if (!from.ok() || !defined(heap.huge_tree)) return content;
  each_record(heap.huge_tree, [&](Bytes record) {
    Reader fields(record);
    const uint64_t where = address(fields);
    const uint64_t size = length(fields);
    const uint64_t number_of_item = length(fields);
    if (fields.ok() && number_of_item == wanted) content = at(where, size);
    return content.empty();
  });
  return content;
}

void Hdf5Reading::each_record(uint64_t address_of_tree, const std::function<bool(Bytes)>& visit) {
  Reader head = reader(address_of_tree);
  if (head.text(4) != "BTHD") return damaged(Fault::malformed, start_ + address_of_tree, "a tree of HDF5 attributes or links is not where it should be");
  head.skip(2);
  const uint64_t node_size = head.le<uint32_t>();
  const uint64_t record_size = head.le<uint16_t>();
  const uint16_t depth = head.le<uint16_t>();
  head.skip(2);
  const uint64_t root = address(head);
  const uint64_t root_records = head.le<uint16_t>();
  if (!head.ok()) return damaged(head, "a tree of HDF5 attributes or links");
  if (record_size == 0 || node_size < 10 + record_size || depth > kDeepestTree) {
    return damaged(Fault::malformed, start_ + address_of_tree, "a tree of HDF5 attributes or links has no possible shape");
  }
  // How many bytes the counts in the nodes of each level take: as many as the most records need.
  std::vector<uint64_t> most_below(depth + size_t{1}, 0);
  const uint64_t in_leaf = (node_size - 10) / record_size;
  const uint32_t count_size = bytes_for(in_leaf);
  most_below[0] = in_leaf;
  for (uint16_t level = 1; level <= depth; ++level) {
    const uint64_t pointer = offset_size_ + count_size + (level > 1 ? bytes_for(most_below[level - 1]) : 0);
    const uint64_t here = node_size > 10 + pointer ? (node_size - 10 - pointer) / (record_size + pointer) : 0;
    if (__builtin_mul_overflow(here + 1, most_below[level - 1], &most_below[level]) ||
        __builtin_add_overflow(most_below[level], here, &most_below[level])) {
      most_below[level] = UINT64_MAX;
    }
  }
  struct Node {
    uint64_t address, records;
    uint16_t level;
  };
  std::vector<Node> nodes{{root, root_records, depth}};
  while (!nodes.empty() && work()) {
    const Node node = nodes.back();
    nodes.pop_back();
    if (node.records == 0 && node.level == 0) continue;
    Reader from = reader(node.address);
    if (from.text(4) != (node.level == 0 ? "BTLF" : "BTIN")) {
      damaged(Fault::malformed, start_ + node.address, "a node of a tree of HDF5 attributes or links is not where it should be");
      continue;
    }
    from.skip(2);
    for (uint64_t i = 0; i < node.records && from.ok() && work(); ++i) {
      const Bytes record = from.bytes(record_size);
      if (from.ok() && !visit(record)) return;
    }
    if (node.level == 0) continue;
    for (uint64_t i = 0; i <= node.records && from.ok() && work(); ++i) {
      const uint64_t child = address(from);
      const uint64_t records = number(from, count_size);
      if (node.level > 1) number(from, bytes_for(most_below[node.level - 1]));
      if (from.ok()) nodes.push_back({child, records, static_cast<uint16_t>(node.level - 1)});
    }
    damaged(from, "a node of a tree of HDF5 attributes or links");
  }
}

std::optional<DenseItems> Hdf5Reading::dense_items(const HeaderMessage& message, uint64_t order_size, const char* what) {
  Reader from(message.body, start_ + message.offset);
  from.skip(1);
  const bool ordered = (from.u8() & 1) != 0;  // then the highest number in that order follows
  if (ordered) from.skip(order_size);
  const uint64_t heap_address = address(from), tree = address(from);
  if (!from.ok()) {
    damaged(from, what);
    return std::nullopt;
  }
  if (!defined(heap_address) || !defined(tree)) return std::nullopt;
  auto heap = fractal_heap(heap_address);
  if (!heap) return std::nullopt;
  return DenseItems{*std::move(heap), tree};
}

HeaderMessage Hdf5Reading::as_message(Bytes body, uint16_t type) const {
  HeaderMessage message;
  message.type = type;
  message.body = body;
  message.offset = offset_of(body) - start_;
  return message;
}

}  // namespace winnow::containers::hdf5
