// The instructions of a code object, of any version, found by following control from the entry, the targets of
// jumps and the exception handlers: what is never reached is not decoded, and junk between instructions does no
// harm. Jumps into the middle of an instruction are decoded again from there, as the interpreter would.
#pragma once

#include <vector>

#include "code/bytecode/opcodes.h"
#include "code/ir/ir.h"

namespace winnow::bytecode {

inline constexpr uint32_t kNoTarget = UINT32_MAX;

struct Decoded {
  uint32_t offset = 0;  // of its first EXTENDED_ARG, or of the opcode itself
  uint32_t at = 0;      // of the opcode
  uint32_t next = 0;    // after its argument and inline caches
  uint32_t arg = 0;     // with the bits of EXTENDED_ARG; 0 for opcodes without
  uint32_t target = kNoTarget;  // of jumps and SETUP_*: a byte offset (may lie outside of the code)
  int32_t line = 0;             // 0: not known
  int32_t handler = -1;         // index in Decoding::handlers of what covers it (3.11 and later)
  Opcode opcode = Opcode::unknown_opcode;
  Argument argument = Argument::none;
  uint8_t byte = 0;             // the opcode as stored
  bool specialised = false;
  bool out_of_range = false;    // the argument indexes past its table
  bool leader = false;          // entry, target of a jump or of a handler
};

// A row of the exception table, in bytes.
struct ExceptionRange {
  uint32_t start = 0, end = 0, target = 0, depth = 0;
  bool lasti = false;
};

struct Decoding {
  static constexpr uint32_t kNone = UINT32_MAX;

  std::vector<Decoded> instructions;  // in order of offset; they overlap where jumps go into instructions
  std::vector<ExceptionRange> handlers;
  std::vector<ir::Anomaly> anomalies;
  uint32_t code_size = 0;
  uint32_t reached = 0;               // bytes in some instruction

  // The index of the instruction that begins at the byte offset, or kNone.
  uint32_t find(uint32_t offset) const {
    return offset / unit < index.size() ? index[offset / unit] : kNone;
  }
  bool complete = true;  // false: the limit of instructions was reached

  std::vector<uint32_t> index;  // of instructions, by offset / unit
  uint32_t unit = 2;            // bytes: instructions begin at multiples of it
};

// At most this many instructions of one code object are decoded.
inline constexpr uint32_t kMaxInstructions = 1u << 20;

// Never fails: what is wrong is told as anomalies. An unknown version gives nothing.
Decoding decode(const CodeObject& code);

// What speaks for or against `code.version`, for code objects that come without a version.
struct Validity {
  uint32_t instructions = 0;
  uint32_t unknown_opcodes = 0;
  uint32_t out_of_range = 0;     // arguments that index past names, constants or variables
  uint32_t specialised = 0;      // forms that an interpreter writes for itself, and never into a file
  uint32_t bad_targets = 0;      // outside of the code, into an instruction, at an odd offset
  uint32_t bad_caches = 0;       // inline caches that are not zero, and CACHE met as an instruction
  uint32_t bad_exceptions = 0;   // rows of the exception table outside of the code, or a table cut short
  bool resume_missing = false;   // 3.11 and later begin with RESUME (after MAKE_CELL and the like)
  bool falls_off = false;        // control runs past the end
  bool bad_lines = false;        // the line table does not sum up to the code
  bool bad_flags = false;        // CO_NOFREE against the presence of cells (to 3.10), or set (later)
  uint32_t faults() const {
    return unknown_opcodes + out_of_range + specialised + bad_targets + bad_caches + bad_exceptions + resume_missing +
           falls_off + bad_lines + bad_flags;
  }
};
Validity validity(const CodeObject& code);

// The index in names, without the flags that share the argument: LOAD_GLOBAL of 3.11, LOAD_ATTR of 3.12 ...
uint32_t name_index(PythonVersion version, Opcode opcode, uint32_t arg);

// The two indices of LOAD_FAST_LOAD_FAST and its like; false for other opcodes.
bool is_fused_local(Opcode opcode);

// How many local variables, cells or names an argument may index.
std::string_view local_name(const CodeObject& code, uint32_t index);  // empty when out of range
std::string_view free_name(const CodeObject& code, uint32_t index);

}  // namespace winnow::bytecode
