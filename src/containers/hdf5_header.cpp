// Object headers of both versions, and the messages in them that matter: types, shapes, attributes.
#include <algorithm>

#include "containers/hdf5_parts.h"

namespace winnow::containers::hdf5 {

namespace {

constexpr size_t kMostMessages = 100'000;  // of one object
constexpr size_t kMostBlocks = 10'000;     // of one object header
constexpr uint64_t kMostTexts = 1'000'000;  // items of one attribute

std::string_view without_padding(std::string_view text) {
  const size_t last = text.find_last_not_of('\0');
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

uint64_t rounded(uint64_t size) { return (size + 7) / 8 * 8; }

}  // namespace

// Whether an object header may hold one more; told where it may not.
bool Hdf5Reading::room(size_t held, size_t most, uint64_t address) {
  if (held < most) return true;
  damaged(Fault::limit, start_ + address, "an HDF5 object header holds too many messages");
  return false;
}

std::vector<HeaderMessage> Hdf5Reading::read_header(uint64_t address) {
  std::vector<HeaderMessage> out;
  const std::string_view start = as_text(at(address, 4));
  if (start.size() < 4) {
    damaged(Fault::truncated, start_ + address, "an HDF5 object lies past the end of the file");
  } else if (start == "OHDR") {
    read_header_2(address, out);
  } else if (start[0] == 1) {
    read_header_1(address, out);
  } else {
    damaged(Fault::malformed, start_ + address, "an HDF5 object header of an unknown version");
  }
  return out;
}

void Hdf5Reading::read_header_1(uint64_t address, std::vector<HeaderMessage>& out) {
  Reader from = reader(address);
  from.skip(8);
  const uint64_t size = from.le<uint32_t>();
  from.skip(4);
  std::vector<std::pair<uint64_t, uint64_t>> blocks{{address + 16, size}};
  damaged(from, "an HDF5 object header");
  for (size_t i = 0; i < blocks.size() && room(i, kMostBlocks, address) && work(); ++i) {
    const auto [begin, length] = blocks[i];
    const Bytes block = at(begin, length);
    if (block.size() < length) damaged(Fault::truncated, start_ + begin, "an HDF5 object header runs past the end of the file");
    read_messages_1(block, begin, out, blocks);
  }
}

void Hdf5Reading::read_messages_1(Bytes block, uint64_t offset, std::vector<HeaderMessage>& out,
                                  std::vector<std::pair<uint64_t, uint64_t>>& more) {
  Reader from(block, offset);
  while (from.left() >= 8 && room(out.size(), kMostMessages, offset) && work()) {
    HeaderMessage message;
    message.type = from.le<uint16_t>();
    const uint64_t size = from.le<uint16_t>();
    message.shared = (from.u8() & 2) != 0;
    from.skip(3);
    message.offset = from.offset();
    message.body = from.bytes(std::min(size, from.left()));
    if (message.type == kContinuation) {
      Reader body(message.body);
      const uint64_t begin = address(body);
      const uint64_t length = this->length(body);
      if (body.ok()) more.emplace_back(begin, length);
    } else {
      out.push_back(message);
    }
  }
}

void Hdf5Reading::read_header_2(uint64_t address, std::vector<HeaderMessage>& out) {
  Reader from = reader(address);
  from.skip(5);
  const uint8_t flags = from.u8();
  if ((flags & 0x20) != 0) from.skip(16);
  if ((flags & 0x10) != 0) from.skip(4);
  const uint64_t size = number(from, 1u << (flags & 3));
  if (!from.ok()) return damaged(from, "an HDF5 object header");
  const bool ordered = (flags & 4) != 0;
  std::vector<std::pair<uint64_t, uint64_t>> blocks;
  const uint64_t begin = from.offset() - start_;
  read_messages_2(at(begin, size), begin, ordered, out, blocks);
  for (size_t i = 0; i < blocks.size() && room(i, kMostBlocks, address) && work(); ++i) {
    const auto [where, length] = blocks[i];
    if (length < 8 || as_text(at(where, 4)) != "OCHK") {
      damaged(Fault::malformed, start_ + where, "a continued HDF5 object header is not where it should be");
      continue;
    }
    read_messages_2(at(where + 4, length - 8), where + 4, ordered, out, blocks);
  }
}

void Hdf5Reading::read_messages_2(Bytes block, uint64_t offset, bool ordered, std::vector<HeaderMessage>& out,
                                  std::vector<std::pair<uint64_t, uint64_t>>& more) {
  Reader from(block, offset);
  const uint64_t head = ordered ? 6 : 4;
  while (from.left() >= head && room(out.size(), kMostMessages, offset) && work()) {
    HeaderMessage message;
    message.type = from.u8();
    const uint64_t size = from.le<uint16_t>();
    message.shared = (from.u8() & 2) != 0;
    if (ordered) from.skip(2);
    message.offset = from.offset();
    message.body = from.bytes(std::min(size, from.left()));
    if (message.type == kContinuation) {
      Reader body(message.body);
      const uint64_t begin = address(body);
      const uint64_t length = this->length(body);
      if (body.ok()) more.emplace_back(begin, length);
    } else {
      out.push_back(message);
    }
  }
}

// The message itself, or the one that it says it shares: a datatype that stands in the file under a name.
std::optional<HeaderMessage> Hdf5Reading::resolve(const HeaderMessage& message, uint16_t type) {
  if (!message.shared) return message;
  Reader from(message.body, start_ + message.offset);
  const uint8_t version = from.u8();
  const uint8_t kind = from.u8();
  if (version == 1) from.skip(6);
  if (version >= 3 && kind == 1) {
    damaged(Fault::unsupported, start_ + message.offset, "an HDF5 message stands in the table of shared messages");
    return std::nullopt;
  }
  if (version == 1 || version == 2) from.skip(0);
  const uint64_t where = address(from);
  if (!from.ok() || !work(16)) return std::nullopt;
  for (const HeaderMessage& other : read_header(where)) {
    if (other.type == type && !other.shared) return other;
  }
  damaged(Fault::malformed, start_ + message.offset, "an HDF5 message is shared with one that is not there");
  return std::nullopt;
}

Datatype Hdf5Reading::read_datatype(const HeaderMessage& message) {
  const auto resolved = resolve(message, kDatatype);
  Datatype out;
  if (!resolved) return out;
  Reader from(resolved->body, start_ + resolved->offset);
  const uint8_t kind = from.u8() & 0x0f;
  const uint8_t bits = from.u8();
  from.skip(2);
  out.size = from.le<uint32_t>();
  if (!from.ok()) return {};
  if (kind == 3) out.kind = Datatype::fixed_text;
  if ((kind == 0 && out.size == 1) || kind == 5) out.kind = Datatype::bytes;
  if (kind == 9 && (bits & 0x0f) == 1) out.kind = Datatype::variable_text;
  if (kind == 9 && (bits & 0x0f) == 0) {  // the type of the items follows
    const uint8_t item = from.u8() & 0x0f;
    from.skip(3);
    if (from.le<uint32_t>() == 1 && item == 0 && from.ok()) out.kind = Datatype::variable_bytes;
  }
  return out;
}

Dataspace Hdf5Reading::read_dataspace(const HeaderMessage& message) {
  const auto resolved = resolve(message, kDataspace);
  Dataspace out;
  if (!resolved) return out;
  Reader from(resolved->body, start_ + resolved->offset);
  const uint8_t version = from.u8();
  const uint8_t rank = from.u8();
  from.skip(1);
  const uint8_t kind = from.u8();
  if (version == 1) from.skip(4);
  if (version >= 2 && kind == 2) return out;  // holds nothing
  out.scalar = rank == 0;
  out.items = 1;
  for (uint8_t i = 0; i < rank; ++i) {
    if (__builtin_mul_overflow(out.items, length(from), &out.items)) out.items = UINT64_MAX;
  }
  if (!from.ok()) return {};
  return out;
}

void Hdf5Reading::read_attribute(uint32_t index, const HeaderMessage& given) {
  const auto message = resolve(given, kAttribute);
  if (!message) return;
  Reader from(message->body, start_ + message->offset);
  const uint8_t version = from.u8();
  const uint8_t flags = from.u8();
  const uint64_t name_size = from.le<uint16_t>();
  const uint64_t type_size = from.le<uint16_t>();
  const uint64_t space_size = from.le<uint16_t>();
  if (version < 1 || version > 3) {
    return damaged(Fault::malformed, start_ + message->offset, "an HDF5 attribute of an unknown version");
  }
  if (version == 3) from.skip(1);
  const auto part = [&](uint64_t size) { return version == 1 ? rounded(size) : size; };
  Hdf5Attribute attribute;
  const std::string_view name = from.text(part(name_size));
  attribute.name = name.substr(0, std::min(name.find('\0'), name.size()));
  HeaderMessage type, space;
  type.offset = from.offset() - start_;
  type.shared = version > 1 && (flags & 1) != 0;
  type.body = from.bytes(part(type_size));
  space.offset = from.offset() - start_;
  space.shared = version > 1 && (flags & 2) != 0;
  space.body = from.bytes(part(space_size));
  if (!from.ok()) return damaged(from, "an HDF5 attribute");
  const Datatype datatype = read_datatype(type);
  const Dataspace dataspace = read_dataspace(space);
  attribute.scalar = dataspace.scalar;
  attribute.text = datatype.kind == Datatype::fixed_text || datatype.kind == Datatype::variable_text;
  attribute.offset = from.offset();
  read_attribute_values(attribute, datatype, dataspace.items, from.bytes(from.left()), attribute.offset);
  out_.objects[index].attributes.push_back(std::move(attribute));
}

void Hdf5Reading::read_attribute_values(Hdf5Attribute& attribute, const Datatype& type, uint64_t items, Bytes data, uint64_t offset) {
  if (!attribute.text) {
    attribute.texts.push_back(as_text(data));
    return;
  }
  if (items > kMostTexts || !work(items)) return damaged(Fault::limit, offset, "an HDF5 attribute holds too many strings");
  Reader from(data, offset);
  for (uint64_t i = 0; i < items && from.ok(); ++i) {
    if (type.kind == Datatype::fixed_text) {
      attribute.texts.push_back(without_padding(from.text(type.size)));
      continue;
    }
    const uint64_t size = from.le<uint32_t>();
    const uint64_t heap = address(from);
    const uint32_t item = from.le<uint32_t>();
    if (!from.ok()) break;
    const std::string_view held = size == 0 ? std::string_view() : as_text(global_heap_item(heap, item));
    if (held.size() < size) damaged(Fault::truncated, offset, "the text of an HDF5 attribute is not where it should be");
    if (i == 0 && !held.empty()) attribute.offset = offset_of(as_bytes(held));
    // h5py reads it as a C string.
    const std::string_view text = held.substr(0, size);
    attribute.texts.push_back(text.substr(0, std::min(text.find('\0'), text.size())));
  }
  damaged(from, "the value of an HDF5 attribute");
}

void Hdf5Reading::read_dense_attributes(uint32_t index, const HeaderMessage& message) {
  const auto items = dense_items(message, 2, "the list of an HDF5 object's attributes");
  if (!items) return;
  each_record(items->tree, [&](Bytes record) {
    Reader fields(record);
    const Bytes id = fields.bytes(8);
    const bool shared = (fields.u8() & 2) != 0;
    if (shared) {
      damaged(Fault::unsupported, start_ + items->tree, "an HDF5 attribute stands in the table of shared messages");
      return true;
    }
    const Bytes body = fractal_item(items->heap, id);
    if (!body.empty()) read_attribute(index, as_message(body, kAttribute));
    return body.empty() || work();
  });
}

}  // namespace winnow::containers::hdf5
