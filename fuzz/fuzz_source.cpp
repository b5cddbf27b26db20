// Python source: what parses without an error is printed, and the printed text must give the same tree. Whatever was
// read is lowered to IR that keeps its promises and equals itself.
#include <cstdlib>
#include <iostream>

#include "code/ir/equivalent.h"
#include "code/python/dump.h"
#include "code/python/lower.h"
#include "code/python/parse.h"
#include "code/python/print.h"

using namespace winnow;

namespace {

void check_lowered(Heap& heap, Value value) {
  const CodeObject& code = heap.code(value);
  const std::string fault = ir::check(*code.body);
  ir::EquivalenceLimits limits;
  limits.steps = 200'000;
  const ir::Verdict verdict = ir::equivalent(code, code, heap, limits);
  if (!fault.empty() || verdict.kind == ir::Verdict::Kind::different) {
    std::cerr << code.name << ": " << fault << " " << verdict.why << "\n" << ir::to_text(*code.body, heap);
    std::abort();
  }
  const std::vector<Value> constants = code.consts;
  for (const Value constant : constants) {
    if (constant.is(Kind::code)) check_lowered(heap, constant);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  python::ParseOptions options;
  options.mode = (data[0] & 1) != 0 ? python::ParseMode::expression : python::ParseMode::module;
  if ((data[0] & 6) == 2) options.version = {2, 7};
  if ((data[0] & 6) == 4) options.version = {3, 14};
  Heap heap;
  python::Tree tree(heap);
  const python::Parsed parsed = python::parse(tree, text, options);
  python::LowerOptions lower_options;
  constexpr PythonVersion kVersions[] = {{3, 6}, {3, 8}, {3, 10}, {3, 11}, {3, 12}, {3, 13}, {3, 14}, {3, 9}};
  lower_options.version = parsed.major == 2 ? PythonVersion{2, 7} : kVersions[data[0] >> 5];
  if (options.mode == python::ParseMode::expression) lower_options.mode = python::LowerMode::eval;
  check_lowered(heap, python::lower(tree, *parsed.root, lower_options));
  python::PrintOptions print_options;
  if (parsed.major == 2) print_options.version = {2, 7};
  bool complete = true;
  const std::string printed = python::print(*parsed.root, heap, print_options, &complete);
  print_options.version = {3, 8};  // other quotes in f-strings
  (void)python::print(*parsed.root, heap, print_options);
  // Names that cannot be printed are spelled differently; so is what was cut.
  if (!parsed.ok() || !complete || printed.find("__winnow_") != printed.npos) return 0;
  // Python 2 with what only 3.10 has is no language.
  if (parsed.major == 2 && printed.find("match ") != printed.npos) return 0;
  options.version = parsed.major == 2 ? PythonVersion{2, 7} : options.version;
  const python::Parsed again = python::parse(tree, printed, options);
  if (again.major != parsed.major) return 0;  // neither language takes the first text, for a broken escape, say
  if (again.ok() && python::dump(*again.root, heap) == python::dump(*parsed.root, heap)) return 0;
  std::cerr << printed << "\n" << python::dump(*parsed.root, heap) << "\n" << python::dump(*again.root, heap) << "\n";
  for (const python::ParseError& error : again.errors) std::cerr << error.line << ": " << error.what << "\n";
  std::abort();
}
