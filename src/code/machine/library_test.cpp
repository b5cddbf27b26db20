// The standard library's small tools that hidden code is put together with: what they give must be what CPython
// gives, so the expected values were computed by it.
#include <gtest/gtest.h>

#include "code/machine/interpreter.h"
#include "code/machine/random.h"
#include "code/machine/run.h"
#include "core/print.h"

namespace winnow::machine {
namespace {

// The statements of the events that running the source gives, one a line.
std::string run_source(std::string_view source) {
  Scan scan{Budget{}};
  Artifact artifact;
  artifact.path = "program.py";
  artifact.bytes = as_bytes(source);
  scan.artifacts.push_back(artifact);
  Trace trace;
  trace.dialect = "code";
  trace.artifacts.push_back(artifact);
  Machine machine(scan, trace);
  const auto code = compile_source(machine, source, Source::module);
  if (!code) return "does not compile";
  run_module(machine, *code, new_globals(machine, "__main__"), Trigger::import);
  run_uncalled(machine, Trigger::other);
  const Printer printer(trace);
  std::string out;
  for (uint32_t i = 0; i < trace.events.size(); ++i) {
    if (trace.events[i].op != Op::import) out += printer.statement(i) + "\n";
  }
  return out;
}

// What `expression` gives behind `setting`, as the argument of a call that is recorded.
void expect_value(const std::string& setting, const std::string& expression, const std::string& value) {
  const std::string out = run_source(setting + "\nimport os\nos.system(repr(" + expression + "))");
  EXPECT_NE(out.find("os.system('" + value + "')"), std::string::npos) << setting << "; " << expression << "\n" << out;
}

TEST(Library, SeededRandomNumbers) {
  expect_value("import random; random.seed(1337)", "[random.randrange(256) for _ in range(4)]", "[187, 84, 170, 196]");
  expect_value("import random; random.seed('key')", "[random.randint(1, 6) for _ in range(6)]", "[5, 3, 4, 4, 4, 4]");
  expect_value("import random; random.seed(2**40 + 7)", "random.getrandbits(40)", "822974591194");
  expect_value("import random; random.seed(5)", "[random.choice([10, 20, 30]), random.sample(range(50), 3)]", "[30, [16, 47, 22]]");
  expect_value("import random; r = random.Random(9); a = [1, 2, 3, 4, 5]; r.shuffle(a)", "a", "[5, 1, 2, 3, 4]");
}

TEST(Library, UnseededRandomNumbersAreNotKnown) {
  const std::string out = run_source("import random, os\nif random.random() < 2:\n    os.system('a')\nelse:\n    os.system('b')");
  EXPECT_NE(out.find("os.system('a')"), std::string::npos) << out;
  EXPECT_NE(out.find("os.system('b')"), std::string::npos) << out;
}

TEST(Library, Heaps) {
  expect_value("import heapq\nh = []\nfor c in 'heapsort': heapq.heappush(h, c)", "[ord(c) for c in h]", "[97, 104, 101, 112, 115, 111, 114, 116]");
  expect_value("import heapq\nh = list('heapsort')\nheapq.heapify(h)\na = heapq.heappop(h)", "[ord(c) for c in a + ''.join(h)]", "[97, 101, 112, 104, 116, 115, 111, 114]");
  expect_value("import heapq", "heapq.nlargest(3, [5, 1, 9, 7])", "[9, 7, 5]");
}

TEST(Library, Texts) {
  expect_value("import shlex", "len(shlex.split('a \"b c\" d\\\\ e'))", "3");
  expect_value("", "str(b'ab', 'ascii') == 'ab' and str(b'ab', encoding='utf-8') == 'ab'", "True");
  expect_value("import html", "[ord(c) for c in html.unescape('&#111;&#x73;&amp;')]", "[111, 115, 38]");
  expect_value("import textwrap", "[ord(c) for c in textwrap.dedent('  a\\n    b\\n')]", "[97, 10, 32, 32, 98, 10]");
}

TEST(Library, ExceptionsKnowTheirCauseAndContext) {
  const std::string out = run_source(
      "import os\ntry:\n    try:\n        raise ValueError('a')\n    except ValueError as e:\n        raise KeyError('b') from e\nexcept KeyError as k:\n"
      "    os.system(k.__cause__.args[0] + k.__context__.args[0])\n");
  EXPECT_NE(out.find("os.system('aa')"), std::string::npos) << out;
}

TEST(Library, MembersOfModulesBecomeGlobals) {
  const std::string out = run_source("import os\nglobals().update(vars(os))\nglobals()['system']('a')\nsystem('b')\n");
  EXPECT_NE(out.find("os.system('a')"), std::string::npos) << out;
  EXPECT_NE(out.find("os.system('b')"), std::string::npos) << out;
}

TEST(Library, RegisteredFunctionsRun) {
  const std::string out = run_source(
      "import os\nfrom functools import singledispatch\n@singledispatch\ndef g(v): return v\n@g.register(str)\ndef _(v): os.system('x')\n");
  EXPECT_NE(out.find("os.system('x')"), std::string::npos) << out;
}

}  // namespace
}  // namespace winnow::machine
