#include "containers/paths.h"

#include <gtest/gtest.h>

namespace winnow::containers {
namespace {

using namespace std::string_view_literals;

TEST(Paths, LeavingIsSeen) {
  for (const std::string_view path :
       {"../x"sv, "a/../../x"sv, "/etc/passwd"sv, "C:\\x"sv, "c:/x"sv, "\\\\host\\share\\x"sv, "//host/x"sv,
        "..\\x"sv, "a\\..\\..\\x"sv, "\\x"sv, ".."sv, "a/../.."sv, "../x\0.pkl"sv, "./../x"sv}) {
    EXPECT_TRUE(leaves_folder(path)) << path;
  }
}

TEST(Paths, LookAlikesAreClean) {
  for (const std::string_view path :
       {"weights..old"sv, "a/../b"sv, "./x"sv, "..."sv, ".../x"sv, "..x/y"sv, "a\\..\\b"sv, "w:0.npy"sv, ""sv,
        "a/b/../../c"sv, "layer/..hidden"sv, "a:b/c"sv, "~/x"sv, "x\0../../y"sv}) {
    EXPECT_FALSE(leaves_folder(path)) << path;
  }
}

TEST(Paths, SlashesAloneAreNoFile) {
  EXPECT_FALSE(Folder().member("/"));
  EXPECT_FALSE(Folder().member("//"));
  EXPECT_TRUE(Folder().member("//x"));
  EXPECT_TRUE(Folder().symbolic_link("weights", "/"));
}

TEST(Paths, LinksAreFollowed) {
  Folder folder;
  EXPECT_FALSE(folder.symbolic_link("a", "."));
  // "a/b" is really "b", so ".." is outside although "a/.." looks inside.
  EXPECT_TRUE(folder.symbolic_link("a/b", ".."));
  EXPECT_TRUE(folder.member("b/x"));
  EXPECT_TRUE(folder.member("a/b/x"));
  EXPECT_FALSE(folder.member("c/x"));
}

TEST(Paths, LinksThatPointOut) {
  Folder folder;
  EXPECT_TRUE(folder.symbolic_link("evil", "/etc"));
  EXPECT_TRUE(folder.member("evil/cron.d/x"));
  EXPECT_TRUE(folder.symbolic_link("up", "../x"));
  EXPECT_FALSE(folder.symbolic_link("deep/er/ok", "../x"));
  EXPECT_TRUE(folder.hard_link("h", "../../etc/passwd"));
  EXPECT_FALSE(folder.hard_link("h", "model/weights"));
}

TEST(Paths, LinkCyclesEnd) {
  Folder folder;
  EXPECT_FALSE(folder.symbolic_link("a", "b"));
  EXPECT_FALSE(folder.symbolic_link("b", "a"));
  EXPECT_FALSE(folder.member("a/x"));
}

}  // namespace
}  // namespace winnow::containers
