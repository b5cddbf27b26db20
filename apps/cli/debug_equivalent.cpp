// winnow debug equivalent SOURCE COMPILED [SOURCE COMPILED]...: whether our compiler makes of a source what
// CPython made of it: every code object of the compiled file is held against its own source, lowered.
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>

#include "code/bytecode/lift.h"
#include "code/bytecode/pyc.h"
#include "code/ir/equivalent.h"
#include "code/python/lower.h"
#include "code/python/parse.h"
#include "commands.h"
#include "mutate.h"
#include "terminal.h"

namespace winnow::cli {
namespace {

using Key = std::string;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void collect(const Heap& heap, Value value, std::multimap<Key, Value>& found) {
  const CodeObject& code = heap.code(value);
  found.emplace(Key(code.name), value);
  for (const Value constant : code.consts) {
    if (constant.is(Kind::code)) collect(heap, constant, found);
  }
}

struct Count {
  size_t mutants = 0, missed = 0;
  size_t functions = 0, equal = 0, undecided = 0, modules = 0, modules_equal = 0, unread = 0;
};

// How many changed bodies pass for the original.
void try_mutants(Heap& heap, const CodeObject& code, uint32_t mutants, Count& count, std::string& text) {
  std::mt19937 random(static_cast<uint32_t>(code.firstlineno));
  for (uint32_t k = 0; k < mutants; ++k) {
    ir::Body mutant = *code.body;
    const std::string what = mutate(mutant, heap, random);
    if (what.empty()) continue;
    ++count.mutants;
    if (!ir::equivalent(*code.body, mutant, heap)) continue;
    ++count.missed;
    text += "missed in " + std::string(code.name) + ": " + what + "\n";
  }
}

void compare_pair(const std::string& source, const std::string& compiled, bool summary, uint32_t mutants, Count& count, std::string& text) {
  const std::string content = content_of(source), bytes = content_of(compiled);
  Heap heap;
  Result<bytecode::Pyc> read = bytecode::read_pyc(heap, as_bytes(bytes));
  if (!read || read->contents.codes.empty()) {
    ++count.unread;
    return;
  }
  const std::vector<Value> codes = read->contents.codes;
  python::LowerOptions options;
  options.version = heap.code(codes[0]).version;
  python::ParseOptions parse_options;
  parse_options.version = options.version;
  python::Tree tree(heap);
  const python::Parsed parsed = python::parse(tree, content, parse_options);
  if (parsed.root == nullptr) {
    ++count.unread;
    return;
  }
  std::multimap<Key, Value> lowered;
  collect(heap, python::lower(tree, *parsed.root, options), lowered);
  size_t differing = 0;
  for (const Value value : codes) {
    CodeObject& code = heap.code(value);
    code.body = std::make_shared<ir::Body>(bytecode::lift(code, heap));
    ir::Verdict verdict;
    verdict.kind = ir::Verdict::Kind::different;
    verdict.why = "no such function in the source";
    // Of those of its name, that of its line; else (lines are counted otherwise) any.
    const auto [begin, end] = lowered.equal_range(Key(code.name));
    bool met = false;
    for (const bool same_line : {true, false}) {
      for (auto at = begin; at != end && !verdict; ++at) {
        const CodeObject& candidate = heap.code(at->second);
        if ((candidate.firstlineno == code.firstlineno) != same_line) continue;
        ir::Verdict one = ir::equivalent(code, candidate, heap);
        if (one || !met) verdict = std::move(one);
        met = true;
      }
    }
    ++count.functions;
    count.equal += verdict ? 1 : 0;
    count.undecided += verdict.kind == ir::Verdict::Kind::undecided ? 1 : 0;
    if (mutants != 0) try_mutants(heap, code, mutants, count, text);
    if (verdict) continue;
    ++differing;
    if (summary) {
      text += verdict.why + "\n";
      continue;
    }
    text += source + ":" + std::to_string(code.firstlineno) + " " + std::string(code.name) + ": " + verdict.why +
            " (B" + std::to_string(verdict.block_a) + " at " + std::to_string(verdict.offset_a) + " | B" +
            std::to_string(verdict.block_b) + " at " + std::to_string(verdict.offset_b) + ")\n";
  }
  ++count.modules;
  count.modules_equal += differing == 0 ? 1 : 0;
}

}  // namespace

int debug_equivalent(const std::vector<std::string>& paths, bool summary, uint32_t mutants) {
  Count count;
  std::string text;
  for (size_t i = 0; i + 1 < paths.size(); i += 2) compare_pair(paths[i], paths[i + 1], summary, mutants, count, text);
  if (mutants != 0) text += std::to_string(count.missed) + " of " + std::to_string(count.mutants) + " mutants missed\n";
  text += std::to_string(count.equal) + " of " + std::to_string(count.functions) + " functions equal, " +
          std::to_string(count.undecided) + " undecided, " + std::to_string(count.modules_equal) + " of " +
          std::to_string(count.modules) + " modules, " + std::to_string(count.unread) + " not read\n";
  return write_all(STDOUT_FILENO, text) && count.unread == 0 && count.equal == count.functions ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
