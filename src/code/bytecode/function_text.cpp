#include "code/bytecode/function_text.h"

#include <algorithm>

#include "code/bytecode/repair.h"

namespace winnow::bytecode {
namespace {

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// str.encode("raw_unicode_escape"): a character below 256 is its byte, others are \u or \U with their number.
std::string raw_unicode_escape(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t point = size == 1 ? lead : lead & (0x7fu >> size);
    for (size_t k = 1; k < size && i + k < text.size(); ++k) point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    i += size;
    if (point < 0x100) {
      out += static_cast<char>(point);
      continue;
    }
    out += point < 0x10000 ? "\\u" : "\\U";
    for (int shift = point < 0x10000 ? 12 : 28; shift >= 0; shift -= 4) out += kDigits[(point >> shift) & 15];
  }
  return out;
}

// The inside of b'...' or b"...", with its escapes undone as far as base64 has them: \n.
std::optional<std::string> inside_literal(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  if (text.size() < 3 || text[0] != 'b' || (text[1] != '\'' && text[1] != '"') || text.back() != text[1]) return std::nullopt;
  text = text.substr(2, text.size() - 3);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      out += '\n';
    } else {
      out += text[i];
    }
  }
  return out;
}

struct Candidate {
  TextForm form;
  std::string bytes;
  bool keras;  // what Keras' loader would hand to marshal
};

std::vector<Candidate> candidates_of(std::string_view text) {
  std::vector<Candidate> out;
  std::optional<std::string> decoded;
  if (is_ascii(text)) decoded = lenient_base64(text);
  if (decoded) {
    out.push_back({TextForm::base64, std::move(*decoded), true});
  } else {
    out.push_back({TextForm::raw_unicode_escape, raw_unicode_escape(text), true});
  }
  const auto inside = inside_literal(text);
  decoded = inside ? lenient_base64(*inside) : std::nullopt;
  if (decoded) out.push_back({TextForm::bytes_literal, std::move(*decoded), false});
  return out;
}

Result<FunctionText> read_candidate(Heap& heap, const Candidate& candidate, const std::string& bytes, const InferOptions& options) {
  const std::string_view kept = heap.arena().copy(bytes);
  Result<Inferred> found = infer(heap, as_bytes(kept), options);
  if (!found) return found.error();
  if (!found->contents.value.is(Kind::code)) return Error{Fault::malformed, options.base, "the object is not a code object"};
  FunctionText out;
  out.code = found->contents.value;
  out.versions = std::move(found->versions);
  out.faults = found->faults;
  out.others = std::move(found->others);
  out.codes = std::move(found->contents.codes);
  out.form = candidate.form;
  out.loads = candidate.keras;
  out.end = found->contents.end;
  out.size = bytes.size();
  return out;
}

}  // namespace

std::optional<std::string> lenient_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  unsigned digits = 0, pads = 0;  // in the group of four
  for (const char c : text) {
    if (c == '=') {
      if (digits >= 2 && digits + ++pads >= 4) return out;
      continue;
    }
    const int digit = base64_digit(c);
    if (digit < 0) continue;
    pads = 0;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    digits = (digits + 1) % 4;
    // The second to fourth digit of a group complete a byte each.
    if (digits != 1) out += static_cast<char>(bits >> (digits == 2 ? 4 : digits == 3 ? 2 : 0));
  }
  if (digits != 0) return std::nullopt;
  return out;
}

Result<FunctionText> read_function_text(Heap& heap, std::string_view text, const InferOptions& options) {
  const std::vector<Candidate> candidates = candidates_of(text);
  std::optional<Error> first_error;
  std::optional<FunctionText> best;
  for (const Candidate& candidate : candidates) {
    Result<FunctionText> found = read_candidate(heap, candidate, candidate.bytes, options);
    if (!found && !first_error) first_error = found.error();
    // What Keras loads is what runs, sense or not.
    if (found && (!best || (!best->loads && found->faults < best->faults))) best = found.take();
  }
  if (best && best->faults == 0) return *best;
  for (const Candidate& candidate : candidates) {
    const auto repaired = turn_slashes_back(as_bytes(candidate.bytes), options);
    if (!repaired || repaired->changed == 0) continue;
    Result<FunctionText> found = read_candidate(heap, candidate, repaired->bytes, options);
    if (!found || (best && found->faults >= best->faults)) continue;
    if (!best) {
      best = found.take();
      best->loads = false;
      best->repaired = best->code;
    } else {
      best->repaired = found->code;
    }
    best->changed = repaired->changed;
    break;
  }
  if (best) return *best;
  return *first_error;
}

}  // namespace winnow::bytecode
