#include "engine/walk.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace winnow::engine {
namespace {

namespace fs = std::filesystem;

class Walk : public testing::Test {
 protected:
  void SetUp() override {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) / (std::string("winnow_walk_") + test->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void touch(const std::string& name) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << "x";
  }
  std::vector<std::string> found(std::vector<std::string> paths) {
    for (std::string& path : paths) path = (root_ / path).string();
    std::vector<std::string> files = find_files(paths);
    for (std::string& file : files) file = fs::path(file).lexically_relative(root_).string();
    return files;
  }

  fs::path root_;
};

using Files = std::vector<std::string>;

TEST_F(Walk, FoldersGiveTheirFilesSortedAndEachOnce) {
  touch("m/b.pt");
  touch("m/a/c.pt");
  EXPECT_EQ(found({"m", "m/b.pt"}), (Files{"m/a/c.pt", "m/b.pt"}));
}

TEST_F(Walk, LinksAreFollowedAndCirclesEnd) {
  touch("blobs/1");
  fs::create_directories(root_ / "snapshot");
  fs::create_symlink("../blobs/1", root_ / "snapshot/model.pt");
  fs::create_directory_symlink("..", root_ / "snapshot/up");
  const Files files = found({"snapshot"});
  EXPECT_NE(std::find(files.begin(), files.end(), "snapshot/model.pt"), files.end());
  EXPECT_LE(files.size(), 3U);
}

TEST_F(Walk, FoldersOfAStoppedRunAreListed) {
  touch("m/a/c.pt");
  const std::atomic<bool> stop = true;
  const std::string folder = (root_ / "m").string();
  EXPECT_EQ(find_files({&folder, 1}, &stop), (Files{folder}));
}

TEST_F(Walk, WhatIsMissingIsListed) { EXPECT_EQ(found({"none.pt"}), (Files{"none.pt"})); }

}  // namespace
}  // namespace winnow::engine
