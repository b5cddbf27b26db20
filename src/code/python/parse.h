// Python source to the syntax tree: Python 3.0 to 3.14, and Python 2. Nothing is thrown away: where a logical
// line does not parse, an Expr of a Bad node holds its text, and what follows is read on.
#pragma once

#include <string>
#include <vector>

#include "bytes/result.h"
#include "code/python/ast.h"

namespace winnow::python {

// What the text is given to: a file or exec, eval (one expression), or the prompt (the same as a module here).
enum class ParseMode : uint8_t { module, expression, interactive };

// Bytes say their encoding themselves. Text was decoded before: a str given to exec.
enum class SourceForm : uint8_t { bytes, text };

struct ParseOptions {
  ParseMode mode = ParseMode::module;
  SourceForm form = SourceForm::bytes;
  // {0, 0}: not known. The text is then read as Python 3, and again as Python 2 where only that can be meant
  // (a print statement, backquotes, `except E, e`, 10L).
  PythonVersion version{0, 0};
  bool print_function = false;     // Python 2 with these __future__ imports in force; the text's own are seen
  bool unicode_literals = false;
  uint32_t max_nodes = 1'000'000;  // about 200 bytes each; past it the rest is one Bad node
};

struct ParseError {
  uint32_t offset = 0;  // in the text as given (in the decoded text, where `decoded` says so)
  int32_t line = 0;     // 1-based
  std::string what;
};

struct Parsed {
  Node* root = nullptr;  // a Module; in mode expression an expression
  std::vector<ParseError> errors;  // in the order of the text, the first 100
  uint8_t major = 3;     // the language that it was read as
  bool decoded = false;  // its encoding is not UTF-8: offsets are of the text in UTF-8
  bool complete = true;  // false: a budget ran out
  bool ok() const { return errors.empty() && complete; }
};

// The tree refers to `text`, which must live as long as the tree's heap.
Parsed parse(Tree& tree, std::string_view text, const ParseOptions& options = {});

}  // namespace winnow::python
