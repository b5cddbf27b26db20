#include "containers/protobuf.h"

#include "bytes/reader.h"

namespace winnow::containers {

namespace {

uint64_t varint(Reader& from) {
  uint64_t value = 0;
  for (uint32_t shift = 0; shift < 70; shift += 7) {
    const uint64_t byte = from.u8();
    if (shift < 64) value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  from.fail(Fault::malformed, "a number of a protocol buffer is too long");
  return 0;
}

}  // namespace

std::optional<Error> each_field(Bytes message, const std::function<bool(const ProtoField&)>& visit) {
  Reader from(message);
  while (from.left() > 0) {
    const uint64_t key = varint(from);
    ProtoField field;
    field.number = static_cast<uint32_t>(key >> 3);
    field.type = static_cast<WireType>(key & 7);
    if (from.ok() && (field.number == 0 || key >> 3 > 0x1fffffff)) from.fail(Fault::malformed, "a field of a protocol buffer has no number");
    switch (field.type) {
      case WireType::varint: field.value = varint(from); break;
      case WireType::fixed64: field.value = from.le<uint64_t>(); break;
      case WireType::fixed32: field.value = from.le<uint32_t>(); break;
      case WireType::bytes: {
        const uint64_t size = varint(from);
        field.offset = from.offset();
        if (size > from.left() && from.ok()) {
          // Cut short: what is there is visited before the error is told.
          field.bytes = from.bytes(from.left());
          visit(field);
          from.fail(Fault::truncated, "a field of a protocol buffer runs past the end");
        } else {
          field.bytes = from.bytes(size);
        }
        break;
      }
      case WireType::group: case WireType::group_end: break;  // the fields of a group follow one by one
      default: from.fail(Fault::malformed, "a field of a protocol buffer has no type");
    }
    if (!from.ok()) return from.error();
    if (!visit(field)) return std::nullopt;
  }
  return std::nullopt;
}

void each_varint(Bytes packed, const std::function<bool(uint64_t)>& visit) {
  Reader from(packed);
  while (from.left() > 0) {
    const uint64_t value = varint(from);
    if (!from.ok() || !visit(value)) return;
  }
}

}  // namespace winnow::containers
