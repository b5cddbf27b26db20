// winnow debug decompile FILE: bytecode as source, as IR, or how well it went, for the tests of the decompiler.
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "code/bytecode/decompile.h"
#include "code/bytecode/infer.h"
#include "code/bytecode/lift.h"
#include "code/bytecode/pyc.h"
#include "commands.h"
#include "terminal.h"

namespace winnow::cli {

namespace {

std::string told(const bytecode::Decompiled& decompiled) {
  std::string text;
  for (const bytecode::DecompiledCode& code : decompiled.codes) {
    text += std::string(bytecode::quality_name(code.quality)) + '\t' + std::string(code.code->name) + '\t' +
            std::to_string(code.code->firstlineno) + '\t' + code.why + '\n';
  }
  return text;
}

std::string ir_text(Heap& heap, const std::vector<Value>& codes) {
  std::string text;
  for (const Value value : codes) {
    const CodeObject& code = heap.code(value);
    text += "code " + std::string(code.name) + '\n' + ir::to_text(bytecode::lift(code, heap), heap) + '\n';
  }
  return text;
}

int decompile_one(const std::string& path, const std::string& show, const std::string& output, unsigned readings) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  Heap heap;
  bytecode::Unmarshalled contents;
  if (bytecode::looks_like_pyc(as_bytes(content))) {
    auto pyc = bytecode::read_pyc(heap, as_bytes(content));
    if (!pyc) return complain(path + ": " + pyc.error().what), kNotScanned;
    contents = pyc.take().contents;
  } else {
    auto inferred = bytecode::infer(heap, as_bytes(content));
    if (!inferred) return complain(path + ": " + inferred.error().what), kNotScanned;
    contents = inferred.take().contents;
  }
  if (!contents.value.is(Kind::code)) return complain(path + ": holds no code object"), kNotScanned;
  std::string text;
  if (show == "ir") {
    text = ir_text(heap, contents.codes);
  } else {
    bytecode::DecompileLimits limits;
    limits.attempts = readings;
    const bytecode::Decompiled decompiled = bytecode::decompile(heap, heap.code(contents.value), limits);
    text = show == "quality" ? told(decompiled) : bytecode::source_text(decompiled);
  }
  if (!output.empty()) {
    std::ofstream to(output, std::ios::binary);
    to << text;
    return to ? kNothingFound : kNotScanned;
  }
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace

int debug_decompile(const std::string& path, const std::string& show, const std::string& output, unsigned readings) {
  // @LIST: lines of an input and an output, to be done one after another in one process.
  if (!path.starts_with('@')) return decompile_one(path, show, output, readings);
  std::ifstream list(path.substr(1));
  int worst = kNothingFound;
  for (std::string line; std::getline(list, line);) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    if (decompile_one(line.substr(0, tab), show, line.substr(tab + 1), readings) != kNothingFound) worst = kNotScanned;
  }
  return worst;
}

}  // namespace winnow::cli
