#include "code/bytecode/decode.h"

#include <algorithm>

#include "code/bytecode/lines.h"

namespace winnow::bytecode {
namespace {

constexpr PythonVersion k36{3, 6}, k310{3, 10}, k311{3, 11}, k312{3, 12}, k313{3, 13}, k315{3, 15};

bool ends_path(Opcode opcode) {
  switch (opcode) {
    case Opcode::return_value: case Opcode::return_const: case Opcode::raise_varargs: case Opcode::reraise:
    case Opcode::jump_forward: case Opcode::jump_absolute: case Opcode::jump_backward:
    case Opcode::jump_backward_no_interrupt: case Opcode::break_loop: case Opcode::continue_loop:
    case Opcode::stop_code: case Opcode::interpreter_exit: case Opcode::unknown_opcode: return true;
    default: return false;
  }
}

bool jumps_backward(Opcode opcode) {
  switch (opcode) {
    case Opcode::jump_backward: case Opcode::jump_backward_no_interrupt: case Opcode::pop_jump_backward_if_false:
    case Opcode::pop_jump_backward_if_none: case Opcode::pop_jump_backward_if_not_none:
    case Opcode::pop_jump_backward_if_true: return true;
    default: return false;
  }
}

// The decoder of one code object.
class Decoder {
 public:
  explicit Decoder(const CodeObject& code) : code_(code), set_(*opcode_set(code.version)) {
    out_.code_size = static_cast<uint32_t>(std::min<size_t>(code.code.size(), UINT32_MAX / 4));
    wordcode_ = code.version >= k36;
    out_.unit = wordcode_ ? 2 : 1;
    out_.index.assign(out_.code_size / out_.unit + 1, Decoding::kNone);
  }

  Decoding run() {
    if (code_.version >= k311) read_exceptions();
    follow(0);
    for (const ExceptionRange& range : out_.handlers) follow(range.target);
    while (!pending_.empty()) {
      const uint32_t offset = pending_.back();
      pending_.pop_back();
      walk(offset);
    }
    finish();
    return std::move(out_);
  }

 private:
  uint8_t byte(uint32_t offset) const { return static_cast<uint8_t>(code_.code[offset]); }

  void follow(uint32_t offset) {
    if (offset < out_.code_size) pending_.push_back(offset), leaders_.push_back(offset);
  }

  void anomaly(ir::Anomaly::Kind kind, uint32_t offset, std::string what) {
    if (out_.anomalies.size() < 64) out_.anomalies.push_back({kind, offset, std::move(what)});
  }

  void walk(uint32_t offset) {
    while (offset < out_.code_size && out_.index[offset / out_.unit] == Decoding::kNone) {
      if (out_.instructions.size() >= kMaxInstructions) {
        if (out_.complete) anomaly(ir::Anomaly::Kind::budget, offset, "too many instructions");
        out_.complete = false;
        return;
      }
      Decoded d;
      if (!read(offset, d)) return;
      out_.index[offset / out_.unit] = static_cast<uint32_t>(out_.instructions.size());
      out_.instructions.push_back(d);
      if (d.target != kNoTarget) follow(d.target);
      if (ends_path(d.opcode)) return;
      offset = d.next;
    }
  }

  // False where the code ends before the instruction does.
  bool read(uint32_t offset, Decoded& d) {
    d.offset = offset;
    const bool whole = wordcode_ ? read_word(offset, d) : read_bytes(offset, d);
    if (!whole) {
      anomaly(ir::Anomaly::Kind::invalid_opcode, offset, "an instruction is cut short by the end of the code");
      return false;
    }
    const OpcodeInfo& info = set_.bytes[d.byte];
    d.opcode = info.opcode;
    d.argument = info.argument;
    d.specialised = info.specialised;
    d.next = std::min(d.next + 2u * info.caches, out_.code_size);
    if (d.opcode == Opcode::unknown_opcode) {
      anomaly(ir::Anomaly::Kind::invalid_opcode, d.at, "opcode " + std::to_string(d.byte) + " does not exist");
    }
    if (d.specialised) {
      anomaly(ir::Anomaly::Kind::specialised_opcode, d.at,
              "opcode " + std::to_string(d.byte) + " is a form of " + std::string(opcode_name(d.opcode)) +
                  " that only the interpreter writes");
    }
    set_target(d);
    d.out_of_range = !in_range(d);
    return true;
  }

  bool read_word(uint32_t offset, Decoded& d) {
    uint32_t arg = 0;
    for (; offset + 2 <= out_.code_size; offset += 2) {
      arg = arg << 8 | byte(offset + 1);
      if (set_.bytes[byte(offset)].opcode == Opcode::extended_arg) continue;
      d.at = offset;
      d.byte = byte(offset);
      d.next = offset + 2;
      // Before 3.12 an opcode without an argument may carry anything there.
      d.arg = d.byte >= set_.have_argument ? arg : 0;
      return true;
    }
    return false;
  }

