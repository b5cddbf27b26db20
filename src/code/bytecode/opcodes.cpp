#include "code/bytecode/opcodes.h"

#include <span>

namespace winnow::bytecode {
namespace {

#include "opcode_tables.inc"

constexpr std::string_view kNames[] = {
#define WINNOW_OPCODE(name, text) text,
#include "opcode_names.inc"
#undef WINNOW_OPCODE
    "<unknown>",
};

std::string_view at(std::span<const std::string_view> names, uint32_t index) {
  return index < names.size() ? names[index] : std::string_view();
}

}  // namespace

const OpcodeSet* opcode_set(PythonVersion version) {
  for (const OpcodeSet& set : kSets) {
    if (set.version == version) return &set;
  }
  return nullptr;
}

std::string_view opcode_name(Opcode opcode) { return at(kNames, static_cast<uint32_t>(opcode)); }

std::string_view binary_operator_name(uint32_t argument) { return at(k_binary_operators, argument); }

std::string_view intrinsic_name(Opcode opcode, uint32_t argument) {
  return opcode == Opcode::call_intrinsic_1 ? at(k_intrinsics_1, argument) : at(k_intrinsics_2, argument);
}

std::string_view common_constant_name(uint32_t argument) { return at(k_common_constants, argument); }

}  // namespace winnow::bytecode
