// What can be told of Python source without running it: which names it calls, which of them act, or that it
// is only a literal. A lexical reading: strings and comments are skipped, imports and aliases followed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace winnow::judge {

struct SourceFacts {
  bool literal = false;              // one constant: a number, a string, a tuple of them ...
  bool disguised = false;            // written so that a reader takes it for something else
  std::vector<std::string> calls;    // resolved names that are called, in order
  std::vector<std::string> imports;  // modules
  // The first call that acts on the world (runs code, reaches files or the network, changes the process,
  // loads or imports something), or empty.
  std::string acting;
  std::string acting_code;           // its text: "os.system('id')"
};

SourceFacts read_source(std::string_view source);

// Of the names and strings that a compiled function holds: a pair of module and member that acts on the
// world, else a builtin that executes or imports, or empty.
std::string acting_name(const std::vector<std::string_view>& names);

// The names in Python source, outside of strings and comments.
std::vector<std::string_view> words_in(std::string_view source);

// The identifiers that stand as printable runs in compiled or otherwise opaque data.
std::vector<std::string_view> identifiers_in(std::string_view data);

}  // namespace winnow::judge
