// Protocol buffers as fields. What reads as a message to its end is one, so that its length follows its fields.
#include "containers/protobuf.h"
#include "records.h"

namespace winnow::fuzz {
namespace {

using containers::ProtoField;
using containers::WireType;

constexpr int kDeepest = 24;
constexpr uint32_t kRest = 0;  // bytes that are no fields; else the number and the wire type, as the file has them

uint32_t kind_of(uint32_t number, WireType type) { return number << 3 | static_cast<uint32_t>(type); }
WireType type_of(uint32_t kind) { return static_cast<WireType>(kind & 7); }

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// A text of letters reads as fields now and then; a message has some that are plausible.
bool plausible(const ProtoField& field) { return field.number != 0 && field.number < 2000; }

std::string write(const Record& root);

bool read_fields(std::string_view message, Record& into, int depth) {
  bool fits = true;
  const auto error = containers::each_field(as_bytes(message), [&](const ProtoField& field) {
    fits = plausible(field);
    if (!fits) return false;
    Record& record = into.parts.emplace_back();
    record.kind = kind_of(field.number, field.type);
    switch (field.type) {
      case WireType::varint: append_number(record.text, field.value, 8); break;
      case WireType::fixed64: append_number(record.text, field.value, 8); break;
      case WireType::fixed32: append_number(record.text, field.value, 4); break;
      case WireType::bytes:
        record.text = as_text(field.bytes);
        if (depth > 0 && record.text.size() > 1) {
          Record inner;
          if (read_fields(record.text, inner, depth - 1) && write(inner) == record.text) {
            record.parts = std::move(inner.parts);
            record.text.clear();
          }
        }
        break;
      default: fits = false;
    }
    return fits;
  });
  return fits && !error;
}

void write_record(const Record& record, std::string& out) {
  if (record.kind == kRest) {
    out += record.text;
    return;
  }
  append_varint(out, record.kind);
  std::string content = record.text;
  for (const Record& part : record.parts) write_record(part, content);
  switch (type_of(record.kind)) {
    case WireType::varint: append_varint(out, number_at(record.text, 0, 8)); break;
    case WireType::fixed64: append_number(out, number_at(record.text, 0, 8), 8); break;
    case WireType::fixed32: append_number(out, number_at(record.text, 0, 4), 4); break;
    case WireType::bytes:
      append_varint(out, content.size() + static_cast<uint64_t>(record.lie));
      out += content;
      break;
    default: break;
  }
}

std::string write(const Record& root) {
  std::string out;
  for (const Record& part : root.parts) write_record(part, out);
  return out;
}

// What makes no field to the end of the file is kept as it is.
Record read(std::string_view file) {
  Record root;
  if (!read_fields(file, root, kDeepest)) {
    if (!root.parts.empty()) root.parts.pop_back();  // cut short
    const size_t good = write(root).size();
    if (good < file.size()) root.parts.push_back({kRest, std::string(file.substr(good)), {}, 0});
  }
  return root;
}

std::string_view widths(const Record& record) {
  if (record.kind == kRest) return {};
  switch (type_of(record.kind)) {
    case WireType::varint:
    case WireType::fixed64: return "\x8";
    case WireType::fixed32: return "\4";
    default: return {};
  }
}

uint32_t other_kind(const Record& record, Random& random) {
  static constexpr WireType kTypes[] = {WireType::varint, WireType::fixed64, WireType::bytes, WireType::fixed32};
  if (record.kind == kRest) return kRest;
  const uint32_t number = record.kind >> 3;
  if (below(random, 6) == 0) return kind_of(number, kTypes[below(random, std::size(kTypes))]);
  return kind_of(1 + static_cast<uint32_t>(below(random, 24)), type_of(record.kind));
}

Record another(const Record& beside, Random& random) {
  static constexpr std::string_view kTexts[] = {"", "a", "PyFunc", "ReadFile", "If", "\x08\x01", "../x"};
  Record record;
  const bool number = below(random, 2) == 0;
  record.kind = other_kind({kind_of(1, number ? WireType::varint : WireType::bytes), {}, {}, 0}, random);
  if (type_of(record.kind) == WireType::bytes) {
    record.text = kTexts[below(random, std::size(kTexts))];
    if (below(random, 4) == 0) record.parts = {beside}, record.text.clear();
  } else {
    append_number(record.text, below(random, 8), 8);
  }
  return record;
}

}  // namespace

const RecordFormat kProtobufRecords = {read, write, widths, other_kind, another};

}  // namespace winnow::fuzz
