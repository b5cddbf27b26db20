// winnow debug ir FILE...: the IR of every code object of compiled files; with --check only what breaks its
// promises, and figures.
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <unordered_map>

#include "code/bytecode/infer.h"
#include "code/bytecode/lift.h"
#include "code/bytecode/pyc.h"
#include "commands.h"
#include "terminal.h"

namespace winnow::cli {

int debug_ir(const std::vector<std::string>& paths, bool only_check) {
  std::string text;
  size_t functions = 0, broken = 0, odd = 0, unread = 0, instructions = 0, copies = 0, blocks = 0, bytes = 0;
  double seconds = 0;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    Heap heap;
    std::vector<Value> codes;
    if (bytecode::looks_like_pyc(as_bytes(content))) {
      Result<bytecode::Pyc> read = bytecode::read_pyc(heap, as_bytes(content));
      if (read) codes = std::move(read->contents.codes);
    } else if (Result<bytecode::Inferred> read = bytecode::infer(heap, as_bytes(content)); read) {
      codes = std::move(read->contents.codes);
    }
    if (codes.empty()) ++unread;
    for (const Value& value : codes) {
      const CodeObject& code = heap.code(value);
      const auto start = std::chrono::steady_clock::now();
      const ir::Body body = bytecode::lift(code, heap);
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const std::string fault = ir::check(body);
      ++functions;
      bytes += code.code.size();
      blocks += body.blocks.size();
      std::unordered_map<uint32_t, size_t> seen;
      for (size_t b = 0; b < body.blocks.size(); ++b) {
        for (const ir::Instruction& i : body.blocks[b].instructions) {
          ++instructions;
          const auto [at, is_new] = seen.emplace(i.offset, b);
          if (!is_new && at->second != b) ++copies, at->second = b;
        }
      }
      broken += !fault.empty() || body.blocks.empty();
      odd += !body.anomalies.empty();
      if (only_check && fault.empty() && body.anomalies.empty() && !body.blocks.empty()) continue;
      const std::string_view name = code.qualname.empty() ? code.name : code.qualname;
      text += "== " + path + " " + std::string(name) + " line " + std::to_string(code.firstlineno) + "\n";
      if (!only_check) text += ir::to_text(body, heap);
      else if (!body.anomalies.empty()) text += "! " + body.anomalies.front().what + " at " + std::to_string(body.anomalies.front().offset) + "\n";
      if (!fault.empty()) text += "! " + fault + "\n";
    }
  }
  if (only_check) {
    text += std::to_string(paths.size()) + " files, " + std::to_string(unread) + " not read, " +
            std::to_string(functions) + " functions, " + std::to_string(broken) + " broken, " + std::to_string(odd) +
            " with anomalies, " + std::to_string(instructions) + " instructions, " + std::to_string(copies) + " copied, " + std::to_string(blocks) + " blocks, " + std::to_string(bytes) + " bytes, " +
            std::to_string(seconds) + " s\n";
  }
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
