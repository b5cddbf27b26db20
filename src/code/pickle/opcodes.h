// Pickle opcodes as a table, and the reader of one instruction. Arguments are read as CPython's C unpickler
// reads them; nothing is executed here.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::pickle {

enum class Opcode : uint8_t {
#define WINNOW_OPCODE(byte, name, form, protocol) name = byte,
#include "code/pickle/opcodes.def"
#undef WINNOW_OPCODE
};

enum class ArgumentForm : uint8_t {
  invalid,   // not an opcode
  none, u1, u2, i4, u4, u8, f8,
  line,      // up to a newline
  two_lines,
  counted1, counted4, counted8,  // bytes behind a little-endian length
};

struct OpcodeInfo {
  const char* name = nullptr;
  ArgumentForm form = ArgumentForm::invalid;
  uint8_t protocol = 0;
};

extern const std::array<OpcodeInfo, 256> kOpcodes;

// Their forms alone, which reading needs.
constexpr std::array<ArgumentForm, 256> kForms = [] {
  std::array<ArgumentForm, 256> table{};
#define WINNOW_OPCODE(byte, name, form, protocol) table[byte] = ArgumentForm::form;
#include "code/pickle/opcodes.def"
#undef WINNOW_OPCODE
  return table;
}();

struct Instruction {
  Opcode opcode{};
  uint64_t offset = 0;         // of the opcode
  uint64_t next = 0;           // of the next opcode
  uint64_t number = 0;         // of u1..u8 and f8 (its bits); i4 sign-extended
  std::string_view text;       // of a line (without newline) or counted bytes
  std::string_view second;     // of the second line
};

// The parts of an argument at out.next, which moves behind them; false where the data ends before.
template <class Number>
bool read_number(Bytes data, Instruction& out) {
  Number number;
  if (data.size() - out.next < sizeof number) return false;
  std::memcpy(&number, data.data() + out.next, sizeof number);
  out.number = static_cast<uint64_t>(static_cast<int64_t>(number));
  out.next += sizeof number;
  return true;
}
template <class Number>
bool read_counted(Bytes data, Instruction& out) {
  if (!read_number<Number>(data, out) || out.number > data.size() - out.next) return false;
  out.text = as_text(data).substr(out.next, out.number);
  out.next += out.number;
  return true;
}
bool read_line(Bytes data, Instruction& out, std::string_view& text);

// Reads the instruction at `offset`; false where there is none, and instruction_fault() says why. Inline, as
// it is called for every few bytes of a model.
inline bool read_instruction(Bytes data, uint64_t offset, Instruction& out) {
  if (offset >= data.size()) return false;
  const auto byte = static_cast<uint8_t>(data[offset]);
  out.opcode = static_cast<Opcode>(byte);
  out.offset = offset;
  out.next = offset + 1;
  switch (kForms[byte]) {
    case ArgumentForm::invalid: return false;
    case ArgumentForm::none: return true;
    case ArgumentForm::u1: return read_number<uint8_t>(data, out);
    case ArgumentForm::u2: return read_number<uint16_t>(data, out);
    case ArgumentForm::i4: return read_number<int32_t>(data, out);
    case ArgumentForm::u4: return read_number<uint32_t>(data, out);
    case ArgumentForm::u8: return read_number<uint64_t>(data, out);
    case ArgumentForm::f8:
      if (!read_number<uint64_t>(data, out)) return false;
      out.number = __builtin_bswap64(out.number);
      return true;
    case ArgumentForm::line: return read_line(data, out, out.text);
    case ArgumentForm::two_lines: return read_line(data, out, out.text) && read_line(data, out, out.second);
    case ArgumentForm::counted1: return read_counted<uint8_t>(data, out);
    case ArgumentForm::counted4: return read_counted<uint32_t>(data, out);
    case ArgumentForm::counted8: return read_counted<uint64_t>(data, out);
  }
  return false;
}

// Why read_instruction() failed at `offset`.
Error instruction_fault(Bytes data, uint64_t offset);

}  // namespace winnow::pickle
