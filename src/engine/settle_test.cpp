#include "engine/settle.h"

#include <gtest/gtest.h>

namespace winnow::engine {
namespace {

Finding at(Ruling ruling, uint64_t offset, std::string summary = "Runs it.") {
  return {.threat = "pickle-code-execution",
          .ruling = ruling,
          .trigger = Trigger::load,
          .summary = std::move(summary),
          .why = "Because.",
          .evidence = {{"os.system", "os.system()", {"", offset, {}}}}};
}

ArtifactReport settled(std::vector<Finding> findings, bool recognised, std::vector<Gap> gaps = {}) {
  Scan scan{Budget{}};
  scan.artifacts.emplace_back();
  if (recognised) scan.recognise(scan.artifacts.front(), "pickle");
  scan.findings = std::move(findings);
  scan.gaps = std::move(gaps);
  ArtifactReport report;
  settle(scan, report);
  return report;
}

const Gap kGap = {"truncated", {}, "the stream ends"};

TEST(Settle, TheWorstFindingIsTheVerdict) {
  EXPECT_EQ(settled({at(Ruling::dismissed, 1), at(Ruling::confirmed, 2)}, true).verdict, Verdict::malicious);
  EXPECT_EQ(settled({at(Ruling::suspected, 1)}, true, {kGap}).verdict, Verdict::suspicious);
  EXPECT_EQ(settled({at(Ruling::dismissed, 1)}, true).verdict, Verdict::clean);
}

TEST(Settle, AGapInAModelIsNeverClean) {
  EXPECT_EQ(settled({}, true, {kGap}).verdict, Verdict::incomplete);
  EXPECT_EQ(settled({}, false, {kGap}).verdict, Verdict::skipped);
}

TEST(Settle, FindingsThatSayTheSameBecomeOne) {
  const ArtifactReport report = settled({at(Ruling::confirmed, 9), at(Ruling::confirmed, 3)}, true);
  ASSERT_EQ(report.findings.size(), 1U);
  ASSERT_EQ(report.findings[0].evidence.size(), 2U);
  EXPECT_EQ(report.findings[0].evidence[0].location.offset, 3U);
}

TEST(Settle, WorstFirstThenByPlace) {
  const ArtifactReport report = settled(
      {at(Ruling::suspected, 1, "a"), at(Ruling::confirmed, 9, "b"), at(Ruling::confirmed, 2, "c")}, true);
  ASSERT_EQ(report.findings.size(), 3U);
  EXPECT_EQ(report.findings[0].summary, "c");
  EXPECT_EQ(report.findings[1].summary, "b");
  EXPECT_EQ(report.findings[2].summary, "a");
}

TEST(Settle, ManyPlacesAreCountedAndAFewListed) {
  std::vector<Finding> findings;
  for (uint64_t i = 0; i < 54; ++i) findings.push_back(at(Ruling::confirmed, i));
  const ArtifactReport report = settled(std::move(findings), true);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].evidence.size(), 20U);
  EXPECT_NE(report.findings[0].why.find("54 places"), std::string::npos);
}

TEST(Settle, AnImportKeepsTheWorstThatWasSaidOfIt) {
  Scan scan{Budget{}};
  scan.artifacts.emplace_back();
  scan.imports = {{"b", Safety::innocuous}, {"a", Safety::suspicious}, {"a", Safety::dangerous}};
  ArtifactReport report;
  settle(scan, report);
  ASSERT_EQ(report.imports.size(), 2U);
  EXPECT_EQ(report.imports[0].name, "a");
  EXPECT_EQ(report.imports[0].safety, Safety::dangerous);
}

}  // namespace
}  // namespace winnow::engine
