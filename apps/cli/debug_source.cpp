// winnow debug parse FILE...: Python source as a tree (in the form of ast.dump, one line a file), printed again as
// source, or only its errors with the speed of the parser.
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>

#include "code/python/dump.h"
#include "code/python/parse.h"
#include "code/python/print.h"
#include "commands.h"
#include "terminal.h"

namespace winnow::cli {

int debug_parse(const std::vector<std::string>& paths, const std::string& version, const std::string& show) {
  python::ParseOptions options;
  if (const size_t point = version.find('.'); point != version.npos) {
    options.version = {static_cast<uint8_t>(std::atoi(version.c_str())),
                       static_cast<uint8_t>(std::atoi(version.c_str() + point + 1))};
  }
  std::string text;
  double seconds = 0;
  size_t bytes = 0, broken = 0;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    Heap heap;
    python::Tree tree(heap);
    const auto start = std::chrono::steady_clock::now();
    const python::Parsed parsed = python::parse(tree, content, options);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    bytes += content.size();
    broken += parsed.ok() ? 0 : 1;
    for (const python::ParseError& error : parsed.errors) {
      std::cerr << path << ':' << error.line << ": " << error.what << '\n';
    }
    if (show == "tree") text += python::dump(*parsed.root, heap) + "\n";
    if (show == "source") {
      python::PrintOptions print;
      if (options.version.major != 0) print.version = options.version;
      else if (parsed.major == 2) print.version = {2, 7};
      bool complete = true;
      text += python::print(*parsed.root, heap, print, &complete);
      if (!complete) std::cerr << path << ": not all of it can be printed\n";
    }
  }
  if (show == "speed") {
    text = std::to_string(paths.size()) + " files, " + std::to_string(broken) + " with errors, " +
           std::to_string(static_cast<double>(bytes) / 1e6) + " MB, " +
           std::to_string(static_cast<double>(bytes) / 1e6 / seconds) + " MB/s\n";
  }
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
