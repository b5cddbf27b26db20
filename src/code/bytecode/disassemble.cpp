#include "code/bytecode/disassemble.h"

#include <algorithm>
#include <charconv>

#include "code/bytecode/decode.h"
#include "code/bytecode/unreachable.h"
#include "core/print.h"

namespace winnow::bytecode {
namespace {

constexpr unsigned kDeepestConstant = 4;
constexpr uint32_t kMostItems = 40;
constexpr size_t kLongestText = 200;
constexpr size_t kMostAnomalies = 100;

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string right(std::string text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

// A name that strangers chose: as it is where it is a plain identifier, else as a literal.
std::string name_text(std::string_view name) {
  const bool plain = !name.empty() && name.size() <= kLongestText && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '<' || c == '>';
  });
  return plain ? std::string(name) : quoted(name, false, kLongestText);
}

std::string real_text(double d) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, d);
  std::string text(buffer, error == std::errc() ? end : buffer);
  if (text.find_first_of(".eni") == std::string::npos) text += ".0";
  return text;
}

std::string big_text(std::string_view bytes) {
  if (bytes.size() <= 8) {
    uint64_t value = !bytes.empty() && (bytes.back() & 0x80) ? UINT64_MAX : 0;
    for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return std::to_string(static_cast<int64_t>(value)) + "L";
  }
  if (bytes.back() & 0x80 || bytes.size() > kLongestText) return "<integer of " + std::to_string(bytes.size() * 8) + " bits>";
  std::string text = "0x";
  for (size_t i = bytes.size(); i-- > 0;) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(bytes[i]) >> 4];
    text += kDigits[static_cast<unsigned char>(bytes[i]) & 15];
  }
  return text;
}

std::string constant(const Heap& heap, Value v, unsigned depth);

std::string items(const Heap& heap, Value v, unsigned depth, const char* open, const char* close) {
  if (depth >= kDeepestConstant) return std::string(open) + "..." + close;
  const Items& all = heap.items(v);
  const bool pairs = v.is(Kind::dict) || v.is(Kind::frozen_dict);
  std::string text = open;
  for (uint32_t i = 0; i < all.size && i < kMostItems; ++i) {
    if (i > 0) text += pairs && i % 2 == 1 ? ": " : ", ";
    text += constant(heap, all[i], depth + 1);
  }
  if (all.size > kMostItems) text += ", ... " + std::to_string(all.size + all.dropped) + " items";
  if (v.is(Kind::tuple) && all.size == 1) text += ",";
  return text + close;
}

std::string constant(const Heap& heap, Value v, unsigned depth) {
  switch (v.kind()) {
    case Kind::none: return "None";
    case Kind::boolean: return v.as_boolean() ? "True" : "False";
    case Kind::integer: return std::to_string(v.as_integer());
    case Kind::big_integer: return big_text(v.text());
    case Kind::real: return real_text(v.as_real());
    case Kind::string: return quoted(v.text(), false, kLongestText);
    case Kind::bytes: return quoted(v.text(), true, kLongestText);
    case Kind::tuple: return items(heap, v, depth, "(", ")");
    case Kind::list: return items(heap, v, depth, "[", "]");
    case Kind::set: case Kind::dict: return items(heap, v, depth, "{", "}");
    case Kind::frozen_set: return items(heap, v, depth, "frozenset({", "})");
    case Kind::frozen_dict: return items(heap, v, depth, "frozendict({", "})");
    case Kind::slice: return items(heap, v, depth, "slice(", ")");
    case Kind::complex: return items(heap, v, depth, "complex(", ")");
    case Kind::ellipsis: return "Ellipsis";
    case Kind::stop_iteration: return "StopIteration";
    case Kind::code: return "<code " + name_text(heap.code(v).name) + ">";
    case Kind::name: return name_text(heap.name(v).canonical);
    default: return "<object>";
  }
}

std::string_view compare_name(PythonVersion version, uint32_t arg) {
  static constexpr std::string_view kNames[] = {"<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not", "exception match", "BAD"};
  if (version >= PythonVersion{3, 13}) {
    arg >>= 5;
  } else if (version >= PythonVersion{3, 12}) {
    arg >>= 4;
  }
  return arg < std::size(kNames) ? kNames[arg] : std::string_view("?");
}

class Listing {
 public:
  Listing(const Heap& heap, size_t most) : heap_(heap), most_(most) {}

  std::string text(Value outermost) {
    for (const HeldCode& held : held_codes(heap_, heap_.code(outermost))) {
      if (!out_.empty()) out_ += "\n";
      one(held);
      if (out_.size() >= most_) break;
    }
    if (out_.size() >= most_) {
      out_.resize(std::min(out_.size(), most_));
      out_ += "\n# the listing is cut off here\n";
    }
    return std::move(out_);
  }

 private:
  void one(const HeldCode& held) {
    const CodeObject& code = *held.code;
    header(code, use_text(held));
    const Decoding decoding = decode(code);
    int32_t line = 0;
    uint32_t reached = 0;
    for (const Decoded& d : decoding.instructions) {
      if (out_.size() >= most_) return;
      if (d.offset > reached) unreached(code, reached, d.offset);
      reached = std::max(reached, d.next);
      std::string text = right(d.line != line && d.line != 0 ? std::to_string(d.line) : "", 6);
      if (d.line != 0) line = d.line;
      text += d.leader ? " >> " : "    ";
      text += right(std::to_string(d.offset), 6) + "  " + instruction(code, d);
      out_ += text + "\n";
    }
    if (decoding.code_size > reached) unreached(code, reached, decoding.code_size);
    for (const ExceptionRange& range : decoding.handlers) {
      out_ += "# exceptions from " + std::to_string(range.start) + " to " + std::to_string(range.end) + ": to " +
              std::to_string(range.target) + " with " + std::to_string(range.depth) + " values kept\n";
    }
    for (size_t i = 0; i < decoding.anomalies.size() && i < kMostAnomalies; ++i) {
      out_ += "! " + std::to_string(decoding.anomalies[i].offset) + ": " + escaped(decoding.anomalies[i].what) + "\n";
    }
    if (decoding.anomalies.size() > kMostAnomalies) out_ += "! and " + std::to_string(decoding.anomalies.size() - kMostAnomalies) + " more\n";
    if (!decoding.complete) out_ += "# not all instructions are listed: too many\n";
  }

