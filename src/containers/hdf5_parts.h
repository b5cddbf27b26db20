// The parts of the HDF5 reader; see hdf5.h. One Hdf5Reading walks one file.
#pragma once

#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "bytes/reader.h"
#include "containers/hdf5.h"

namespace winnow::containers::hdf5 {

// Types of header messages.
enum Message : uint16_t {
  kDataspace = 0x01,
  kLinkInfo = 0x02,
  kDatatype = 0x03,
  kLink = 0x06,
  kExternalFiles = 0x07,
  kLayout = 0x08,
  kGroupInfo = 0x0a,
  kFilters = 0x0b,
  kAttribute = 0x0c,
  kSharedTable = 0x0f,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kAttributeInfo = 0x15,
};

struct HeaderMessage {
  uint16_t type = 0;
  bool shared = false;  // the body says where the message stands
  Bytes body;
  uint64_t offset = 0;  // of the body, in bytes from the start of the image
};

struct Datatype {
  enum Class : uint8_t { fixed_text, variable_text, bytes, variable_bytes, other } kind = other;
  uint32_t size = 0;  // bytes of one item
};

struct Dataspace {
  bool scalar = false;
  uint64_t items = 0;  // saturates
};

// The doubling table of a fractal heap, and how its ids are written.
struct FractalHeap {
  uint64_t address = 0;
  uint16_t id_size = 0;
  uint32_t offset_size = 0, length_size = 0;  // of an id of a managed object
  uint16_t width = 0;
  uint64_t first_block = 0, largest_direct = 0;
  uint16_t rows = 0;  // of the root indirect block; 0: the root is a direct block
  uint64_t root = 0;
  uint64_t huge_tree = 0;
  bool filtered = false, direct_huge = false;
};

struct DenseItems {
  FractalHeap heap;
  uint64_t tree = 0;
};

class Hdf5Reading {
 public:
  explicit Hdf5Reading(Bytes file) : file_(file) {}
  Hdf5 run();

 private:
  // hdf5.cpp: the superblock and the walk over objects.
  bool read_superblock();
  void read_object(uint32_t index);
  void queue(uint32_t parent, std::string_view name, uint64_t address);
  void read_layout(uint32_t index, const HeaderMessage& message);
  void read_external_files(uint32_t index, const HeaderMessage& message);
  void read_filters(uint32_t index, const HeaderMessage& message);
  void tell(Hdf5Outside outside);
  void tell_virtual(uint32_t index, uint64_t heap, uint32_t item, uint64_t offset);

  // hdf5_data.cpp: datasets of bytes.
  void read_blobs(uint32_t index, const HeaderMessage& layout, const Datatype& type);
  void read_raw(uint32_t index, Bytes raw, const Datatype& type);
  void read_chunks(uint32_t index, uint64_t tree, uint8_t dimensions, const Datatype& type, int depth);

  // hdf5_header.cpp: object headers and their messages.
  bool room(size_t held, size_t most, uint64_t address);
  std::vector<HeaderMessage> read_header(uint64_t address);
  void read_header_1(uint64_t address, std::vector<HeaderMessage>& out);
  void read_header_2(uint64_t address, std::vector<HeaderMessage>& out);
  void read_messages_1(Bytes block, uint64_t offset, std::vector<HeaderMessage>& out, std::vector<std::pair<uint64_t, uint64_t>>& more);
  void read_messages_2(Bytes block, uint64_t offset, bool ordered, std::vector<HeaderMessage>& out,
                       std::vector<std::pair<uint64_t, uint64_t>>& more);
  std::optional<HeaderMessage> resolve(const HeaderMessage& message, uint16_t type);
  Datatype read_datatype(const HeaderMessage& message);
  Dataspace read_dataspace(const HeaderMessage& message);
  void read_attribute(uint32_t index, const HeaderMessage& message);
  void read_attribute_values(Hdf5Attribute& attribute, const Datatype& type, uint64_t items, Bytes data, uint64_t offset);
  void read_dense_attributes(uint32_t index, const HeaderMessage& message);

  // hdf5_group.cpp: links, old and new.
  void read_symbol_table(uint32_t index, const HeaderMessage& message);
  void read_symbols(uint32_t index, uint64_t address, Bytes names);
  void read_link(uint32_t index, const HeaderMessage& message);
  void read_dense_links(uint32_t index, const HeaderMessage& message);

  // hdf5_heap.cpp: the three kinds of heap, and the trees that list what is in them.
  Bytes local_heap(uint64_t address);
  Bytes global_heap_item(uint64_t address, uint32_t item);
  std::optional<FractalHeap> fractal_heap(uint64_t address);
  // What a message says of items that stand in a heap, ordered by a tree; `what` it lists, for damage.
  std::optional<DenseItems> dense_items(const HeaderMessage& message, uint64_t order_size, const char* what);
  // An item of such a heap as a message of its own.
  HeaderMessage as_message(Bytes body, uint16_t type) const;
  Bytes fractal_item(const FractalHeap& heap, Bytes id);
  std::optional<uint64_t> find_managed(const FractalHeap& heap, uint64_t offset);
  Bytes huge_item(const FractalHeap& heap, Bytes id);
  // Calls `visit` with every record of a version 2 tree, as long as it returns true.
  void each_record(uint64_t address, const std::function<bool(Bytes)>& visit);

  // Bytes of the image from an address on; none where it is undefined or outside.
  Bytes at(uint64_t address, uint64_t size = UINT64_MAX) const;
  Reader reader(uint64_t address) const { return Reader(at(address), start_ + address); }
  uint64_t offset_of(Bytes view) const { return static_cast<uint64_t>(view.data() - file_.data()); }
  uint64_t address(Reader& from) const { return number(from, offset_size_); }
  uint64_t length(Reader& from) const { return number(from, length_size_); }
  bool defined(uint64_t address) const { return address < image_.size(); }
  static uint64_t number(Reader& from, uint32_t size);  // little-endian, up to eight bytes
  void damaged(Fault fault, uint64_t offset, std::string what);
  void damaged(const Reader& from, const char* where);
  // Counts work; false, and once told, when there has been too much of it.
  bool work(uint64_t amount = 1);

  Bytes file_, image_;  // the whole, and from the superblock on
  uint64_t start_ = 0;
  uint32_t offset_size_ = 8, length_size_ = 8;
  uint64_t root_ = 0;
  Hdf5 out_;
  std::unordered_set<uint64_t> seen_;                        // addresses of object headers
  std::vector<uint64_t> addresses_;                          // of the objects, by index
  std::unordered_map<uint64_t, std::unordered_map<uint32_t, Bytes>> globals_;  // items of heaps by address
  uint64_t work_ = 0;
  bool outside_cut_ = false;
};

}  // namespace winnow::containers::hdf5
