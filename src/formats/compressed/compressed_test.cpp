#include "formats/compressed/compressed.h"

#include <gtest/gtest.h>

#include "containers/build_zip.h"

namespace winnow::compressed {
namespace {

struct ReadResult {
  std::string bytes;
  Scan scan;

  explicit ReadResult(std::string input, Budget budget = {}) : bytes(std::move(input)), scan(budget) {
    Artifact artifact;
    artifact.path = "model";
    artifact.bytes = as_bytes(bytes);
    scan.artifacts.push_back(artifact);
    if (is_compressed(scan.artifacts[0])) read_compressed(scan, scan.artifacts[0]);
  }
};

std::string gzip(const std::string& data) { return containers::build::deflated(data, 31); }

TEST(Compressed, TheContentIsTheChild) {
  const ReadResult run(gzip("a pickle, say"));
  ASSERT_EQ(run.scan.artifacts.size(), 2U);
  EXPECT_EQ(as_text(run.scan.artifacts[1].bytes), "a pickle, say");
  EXPECT_EQ(run.scan.formats.at(0), "gzip");
  EXPECT_TRUE(run.scan.gaps.empty());
}

TEST(Compressed, BytesBehindTheStreamAreUnclaimed) {
  const ReadResult run(gzip("content") + std::string(3, '\0') + "behind");
  ASSERT_EQ(run.scan.artifacts.size(), 3U);
  EXPECT_EQ(run.scan.artifacts[2].hint, Hint::unclaimed);
  EXPECT_EQ(as_text(run.scan.artifacts[2].bytes), "behind");
  EXPECT_EQ(ReadResult(gzip("content") + std::string(30, '\0')).scan.artifacts.size(), 2U);
}

TEST(Compressed, TruncatedStreamsAreAGapAndStillRead) {
  const std::string whole = gzip(std::string(3000, 'a') + "tail of the content");
  for (size_t size = 4; size < whole.size(); ++size) {
    const ReadResult run(whole.substr(0, size));
    ASSERT_EQ(run.scan.gaps.size(), 1U) << size;
    EXPECT_EQ(run.scan.gaps[0].fault, "truncated");
  }
}

TEST(Compressed, BombsStopAtTheBudget) {
  Budget budget;
  budget.inflated_bytes = 100'000;
  const ReadResult run(gzip(std::string(5'000'000, '\0')), budget);
  ASSERT_EQ(run.scan.gaps.size(), 1U);
  EXPECT_EQ(run.scan.gaps[0].fault, "limit");
}

}  // namespace
}  // namespace winnow::compressed
