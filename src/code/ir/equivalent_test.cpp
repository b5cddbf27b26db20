#include "code/ir/equivalent.h"

#include <gtest/gtest.h>

#include "code/ir/fold.h"
#include "code/python/lower.h"
#include "code/python/parse.h"

namespace winnow::ir {
namespace {

Value compile(python::Tree& tree, std::string_view text, PythonVersion version) {
  python::ParseOptions parse_options;
  parse_options.version = version;
  python::LowerOptions options;
  options.version = version;
  return python::lower(tree, *python::parse(tree, text, parse_options).root, options);
}

Verdict compare(std::string_view a, std::string_view b, PythonVersion version = {3, 11}) {
  Heap heap;
  python::Tree tree(heap);
  const Value x = compile(tree, a, version), y = compile(tree, b, version);
  EquivalenceLimits limits;
  limits.nested = true;
  return equivalent(heap.code(x), heap.code(y), heap, limits);
}

TEST(Equivalent, WhatIsTheSame) {
  const std::pair<const char*, const char*> pairs[] = {
      {"f(a)\n", "f(a)\n"},
      {"if not a: f()\nelse: g()\n", "if a: g()\nelse: f()\n"},
      {"if a and b: f()\n", "if a:\n  if b: f()\n"},
      {"if a or b: f()\nelse: g()\n", "if a: f()\nelif b: f()\nelse: g()\n"},
      {"while 1:\n  if a: break\n  f()\n", "while not a: f()\n"},
      {"x = (1, 2, 3)\n", "x = 1, 2, 3\n"},
      {"x = 1 + 2\n", "x = 3\n"},
      {"if not a is b: f()\n", "if a is not b: f()\n"},
      {"def f(x, y):\n  x, y = y, x\n  return x\n", "def f(x, y):\n  (x, y) = (y, x)\n  return x\n"},
      {"def f(x):\n  if x: return 1\n  else: return 2\n", "def f(x):\n  if x: return 1\n  return 2\n"},
      {"def f(a):\n  for x in a:\n    if x: g()\n    else: continue\n", "def f(a):\n  for x in a:\n    if x: g()\n"},
      {"if 0: f()\ng()\n", "g()\n"},
      {"try: f()\nexcept E: g()\n", "try: f()\nexcept E: g()\nelse: pass\n"},
  };
  for (const auto& [a, b] : pairs) {
    const Verdict verdict = compare(a, b);
    EXPECT_TRUE(verdict) << a << "--\n" << b << verdict.why;
  }
}

TEST(Equivalent, WhatDiffers) {
  const std::pair<const char*, const char*> pairs[] = {
      {"f(a)\n", "f(b)\n"},
      {"f(a, b)\n", "f(b, a)\n"},
      {"f(x=1)\n", "f(y=1)\n"},
      {"f(1)\n", "f(2)\n"},
      {"f(1)\n", "f(True)\n"},
      {"f(0.0)\n", "f(-0.0)\n"},
      {"f('a')\n", "f(b'a')\n"},
      {"f()\ng()\n", "g()\nf()\n"},
      {"f()\ng()\n", "f()\n"},
      {"a.b\n", "a.c\n"},
      {"if a: f()\nelse: g()\n", "if a: g()\nelse: f()\n"},
      {"if a and b: f()\n", "if a or b: f()\n"},
      {"if a: f()\n", "while a: f()\n"},
      {"while a: f()\n", "while 1: f()\n"},
      {"while 1: pass\n", "pass\n"},
      {"for x in a: f()\n", "for y in a: f()\n"},
      {"x = a + b\n", "x = b + a\n"},
      {"x = a + b\n", "x = a - b\n"},
      {"x += 1\n", "x = x + 1\n"},
      {"x = a is b\n", "x = a is not b\n"},
      {"x = [a, b]\n", "x = (a, b)\n"},
      {"x = {a: b}\n", "x = {b: a}\n"},
      {"try: f()\nexcept E: g()\n", "try: f()\nexcept: g()\n"},
      {"try: f()\nexcept E: g()\n", "try:\n  f()\n  g()\nexcept E: pass\n"},
      {"try:\n  f()\n  g()\nexcept E: h()\n", "try: f()\nexcept E: h()\nelse: g()\n"},
      {"try: f()\nfinally: g()\n", "f()\ng()\n"},
      {"with a: f()\n", "with b: f()\n"},
      {"def f(a):\n  try: a\n  except: g()\n", "def f(a):\n  try: a\n  except: h()\n"},
      {"def f(a):\n  with a as b: return b\n  g()\n", "def f(a):\n  with a as b: return b\n  h()\n"},
      {"def f():\n  try: a = 1\n  except: g()\n", "def f():\n  a = 1\n"},
      {"def f(a):\n  b = a\n  a = 1\n  return b\n", "def f(a):\n  b = a\n  a = 1\n  return a\n"},
      {"def f(a): return a\n", "def f(b): return b\n"},
      {"def f(a): return a\n", "def f(*a): return a\n"},
      {"def f(): 'text'\n", "def f(): pass\n"},
      {"def f(): yield\n", "def f(): pass\n"},
      {"def f(a=1): pass\n", "def f(a=2): pass\n"},
      {"def f(): return g\n", "def f(): return h\n"},
      {"if a:\n  def f(): g()\nelse:\n  def f(): h()\n", "if not a:\n  def f(): g()\nelse:\n  def f(): h()\n"},
      {"lambda: a\n", "lambda: b\n"},
      {"import a\n", "import b as a\n"},
      {"from a import b\n", "from .a import b\n"},
      {"raise a\n", "raise a from None\n"},
      {"def f():\n  global x\n  x = 1\n", "def f():\n  x = 1\n"},
      {"assert a\n", "assert a, 'm'\n"},
      {"f'{a}'\n", "f'{a!r}'\n"},
  };
  for (const auto& [a, b] : pairs) EXPECT_FALSE(compare(a, b)) << a << "--\n" << b;
}

TEST(Equivalent, SaysWhere) {
  const Verdict verdict = compare("f()\na.system('x')\n", "f()\na.popen('x')\n");
  EXPECT_EQ(verdict.kind, Verdict::Kind::different);
  EXPECT_EQ(verdict.why, "load_attr system | load_attr popen");
  EXPECT_EQ(verdict.offset_a, 4u);
}

TEST(Equivalent, StepsAreLimited) {
  Heap heap;
  python::Tree tree(heap);
  const Value x = compile(tree, "f()\nf()\nf()\nf()\nf()\nf()\n", {3, 11});
  EquivalenceLimits limits;
  limits.steps = 10;
  EXPECT_EQ(equivalent(heap.code(x), heap.code(x), heap, limits).kind, Verdict::Kind::undecided);
}

TEST(Equivalent, UnderflowIsDifferent) {
  Heap heap;
  Body a;
  a.version = {3, 11};
  a.blocks.emplace_back();
  a.blocks[0].exit = Exit::return_value;
  EXPECT_FALSE(equivalent(a, a, heap));
  a.blocks[0].instructions.resize(1);
  a.blocks[0].instructions[0].op = Op::rotate;
  a.blocks[0].instructions[0].a = 5;
  EXPECT_FALSE(equivalent(a, a, heap));
}

TEST(Fold, Arithmetic) {
  Heap heap;
  const PythonVersion three{3, 11};
  const auto folded = [&](Binary op, Value l, Value r) {
    Value out;
    return fold_binary(heap, three, op, l, r, &out) ? out : Value::unknown();
  };
  const auto integer = [](int64_t i) { return Value::integer(i); };
  EXPECT_EQ(folded(Binary::floor_divide, integer(-7), integer(2)).as_integer(), -4);
  EXPECT_EQ(folded(Binary::remainder, integer(-7), integer(3)).as_integer(), 2);
  EXPECT_EQ(folded(Binary::true_divide, integer(7), integer(2)).as_real(), 3.5);
  EXPECT_EQ(folded(Binary::power, integer(2), integer(70)).kind(), Kind::big_integer);
  EXPECT_EQ(folded(Binary::right_shift, folded(Binary::left_shift, integer(5), integer(80)), integer(78)).as_integer(), 20);
  EXPECT_FALSE(folded(Binary::floor_divide, integer(1), integer(0)).is_known());
  EXPECT_FALSE(folded(Binary::left_shift, integer(1), integer(4000)).is_known());
  EXPECT_FALSE(folded(Binary::multiply, Value::string("abc"), integer(1 << 30)).is_known());
  EXPECT_EQ(folded(Binary::multiply, Value::string("ab"), integer(2)).text(), "abab");
  EXPECT_EQ(folded(Binary::add, Value::string("a"), Value::string("b")).text(), "ab");
  EXPECT_FALSE(folded(Binary::add, Value::string("a"), Value::bytes("b")).is_known());
  EXPECT_FALSE(same_constant(heap, Value::integer(1), Value::boolean(true)));
  EXPECT_FALSE(same_constant(heap, Value::real(0.0), Value::real(-0.0)));
}

}  // namespace
}  // namespace winnow::ir
