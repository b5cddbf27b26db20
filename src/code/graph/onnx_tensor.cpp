// The numbers of small tensors: thresholds, patterns and switches that a graph holds as constants.
#include <bit>
#include <cmath>

#include "bytes/reader.h"
#include "code/graph/onnx.h"
#include "containers/protobuf.h"

namespace winnow::graph::onnx {
namespace {

using containers::each_field;
using containers::ProtoField;
using containers::WireType;

double half(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const double fraction = bits & 0x3ff;
  const double size = exponent == 0 ? std::ldexp(fraction, -24) : exponent == 31 ? INFINITY : std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

// Bytes of one element in raw_data; 0 for types that are not read.
size_t size_of(uint32_t type) {
  switch (type) {
    case 2: case 3: case 9: return 1;
    case 4: case 5: case 10: case 16: return 2;
    case 1: case 6: case 12: return 4;
    case 7: case 11: case 13: return 8;
    default: return 0;
  }
}

double element(Reader& from, uint32_t type) {
  switch (type) {
    case 1: return std::bit_cast<float>(from.le<uint32_t>());
    case 2: case 9: return from.u8();
    case 3: return static_cast<int8_t>(from.u8());
    case 4: return from.le<uint16_t>();
    case 5: return static_cast<int16_t>(from.le<uint16_t>());
    case 6: return static_cast<int32_t>(from.le<uint32_t>());
    case 7: return static_cast<double>(static_cast<int64_t>(from.le<uint64_t>()));
    case 10: return half(from.le<uint16_t>());
    case 11: return std::bit_cast<double>(from.le<uint64_t>());
    case 12: return from.le<uint32_t>();
    case 13: return static_cast<double>(from.le<uint64_t>());
    case 16: return std::bit_cast<float>(static_cast<uint32_t>(from.le<uint16_t>()) << 16);
    default: return 0;
  }
}

void add_packed(const ProtoField& field, uint32_t type, size_t most, std::vector<double>& to) {
  if (field.number == 4 || field.number == 10) {
    const bool wide = field.number == 10;
    if (field.type == WireType::bytes) {
      Reader from(field.bytes);
      while (from.left() > 0 && from.ok() && to.size() < most) to.push_back(element(from, wide ? 11 : 1));
    } else if (to.size() < most) {
      to.push_back(wide ? std::bit_cast<double>(field.value) : std::bit_cast<float>(static_cast<uint32_t>(field.value)));
    }
    return;
  }
  const auto add = [&](uint64_t value) {
    to.push_back(type == 10 ? half(static_cast<uint16_t>(value)) : static_cast<double>(static_cast<int64_t>(value)));
    return to.size() < most;
  };
  if (field.type == WireType::bytes) containers::each_varint(field.bytes, add);
  else if (field.type == WireType::varint && to.size() < most) add(field.value);
}

}  // namespace

std::optional<std::vector<double>> numbers_of(const Tensor& tensor, size_t most) {
  if (tensor.external || elements_of(tensor) > most) return std::nullopt;
  std::vector<double> out;
  if (!tensor.raw.empty()) {
    const size_t size = size_of(tensor.type);
    if (size == 0) return std::nullopt;
    Reader from(tensor.raw);
    while (from.left() >= size && out.size() < most) out.push_back(element(from, tensor.type));
    return out;
  }
  each_field(tensor.message, [&](const ProtoField& field) {
    const bool numbers = field.number == 4 || field.number == 5 || field.number == 7 || field.number == 10 || field.number == 11;
    if (numbers && out.size() < most) add_packed(field, tensor.type, most, out);
    return true;
  });
  return out;
}

}  // namespace winnow::graph::onnx
