#include "code/python/parse.h"

#include <gtest/gtest.h>

#include "code/python/dump.h"
#include "code/python/print.h"

namespace winnow::python {
namespace {

struct ParseTest : testing::Test {
  // The tree of `text` as source again.
  std::string read(std::string_view text, ParseOptions options = {}) {
    parsed = parse(tree, heap.arena().copy(text), options);
    PrintOptions print_options;
    if (parsed.major == 2) print_options.version = {2, 7};
    return print(*parsed.root, heap, print_options);
  }
  std::string errors() const {
    std::string out;
    for (const ParseError& error : parsed.errors) out += std::to_string(error.line) + ": " + error.what + "\n";
    return out;
  }
  std::string expression(std::string_view text, PythonVersion version = {0, 0}) {
    ParseOptions options;
    options.mode = ParseMode::expression;
    options.version = version;
    return read(text, options);
  }

  Heap heap;
  Tree tree{heap};
  Parsed parsed;
};

TEST_F(ParseTest, OperatorsBindAsPythonBindsThem) {
  EXPECT_EQ(expression("not a in b or -x ** -y"), "not a in b or -x ** -y");
  EXPECT_EQ(expression("(a if b else c)if d else lambda:0"), "(a if b else c) if d else lambda: 0");
  EXPECT_EQ(expression("a<b is not c not in(d)"), "a < b is not c not in d");
  EXPECT_EQ(expression("f(*a,k=1,**b)(x for x in y)[::2,...]"), "f(*a, k=1, **b)(x for x in y)[::2, ...]");
  EXPECT_EQ(expression("(lambda: a) if b else c"), "(lambda: a) if b else c");
  EXPECT_EQ(expression(" \t1"), "1");
}

TEST_F(ParseTest, Literals) {
  EXPECT_EQ(expression("[0xff, 0o17, 0b11, 1_000, 1e3, 1.5j, .5, 10**20]"), "[255, 15, 3, 1000, 1000.0, 1.5j, 0.5, 10 ** 20]");
  EXPECT_EQ(expression("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(expression("0xffffffffffffffffffffffff"), "79228162514264337593543950335");
  EXPECT_EQ(expression(R"('a' "b" r'\n' '\x41\101\u0042\N{LATIN SMALL LETTER O}\N{BULLET}')"), R"('ab\\nAABo\ufffd')");
  EXPECT_EQ(expression(R"(b'\xff\u0041' rb'\x')"), R"(b'\xff\\u0041\\x')");
  EXPECT_EQ(expression("'a\\\r\nb'"), "'ab'");
}

TEST_F(ParseTest, FormattedStrings) {
  EXPECT_EQ(expression(R"(f"{a!r:>{w}.{p}} {{}} {b = } {c:%H:%M}")"), R"(f'{a!r:>{w}.{p}} {{}} b = {b!r} {c:%H:%M}')");
  EXPECT_EQ(expression(R"(f'{a['b']}' 'c' f"{f"{1}"}")"), R"(f'{a["b"]}c{f"{1}"}')");
  EXPECT_EQ(expression("f'{lambda x: 1}'"), "__winnow_bad__(\"f'{lambda x: 1}'\")");
  EXPECT_EQ(expression("f'{(lambda x: 1)} {x!=y} \\{z}'"), "f'{(lambda x: 1)} {x != y} \\\\{z}'");
  EXPECT_EQ(expression("t'{x!s} {y}'"), "t'{x!s} {y}'");
  EXPECT_EQ(expression("f'''{\nx\n}'''"), "f'{x}'");
}

TEST_F(ParseTest, NamesAreNormalised) {
  // Mathematical letters, full width, a ligature: os.system in disguise.
  EXPECT_EQ(expression("\xf0\x9d\x96\x94\xf0\x9d\x96\x98.\xef\xbd\x93ystem"), "os.system");
  EXPECT_EQ(expression("\xef\xac\x81le"), "file");
  EXPECT_EQ(expression("a\xc2\xa0"), "__winnow_bad__('a\\xa0')");
}

TEST_F(ParseTest, Python2IsRecognised) {
  EXPECT_EQ(read("print 'a', b\n"), "print 'a', b\n");
  EXPECT_EQ(parsed.major, 2);
  EXPECT_EQ(read("print >>f, x,\nprint ('a', 1)\n"), "print >>f, x,\nprint ('a', 1)\n");
  EXPECT_EQ(read("exec code in d\nraise E, 'v', t\n"), "exec code in d\nraise E, 'v', t\n");
  EXPECT_EQ(read("try: pass\nexcept (A, B), e: `x`\n"), "try:\n    pass\nexcept (A, B), e:\n    `x`\n");
  EXPECT_EQ(read("a = 0777 + 10L <> ur'\\u0041'\n"), "a = 511 + 10L != u'A'\n");
  EXPECT_EQ(read("def f((a, b), c=1): return lambda (x,), (y): x\n"), "def f((a, b), c=1):\n    return lambda (x,), y: x\n");
  EXPECT_EQ(read("print a[..., 1]\nx = ...\n"), "print a[..., 1]\nx = Ellipsis\n");
  EXPECT_EQ(read("print('a')\n"), "print('a')\n");
  EXPECT_EQ(parsed.major, 3);
  EXPECT_EQ(read("from __future__ import print_function\nprint(a, end='')\nx = 1L\n"),
            "from __future__ import print_function\nprint(a, end='')\nx = 1L\n");
}

TEST_F(ParseTest, NewSyntax) {
  EXPECT_EQ(read("type A[T: int = str, *Ts, **P] = list[T]\ntype = 1\n"), "type A[T: int = str, *Ts, **P] = list[T]\ntype = 1\n");
  EXPECT_EQ(read("match = 1\nmatch (x):\n  case -1+2j | None: pass\n  case {'a': b, **c} if d: pass\nmatch(x)\n"),
            "match = 1\nmatch x:\n    case -1 + 2.0j | None:\n        pass\n    case {'a': b, **c} if d:\n        pass\nmatch(x)\n");
  EXPECT_EQ(read("try: pass\nexcept A, B: pass\n"), "try:\n    pass\nexcept (A, B):\n    pass\n");
  EXPECT_EQ(read("with (open(a) as b, c,): pass\nwith (yield x): pass\n"), "with open(a) as b, c:\n    pass\nwith (yield x):\n    pass\n");
  EXPECT_EQ(read("x[*a, 1:2]: *b = 1\n"), "__winnow_bad__('x[*a, 1:2]: *b = 1')\n");
  EXPECT_EQ(read("def f(*args: *Ts, a, **k) -> (yield): ...\n"), "def f(*args: *Ts, a, **k) -> (yield):\n    ...\n");
}

TEST_F(ParseTest, WhatParsesIsKept) {
  EXPECT_EQ(read("import os\nif x = 3:\n  os.system('id')\nelse:\n  b\nc(\n"),
            "import os\n__winnow_bad__('if x = 3:')\nos.system('id')\n__winnow_bad__('else:')\nb\n__winnow_bad__('c(')\n");
  EXPECT_EQ(errors(), "2: a colon is expected\n4: an expression is expected\n6: a bracket is never closed\n");
  EXPECT_EQ(read("a; b = = c; d\ne\n"), "a\n__winnow_bad__('b = = c; d')\ne\n");
  EXPECT_EQ(read("def f(:\n    a\n    b\nc\n"), "__winnow_bad__('def f(:')\na\nb\nc\n");
  EXPECT_EQ(read("x = (1,\ndef f():\n    pass\n"), "__winnow_bad__('x = (1,\\n')\n\ndef f():\n    pass\n");
  EXPECT_EQ(read("x = '''abc\ny()\n"), "__winnow_bad__(\"x = '''abc\")\ny()\n");
  EXPECT_EQ(read("if a:\n    b\n  c\nd\n"), "if a:\n    b\nc\nd\n");
  EXPECT_EQ(read("a\0b\nc\n"), "a\n");  // a C string ends there
  EXPECT_EQ(read(std::string_view("a\0b\nc\n", 6)), "__winnow_bad__('a\\x00b')\nc\n");
}

TEST_F(ParseTest, LinesAndEncodings) {
  EXPECT_EQ(read("\xef\xbb\xbfif a:\r\n\tb\r\n        c\rd = \\\r\n 1"), "if a:\n    b\n    c\nd = 1\n");
  EXPECT_TRUE(parsed.ok()) << errors();
  EXPECT_EQ(read("# -*- coding: latin-1 -*-\nx = '\xe9'\n"), "x = '\\xe9'\n");
  EXPECT_TRUE(parsed.ok()) << errors();
  ParseOptions two;
  two.version = {2, 7};
  EXPECT_EQ(read("# coding: latin-1\nx = '\xe9', u'\xe9'\n", two), "x = ('\\xe9', u'\\xe9')\n");
  EXPECT_EQ(read("\fa\n \f\nb\n"), "a\nb\n");
  // Encodings in which a comment ends earlier than it seems to.
  EXPECT_EQ(read("# coding: unicode_escape\\nimport os\n"), "import os\n");
  EXPECT_EQ(read("#coding=utf7\n# +AAo-import os\n"), "import os\n");
  EXPECT_EQ(read("# coding: koi8-r\nx = '\xe9'\n"), "x = '\\u0418'\n");
  EXPECT_EQ(read("# coding: KOI8_R\nx = '\xe9\\x8b', u'\xe9'\n", two), "x = ('\\xe9\\x8b', u'\\u0418')\n");
  EXPECT_TRUE(parsed.ok()) << errors();
  EXPECT_EQ(read("# coding: big5\nx = '\xe9'\n"), "x = '\\xe9'\n");
  EXPECT_EQ(errors(), "1: an encoding that is not read: big5\n");
  ParseOptions text;
  text.form = SourceForm::text;
  EXPECT_EQ(read("# coding: utf7\nx = '\xc3\xa9+AAo-'\n", text), "x = '\\xe9+AAo-'\n");
}

TEST_F(ParseTest, NothingNestsTooDeeply) {
  for (const char* piece : {"(", "[", "{", "-", "not ", "lambda:", "f(", "a[", "{a:", "a**", "f'{", "a if b else (", "~"}) {
    std::string text = "x = ";
    for (int i = 0; i < 100'000; i++) text += piece;
    (void)read(text);
    EXPECT_FALSE(parsed.ok()) << piece;
  }
  std::string blocks;
  for (size_t i = 0; i < 2000; i++) blocks += std::string(i, ' ') + "if a:\n";
  (void)read(blocks);
  EXPECT_FALSE(parsed.ok());
  std::string chain = "x = a";
  for (int i = 0; i < 100'000; i++) chain += i % 2 == 0 ? " + a" : ".b(c)";
  (void)read(chain);
  EXPECT_TRUE(parsed.ok());
  std::string conditions = "x = ";
  for (int i = 0; i < 100'000; i++) conditions += "a if b else ";
  (void)read(conditions + "c");
  EXPECT_TRUE(parsed.ok());
}

}  // namespace
}  // namespace winnow::python
