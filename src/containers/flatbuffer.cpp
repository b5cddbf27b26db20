#include "containers/flatbuffer.h"

#include <algorithm>

#include "bytes/reader.h"

namespace winnow::containers {

namespace {

constexpr uint64_t kLongest = UINT32_MAX;  // offsets have 32 bits

}  // namespace

void FlatBuffer::damaged(uint64_t position, const char* what) {
  if (!damage_) damage_ = Error{position >= bytes_.size() ? Fault::truncated : Fault::malformed, position, what};
}

void FlatBuffer::claim(uint64_t position, uint64_t size) {
  if (size <= bytes_.size() && position <= bytes_.size() - size) end_ = std::max(end_, position + size);
}

uint64_t FlatBuffer::number(uint64_t position, uint32_t width) {
  if (position > bytes_.size() || width > bytes_.size() - position) {
    damaged(bytes_.size(), "the buffer ends before what it points to");
    return 0;
  }
  claim(position, width);
  Reader reader(slice(bytes_, position, width));
  switch (width) {
    case 1: return reader.u8();
    case 2: return reader.le<uint16_t>();
    case 4: return reader.le<uint32_t>();
    default: return reader.le<uint64_t>();
  }
}

uint64_t FlatBuffer::follow(uint64_t position) {
  const uint64_t offset = number(position, 4);
  const uint64_t to = position + offset;
  if (offset == 0) return 0;
  if (to >= bytes_.size() || offset > kLongest) {
    damaged(bytes_.size(), "an offset leads behind the end");
    return 0;
  }
  return to;
}

FlatTable FlatBuffer::root() {
  const uint64_t position = follow(0);
  return position == 0 ? FlatTable() : FlatTable(*this, position);
}

FlatVector::FlatVector(FlatBuffer& buffer, uint64_t position, uint32_t width) : buffer_(&buffer), start_(position + 4), width_(width) {
  const uint64_t count = buffer.number(position, 4);
  const uint64_t left = buffer.bytes().size() - std::min<uint64_t>(start_, buffer.bytes().size());
  if (count > left / width) {
    buffer.damaged(buffer.bytes().size(), "a vector is longer than the rest of the buffer");
    return;
  }
  size_ = static_cast<uint32_t>(count);
  buffer.claim(start_, count * width);
}

uint64_t FlatVector::number(uint32_t index) const { return index < size_ ? buffer_->number(start_ + uint64_t{index} * width_, width_) : 0; }

FlatTable FlatVector::table(uint32_t index) const {
  if (index >= size_) return {};
  const uint64_t position = buffer_->follow(start_ + uint64_t{index} * 4);
  return position == 0 ? FlatTable() : FlatTable(*buffer_, position);
}

std::string_view FlatVector::text(uint32_t index) const {
  if (index >= size_) return {};
  const uint64_t position = buffer_->follow(start_ + uint64_t{index} * 4);
  return position == 0 ? std::string_view() : as_text(FlatVector(*buffer_, position, 1).bytes());
}

Bytes FlatVector::bytes() const { return buffer_ == nullptr ? Bytes() : slice(buffer_->bytes(), start_, uint64_t{size_} * width_); }

// A table begins with the signed distance back to its vtable: sizes of vtable and table, then the place of each field.
FlatTable::FlatTable(FlatBuffer& buffer, uint64_t position) : position_(position) {
  const auto back = static_cast<int32_t>(static_cast<uint32_t>(buffer.number(position, 4)));
  const int64_t vtable = static_cast<int64_t>(position) - back;
  if (vtable < 0 || static_cast<uint64_t>(vtable) >= buffer.bytes().size()) {
    buffer.damaged(position, "a table has no description");
    return;
  }
  const auto start = static_cast<uint64_t>(vtable);
  const uint64_t size = buffer.number(start, 2);
  size_ = static_cast<uint32_t>(buffer.number(start + 2, 2));
  if (size < 4 || size > buffer.bytes().size() - start || size_ < 4 || size_ > buffer.bytes().size() - position) {
    buffer.damaged(position, "the description of a table is damaged");
    return;
  }
  buffer.claim(start, size);
  buffer.claim(position, size_);
  fields_ = start + 4;
  field_count_ = static_cast<uint32_t>((size - 4) / 2);
  buffer_ = &buffer;
}

uint64_t FlatTable::place_of(uint32_t field) const {
  if (buffer_ == nullptr || field >= field_count_) return 0;
  const uint64_t offset = buffer_->number(fields_ + uint64_t{field} * 2, 2);
  if (offset == 0) return 0;
  if (offset >= size_) {
    buffer_->damaged(position_, "a field lies behind the end of its table");
    return 0;
  }
  return position_ + offset;
}

uint64_t FlatTable::number(uint32_t field, uint32_t width, uint64_t otherwise) const {
  const uint64_t place = place_of(field);
  return place == 0 ? otherwise : buffer_->number(place, width);
}

FlatTable FlatTable::table(uint32_t field) const {
  const uint64_t place = place_of(field);
  const uint64_t position = place == 0 ? 0 : buffer_->follow(place);
  return position == 0 ? FlatTable() : FlatTable(*buffer_, position);
}

FlatVector FlatTable::vector(uint32_t field, uint32_t width) const {
  const uint64_t place = place_of(field);
  const uint64_t position = place == 0 ? 0 : buffer_->follow(place);
  return position == 0 ? FlatVector() : FlatVector(*buffer_, position, width);
}

std::string_view FlatTable::text(uint32_t field) const { return as_text(vector(field, 1).bytes()); }

// The end of the bytes tells the type and width of the root, which stands before it; offsets lead backwards. A vector's
// items are followed by their types, and what has a size has it in front.
std::string_view flex_text(Bytes root, uint32_t index) {
  constexpr uint32_t kKey = 4, kString = 5, kVector = 10, kBlob = 25;
  const auto number = [&](uint64_t position, uint64_t width) -> uint64_t {
    Reader reader(slice(root, position, width));
    switch (width) {
      case 1: return reader.u8();
      case 2: return reader.le<uint16_t>();
      case 4: return reader.le<uint32_t>();
      default: return reader.le<uint64_t>();
    }
  };
  if (root.size() < 3) return {};
  const uint64_t width = number(root.size() - 1, 1), packed = number(root.size() - 2, 1);
  if ((width != 1 && width != 2 && width != 4 && width != 8) || root.size() < 2 + width || packed >> 2 != kVector) return {};
  const uint64_t at = root.size() - 2 - width;
  const uint64_t back = number(at, width), item = uint64_t{1} << (packed & 3);
  if (back > at || at - back < item) return {};
  const uint64_t start = at - back, count = number(start - item, item);
  if (index >= count || count > root.size() / item || start + count * (item + 1) > root.size()) return {};
  const uint64_t type = number(start + count * item + index, 1);
  if (type >> 2 != kString && type >> 2 != kBlob && type >> 2 != kKey) return {};
  const uint64_t place = start + index * item, distance = number(place, item), size_width = uint64_t{1} << (type & 3);
  if (distance > place) return {};
  const uint64_t text = place - distance;
  if (type >> 2 == kKey) return as_text(root).substr(text, as_text(root).find('\0', text) - text);
  if (text < size_width) return {};
  return as_text(slice(root, text, number(text - size_width, size_width)));
}

}  // namespace winnow::containers
