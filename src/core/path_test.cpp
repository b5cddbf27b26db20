#include "core/path.h"

#include <gtest/gtest.h>

namespace winnow {
namespace {

TEST(Path, IsPutTogether) {
  EXPECT_EQ(joined_path("a/./b", "../c.py"), "a/c.py");
  EXPECT_EQ(joined_path("", "./x//y"), "x/y");
  EXPECT_EQ(joined_path("a", "../../b"), "../b");
  EXPECT_EQ(joined_path("/r/m", "utils.py"), "/r/m/utils.py");
  EXPECT_EQ(joined_path("", "/r/./m"), "/r/m");
}

TEST(Path, HasAFolder) {
  EXPECT_EQ(folder_of("a/b/c.py"), "a/b");
  EXPECT_EQ(folder_of("c.py"), ".");
  EXPECT_EQ(folder_of("/c.py"), "");
}

}  // namespace
}  // namespace winnow
