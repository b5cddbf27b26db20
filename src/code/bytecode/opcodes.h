// The instruction sets of CPython 2.7 and 3.0 to 3.15, one table per version, compiled from knowledge/opcodes.
#pragma once

#include <array>
#include <string_view>

#include "core/code_object.h"

namespace winnow::bytecode {

// One enumerator per opcode name over all versions. What a name does may still differ between versions.
enum class Opcode : uint16_t {
#define WINNOW_OPCODE(name, text) name,
#include "opcode_names.inc"
#undef WINNOW_OPCODE
  unknown_opcode,
};

// What the argument of an opcode counts or indexes.
enum class Argument : uint8_t { none, plain, constant, name, local, free, relative, absolute, compare };

struct OpcodeInfo {
  Opcode opcode = Opcode::unknown_opcode;
  Argument argument = Argument::none;
  uint8_t caches = 0;        // two-byte words after the instruction
  bool specialised = false;  // a form that the interpreter writes for itself: `opcode` is what it stands for
};

struct OpcodeSet {
  PythonVersion version;
  uint8_t have_argument;  // in 2.7 to 3.5 opcodes from here on carry two bytes of argument
  std::array<OpcodeInfo, 256> bytes;
};

// Null for versions that are not known.
const OpcodeSet* opcode_set(PythonVersion version);

// CPython's spelling: "LOAD_FAST".
std::string_view opcode_name(Opcode opcode);

// The names that arguments of BINARY_OP, CALL_INTRINSIC_* and LOAD_COMMON_CONSTANT stand for; empty past the end.
std::string_view binary_operator_name(uint32_t argument);
std::string_view intrinsic_name(Opcode opcode, uint32_t argument);
std::string_view common_constant_name(uint32_t argument);

}  // namespace winnow::bytecode
