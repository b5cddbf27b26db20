#include "report/escape.h"

#include <gtest/gtest.h>

namespace winnow::report {
namespace {

TEST(Escape, NamesKeepWhatIsUtf8) {
  EXPECT_EQ(escape_name("models/\u4e2d.pt"), "models/\u4e2d.pt");
  EXPECT_EQ(escape_name("C:\\temp\\x"), "C:\\temp\\x");
}

TEST(Escape, NamesSpellInvalidBytesAndWhatWouldReadAsOne) {
  EXPECT_EQ(escape_name("a\xff"
                        "b"),
            "a\\xffb");
  EXPECT_EQ(escape_name("a\\xffb"), "a\\x5cxffb");
  EXPECT_EQ(escape_name("\\x5cxff"), "\\x5cx5cxff");
}

TEST(Escape, InvalidFormsOfUtf8) {
  EXPECT_EQ(escape_prose("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(escape_prose("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(escape_prose("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
  EXPECT_EQ(escape_prose("\xe4\xb8"), "\\xe4\\xb8");                    // cut short
  EXPECT_EQ(escape_prose("'\\x00'"), "'\\x00'");
}

TEST(Escape, NothingActsOnTheTerminal) {
  EXPECT_EQ(escape_terminal("\x1b[2J\r\x07"), "\\x1b[2J\\x0d\\x07");
  EXPECT_EQ(escape_terminal("\u202egnp.exe"), "\\u202egnp.exe");
  EXPECT_EQ(escape_terminal("\u009b31m"), "\\x9b31m");
  EXPECT_EQ(escape_terminal("a\nb"), "a\\nb");
}

}  // namespace
}  // namespace winnow::report
