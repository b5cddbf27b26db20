#include "engine/links.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace winnow::engine {
namespace {

class LinksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/winnow-links-XXXXXX";
    folder_ = ::mkdtemp(path);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string place(const std::string& name) const { return folder_ + "/" + name; }
  void file(const std::string& name) const {
    std::filesystem::create_directories(std::filesystem::path(place(name)).parent_path());
    std::ofstream(place(name)) << "numbers";
  }

  ArtifactReport told(const std::string& model, const std::string& target) const {
    ArtifactReport report;
    report.path = place(model);
    report.verdict = Verdict::clean;
    report.references.push_back({.kind = "file", .target = target, .by = "onnx.TensorProto.external_data", .trigger = Trigger::load, .member = {}});
    tell_links(report);
    return report;
  }

  std::string folder_;
};

TEST_F(LinksTest, PlainFilesAreNothing) {
  file("model.onnx");
  file("weights.bin");
  EXPECT_TRUE(told("model.onnx", "weights.bin").findings.empty());
  EXPECT_TRUE(told("model.onnx", "missing.bin").findings.empty());
}

TEST_F(LinksTest, LinksThatLeadOutAreTold) {
  file("m/model.onnx");
  file("secret");
  std::filesystem::create_symlink("../secret", place("m/weights.bin"));
  const ArtifactReport report = told("m/model.onnx", "weights.bin");
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].ruling, Ruling::suspected);
  EXPECT_EQ(report.verdict, Verdict::suspicious);
}

TEST_F(LinksTest, SecretsOfTheMachineAreConfirmed) {
  file("m/model.onnx");
  std::filesystem::create_symlink("/etc/passwd", place("m/weights.bin"));
  EXPECT_EQ(told("m/model.onnx", "weights.bin").verdict, Verdict::malicious);
}

TEST_F(LinksTest, LinksInsideAreNothing) {
  file("m/model.onnx");
  file("m/data/real.bin");
  std::filesystem::create_symlink("data/real.bin", place("m/weights.bin"));
  EXPECT_TRUE(told("m/model.onnx", "weights.bin").findings.empty());
}

TEST_F(LinksTest, TheCacheOfTheHubIsDismissed) {
  file("models--a--b/blobs/123");
  file("models--a--b/snapshots/abc/model.onnx");
  std::filesystem::create_symlink("../../blobs/123", place("models--a--b/snapshots/abc/weights.bin"));
  const ArtifactReport report = told("models--a--b/snapshots/abc/model.onnx", "weights.bin");
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].ruling, Ruling::dismissed);
  EXPECT_EQ(report.verdict, Verdict::clean);
}

TEST_F(LinksTest, SecondNamesAreDismissed) {
  file("m/model.onnx");
  file("m/other.bin");
  std::filesystem::create_hard_link(place("m/other.bin"), place("m/weights.bin"));
  const ArtifactReport report = told("m/model.onnx", "weights.bin");
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].ruling, Ruling::dismissed);
}

}  // namespace
}  // namespace winnow::engine
