// Pickles as opcodes. A frame holds its opcodes, so that its length follows them.
#include "code/pickle/opcodes.h"
#include "records.h"

namespace winnow::fuzz {
namespace {

using pickle::ArgumentForm;
using pickle::kOpcodes;

constexpr uint32_t kRest = 256;  // bytes that are no opcodes
constexpr auto kFrame = static_cast<uint32_t>(pickle::Opcode::FRAME);

ArgumentForm form_of(uint32_t kind) { return kind < kRest ? kOpcodes[kind].form : ArgumentForm::invalid; }

size_t count_width(ArgumentForm form) {
  return form == ArgumentForm::counted1 ? 1 : form == ArgumentForm::counted4 ? 4 : form == ArgumentForm::counted8 ? 8 : 0;
}

std::string_view number_widths(ArgumentForm form) {
  switch (form) {
    case ArgumentForm::u1: return "\1";
    case ArgumentForm::u2: return "\2";
    case ArgumentForm::i4:
    case ArgumentForm::u4: return "\4";
    case ArgumentForm::u8:
    case ArgumentForm::f8: return "\x8";
    default: return {};
  }
}

Record record_of(const pickle::Instruction& instruction, std::string_view file) {
  Record record;
  record.kind = static_cast<uint32_t>(instruction.opcode);
  const ArgumentForm form = form_of(record.kind);
  const std::string_view argument = file.substr(instruction.offset + 1, instruction.next - instruction.offset - 1);
  if (form == ArgumentForm::line || form == ArgumentForm::two_lines) {
    record.text = argument.substr(0, argument.size() - 1);
  } else {
    record.text = argument.substr(count_width(form));
  }
  return record;
}

Record read(std::string_view file) {
  Record root;
  uint64_t at = 0, frame_start = 0, frame_end = 0;
  Record* into = &root;
  const auto end_frame = [&] {
    if (into == &root) return;
    into->lie = static_cast<int64_t>(frame_end - at);
    into = &root;
  };
  pickle::Instruction instruction;
  while (pickle::read_instruction(as_bytes(file), at, instruction)) {
    if (into != &root && at >= frame_end) end_frame();
    const bool frame = instruction.opcode == pickle::Opcode::FRAME && into == &root;
    into->parts.push_back(record_of(instruction, file));
    at = instruction.next;
    if (!frame) continue;
    into = &root.parts.back();
    into->text.clear();
    frame_start = at;
    frame_end = frame_start + instruction.number;
  }
  end_frame();
  if (at < file.size()) root.parts.push_back({kRest, std::string(file.substr(at)), {}, 0});
  return root;
}

void write_record(const Record& record, std::string& out) {
  const ArgumentForm form = form_of(record.kind);
  if (record.kind != kRest) out += static_cast<char>(record.kind);
  if (record.kind == kFrame && record.text.empty()) {
    std::string inner;
    for (const Record& part : record.parts) write_record(part, inner);
    append_number(out, inner.size() + static_cast<uint64_t>(record.lie), 8);
    out += inner;
    return;
  }
  if (const size_t width = count_width(form)) append_number(out, record.text.size() + static_cast<uint64_t>(record.lie), width);
  out += record.text;
  if (form == ArgumentForm::line || form == ArgumentForm::two_lines) out += '\n';
  for (const Record& part : record.parts) write_record(part, out);
}

std::string write(const Record& root) {
  std::string out;
  for (const Record& part : root.parts) write_record(part, out);
  return out;
}

std::string_view widths(const Record& record) { return number_widths(form_of(record.kind)); }

uint32_t other_kind(const Record& record, Random& random) {
  if (record.kind == kFrame || record.kind == kRest) return record.kind;
  const ArgumentForm form = form_of(record.kind);
  for (;;) {
    const auto kind = static_cast<uint32_t>(below(random, kRest));
    if (form_of(kind) == form) return kind;
  }
}

Record another(const Record&, Random& random) {
  static constexpr std::string_view kLines[] = {"0", "1", "01", "-5", "3.5", "'x'", "id", "os\nsystem", "builtins\ngetattr", "a\nb.c"};
  static constexpr std::string_view kTexts[] = {"", "os", "system", "id", "builtins", "getattr", "__class__", "\x01", "\xff\xff"};
  Record record;
  do {
    record.kind = static_cast<uint32_t>(below(random, kRest));
  } while (form_of(record.kind) == ArgumentForm::invalid);
  const ArgumentForm form = form_of(record.kind);
  if (const std::string_view width = number_widths(form); !width.empty() && record.kind != kFrame) {
    append_number(record.text, below(random, 8), static_cast<size_t>(width[0]));
  } else if (count_width(form) != 0) {
    record.text = kTexts[below(random, std::size(kTexts))];
  } else if (form == ArgumentForm::two_lines) {
    record.text = kLines[7 + below(random, 3)];
  } else if (form == ArgumentForm::line) {
    record.text = kLines[below(random, 7)];
  }
  return record;
}

}  // namespace

const RecordFormat kPickleRecords = {read, write, widths, other_kind, another};

}  // namespace winnow::fuzz
