#include "formats/numpy/numpy.h"

#include <gtest/gtest.h>

#include "code/machine/literal.h"
#include "formats/numpy/descriptor.h"

namespace winnow::numpy {
namespace {

using namespace std::string_literals;

std::string npy(std::string header, const std::string& data, int version = 1) {
  header += '\n';
  std::string out = "\x93NUMPY"s + static_cast<char>(version) + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += static_cast<char>(header.size() >> (8 * i));
  return out + header + data;
}

std::string header(const std::string& descr, const std::string& shape = "(3,)") {
  return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }";
}

struct ReadResult {
  std::string bytes;
  Scan scan{Budget{}};

  explicit ReadResult(std::string input) : bytes(std::move(input)) {
    Artifact artifact;
    artifact.path = "model";
    artifact.bytes = as_bytes(bytes);
    scan.artifacts.push_back(artifact);
    if (is_npy(scan.artifacts[0])) read_npy(scan, scan.artifacts[0]);
  }
  std::string format() const { return scan.formats.empty() ? "" : scan.formats[0]; }
};

TEST(Numpy, NumbersAreNothing) {
  for (int version = 1; version <= 3; ++version) {
    const ReadResult run(npy(header("'<f8'"), std::string(24, '\x80'), version));
    EXPECT_EQ(run.format(), "npy");
    EXPECT_EQ(run.scan.artifacts.size(), 1U);
    EXPECT_TRUE(run.scan.gaps.empty());
  }
}

TEST(Numpy, ObjectsAreAPickle) {
  for (const char* descr : {"'|O'",
                            "'O'",
                            "'object'",
                            "'O8'",
                            "u'|O'",
                            "'>O'",
                            "[('a', '<f4'), ('b', '|O')]",
                            "('|O', (2, 2))",
                            "[('a', [('b', [('c', 'O')])])]",
                            "[(('title', 'name'), '|O', (2,))]",
                            "'f4,O'",
                            "'(2,3)O'",
                            "'3O'",
                            "['aO']",
                            "{'aO'}",
                            "{'names': ['a'], 'formats': ['O']}",
                            "'\\x4f'",
                            "'|' 'O'",
                            "r'O'",
                            "'''O'''",
                            "[('a', ('O', 2))]",
                            "'2,3)O'",
                            "(('O', 2), 3)"}) {
    const ReadResult run(npy(header(descr), "\x80\x02."s));
    EXPECT_EQ(run.format(), "npy-object") << descr;
    ASSERT_EQ(run.scan.artifacts.size(), 2U) << descr;
    EXPECT_EQ(run.scan.artifacts[1].hint, Hint::pickle);
    EXPECT_EQ(as_text(run.scan.artifacts[1].bytes), "\x80\x02."s);
  }
}

TEST(Numpy, LookAlikesOfObjects) {
  for (const char* descr : {"[('O', '<f4')]", "[('object', '<i8'), ('', '|V4')]", "'<M8[ns]'",
                            "[(('O', 'x'), '?')]", "'S10'", "'<U7'", "[('a', '<f4', (2, 3))]"}) {
    const ReadResult run(npy(header(descr, "(0,)"), ""));
    EXPECT_EQ(run.format(), "npy") << descr;
    EXPECT_EQ(run.scan.artifacts.size(), 1U) << descr;
    EXPECT_TRUE(run.scan.gaps.empty()) << descr;
  }
}

TEST(Numpy, ItemSizes) {
  const auto size = [](std::string_view text) { return data_type_of(text).item_size.value_or(0); };
  EXPECT_EQ(size("<f8"), 8U);
  EXPECT_EQ(size("|b1"), 1U);
  EXPECT_EQ(size("<U7"), 28U);
  EXPECT_EQ(size("float32"), 4U);
  EXPECT_EQ(size("2i4,f8"), 16U);
  EXPECT_EQ(size("(2,3)f4"), 24U);
  EXPECT_EQ(size("<M8[ns]"), 8U);
  for (const char* text : {"unheard", "", "[ns]", "<", ",", "()", "(", "3", "(2,3)"})
    EXPECT_EQ(size(text), 0U);
}

TEST(Numpy, LongsOfPython2) {
  const ReadResult run(npy(header("'<i4'", "(3L, 2L)"), std::string(24, 'x')));
  EXPECT_TRUE(run.scan.gaps.empty());
  EXPECT_EQ(run.scan.artifacts.size(), 1U);
}

TEST(Numpy, BytesBehindTheArrayAreUnclaimed) {
  const ReadResult run(npy(header("'<i4'"), std::string(12, 'x') + "behind"));
  ASSERT_EQ(run.scan.artifacts.size(), 2U);
  EXPECT_EQ(run.scan.artifacts[1].hint, Hint::unclaimed);
  EXPECT_EQ(as_text(run.scan.artifacts[1].bytes), "behind");
  EXPECT_EQ(ReadResult(npy(header("'<i4'"), std::string(40, '\0'))).scan.artifacts.size(), 1U);
}

TEST(Numpy, SeveralArraysInOneFile) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += npy(header("'<i4'"), std::string(12, 'x'));
  const ReadResult run(bytes + npy(header("'|O'"), "\x80\x02."s));
  ASSERT_EQ(run.scan.artifacts.size(), 2U);
  EXPECT_EQ(run.scan.artifacts[1].hint, Hint::pickle);
}

