// Arrow's columns: streams and files of its own format (Feather 2 is one), and Parquet, whose footer may hold the schema of
// such a stream in base64. Values are never executed. But a type "arrow.py_extension_type" is kept as a pickle in the
// schema, and pyarrow unpickled it whenever a file was opened, up to version 14 (CVE-2023-47248); later ones do when they
// are told to. format/Schema.fbs, format/File.fbs, parquet.thrift, python/pyarrow/types.pxi.
#include <vector>

#include "bytes/reader.h"
#include "code/machine/encodings.h"
#include "containers/flatbuffer.h"
#include "core/inert.h"
#include "formats/columns/columns.h"

namespace winnow::columns {
namespace {

using containers::FlatBuffer;
using containers::FlatTable;
using containers::FlatVector;

constexpr std::string_view kFile = "ARROW1", kFeather = "FEA1", kParquetMark = "PAR1", kEncrypted = "PARE";
constexpr uint64_t kSchemaHeader = 1;             // of Message: the union's type
constexpr uint64_t kLongestMessage = 64u << 20;
constexpr const char* kWhy = "Columns hold values; no type in the schema is one that pyarrow unpickles.";

// The first message of a stream: a length, behind a mark since version 0.15, and a flat buffer.
Bytes first_message(Bytes stream) {
  Reader reader(stream);
  uint32_t size = reader.le<uint32_t>();
  if (size == UINT32_MAX) size = reader.le<uint32_t>();
  return reader.bytes(size);
}

// Gives the pickles of types in a schema. Types that are made of others are entered on an own stack.
bool give_types(Scan& scan, const Artifact& artifact, const FlatTable& schema) {
  bool found = false;
  std::vector<FlatVector> pending{schema.vector(1, 4)};
  while (!pending.empty()) {
    const FlatVector fields = pending.back();
    pending.pop_back();
    for (uint32_t i = 0; i < fields.size(); ++i) {
      if (!scan.step()) {
        scan.gap(artifact, Fault::limit, 0, "the budget for work is used up");
        return true;
      }
      const FlatTable field = fields.table(i);
      if (const FlatVector children = field.vector(5, 4); children.size() != 0) pending.push_back(children);
      std::string_view name, pickle;
      const FlatVector metadata = field.vector(6, 4);
      for (uint32_t k = 0; k < metadata.size() && scan.step(); ++k) {
        const FlatTable pair = metadata.table(k);
        if (pair.text(0) == "ARROW:extension:name") name = pair.text(1);
        if (pair.text(0) == "ARROW:extension:metadata") pickle = pair.text(1);
      }
      if (name != "arrow.py_extension_type" || pickle.empty()) continue;
      found = true;
      scan.child(artifact, "type of " + std::string(field.text(0)), as_bytes(pickle), Hint::pickle);
    }
  }
  return found;
}

// Of a message that must hold a schema.
bool read_message(Scan& scan, const Artifact& artifact, Bytes message) {
  FlatBuffer buffer(message);
  const bool found = give_types(scan, artifact, buffer.root().table(2));
  if (buffer.damage()) scan.gap(artifact, *buffer.damage());
  return found;
}

// The flat buffer in front of the length and the mark at the end of a file; the loader takes the schema from there.
bool read_footer(Scan& scan, const Artifact& artifact) {
  const Bytes bytes = artifact.bytes;
  if (bytes.size() < 20 || as_text(bytes).substr(bytes.size() - kFile.size()) != kFile) {
    scan.gap(artifact, Fault::truncated, bytes.size(), "the file ends before its footer");
    return read_message(scan, artifact, first_message(slice(bytes, 8)));
  }
  const uint64_t end = bytes.size() - kFile.size() - 4;
  const uint32_t size = Reader(slice(bytes, end)).le<uint32_t>();
  if (size > end) {
    scan.gap(artifact, Fault::malformed, end, "the footer is longer than the file");
    return false;
  }
  FlatBuffer footer(slice(bytes, end - size, size));
  const bool found = give_types(scan, artifact, footer.root().table(1));
  if (footer.damage()) scan.gap(artifact, *footer.damage());
  return found;
}

// A text of Thrift's compact protocol behind a key: the field's header, its length, itself.
std::string_view value_behind(std::string_view footer, std::string_view key) {
  const size_t at = footer.find(key);
  if (at == std::string_view::npos) return {};
  Reader reader(as_bytes(footer.substr(at + key.size())));
  if (reader.u8() != 0x18) return {};
  uint64_t size = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const uint8_t byte = reader.u8();
    size |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return reader.text(size);
}

}  // namespace

bool is_arrow(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 24) return false;
  const std::string_view text = as_text(artifact.bytes);
  if (text.starts_with(kFile) || text.starts_with(kFeather)) return true;
  // A stream, whose mark pyarrow does not insist on.
  FlatBuffer message(first_message(artifact.bytes));
  if (message.bytes().size() < 16 || message.bytes().size() > kLongestMessage) return false;
  const FlatTable root = message.root();
  if (!root || root.number(0, 2) > 8 || root.number(1, 1) != kSchemaHeader) return false;
  const FlatTable schema = root.table(2);
  return schema && schema.vector(1, 4).size() != 0 && !message.damage();
}

void read_arrow(Scan& scan, const Artifact& artifact) {
  const std::string_view text = as_text(artifact.bytes);
  const bool file = text.starts_with(kFile), feather = text.starts_with(kFeather);
  scan.recognise(artifact, feather ? "feather" : file ? "arrow-file" : "arrow-stream");
  const bool found = feather ? false : file ? read_footer(scan, artifact) : read_message(scan, artifact, first_message(artifact.bytes));
  if (feather && !text.ends_with(kFeather)) scan.gap(artifact, Fault::truncated, text.size(), "the file ends before its footer");
  if (!found) report_inert(scan, artifact, kWhy);
}

bool is_parquet(const Artifact& artifact) {
  const std::string_view text = as_text(artifact.bytes);
  return artifact.hint == Hint::none && text.size() >= 12 && (text.starts_with(kParquetMark) || text.starts_with(kEncrypted));
}

void read_parquet(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "parquet");
  const Bytes bytes = artifact.bytes;
  const std::string_view mark = as_text(slice(bytes, bytes.size() - 4));
  if (mark == kEncrypted) return scan.gap(artifact, Fault::unsupported, 0, "the footer is encrypted");
  if (mark != kParquetMark) return scan.gap(artifact, Fault::truncated, bytes.size(), "the file ends before its footer");
  const uint32_t size = Reader(slice(bytes, bytes.size() - 8)).le<uint32_t>();
  if (size > bytes.size() - 12) return scan.gap(artifact, Fault::malformed, bytes.size() - 8, "the footer is longer than the file");
  if (!scan.step(size / 64)) return scan.gap(artifact, Fault::limit, 0, "the budget for work is used up");
  const std::string_view schema = value_behind(as_text(slice(bytes, bytes.size() - 8 - size, size)), "ARROW:schema");
  bool found = false;
  if (!schema.empty()) {
    const auto decoded = machine::decode_base64(schema);
    if (!decoded) return scan.gap(artifact, Fault::malformed, bytes.size() - 8 - size, "the schema of Arrow is not base64");
    if (!scan.inflate(decoded->size())) return scan.gap(artifact, Fault::limit, 0, "the budget for decoded data is used up");
    const Bytes stream = as_bytes(*decoded);
    found = read_message(scan, artifact, first_message(scan.own(std::vector<std::byte>(stream.begin(), stream.end()))));
  }
  if (!found) report_inert(scan, artifact, kWhy);
}

}  // namespace winnow::columns
