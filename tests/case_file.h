// A test case: one text file with its purpose, its input in assembler text and what is expected.
//
//   # A sentence that says what the case is about.
//   # catches: pickle-code-execution
//   # names: os.system
//   == input
//   GLOBAL "os system"
//   ...
//   == expected
//   verdict: malicious
//   confirmed pickle-code-execution load os.system: _var0 = os.system('id')
//   == decompiled
//   ...
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::test {

struct Case {
  std::string head;      // the comment lines, as they stand
  std::string input;     // assembler text
  std::string expected;  // one line per verdict, finding, reference, gap
  std::string decompiled;
  std::multimap<std::string, std::string, std::less<>> marks;  // "catches" -> "pickle-code-execution"

  bool has(std::string_view mark) const { return marks.find(mark) != marks.end(); }
  std::vector<std::string> all(std::string_view mark) const;
  std::string one(std::string_view mark, std::string fallback) const;
};

Case parse_case(std::string_view text);
std::string print_case(const Case&);

}  // namespace winnow::test
