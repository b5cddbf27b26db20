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

struct Instruction {
  Opcode opcode{};
  uint64_t offset = 0;         // of the opcode
  uint64_t next = 0;           // of the next opcode
  uint64_t number = 0;         // of u1..u8 and f8 (its bits); i4 sign-extended
  std::string_view text;       // of a line (without newline) or counted bytes
  std::string_view second;     // of the second line
};

// Reads the instruction at `offset`; false where there is none, and instruction_fault() says why. Inline, as
// it is called for every few bytes of a model.
inline bool read_instruction(Bytes data, uint64_t offset, Instruction& out) {
  const std::string_view all = as_text(data);
  if (offset >= all.size()) return false;
  const auto byte = static_cast<uint8_t>(all[offset]);
  const char* at = all.data() + offset + 1;
  uint64_t left = all.size() - offset - 1;
  const auto number = [&](size_t size) {
    if (left < size) return false;
    out.number = 0;
    std::memcpy(&out.number, at, size);
    at += size, left -= size;
    return true;
  };
  const auto line = [&](std::string_view& text) {
    const void* end = left == 0 ? nullptr : std::memchr(at, '\n', left);
    if (end == nullptr) return false;
    text = {at, static_cast<size_t>(static_cast<const char*>(end) - at)};
    at += text.size() + 1, left -= text.size() + 1;
    return true;
  };
  const auto counted = [&](size_t size) {
    if (!number(size) || out.number > left) return false;
    out.text = {at, out.number};
    at += out.number, left -= out.number;
    return true;
  };
  out.offset = offset;
  out.opcode = static_cast<Opcode>(byte);
  bool read = true;
  switch (kOpcodes[byte].form) {
    case ArgumentForm::invalid: return false;
    case ArgumentForm::none: break;
    case ArgumentForm::u1: read = number(1); break;
    case ArgumentForm::u2: read = number(2); break;
    case ArgumentForm::i4:
      read = number(4);
      out.number = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(out.number)));
      break;
    case ArgumentForm::u4: read = number(4); break;
    case ArgumentForm::u8: read = number(8); break;
    case ArgumentForm::f8:
      read = number(8);
      out.number = __builtin_bswap64(out.number);
      break;
    case ArgumentForm::line: read = line(out.text); break;
    case ArgumentForm::two_lines: read = line(out.text) && line(out.second); break;
    case ArgumentForm::counted1: read = counted(1); break;
    case ArgumentForm::counted4: read = counted(4); break;
    case ArgumentForm::counted8: read = counted(8); break;
  }
  out.next = all.size() - left;
  return read;
}

// Why read_instruction() failed at `offset`.
Error instruction_fault(Bytes data, uint64_t offset);

}  // namespace winnow::pickle
