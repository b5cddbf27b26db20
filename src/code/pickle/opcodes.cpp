#include "code/pickle/opcodes.h"

namespace winnow::pickle {

constexpr std::array<OpcodeInfo, 256> make_opcodes() {
  std::array<OpcodeInfo, 256> table{};
#define WINNOW_OPCODE(byte, name, form, protocol) table[byte] = {#name, ArgumentForm::form, protocol};
#include "code/pickle/opcodes.def"
#undef WINNOW_OPCODE
  return table;
}

constexpr std::array<OpcodeInfo, 256> kOpcodes = make_opcodes();

bool read_line(Bytes data, Instruction& out, std::string_view& text) {
  const std::string_view rest = as_text(data).substr(out.next);
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  text = rest.substr(0, end);
  out.next += end + 1;
  return true;
}

Error instruction_fault(Bytes data, uint64_t offset) {
  if (offset >= data.size()) return {Fault::truncated, offset, "the pickle ends without a STOP"};
  const OpcodeInfo& info = kOpcodes[static_cast<uint8_t>(data[offset])];
  if (info.form == ArgumentForm::invalid) {
    return {Fault::malformed, offset, "byte " + std::to_string(static_cast<unsigned>(data[offset])) + " is no pickle opcode"};
  }
  return {Fault::truncated, offset, std::string("the argument of ") + info.name + " runs past the end"};
}

}  // namespace winnow::pickle
