#include "code/bytecode/lines.h"

namespace winnow::bytecode {
namespace {

// Sums of hostile deltas must not overflow; no honest line lies outside.
int32_t clamp(int64_t line) { return line < 0 || line > INT32_MAX / 2 ? 0 : static_cast<int32_t>(line); }

LineTable read_lnotab(const CodeObject& code, bool is_signed) {
  LineTable table;
  table.starts.push_back({0, clamp(code.firstlineno)});
  uint64_t offset = 0;
  int64_t line = code.firstlineno;
  const std::string_view bytes = code.linetable;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto delta = static_cast<uint8_t>(bytes[i + 1]);
    offset += static_cast<uint8_t>(bytes[i]);
    line += is_signed ? static_cast<int8_t>(delta) : delta;
    if (offset >= code.code.size()) break;
    if (table.starts.back().offset == offset) table.starts.back().line = clamp(line);
    else table.starts.push_back({static_cast<uint32_t>(offset), clamp(line)});
  }
  table.fits = bytes.size() % 2 == 0 && (offset < code.code.size() || bytes.empty());
  return table;
}

LineTable read_ranges(const CodeObject& code) {
  LineTable table;
  uint64_t offset = 0;
  int64_t line = code.firstlineno;
  const std::string_view bytes = code.linetable;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto delta = static_cast<int8_t>(bytes[i + 1]);
    if (delta != -128) line += delta;
    if (bytes[i] != 0 && offset < code.code.size()) {
      table.starts.push_back({static_cast<uint32_t>(offset), delta == -128 ? 0 : clamp(line)});
    }
    offset += static_cast<uint8_t>(bytes[i]);
  }
  table.fits = bytes.size() % 2 == 0 && offset == code.code.size();
  return table;
}

// The location table's numbers: six bits a byte, least significant first, bit 6 goes on.
class Varints {
 public:
  explicit Varints(std::string_view bytes) : bytes_(bytes) {}
  bool left() const { return at_ < bytes_.size(); }
  uint8_t byte() { return left() ? static_cast<uint8_t>(bytes_[at_++]) : 0; }
  void skip(size_t count) { at_ = count < bytes_.size() - at_ ? at_ + count : bytes_.size(); }
  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; left(); shift += 6) {
      const uint8_t next = byte();
      if (shift < 60) value |= static_cast<uint64_t>(next & 63) << shift;
      if (!(next & 64)) break;
    }
    return value;
  }
  int64_t signed_number() {
    const uint64_t value = number();
    const auto magnitude = static_cast<int64_t>((value >> 1) & INT32_MAX);
    return value & 1 ? -magnitude : magnitude;
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

LineTable read_locations(const CodeObject& code) {
  LineTable table;
  uint64_t offset = 0;
  int64_t line = code.firstlineno;
  Varints in(code.linetable);
  while (in.left()) {
    const uint8_t first = in.byte();
    const unsigned form = (first >> 3) & 15;
    bool has_line = true;
    switch (form) {
      case 15: has_line = false; break;
      case 14: line += in.signed_number(), in.number(), in.number(), in.number(); break;
      case 13: line += in.signed_number(); break;
      case 12: case 11: case 10: line += form - 10; in.skip(2); break;
      default: in.skip(1);
    }
    if (offset < code.code.size()) table.starts.push_back({static_cast<uint32_t>(offset), has_line ? clamp(line) : 0});
    offset += 2 * ((first & 7) + 1);
    if (!(first & 0x80)) table.fits = false;
  }
  if (offset != code.code.size()) table.fits = false;
  return table;
}

}  // namespace

LineTable read_lines(const CodeObject& code) {
  const PythonVersion version = code.version;
  if (version < PythonVersion{3, 10}) return read_lnotab(code, version >= PythonVersion{3, 6});
  return version == PythonVersion{3, 10} ? read_ranges(code) : read_locations(code);
}

}  // namespace winnow::bytecode
