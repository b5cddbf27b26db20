// Links of groups: symbol tables of old files, link messages and dense storage of new ones.
#include <algorithm>

#include "containers/hdf5_parts.h"

namespace winnow::containers::hdf5 {

namespace {

constexpr size_t kLongestTarget = 4096;
constexpr uint8_t kHard = 0, kSoft = 1, kExternal = 64;

std::string_view c_string(Bytes from) {
  const std::string_view text = as_text(from);
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

}  // namespace

void Hdf5Reading::read_symbol_table(uint32_t index, const HeaderMessage& message) {
  Reader from(message.body, start_ + message.offset);
  const uint64_t tree = address(from);
  const uint64_t heap = address(from);
  if (!from.ok()) return damaged(from, "the symbol table of an HDF5 group");
  const Bytes names = local_heap(heap);
  std::vector<uint64_t> nodes{tree};
  std::unordered_set<uint64_t> seen;
  while (!nodes.empty() && work()) {
    const uint64_t node = nodes.back();
    nodes.pop_back();
    if (!seen.insert(node).second) continue;
    Reader tree_node = reader(node);
    const std::string_view mark = tree_node.text(4);
    if (mark != "TREE") {
      damaged(Fault::malformed, start_ + node, "a node of an HDF5 group's tree is not where it should be");
      continue;
    }
    tree_node.skip(1);
    const uint8_t level = tree_node.u8();
    const uint16_t used = tree_node.le<uint16_t>();
    address(tree_node);
    address(tree_node);
    for (uint16_t i = 0; i < used && tree_node.ok() && work(); ++i) {
      length(tree_node);
      const uint64_t child = address(tree_node);
      if (!tree_node.ok()) break;
      if (level == 0) {
        if (seen.insert(child).second) read_symbols(index, child, names);
      } else {
        nodes.push_back(child);
      }
    }
    damaged(tree_node, "a node of an HDF5 group's tree");
  }
}

void Hdf5Reading::read_symbols(uint32_t index, uint64_t address_of_node, Bytes names) {
  Reader from = reader(address_of_node);
  if (from.text(4) != "SNOD") return damaged(Fault::malformed, start_ + address_of_node, "a list of links of an HDF5 group is not where it should be");
  from.skip(2);
  const uint16_t count = from.le<uint16_t>();
  for (uint16_t i = 0; i < count && from.ok() && work(); ++i) {
    const uint64_t name = address(from);
    const uint64_t header = address(from);
    const uint32_t cached = from.le<uint32_t>();
    from.skip(4 + 16);
    if (!from.ok()) break;
    // 2 marks a soft link: a path in this same file, which other links lead to as well.
    if (cached != 2) queue(index, c_string(slice(names, name)), header);
  }
  damaged(from, "a list of links of an HDF5 group");
}

void Hdf5Reading::read_link(uint32_t index, const HeaderMessage& message) {
  Reader from(message.body, start_ + message.offset);
  from.skip(1);
  const uint8_t flags = from.u8();
  const uint8_t kind = (flags & 8) != 0 ? from.u8() : kHard;
  if ((flags & 4) != 0) from.skip(8);
  if ((flags & 16) != 0) from.skip(1);
  const uint64_t name_size = number(from, 1u << (flags & 3));
  const std::string_view name = from.text(name_size);
  if (kind == kHard) {
    const uint64_t header = address(from);
    if (from.ok()) queue(index, name, header);
  } else if (kind != kSoft && from.ok()) {
    const uint64_t size = from.le<uint16_t>();
    Reader value(from.bytes(size), from.offset());
    Hdf5Outside outside{Hdf5Reach::user_link, index, std::string(name.substr(0, kLongestTarget)), std::to_string(kind), {}, start_ + message.offset};
    if (kind == kExternal) {
      value.skip(1);
      outside.reach = Hdf5Reach::external_link;
      outside.target = std::string(value.line('\0').substr(0, kLongestTarget));
      outside.inside = std::string(value.line('\0').substr(0, kLongestTarget));
    }
    tell(std::move(outside));
  }
  damaged(from, "a link of an HDF5 group");
}

void Hdf5Reading::read_dense_links(uint32_t index, const HeaderMessage& message) {
  const auto items = dense_items(message, 8, "the list of an HDF5 group's links");
  if (!items) return;
  each_record(items->tree, [&](Bytes record) {
    const Bytes body = fractal_item(items->heap, slice(record, 4));
    if (!body.empty()) read_link(index, as_message(body, kLink));
    return body.empty() || work();
  });
}

}  // namespace winnow::containers::hdf5