  bool read_bytes(uint32_t offset, Decoded& d) {
    uint32_t high = 0;
    while (offset < out_.code_size) {
      d.at = offset;
      d.byte = byte(offset);
      if (d.byte < set_.have_argument) {
        d.next = offset + 1;
        return true;
      }
      if (offset + 3 > out_.code_size) return false;
      const uint32_t arg = high | byte(offset + 1) | static_cast<uint32_t>(byte(offset + 2)) << 8;
      offset += 3;
      if (set_.bytes[d.byte].opcode == Opcode::extended_arg) {
        high = arg << 16;
        continue;
      }
      d.arg = arg;
      d.next = offset;
      return true;
    }
    return false;
  }

  void set_target(Decoded& d) {
    // END_ASYNC_FOR of 3.14 names the place of its SEND, for monitoring only.
    if (d.opcode == Opcode::end_async_for) return;
    const uint64_t scale = code_.version >= k310 ? 2 : 1;
    uint64_t target = 0;
    if (d.argument == Argument::absolute) {
      target = d.arg * scale;
    } else if (d.argument == Argument::relative) {
      const uint64_t distance = d.arg * scale;
      if (jumps_backward(d.opcode)) target = distance <= d.next ? d.next - distance : UINT32_MAX;
      else target = d.next + distance;
    } else {
      return;
    }
    if (wordcode_) target &= ~uint64_t{1};
    d.target = static_cast<uint32_t>(std::min<uint64_t>(target, UINT32_MAX - 1));
    if (d.target >= out_.code_size) {
      anomaly(ir::Anomaly::Kind::jump_out_of_code, d.at, "a jump leaves the code");
    } else if (wordcode_ && scale == 1 && d.arg % 2 != 0) {
      anomaly(ir::Anomaly::Kind::jump_into_instruction, d.at, "a jump to an odd offset");
    }
  }

  bool in_range(const Decoded& d) {
    bool ok = true;
    switch (d.argument) {
      case Argument::constant: ok = d.arg < code_.consts.size(); break;
      case Argument::name: ok = name_index(code_.version, d.opcode, d.arg) < code_.names.size(); break;
      case Argument::local:
        if (is_fused_local(d.opcode)) {
          ok = !local_name(code_, d.arg >> 4).empty() && !local_name(code_, d.arg & 15).empty();
        } else {
          ok = d.arg < (code_.version >= k311 ? code_.localsplusnames.size() : code_.varnames.size());
        }
        break;
      case Argument::free:
        ok = d.arg < (code_.version >= k311 ? code_.localsplusnames.size()
                                            : code_.cellvars.size() + code_.freevars.size());
        break;
      case Argument::compare: {
        // `in`, `is` and the test of handlers became instructions of their own in 3.9; flags came below later.
        const uint32_t shift = code_.version >= k313 ? 5 : code_.version >= k312 ? 4 : 0;
        ok = (d.arg >> shift) < (code_.version >= PythonVersion{3, 9} ? 6u : 12u);
        break;
      }
      default: return true;
    }
    if (!ok) {
      anomaly(ir::Anomaly::Kind::index_out_of_range, d.at,
              std::string(opcode_name(d.opcode)) + " indexes past its table: " + std::to_string(d.arg));
    }
    return ok;
  }

  // Numbers of six bits a byte, most significant first; bit 6 goes on, bit 7 begins an entry.
  bool number(size_t& at, uint32_t& value) {
    value = 0;
    for (unsigned i = 0; i < 6 && at < code_.exceptiontable.size(); ++i) {
      const auto next = static_cast<uint8_t>(code_.exceptiontable[at++]);
      value = value << 6 | (next & 63);
      if (!(next & 64)) return true;
    }
    return false;
  }

  void read_exceptions() {
    for (size_t at = 0; at < code_.exceptiontable.size();) {
      uint32_t start, length, target, depth;
      if (!number(at, start) || !number(at, length) || !number(at, target) || !number(at, depth)) {
        anomaly(ir::Anomaly::Kind::jump_out_of_code, 0, "the exception table is cut short");
        return;
      }
      const uint32_t limit = out_.code_size / 2;
      if (start > limit || length > limit - start || target >= limit) {
        anomaly(ir::Anomaly::Kind::jump_out_of_code, 2 * std::min(start, limit), "an exception handler lies outside of the code");
        if (start > limit) continue;
        length = std::min(length, limit - start);
        target = std::min(target, limit);
      }
      out_.handlers.push_back({2 * start, 2 * (start + length), 2 * target, depth >> 1, (depth & 1) != 0});
    }
  }

  void finish() {
    std::sort(out_.instructions.begin(), out_.instructions.end(),
              [](const Decoded& a, const Decoded& b) { return a.offset < b.offset; });
    uint32_t covered = 0;
    for (uint32_t i = 0; i < out_.instructions.size(); ++i) {
      const Decoded& d = out_.instructions[i];
      out_.index[d.offset / out_.unit] = i;
      if (d.offset < covered) {
        anomaly(ir::Anomaly::Kind::jump_into_instruction, d.offset, "control goes into the middle of an instruction");
      }
      if (d.next > covered) out_.reached += d.next - std::max(covered, d.offset), covered = d.next;
    }
    for (const uint32_t offset : leaders_) {
      if (const uint32_t i = out_.find(offset); i != Decoding::kNone) out_.instructions[i].leader = true;
    }
    set_lines();
    set_handlers();
  }