  static std::string escaped(std::string_view text) {
    const std::string whole = quoted(text, false, 1000);
    return whole.substr(1, whole.size() - 2);
  }

  void header(const CodeObject& code, const char* use) {
    out_ += "# code " + name_text(code.qualname.empty() ? code.name : code.qualname) + use + ", Python " + std::to_string(code.version.major) +
            "." + std::to_string(code.version.minor) + ", line " + std::to_string(code.firstlineno) + " of " + quoted(code.filename, false, kLongestText) + "\n";
    std::string arguments;
    const auto add = [&](std::string_view text) { arguments += (arguments.empty() ? "" : ", ") + std::string(text); };
    const auto name = [&](size_t i) { return i < code.varnames.size() ? name_text(code.varnames[i]) : std::string("?"); };
    constexpr uint32_t kMost = 300;
    size_t next = 0;
    for (uint32_t i = 0; i < code.argcount && i < kMost; ++i) {
      add(name(next++));
      if (i + 1 == code.posonlyargcount) add("/");
    }
    const size_t star = next + std::min(code.kwonlyargcount, kMost);
    if (code.flags & CodeObject::kVarArgs) {
      add("*" + name(star));
    } else if (code.kwonlyargcount > 0) {
      add("*");
    }
    while (next < star) add(name(next++));
    if (code.flags & CodeObject::kVarKeywords) add("**" + name(star + ((code.flags & CodeObject::kVarArgs) != 0)));
    if (!arguments.empty()) out_ += "# arguments: " + arguments + "\n";
    list("cells", code.cellvars);
    list("free", code.freevars);
  }

  void list(const char* title, const std::vector<std::string_view>& names) {
    if (names.empty()) return;
    out_ += std::string("# ") + title + ":";
    for (size_t i = 0; i < names.size() && i < 300; ++i) out_ += (i > 0 ? ", " : " ") + name_text(names[i]);
    out_ += "\n";
  }

  void unreached(const CodeObject& code, uint32_t from, uint32_t to) {
    from = std::min<uint32_t>(from, static_cast<uint32_t>(code.code.size()));
    to = std::min<uint32_t>(to, static_cast<uint32_t>(code.code.size()));
    out_ += "# never reached: " + std::to_string(to - from) + " bytes from " + std::to_string(from) + " on: " +
            quoted(code.code.substr(from, to - from), true, 60) + "\n";
  }

  std::string instruction(const CodeObject& code, const Decoded& d) {
    if (d.opcode == Opcode::unknown_opcode) return "<" + std::to_string(d.byte) + ">";
    std::string text(opcode_name(d.opcode));
    if (d.argument == Argument::none) return text;
    text = padded(std::move(text), 28) + " " + right(std::to_string(d.arg), 4);
    const std::string meaning = operand(code, d);
    if (!meaning.empty()) text += " (" + meaning + ")";
    return text;
  }

  std::string operand(const CodeObject& code, const Decoded& d) {
    if (d.out_of_range) return "past its table";
    switch (d.argument) {
      case Argument::constant: return d.arg < code.consts.size() ? constant(heap_, code.consts[d.arg], 0) : "";
      case Argument::name: {
        const uint32_t index = name_index(code.version, d.opcode, d.arg);
        return index < code.names.size() ? name_text(code.names[index]) : "";
      }
      case Argument::local:
        if (is_fused_local(d.opcode)) return name_text(local_name(code, d.arg >> 4)) + ", " + name_text(local_name(code, d.arg & 15));
        return name_text(local_name(code, d.arg));
      case Argument::free: return name_text(free_name(code, d.arg));
      case Argument::relative: case Argument::absolute: return d.target == kNoTarget ? "" : "to " + std::to_string(d.target);
      case Argument::compare: return std::string(compare_name(code.version, d.arg));
      case Argument::none: return "";
      case Argument::plain: break;
    }
    if (d.target != kNoTarget) return "to " + std::to_string(d.target);
    if (d.opcode == Opcode::binary_op) return std::string(binary_operator_name(d.arg));
    if (d.opcode == Opcode::load_common_constant) return std::string(common_constant_name(d.arg));
    if (d.opcode == Opcode::call_intrinsic_1 || d.opcode == Opcode::call_intrinsic_2) return std::string(intrinsic_name(d.opcode, d.arg));
    return "";
  }

  const Heap& heap_;
  const size_t most_;
  std::string out_;
};

}  // namespace

std::string constant_text(const Heap& heap, Value value) { return constant(heap, value, 0); }

std::string instruction_rows(const Heap& heap, Value code) {
  std::string text;
  for_each_code(heap, code, [&](const CodeObject& one) {
    text += "code\n";
    for (const Decoded& d : decode(one).instructions) {
      text += std::to_string(d.offset) + " " + std::string(opcode_name(d.opcode)) + " ";
      text += (d.argument == Argument::none ? "-1" : std::to_string(d.arg)) + " ";
      text += (d.target == kNoTarget ? "-1" : std::to_string(d.target)) + "\n";
    }
    return true;
  });
  return text;
}

std::string disassemble(const Heap& heap, Value code, size_t most) { return Listing(heap, most).text(code); }

}  // namespace winnow::bytecode
