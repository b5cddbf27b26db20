#include "code/bytecode/show.h"

#include <algorithm>

#include "code/bytecode/disassemble.h"
#include "code/bytecode/lift.h"
#include "code/bytecode/unreachable.h"
#include "core/print.h"

namespace winnow::bytecode {
namespace {

constexpr size_t kLongestText = size_t{16} << 20;
constexpr size_t kLongestLine = 4000;

std::string ir_text(const Heap& heap, Value outermost) {
  std::string text;
  for (const HeldCode& held : held_codes(heap, heap.code(outermost))) {
    const CodeObject& code = *held.code;
    if (!text.empty()) text += "\n";
    text += "# code " + quoted(code.qualname.empty() ? code.name : code.qualname, false) + use_text(held) + "\n" + ir::to_text(lift(code, heap), heap);
    if (text.size() >= kLongestText) break;
  }
  return text;
}

}  // namespace

std::string escaped_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string line = quoted(text.substr(0, end), false, kLongestLine);
    out += line.substr(1, line.size() - 2) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string code_text(Show show, Heap& heap, Value code, const BareFunction& bare) {
  switch (show) {
    case Show::nothing: case Show::trace: return {};
    case Show::decompiled: return escaped_lines(source_text(decompile(heap, heap.code(code), {}, bare)));
    case Show::ir: return escaped_lines(ir_text(heap, code));
    case Show::instructions: return disassemble(heap, code, kLongestText);
  }
  return {};
}

std::string carried_code_text(Show show, Heap& heap) {
  constexpr uint32_t kMostCodes = 1000;
  if (show == Show::nothing || show == Show::trace) return {};
  std::unordered_set<uint32_t> inner;
  for (uint32_t i = 0; i < heap.code_count(); ++i) {
    for (const Value v : heap.code(Value::heap(Kind::code, i)).consts) {
      if (v.is(Kind::code) && v.index() != i) inner.insert(v.index());
    }
  }
  std::string text;
  uint32_t shown = 0;
  for (uint32_t i = 0; i < heap.code_count() && shown < kMostCodes && text.size() < kLongestText; ++i) {
    const Value code = Value::heap(Kind::code, i);
    if (inner.contains(i) || heap.code(code).code.empty()) continue;
    ++shown;
    text += "\n# code object " + quoted(heap.code(code).name, false, 200) + "\n" + code_text(show, heap, code);
  }
  return text;
}

}  // namespace winnow::bytecode
