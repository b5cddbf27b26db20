#include "code/python/lower.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "code/ir/ir.h"
#include "code/python/parse.h"
#include "code/python/scopes.h"

namespace winnow::python {
namespace {

struct Lowered {
  Heap heap;
  Tree tree{heap};
  Value module;

  explicit Lowered(std::string_view text, PythonVersion version = {3, 12}, LowerMode mode = LowerMode::module) {
    ParseOptions parse_options;
    parse_options.version = version;
    LowerOptions options;
    options.version = version;
    options.mode = mode;
    module = lower(tree, *parse(tree, text, parse_options).root, options);
    check(module);
  }

  void check(Value code) {
    EXPECT_EQ(ir::check(*heap.code(code).body), "") << heap.code(code).name;
    for (const Value constant : heap.code(code).consts) {
      if (constant.is(Kind::code)) check(constant);
    }
  }

  // Of the n-th code constant of the module.
  const CodeObject& function(size_t n = 0) {
    for (const Value constant : heap.code(module).consts) {
      if (constant.is(Kind::code) && n-- == 0) return heap.code(constant);
    }
    ADD_FAILURE() << "no such function";
    return heap.code(module);
  }

  std::string text(const CodeObject& code) { return ir::to_text(*code.body, heap); }
  std::string text() { return text(heap.code(module)); }
};

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Lower, CallsKeepTheirOrderAndNames) {
  Lowered lowered("os.system('id', shell=True)\n");
  const std::string text = lowered.text();
  const size_t os = text.find("load_name         os"), system = text.find("load_attr         system");
  const size_t call = text.find("call              2 shell=");
  EXPECT_LT(os, system);
  EXPECT_LT(system, call);
  EXPECT_NE(call, std::string::npos) << text;
}

TEST(Lower, NamesFindTheirScopes) {
  Lowered lowered("def f(a):\n  b = 1\n  def g():\n    nonlocal b\n    b = a\n    global c\n    c = d\n  return g\n");
  const CodeObject& f = lowered.function();
  EXPECT_EQ(f.cellvars, (std::vector<std::string_view>{"a", "b"}));
  const CodeObject& g = lowered.heap.code(f.consts[1]);
  EXPECT_EQ(g.freevars, (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(g.qualname, "f.<locals>.g");
  const std::string text = lowered.text(g);
  EXPECT_NE(text.find("load_deref        a"), std::string::npos);
  EXPECT_NE(text.find("store_deref       b"), std::string::npos);
  EXPECT_NE(text.find("store_global      c"), std::string::npos);
  EXPECT_NE(text.find("load_global       d"), std::string::npos);
}

TEST(Lower, PrivateNamesAreMangled) {
  Lowered lowered("class _C:\n  def f(self): return self.__x\n");
  const CodeObject& f = lowered.heap.code(lowered.function().consts[0]);
  EXPECT_NE(lowered.text(f).find("load_attr         _C__x"), std::string::npos);
}

TEST(Lower, ComprehensionsAreInLineFrom312) {
  const std::string text = "def f(a): return [x for x in a]\n";
  EXPECT_EQ(count(Lowered(text, {3, 12}).text(Lowered(text, {3, 12}).function()), "make_function"), 0u);
  Lowered older(text, {3, 11});
  EXPECT_EQ(older.heap.code(older.function().consts[1]).name, "<listcomp>");
  Lowered newer(text, {3, 12});
  EXPECT_EQ(count(newer.text(newer.function()), "load_fast_and_clear"), 1u);
  EXPECT_EQ(count(newer.text(newer.function()), "restore_fast"), 2u);  // also where an exception leaves
}

TEST(Lower, FinallyRunsOnEveryWayOut) {
  Lowered lowered("def f(a):\n  for x in a:\n    try:\n      if x: break\n      if a: continue\n      return x\n    finally: done()\n");
  // The end of the body cannot be reached: break, continue, return, and an exception are left.
  EXPECT_EQ(count(lowered.text(lowered.function()), "load_global       done"), 4u);
}

TEST(Lower, ExceptionNamesAreUnbound) {
  Lowered lowered("def f():\n  try: g()\n  except E as e: h(e)\n");
  EXPECT_EQ(count(lowered.text(lowered.function()), "delete_fast       e"), 2u);
  EXPECT_EQ(count(lowered.text(lowered.function()), "match_exception"), 1u);
}

TEST(Lower, ConstantsAreFolded) {
  Lowered lowered("x = 2 ** 10 + 1\ny = 'a' * 3\nz = -1\nw = 1 in [1, 2]\nif 0: never()\n");
  const std::string text = lowered.text();
  for (const char* part : {"1025", "'aaa'", "-1", "(1, 2)"}) EXPECT_NE(text.find(part), std::string::npos) << part;
  EXPECT_EQ(text.find("never"), std::string::npos);
}

TEST(Lower, PythonTwoHasItsStatements) {
  Lowered lowered("print >>f, a,\nexec b in c\nimport d\nclass C: pass\n", {2, 7});
  const std::string text = lowered.text();
  for (const char* part : {"print_item_to", "exec_statement", "build_class_2"}) EXPECT_NE(text.find(part), std::string::npos) << part;
  EXPECT_NE(text.find("load_const        -1"), std::string::npos);
}

TEST(Lower, FlagsSayWhatAFunctionIs) {
  Lowered lowered("def f(*a, **k): yield\nasync def g(): await f\nasync def h(): yield\nlambda: 0\n");
  EXPECT_NE(lowered.function(0).flags & (CodeObject::kGenerator | CodeObject::kVarArgs | CodeObject::kVarKeywords), 0u);
  EXPECT_NE(lowered.function(1).flags & CodeObject::kCoroutine, 0u);
  EXPECT_NE(lowered.function(2).flags & CodeObject::kAsyncGenerator, 0u);
  EXPECT_EQ(lowered.function(3).name, "<lambda>");
}

TEST(Lower, BrokenSourceKeepsTheRest) {
  Lowered lowered("a()\nif if if\nb()\n");
  const std::string text = lowered.text();
  EXPECT_NE(text.find("load_name         a"), std::string::npos);
  EXPECT_NE(text.find("unknown"), std::string::npos);
  EXPECT_NE(text.find("load_name         b"), std::string::npos);
}

TEST(Lower, ExpressionsGiveTheirValue) {
  Lowered lowered("1 + x", {3, 8}, LowerMode::eval);
  EXPECT_NE(lowered.text().find("return"), std::string::npos);
  EXPECT_EQ(lowered.text().find("None"), std::string::npos);
}

TEST(Lower, LongSumsAndDeepNestingAreSafe) {
  std::string sum = "x = a";
  for (int i = 0; i < 20000; ++i) sum += " + a";
  EXPECT_EQ(count(Lowered(sum + "\n").text(), "binary"), 20000u);
  std::string calls = "x = ";
  for (int i = 0; i < 5000; ++i) calls += "f(";
  Lowered deep(calls + "1" + std::string(5000, ')') + "\n");
  std::string nots = "x = " ;
  for (int i = 0; i < 5000; ++i) nots += "not ";
  Lowered deeper(nots + "1\n");
  std::string chain = "if a: b()\n";
  for (int i = 0; i < 3000; ++i) chain += "elif a: b()\n";
  Lowered branches(chain);
}

TEST(Lower, TheBudgetEndsTheCode) {
  Heap heap;
  Tree tree(heap);
  LowerOptions options;
  options.instructions = 10;
  const Value code = lower(tree, *parse(tree, "f(1)\nf(2)\nf(3)\nf(4)\nf(5)\n").root, options);
  EXPECT_NE(ir::to_text(*heap.code(code).body, heap).find("limit of instructions"), std::string::npos);
}

TEST(Scopes, EnclosingNamesAreFree) {
  Heap heap;
  Tree tree(heap);
  LowerOptions options;
  options.enclosing = {"a"};
  const Value code = lower(tree, *parse(tree, "def f(): return a, b\n").root, options);
  const CodeObject& f = heap.code(*std::find_if(heap.code(code).consts.begin(), heap.code(code).consts.end(),
                                                [](Value v) { return v.is(Kind::code); }));
  EXPECT_EQ(f.freevars, (std::vector<std::string_view>{"a"}));
}

}  // namespace
}  // namespace winnow::python
