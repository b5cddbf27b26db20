// Whether bytes begin with a pickle. Without the magic of newer protocols that is a matter of likelihood: text can
// begin like a GLOBAL, and random bytes like anything. So arguments must be ones that the unpickler reads, the
// stack must hold what opcodes take, and what breaks must have named or called something.
#include <algorithm>
#include <cctype>

#include "code/machine/encodings.h"
#include "code/pickle/numbers.h"
#include "code/pickle/unpickler.h"
#include "knowledge/knowledge.h"

namespace winnow::pickle {
namespace {

// A name as a GLOBAL line holds it: letters of any script, dots, and the blanks that attackers add.
bool is_plain_name(std::string_view name) {
  constexpr size_t kLongest = 1 << 16;
  if (name.empty() || name.size() > kLongest || !machine::is_utf8(name)) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u >= 0x80 || std::isalnum(u) || std::string_view("_.<> \t\r").find(c) != std::string_view::npos;
  });
}

// Whether the argument of a text opcode is one that the unpickler reads.
bool is_valid_line(const Instruction& at, Heap& heap) {
  switch (at.opcode) {
    case Opcode::INT: return read_int(heap, at.text).has_value();
    case Opcode::LONG: return read_long(heap, at.text).has_value();
    case Opcode::FLOAT: return read_float(at.text).has_value();
    case Opcode::STRING: return read_string(at.text).has_value();
    case Opcode::GET: case Opcode::PUT: return read_index(at.text).has_value();
    case Opcode::GLOBAL: case Opcode::INST: return is_plain_name(at.text) && is_plain_name(at.second);
    case Opcode::PERSID:
      return std::all_of(at.text.begin(), at.text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
    default: return true;
  }
}

// What an opcode does to the depth of the stack, where that does not depend on marks.
struct StackUse { int takes, gives; };

StackUse stack_use(Opcode opcode) {
  switch (opcode) {
    case Opcode::PROTO: case Opcode::FRAME: case Opcode::MARK: return {0, 0};
    case Opcode::POP: return {0, 0};  // may take a mark
    case Opcode::DUP: return {1, 2};
    case Opcode::PUT: case Opcode::BINPUT: case Opcode::LONG_BINPUT: case Opcode::MEMOIZE: case Opcode::READONLY_BUFFER:
    case Opcode::TUPLE1: case Opcode::BINPERSID:
      return {1, 1};
    case Opcode::TUPLE2: case Opcode::STACK_GLOBAL: case Opcode::REDUCE: case Opcode::NEWOBJ: case Opcode::BUILD:
    case Opcode::APPEND:
      return {2, 1};
    case Opcode::TUPLE3: case Opcode::SETITEM: case Opcode::NEWOBJ_EX: return {3, 1};
    case Opcode::STOP: return {1, 0};
    default: return {0, 1};
  }
}

bool takes_mark(Opcode opcode) {
  switch (opcode) {
    case Opcode::TUPLE: case Opcode::LIST: case Opcode::DICT: case Opcode::FROZENSET: case Opcode::APPENDS:
    case Opcode::SETITEMS: case Opcode::ADDITEMS: case Opcode::POP_MARK: case Opcode::INST: case Opcode::OBJ:
      return true;
    default: return false;
  }
}

}  // namespace

Likeness looks_like_pickle(Bytes data) {
  constexpr int kMostOpcodes = 4096;
  Likeness like;
  Heap heap;
  Instruction at;
  std::vector<int64_t> marks;
  int64_t depth = 0;
  bool magic = false;
  int opcodes = 0, strings = 0;
  for (; opcodes < kMostOpcodes; ++opcodes) {
    if (!read_instruction(data, like.end, at) || !is_valid_line(at, heap)) break;
    if (at.opcode == Opcode::PROTO) {
      if (at.number > 5) break;
      magic = magic || opcodes == 0;
    }
    const StackUse use = stack_use(at.opcode);
    if (takes_mark(at.opcode)) {
      if (marks.empty()) break;
      depth = marks.back() + (at.opcode == Opcode::POP_MARK ? 0 : 1);
      if (at.opcode == Opcode::APPENDS || at.opcode == Opcode::SETITEMS || at.opcode == Opcode::ADDITEMS) --depth;
      marks.pop_back();
    } else if (at.opcode == Opcode::MARK) {
      marks.push_back(depth);
    } else if (at.opcode == Opcode::POP) {
      if (!marks.empty() && marks.back() == depth) marks.pop_back();
      else if (--depth < 0) break;
    } else {
      if (depth < use.takes) break;
      depth += use.gives - use.takes;
    }
    const ArgumentForm form = kOpcodes[static_cast<uint8_t>(at.opcode)].form;
    strings += form == ArgumentForm::counted1 || form == ArgumentForm::counted4 || form == ArgumentForm::counted8 || at.opcode == Opcode::UNICODE || at.opcode == Opcode::STRING;
    // Without the magic, two strings must have been there for STACK_GLOBAL to name something.
    like.names = like.names || at.opcode == Opcode::GLOBAL || at.opcode == Opcode::INST ||
                 (at.opcode == Opcode::STACK_GLOBAL && (magic || strings >= 2)) || (magic && at.opcode == Opcode::EXT1);
    like.known = like.known || ((at.opcode == Opcode::GLOBAL || at.opcode == Opcode::INST) &&
                               knowledge::find(knowledge::canonical(at.text, at.second)) != nullptr);
    like.calls = like.calls || at.opcode == Opcode::REDUCE || at.opcode == Opcode::INST || at.opcode == Opcode::OBJ ||
                 at.opcode == Opcode::NEWOBJ || at.opcode == Opcode::NEWOBJ_EX || at.opcode == Opcode::BUILD;
    like.end = at.next;
    // The magic and this much structure leave no doubt; text has to show more.
    if (magic && opcodes >= 32) break;
    if (at.opcode == Opcode::STOP) {
      like.stopped = true;
      like.pickle = true;
      return like;
    }
  }
  // Broken, or longer than was looked at: a call of something named, a name that is known, or the magic with some
  // structure behind it, decides. A list of words can begin like a GLOBAL.
  const bool structure = opcodes >= 4 || (opcodes >= 1 && read_instruction(data, like.end, at) == false && like.end < data.size() &&
                                          kOpcodes[static_cast<uint8_t>(data[like.end])].form != ArgumentForm::invalid);
  like.pickle = opcodes == kMostOpcodes || (like.names && (magic || like.calls || like.known)) || (magic && structure);
  return like;
}

}  // namespace winnow::pickle
