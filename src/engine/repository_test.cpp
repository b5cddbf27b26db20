#include "engine/repository.h"

#include <gtest/gtest.h>

namespace winnow::engine {
namespace {

ArtifactReport file(std::string path, std::string format, Verdict verdict, std::vector<Reference> references = {}) {
  ArtifactReport report;
  report.path = std::move(path);
  report.format = std::move(format);
  report.verdict = verdict;
  report.references = std::move(references);
  return report;
}

TEST(Repository, TheWorstFileIsItsVerdict) {
  const auto found = find_repositories({file("m/config.json", "transformers-config", Verdict::clean), file("m/model.safetensors", "safetensors", Verdict::clean),
                                        file("m/modeling.py", "unknown", Verdict::malicious)});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, "m");
  EXPECT_EQ(found[0].verdict, Verdict::malicious);
  EXPECT_EQ(found[0].files, 3U);
  EXPECT_EQ(found[0].models, 2U);
}

TEST(Repository, WhatLoadsAFileIsTold) {
  const auto found = find_repositories({file("m/config.json", "transformers-config", Verdict::clean,
                                             {{"code", "modeling.py", "transformers.AutoModel"}, {"code", "other/repo/modeling.py", "transformers.AutoModel"}}),
                                        file("m/modeling.py", "python-source", Verdict::suspicious)});
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].loads.size(), 2U);
  EXPECT_EQ(found[0].loads[0].from, "config.json");
  EXPECT_EQ(found[0].loads[0].target, "modeling.py");
  EXPECT_EQ(found[0].loads[0].verdict, Verdict::suspicious);
  EXPECT_FALSE(found[0].loads[1].verdict);
}

TEST(Repository, TheTopmostFolderHoldsTheOthers) {
  const auto found = find_repositories({file("d/sd/model_index.json", "diffusers-config", Verdict::clean), file("d/sd/unet/config.json", "diffusers-config", Verdict::clean),
                                        file("d/sd/unet/model.bin", "pytorch-zip", Verdict::malicious), file("d/x/readme", "unknown", Verdict::skipped)});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, "d/sd");
  EXPECT_EQ(found[0].verdict, Verdict::malicious);
}

TEST(Repository, FilesThatProgramsRunByNameAreTold) {
  const auto found = find_repositories({file("handler.py", "unknown", Verdict::clean), file("pytorch_model.bin", "pytorch-zip", Verdict::clean)});
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].loads.size(), 1U);
  EXPECT_EQ(found[0].loads[0].target, "handler.py");
}

TEST(Repository, WeightsAloneAreNone) {
  EXPECT_TRUE(find_repositories({file("a.pt", "pytorch-zip", Verdict::clean), file("b.pt", "pytorch-zip", Verdict::clean)}).empty());
  EXPECT_TRUE(find_repositories({file("a/config.json", "transformers-config", Verdict::clean)}).empty());
}

TEST(Repository, ATargetOutsideIsNoFileOfIt) {
  const auto found = find_repositories({file("a/config.json", "transformers-config", Verdict::clean, {{"code", "../../b/x.py", "y"}}), file("a/x.py", "unknown", Verdict::clean),
                                        file("b/x.py", "unknown", Verdict::malicious)});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found[0].loads[0].verdict);
}

}  // namespace
}  // namespace winnow::engine
