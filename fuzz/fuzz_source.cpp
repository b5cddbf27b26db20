// Python source: what parses without an error is printed, and the printed text must give the same tree.
#include <cstdlib>
#include <iostream>

#include "code/python/dump.h"
#include "code/python/parse.h"
#include "code/python/print.h"

using namespace winnow;

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
  python::PrintOptions print_options;
  if (parsed.major == 2) print_options.version = {2, 7};
  bool complete = true;
  const std::string printed = python::print(*parsed.root, heap, print_options, &complete);
  print_options.version = {3, 8};  // other quotes in f-strings
  (void)python::print(*parsed.root, heap, print_options);
  // Names that cannot be printed are spelled differently; so is what was cut.
  if (!parsed.ok() || !complete || printed.find("__winnow_") != printed.npos) return 0;
  options.version = parsed.major == 2 ? PythonVersion{2, 7} : options.version;
  const python::Parsed again = python::parse(tree, printed, options);
  if (again.ok() && python::dump(*again.root, heap) == python::dump(*parsed.root, heap)) return 0;
  std::cerr << printed << "\n" << python::dump(*parsed.root, heap) << "\n" << python::dump(*again.root, heap) << "\n";
  for (const python::ParseError& error : again.errors) std::cerr << error.line << ": " << error.what << "\n";
  std::abort();
}
