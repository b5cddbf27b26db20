#include "bytes/place.h"

#include <gtest/gtest.h>

namespace winnow {
namespace {

TEST(Place, OutsideWhicheverSystemTakesIt) {
  for (const char* path : {"/etc/passwd", "~/.ssh/id_rsa", "..", "../x", "a/../../x", "a\\..\\..\\x", "C:\\x", "d:/x", "\\\\server\\share", "//server/x", "a/.."}) {
    EXPECT_TRUE(leads_outside(path)) << path;
  }
  for (const char* path : {"", "model.bin", "a/b.bin", "a..b/c", "...", "a/...x", "C:", "x~", ".hidden"}) {
    EXPECT_FALSE(leads_outside(path)) << path;
  }
}

}  // namespace
}  // namespace winnow
