// winnow debug lower FILE...: Python source as IR, every code object of it.
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "code/ir/ir.h"
#include "code/python/lower.h"
#include "code/python/parse.h"
#include "commands.h"
#include "terminal.h"

namespace winnow::cli {
namespace {

void add_code(std::string& text, const Heap& heap, Value value) {
  const CodeObject& code = heap.code(value);
  const std::string_view name = code.qualname.empty() ? code.name : code.qualname;
  text += "== " + std::string(name) + " line " + std::to_string(code.firstlineno) + "\n";
  text += ir::to_text(*code.body, heap);
  const std::string fault = ir::check(*code.body);
  if (!fault.empty()) text += "! " + fault + "\n";
  for (const Value constant : code.consts) {
    if (constant.is(Kind::code)) add_code(text, heap, constant);
  }
}

}  // namespace

int debug_lower(const std::vector<std::string>& paths, const std::string& version) {
  python::LowerOptions options;
  if (const size_t point = version.find('.'); point != version.npos) {
    options.version = {static_cast<uint8_t>(std::atoi(version.c_str())),
                       static_cast<uint8_t>(std::atoi(version.c_str() + point + 1))};
  }
  std::string text;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    Heap heap;
    python::Tree tree(heap);
    python::ParseOptions parse_options;
    parse_options.version = options.version;
    const python::Parsed parsed = python::parse(tree, content, parse_options);
    if (parsed.root == nullptr) continue;
    add_code(text, heap, python::lower(tree, *parsed.root, options));
  }
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
