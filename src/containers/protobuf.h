// Protocol buffers without their description: fields by number. One pass over one message; nothing recurses.
// https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <functional>
#include <optional>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

enum class WireType : uint8_t { varint = 0, fixed64 = 1, bytes = 2, group = 3, group_end = 4, fixed32 = 5 };

struct ProtoField {
  uint32_t number = 0;
  WireType type = WireType::varint;
  uint64_t value = 0;   // of varints and fixed numbers
  Bytes bytes;          // of texts, bytes and messages inside
  uint64_t offset = 0;  // of the field's content in the message
};

// Calls `visit` with every field as long as it returns true. The error is where the message stops making sense; what
// came before it was visited, and so was what is there of a field that is cut short.
std::optional<Error> each_field(Bytes message, const std::function<bool(const ProtoField&)>& visit);

// Calls `visit` with every number of a packed run of varints as long as it returns true; stops where the run breaks.
void each_varint(Bytes packed, const std::function<bool(uint64_t)>& visit);

}  // namespace winnow::containers
