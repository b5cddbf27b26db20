// Jinja templates as the loaders of chat models read them (jinja2's lexer and parser, with loop controls, `do`
// and transformers' `generation` blocks): text -> Python's syntax tree, which the compiler lowers and the
// machine runs. Code hides in expressions: every attribute, item, call and filter is kept with its Python meaning
// (`x|attr('y')` is getattr(x, 'y'), `a ~ b` is str(a) + str(b)), so that the machine knows no Jinja. What a
// template writes is a call of `kOutput`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bytes/result.h"
#include "code/python/ast.h"

namespace winnow::jinja {

// The names under which a template's own operations stand in the tree: no Python identifier can be one of them.
inline constexpr std::string_view kOutput = "jinja.output";    // writes its argument
inline constexpr std::string_view kItem = "jinja.item";        // x[y]: the item, else the attribute
inline constexpr std::string_view kAttribute = "jinja.attribute";  // x.y: the attribute, else the item
inline constexpr std::string_view kPath = "jinja.path";        // map(attribute=y): items and attributes with dots between
inline constexpr std::string_view kBy = "jinja.by";            // sort(attribute=y): x, after looking at y of each
inline constexpr std::string_view kText = "jinja.text";        // what a macro or a block has written so far
inline constexpr std::string_view kInclude = "jinja.include";  // loads another template
inline constexpr std::string_view kFilter = "jinja.filter.";   // and the name of a filter that Python has no word for
inline constexpr std::string_view kTest = "jinja.test.";       // and the name of a test

struct Problem {
  uint64_t offset = 0;
  int32_t line = 0;
  std::string what;
  std::string_view tag = {};  // that could not be read; empty where blocks are not closed
};

struct Template {
  python::Node* module = nullptr;
  std::vector<Problem> problems;  // tags that could not be read: their place is a Bad node, the rest is kept
  bool more_problems = false;      // than are kept
  uint32_t expressions = 0;       // that are more than text; 0: nothing is executed
};

// Whether the text has any tag at all.
bool has_tags(std::string_view text);

// Never fails as a whole; views of `text` stay in the tree.
Template parse(python::Tree& tree, std::string_view text);

}  // namespace winnow::jinja