  void set_lines() {
    const LineTable lines = read_lines(code_);
    size_t at = 0;
    int32_t line = 0;
    for (Decoded& d : out_.instructions) {
      while (at < lines.starts.size() && lines.starts[at].offset <= d.at) line = lines.starts[at++].line;
      d.line = line;
    }
  }

  // The first row that covers an instruction wins; the interpreter expects rows in order of their start.
  void set_handlers() {
    for (size_t h = out_.handlers.size(); h-- > 0;) {
      const ExceptionRange& range = out_.handlers[h];
      auto at = std::lower_bound(out_.instructions.begin(), out_.instructions.end(), range.start,
                                 [](const Decoded& d, uint32_t offset) { return d.offset < offset; });
      // Rows of real code are disjoint; overlapping rows of hostile code may not cost their product.
      for (; at != out_.instructions.end() && at->offset < range.end && work_ < 4 * kMaxInstructions; ++at, ++work_) {
        at->handler = static_cast<int32_t>(h);
      }
    }
  }

  const CodeObject& code_;
  const OpcodeSet& set_;
  bool wordcode_ = true;
  Decoding out_;
  uint32_t work_ = 0;
  std::vector<uint32_t> pending_, leaders_;
};

bool caches_are_zero(const CodeObject& code, const Decoded& d) {
  for (uint32_t i = d.at + 2; i < d.next; ++i) {
    if (code.code[i] != 0) return false;
  }
  return true;
}

}  // namespace

Decoding decode(const CodeObject& code) {
  if (!opcode_set(code.version)) {
    Decoding none;
    none.code_size = static_cast<uint32_t>(std::min<size_t>(code.code.size(), UINT32_MAX / 4));
    return none;
  }
  return Decoder(code).run();
}

Validity validity(const CodeObject& code) {
  Validity v;
  const Decoding decoding = decode(code);
  v.instructions = static_cast<uint32_t>(decoding.instructions.size());
  if (v.instructions == 0) {
    v.unknown_opcodes = 1;
    return v;
  }
  for (const ir::Anomaly& anomaly : decoding.anomalies) {
    switch (anomaly.kind) {
      case ir::Anomaly::Kind::jump_into_instruction: case ir::Anomaly::Kind::jump_out_of_code: ++v.bad_targets; break;
      default: break;
    }
  }
  bool resume = code.version < k311;
  for (const Decoded& d : decoding.instructions) {
    v.unknown_opcodes += d.opcode == Opcode::unknown_opcode;
    v.out_of_range += d.out_of_range;
    v.specialised += d.specialised;
    v.bad_caches += d.opcode == Opcode::cache || !(code.version < k311 || caches_are_zero(code, d));
    v.falls_off |= !ends_path(d.opcode) && d.next >= decoding.code_size;
    resume |= d.opcode == Opcode::resume && d.offset < 16 + 2 * code.localsplusnames.size();
  }
  for (const ExceptionRange& range : decoding.handlers) v.bad_exceptions += range.end > decoding.code_size;
  v.resume_missing = !resume;
  v.bad_lines = !read_lines(code).fits;
  const bool no_free = (code.flags & CodeObject::kNoFree) != 0;
  v.bad_flags = code.version < k311 ? no_free != (code.cellvars.empty() && code.freevars.empty()) : no_free;
  return v;
}

uint32_t name_index(PythonVersion version, Opcode opcode, uint32_t arg) {
  switch (opcode) {
    case Opcode::load_global: return version >= k311 ? arg >> 1 : arg;
    case Opcode::load_attr: return version >= k312 ? arg >> 1 : arg;
    case Opcode::load_super_attr: return arg >> 2;
    case Opcode::import_name: return version >= k315 ? arg >> 2 : arg;
    default: return arg;
  }
}

bool is_fused_local(Opcode opcode) {
  switch (opcode) {
    case Opcode::load_fast_load_fast: case Opcode::store_fast_load_fast: case Opcode::store_fast_store_fast:
    case Opcode::load_fast_borrow_load_fast_borrow: return true;
    default: return false;
  }
}

std::string_view local_name(const CodeObject& code, uint32_t index) {
  const auto& names = code.version >= k311 ? code.localsplusnames : code.varnames;
  return index < names.size() ? names[index] : std::string_view();
}

std::string_view free_name(const CodeObject& code, uint32_t index) {
  if (code.version >= k311) return local_name(code, index);
  if (index < code.cellvars.size()) return code.cellvars[index];
  index -= static_cast<uint32_t>(code.cellvars.size());
  return index < code.freevars.size() ? code.freevars[index] : std::string_view();
}

}  // namespace winnow::bytecode