TEST(Numpy, HeadersThatDoNotParseAreGaps) {
  for (const std::string& text :
       {"{'descr': '<f4', 'fortran_order': False}"s, "{'descr': '<f4'"s, "not a dict"s, "[1, 2]"s, ""s,
        "{'descr': evil(), 'fortran_order': False, 'shape': ()}"s, std::string(1000, '('),
        "{'a': 1, 'descr': 'O', 'fortran_order': False, 'shape': ()}"s}) {
    const ReadResult run(npy(text, "\x80\x02."s));
    EXPECT_EQ(run.scan.gaps.size(), 1U) << text;
  }
  EXPECT_EQ(ReadResult("\x93NUMPY\x09\x00"s + std::string(100, 'x')).scan.gaps.size(), 1U);
}

TEST(Numpy, TruncatedAnywhere) {
  const std::string whole = npy(header("[('a', '|O'), ('b', '<f4', (2,))]"), "\x80\x02."s);
  for (size_t size = 0; size < whole.size(); ++size) ReadResult(whole.substr(0, size));
}

TEST(Numpy, AbsurdCounts) {
  EXPECT_EQ(ReadResult(npy(header("'<f8'", "(18446744073709551615, 18446744073709551615)"), "abc"))
                .scan.artifacts.size(),
            1U);
  EXPECT_EQ(ReadResult(npy(header("'<f8'", "(99999999999999999999999999,)"), "abc")).scan.artifacts.size(),
            1U);
  std::string long_header = npy(header("'<f8'"), "");
  long_header[8] = long_header[9] = '\xff';
  EXPECT_EQ(ReadResult(long_header).scan.gaps.size(), 1U);
}

TEST(Literal, Forms) {
  const auto parses = [](std::string_view text) { return static_cast<bool>(parse_literal(text)); };
  for (const char* text : {"1", "-1", "0x1f", "1_000", "1e5", " (1) ", "(1,)", "()", "{}", "{1, 2}",
                           "{1: 2, }", "None", "[True, False]", "'\\u0041\\n\\x41\\101'", "b'x'", "# c\n1"}) {
    EXPECT_TRUE(parses(text)) << text;
  }
  for (const char* text :
       {"", "f()", "x", "(1", "1)", "{1:}", "[1 2]", "'a", "[,]", "{1: 2, 3}", "(1}", "-", "'a'b"}) {
    EXPECT_FALSE(parses(text)) << text;
  }
}

}  // namespace
}  // namespace winnow::numpy
