#include "formats/msgpack/msgpack.h"

#include <gtest/gtest.h>

namespace winnow::msgpack {
namespace {

struct ReadResult {
  std::string bytes;
  Scan scan;
  bool known = false;

  explicit ReadResult(std::string input) : bytes(std::move(input)), scan(Budget{}) {
    Artifact artifact;
    artifact.path = "model";
    artifact.bytes = as_bytes(bytes);
    scan.artifacts.push_back(artifact);
    known = is_msgpack(scan.artifacts[0]);
    if (known) read_msgpack(scan, scan.artifacts[0]);
  }
};

std::string text(const std::string& word) { return static_cast<char>(0xa0 + word.size()) + word; }
std::string map(size_t size) { return std::string(1, static_cast<char>(0x80 + size)); }
std::string blob(const std::string& data) { return std::string("\xc4") + static_cast<char>(data.size()) + data; }

// An array as Flax keeps it: an extension of type 1.
std::string flax_array() { return std::string("\xc7\x04\x01", 3) + "abcd"; }

TEST(Msgpack, FlaxWeightsAreNumbers) {
  const ReadResult run(map(1) + text("params") + map(2) + text("kernel") + flax_array() + text("bias") + flax_array());
  ASSERT_TRUE(run.known);
  EXPECT_EQ(run.scan.formats.at(0), "flax-msgpack");
  EXPECT_EQ(run.scan.artifacts.size(), 1U);
  EXPECT_TRUE(run.scan.gaps.empty());
  ASSERT_EQ(run.scan.findings.size(), 1U);
  EXPECT_EQ(run.scan.findings[0].ruling, Ruling::dismissed);
}

TEST(Msgpack, ArraysOfObjectsHoldAPickle) {
  const std::string array = map(4) + text("nd") + "\xc3" + text("kind") + blob("O") + text("type") + blob("|O8") + text("data") + blob("the pickle");
  const ReadResult run(map(1) + text("w") + array);
  ASSERT_EQ(run.scan.artifacts.size(), 2U);
  EXPECT_EQ(run.scan.artifacts[1].hint, Hint::pickle);
  EXPECT_EQ(as_text(run.scan.artifacts[1].bytes), "the pickle");
  // The order of the keys is the writer's; numbers are no pickle.
  const std::string turned = map(3) + text("data") + blob("again") + text("kind") + text("O") + text("nd") + "\xc3";
  EXPECT_EQ(ReadResult(map(1) + text("w") + turned).scan.artifacts.size(), 2U);
  const std::string numbers = map(3) + text("nd") + "\xc3" + text("kind") + blob("") + text("data") + blob("12345678");
  EXPECT_EQ(ReadResult(map(1) + text("w") + numbers).scan.artifacts.size(), 1U);
}

TEST(Msgpack, WhatStandsBeforeAnArrayHidesNothing) {
  const std::string array = map(3) + text("kind") + text("O") + text("data") + blob("the pickle") + text("nd") + "\xc3";
  for (const std::string& tree : {map(2) + text("step") + "\x07" + text("w") + array, "\x92" + text("a list") + array,
                                  map(2) + text("m") + map(1) + text("n") + "\x90" + text("w") + "\x91" + array, array}) {
    const ReadResult run(tree);
    ASSERT_EQ(run.scan.artifacts.size(), 2U) << tree;
    EXPECT_EQ(run.scan.artifacts[1].hint, Hint::pickle);
  }
  EXPECT_FALSE(ReadResult(map(2) + text("nd") + "\xc2" + text("x") + "\x01").known);
}

TEST(Msgpack, TruncationAndLiesAreGaps) {
  const std::string whole = map(1) + text("params") + map(2) + text("kernel") + flax_array() + text("bias") + flax_array();
  for (size_t size = 0; size < whole.size(); ++size) {
    const ReadResult run(whole.substr(0, size));
    if (run.known) {
      EXPECT_EQ(run.scan.gaps.size(), 1U) << size;
    }
  }
  const ReadResult liar(map(1) + text("params") + map(2) + text("kernel") + flax_array() + text("b") + std::string("\xdd\x7f\xff\xff\xff", 5));
  ASSERT_EQ(liar.scan.gaps.size(), 1U);
  EXPECT_EQ(liar.scan.gaps[0].fault, "malformed");
}

TEST(Msgpack, DepthIsBounded) {
  std::string deep = map(1) + text("params") + map(2) + text("k") + flax_array() + text("b");
  for (int i = 0; i < 5000; ++i) deep += '\x91';
  const ReadResult run(deep + "\xc0");
  ASSERT_EQ(run.scan.gaps.size(), 1U);
  EXPECT_EQ(run.scan.gaps[0].fault, "limit");
}

TEST(Msgpack, OtherBytesAreNone) {
  for (const std::string& bytes : {std::string("\x81 a pickle"), std::string("{\"a\": 1}"), std::string("\x80\x04N."), std::string(40, '\x81'), std::string()}) {
    EXPECT_FALSE(ReadResult(bytes).known) << bytes;
  }
}

TEST(Msgpack, BytesBehindTheTreeAreUnclaimed) {
  const ReadResult run(map(1) + text("params") + map(1) + text("kernel") + flax_array() + "behind");
  ASSERT_EQ(run.scan.artifacts.size(), 2U);
  EXPECT_EQ(run.scan.artifacts[1].hint, Hint::unclaimed);
}

}  // namespace
}  // namespace winnow::msgpack
