// A code object as a listing of its instructions, in the manner of Python's `dis`: for people, where no source can
// be given or is not wanted.
#pragma once

#include <string>

#include <unordered_set>
#include <vector>

#include "core/code_object.h"

namespace winnow::bytecode {

// The code object and those in its constants, each once, in the order of the source: the inner ones of a code
// object stand directly behind it. `visit` takes each and gives false to end it.
template <class Visit>
void for_each_code(const Heap& heap, Value outermost, Visit visit) {
  std::vector<Value> pending{outermost};
  std::unordered_set<uint32_t> seen;
  while (!pending.empty()) {
    const Value v = pending.back();
    pending.pop_back();
    if (!v.is(Kind::code) || !seen.insert(v.index()).second) continue;
    const CodeObject& code = heap.code(v);
    if (!visit(code)) return;
    for (size_t i = code.consts.size(); i-- > 0;) {
      if (code.consts[i].is(Kind::code)) pending.push_back(code.consts[i]);
    }
  }
}

// Python's literal of a constant: containers to a small depth, long text shortened, names by their spelling, code
// objects as `<code name>`. Printable ASCII only.
std::string constant_text(const Heap& heap, Value value);

// The code object and all that are in its constants, each once: offset, line (where it changes), jump targets
// marked `>>`, name, argument, what the argument means; then the exception table, what is odd (`!`), and bytes that
// control never reaches. Nothing in it but printable ASCII and line ends. Ends with a remark when it would be longer
// than `most` bytes.
std::string disassemble(const Heap& heap, Value code, size_t most = size_t{64} << 20);

// The same for programs: for each code object a line `code`, then `offset NAME argument target` of each instruction
// that control reaches, -1 where there is no argument or target.
std::string instruction_rows(const Heap& heap, Value code);

}  // namespace winnow::bytecode
