// Checkpoints and networks that are bytes of numbers: protocol buffers (SentencePiece, Caffe, MindSpore), tables of keys
// (TensorFlow's index, LMDB, OCDBT), flat buffers (ONNX Runtime, MNN, MindSpore Lite) and headers of their own.
#include <algorithm>
#include <cctype>

#include "bytes/reader.h"
#include "containers/flatbuffer.h"
#include "containers/protobuf.h"
#include "formats/numbers/checks.h"

namespace winnow::numbers {
namespace {

using containers::each_field;
using containers::ProtoField;
using containers::WireType;

constexpr uint64_t kTableMagic = 0xdb4775248b80fb57;  // leveldb/table/format.h, which tensorflow/core/lib/io/table uses
constexpr uint64_t kTableFooter = 48;
constexpr uint32_t kManifest = 0x0cdb3a2a, kNode = 0x0cdb20de;  // tensorstore/kvstore/ocdbt/format

bool begins(Bytes bytes, std::string_view word) { return as_text(bytes).starts_with(word); }

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_name(std::string_view text) { return !text.empty() && text.size() <= 512 && is_printable(text); }

// Visits the first `most` fields of a message, as long as `visit` returns true.
template <class Visit>
void first_fields(Bytes message, int most, const Visit& visit) {
  (void)each_field(message, [&](const ProtoField& field) { return visit(field) && --most > 0; });
}

// One entry of a vocabulary: a text, a score, perhaps a type, and nothing else.
bool is_piece(Bytes piece) {
  bool text = false, score = false, other = false;
  first_fields(piece, 5, [&](const ProtoField& field) {
    if (field.number == 1 && field.type == WireType::bytes) text = !field.bytes.empty();
    else if (field.number == 2 && field.type == WireType::fixed32) score = true;
    else other = other || field.number != 3 || field.type != WireType::varint;
    return !other;
  });
  return text && score && !other;
}

// A layer of either generation (LayerParameter, V1LayerParameter): its name, and its type as a text or a number.
bool is_caffe_layer(const ProtoField& layer) {
  const uint32_t name_at = layer.number == 100 ? 1 : 4, type_at = layer.number == 100 ? 2 : 5;
  bool name = false, type = false;
  first_fields(layer.bytes, 24, [&](const ProtoField& field) {
    if (field.number == name_at && field.type == WireType::bytes) name = is_name(as_text(field.bytes));
    if (field.number == type_at) type = layer.number == 2 ? field.type == WireType::varint : field.type == WireType::bytes && !field.bytes.empty() && std::isupper(std::to_integer<int>(field.bytes[0])) != 0;
    return !(name && type);
  });
  return name && type;
}

uint64_t varint(Reader& reader) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = reader.u8();
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

}  // namespace

std::optional<Error> check_protobuf(Bytes bytes) {
  return each_field(bytes, [](const ProtoField&) { return true; });
}

std::optional<Error> check_flatbuffer(Bytes bytes) {
  containers::FlatBuffer file(bytes);
  (void)file.root();
  return file.damage();
}

// sentencepiece_model.proto: ModelProto.
bool is_sentencepiece(Bytes bytes) {
  if (bytes.empty() || bytes[0] != std::byte{0x0a}) return false;
  int pieces = 0;
  bool other = false;
  first_fields(bytes, 3, [&](const ProtoField& field) {
    if (field.number == 1 && field.type == WireType::bytes && is_piece(field.bytes)) ++pieces;
    else other = field.number != 2 || pieces == 0;
    return !other;
  });
  return pieces > 0 && !other;
}

// caffe.proto: NetParameter with layers; its texts are read by caffe-prototxt.
bool is_caffemodel(Bytes bytes) {
  if (bytes.empty() || (bytes[0] != std::byte{0x0a} && bytes[0] != std::byte{0xa2} && bytes[0] != std::byte{0x12})) return false;
  bool layer = false;
  first_fields(bytes, 64, [&](const ProtoField& field) {
    if (field.number == 1) return field.type == WireType::bytes && is_printable(as_text(field.bytes));
    if (field.number == 100 || field.number == 2) {
      layer = field.type == WireType::bytes && is_caffe_layer(field);
      return false;
    }
    return field.number >= 3 && field.number <= 8;
  });
  return layer;
}

// checkpoint.proto of MindSpore: values with a name and a tensor whose type is a word.
bool is_mindspore_checkpoint(Bytes bytes) {
  if (bytes.empty() || bytes[0] != std::byte{0x0a}) return false;
  static constexpr std::string_view kTypes[] = {"Float", "Int", "UInt", "BFloat", "Bool", "str", "int", "float", "bool", "Complex"};
  bool tag = false, type = false;
  first_fields(bytes, 1, [&](const ProtoField& value) {
    if (value.number != 1 || value.type != WireType::bytes) return false;
    first_fields(value.bytes, 2, [&](const ProtoField& field) {
      if (field.type != WireType::bytes) return false;
      if (field.number == 1) tag = is_name(as_text(field.bytes));
      if (field.number != 2) return tag;
      first_fields(field.bytes, 16, [&](const ProtoField& part) {
        if (part.number != 2 || part.type != WireType::bytes) return part.number == 1;
        type = std::any_of(std::begin(kTypes), std::end(kTypes), [&](std::string_view word) { return as_text(part.bytes).starts_with(word) && part.bytes.size() < 16; });
        return false;
      });
      return false;
    });
    return false;
  });
  return tag && type;
}

// tensorflow/core/util/tensor_bundle: a table whose first key is empty and whose value is the header of the bundle.
bool is_tensorflow_index(Bytes bytes) {
  if (bytes.size() < kTableFooter + 8 || bytes[0] != std::byte{0} || bytes[1] != std::byte{0} || bytes[3] != std::byte{8}) return false;
  return Reader(slice(bytes, bytes.size() - 8)).le<uint64_t>() == kTableMagic;
}

std::optional<Error> check_tensorflow_index(Bytes bytes) {
  Reader reader(slice(bytes, bytes.size() - kTableFooter));
  for (int block = 0; block < 2; ++block) {  // of other blocks, and of the index
    const uint64_t offset = varint(reader), size = varint(reader);
    if (reader.ok() && (offset > bytes.size() || size > bytes.size() - offset)) reader.fail(Fault::truncated, "a block lies behind the end of the file");
  }
  return reader.error();
}

bool is_ocdbt(Bytes bytes) {
  Reader reader(bytes);
  const uint32_t magic = reader.be<uint32_t>();
  return magic == kManifest || magic == kNode;
}

std::optional<Error> check_ocdbt(Bytes bytes) {
  Reader reader(slice(bytes, 4));
  if (reader.le<uint64_t>() > bytes.size()) reader.fail(Fault::truncated, "the part is longer than the file");
  return reader.error();
}

// The first of two pages that tell where the tree is: mdb.c, MDB_meta.
bool is_lmdb(Bytes bytes) {
  Reader reader(bytes);
  reader.skip(16);
  const uint32_t magic = reader.le<uint32_t>(), version = reader.le<uint32_t>();
  return reader.ok() && magic == 0xBEEFC0DE && version >= 1 && version <= 999;
}

bool is_onnxruntime(Bytes bytes) { return as_text(bytes).substr(4, 4) == "ORTM"; }

bool is_mindspore_lite(Bytes bytes) { return as_text(bytes).substr(4, 4) == "MSL1" || as_text(bytes).substr(4, 4) == "MSL2"; }

// MNN.fbs has no identifier: a net with operators and the names of tensors.
bool is_mnn(Bytes bytes) {
  if (bytes.size() < 64 || Reader(bytes).le<uint32_t>() > 4096) return false;
  containers::FlatBuffer file(bytes);
  const containers::FlatTable net = file.root();
  if (!net) return false;
  const containers::FlatVector operators = net.vector(3, 4), names = net.vector(7, 4);
  if (operators.size() == 0 || names.size() == 0 || !is_name(names.text(0))) return false;
  const containers::FlatTable first = operators.table(0);
  return is_name(first.text(3)) && first.vector(4, 4).size() > 0 && !file.damage();
}

// Tensors of PaddlePaddle behind each other (paddle/fluid/framework/lod_tensor.cc): versions that are 0, no levels, and the
// length of a TensorDesc, which has a type and dimensions.
bool is_paddle_parameters(Bytes bytes) {
  Reader reader(bytes);
  if (reader.le<uint32_t>() != 0 || reader.le<uint64_t>() != 0 || reader.le<uint32_t>() != 0) return false;
  const uint32_t size = reader.le<uint32_t>();
  const Bytes description = reader.bytes(size);
  if (!reader.ok() || size < 2 || size > 256) return false;
  bool type = false, other = false;
  if (each_field(description, [&](const ProtoField& field) {
        if (field.number == 1) type = field.type == WireType::varint && field.value < 64;
        else other = other || field.number != 2;
        return !other;
      })) return false;
  return type && !other;
}

// A matrix of version 4: kind, rows, columns, whether imaginary, the length of its name. There is no magic, so that all
// five and the name must fit.
bool is_matlab_4(Bytes bytes) {
  Reader reader(bytes);
  const uint32_t kind = reader.le<uint32_t>(), rows = reader.le<uint32_t>(), columns = reader.le<uint32_t>(), imaginary = reader.le<uint32_t>(), name = reader.le<uint32_t>();
  if (!reader.ok() || kind > 52 || kind % 10 > 2 || rows == 0 || columns == 0 || (rows | columns) >= 1u << 30 || imaginary > 1 || name < 2 || name > 64) return false;
  const std::string_view text = reader.text(name);
  if (!reader.ok() || text.back() != '\0' || std::isalpha(static_cast<unsigned char>(text[0])) == 0) return false;
  return std::all_of(text.begin(), text.end() - 1, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

std::optional<Error> check_matlab_4(Bytes bytes) {
  constexpr uint64_t kSizes[] = {8, 4, 4, 2, 2, 1};
  Reader reader(bytes);
  while (reader.left() != 0) {
    const uint64_t kind = reader.le<uint32_t>(), rows = reader.le<uint32_t>(), columns = reader.le<uint32_t>(), imaginary = reader.le<uint32_t>();
    reader.skip(reader.le<uint32_t>());
    if (kind > 52) reader.fail(Fault::malformed, "a matrix is of no known kind");
    if (reader.ok()) reader.skip(rows * columns * kSizes[kind / 10] * (imaginary == 1 ? 2 : 1));
  }
  return reader.error();
}

// Weights of a compiled Core ML program: a count, the version 2, and the first record behind 64 bytes.
bool is_coreml_weights(Bytes bytes) {
  Reader reader(bytes);
  reader.skip(4);
  if (reader.le<uint32_t>() != 2) return false;
  reader.seek(64);
  return reader.le<uint32_t>() == 0xDEADBEEF && reader.ok();
}

// CTranslate2: a version, and the name of a specification with its length.
bool is_ctranslate2(Bytes bytes) {
  Reader reader(bytes);
  const uint32_t version = reader.le<uint32_t>();
  const uint16_t size = reader.le<uint16_t>();
  const std::string_view name = reader.text(size);
  return reader.ok() && version >= 2 && version <= 16 && size > 5 && size < 64 && name.ends_with(std::string_view("Spec\0", 5)) && is_name(name.substr(0, name.size() - 1));
}

bool is_nnef_tensor(Bytes bytes) { return begins(bytes, std::string_view("\x4e\xef\x01\x00", 4)) && bytes.size() >= 128; }

bool is_kaldi(Bytes bytes) { return begins(bytes, std::string_view("\0B<", 3)) && as_text(bytes).substr(0, 64).find("> ") != std::string_view::npos; }

// A record of TensorBoard's events: a length, its checksum, and an event that says its version.
bool is_tensorboard_events(Bytes bytes) { return as_text(bytes).substr(12, 40).find("brain.Event:") != std::string_view::npos; }

std::optional<Error> check_tensorboard_events(Bytes bytes) {
  Reader reader(bytes);
  while (reader.left() != 0) {
    const uint64_t size = reader.le<uint64_t>();
    reader.skip(4);
    reader.skip(size);
    reader.skip(4);
  }
  return reader.error();
}

}  // namespace winnow::numbers
