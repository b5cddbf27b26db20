#include "assembler.h"

#include <gtest/gtest.h>

#include "case_file.h"

namespace winnow::test {
namespace {

std::string bytes_of(std::string_view text) {
  auto bytes = assemble(text);
  EXPECT_TRUE(bytes) << bytes.error().what;
  return bytes ? bytes.take() : std::string();
}

TEST(Assembler, OpcodesTakeTheirArguments) {
  EXPECT_EQ(bytes_of("PROTO 4 BININT1 7 BININT -1 STOP"), std::string("\x80\x04K\x07J\xff\xff\xff\xff."));
  EXPECT_EQ(bytes_of("GLOBAL \"os system\""), "cos\nsystem\n");
  EXPECT_EQ(bytes_of("GLOBAL \"a module\" \"name\""), "ca module\nname\n");
  EXPECT_EQ(bytes_of("INT \"0x1337\" LONG 5"), "I0x1337\nL5L\n");
  EXPECT_EQ(bytes_of("STRING \"it's\" STRING raw=\"'\\\\x41'\""), "S'it\\'s'\nS'\\x41'\n");
  EXPECT_EQ(bytes_of("LONG1 255 LONG1 -1 LONG1 0"), std::string("\x8a\x02\xff\0\x8a\x01\xff\x8a\0", 9));
  EXPECT_EQ(bytes_of("BINFLOAT 1.5"), std::string("G\x3f\xf8\0\0\0\0\0\0", 9));
}

TEST(Assembler, LengthsLieWhenAsked) {
  EXPECT_EQ(bytes_of("SHORT_BINUNICODE length=200 \"os\""), "\x8c\xc8os");
  EXPECT_EQ(bytes_of("FRAME 3 hex 80 04"), std::string("\x95\x03\0\0\0\0\0\0\0\x80\x04", 11));
}

TEST(Assembler, BlocksAreArguments) {
  EXPECT_EQ(bytes_of("SHORT_BINBYTES pickle { NONE STOP }"), "C\x02N.");
  EXPECT_EQ(bytes_of("SHORT_BINUNICODE base64 { text \"hi\" }"),
            "\x8c\x04"
            "aGk=");
  EXPECT_EQ(bytes_of("repeat 3 { u8 1 }  // a remark"), "\x01\x01\x01");
  EXPECT_EQ(
      bytes_of("patch 1 \"X\" { text \"abc\" } first 2 { text \"abc\" } without_last 2 { text \"abc\" }"),
      "aXcaba");
  EXPECT_EQ(bytes_of("xor 1 { text \"ab\" } reversed { text \"ab\" } rot13 { text \"ab\" }"), "`cbano");
}

TEST(Assembler, SaysWhereItFails) {
  const auto bad = assemble("NONE\nNO_SUCH_OPCODE\n");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().offset, 2u);
  EXPECT_FALSE(assemble("\"a string"));
  EXPECT_FALSE(assemble("pickle { NONE"));
  EXPECT_FALSE(assemble("BININT1"));
}

TEST(Assembler, ZipHeadersDiffer) {
  const std::string zip = bytes_of("zip { member \"a\" local_name=\"b\" central_size=9 { text \"x\" } }");
  EXPECT_EQ(zip.substr(0, 4), "PK\x03\x04");
  EXPECT_EQ(zip[30], 'b');
  const size_t central = zip.find("PK\x01\x02");
  ASSERT_NE(central, std::string::npos);
  EXPECT_EQ(zip[central + 24], 9);
  EXPECT_EQ(zip[central + 46], 'a');
}

TEST(CaseFile, PrintsWhatItRead) {
  const std::string text =
      "# What it is about.\n# catches: a, b\n# xfail: one, two\n== input\nNONE\n== expected\nverdict: clean\n"
      "== decompiled\nresult = None\n";
  const Case test = parse_case(text);
  EXPECT_EQ(print_case(test), text);
  EXPECT_EQ(test.all("catches"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(test.one("xfail", ""), "one, two");
  EXPECT_FALSE(test.has("names"));
}

}  // namespace
}  // namespace winnow::test
