#include "containers/document.h"

#include <gtest/gtest.h>

#include <cmath>

namespace winnow::containers {
namespace {

TEST(Json, ReadsWhatPythonReads) {
  const std::string source = R"( {"a": [1, -2.5e3, NaN, -Infinity, true, null], "b": "x\u00e9\ud83d\ude00\/\n", "a2": {}, "e": []} tail)";
  const auto parsed = parse_json(source);
  ASSERT_TRUE(parsed);
  const Document& document = parsed->document;
  const Node& list = document[*document.find(document.root, "a")];
  ASSERT_EQ(list.count, 6u);
  EXPECT_EQ(document[document.child(list, 0)].integer, 1);
  EXPECT_EQ(document[document.child(list, 1)].real, -2500);
  EXPECT_TRUE(std::isnan(document[document.child(list, 2)].real));
  EXPECT_TRUE(std::isinf(document[document.child(list, 3)].real));
  EXPECT_TRUE(document[document.child(list, 4)].truth);
  EXPECT_EQ(document[document.child(list, 5)].kind, NodeKind::null);
  EXPECT_EQ(document.text(document.root, "b"), "x\xc3\xa9\xf0\x9f\x98\x80/\n");
  EXPECT_EQ(document[*document.find(document.root, "e")].count, 0u);
  EXPECT_EQ(source.substr(parsed->end), " tail");
}

TEST(Json, TakesTheLastOfEqualKeys) {
  const auto parsed = parse_json(R"({"k": "first", "\u006b": "last"})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->document.text(parsed->document.root, "k"), "last");
}

TEST(Json, KeepsLoneSurrogatesAndLargeNumbers) {
  const auto parsed = parse_json(R"(["\ud800x", 123456789012345678901234567890, "\udc00"])");
  ASSERT_TRUE(parsed);
  const Node& list = parsed->document[parsed->document.root];
  EXPECT_EQ(parsed->document[parsed->document.child(list, 0)].text, "\xed\xa0\x80x");
  EXPECT_EQ(parsed->document[parsed->document.child(list, 1)].integer, INT64_MAX);
}

TEST(Json, RefusesWhatIsDamaged) {
  for (const char* source : {"", "{", "[1,", "{\"a\"}", "{\"a\":}", "[1 2]", "\"x", "\"\\u12\"", "{1: 2}", "tru", "[}", "-", "1e", "{\"a\":1,}", "[1,]"}) {
    EXPECT_FALSE(parse_json(source)) << source;
  }
}

TEST(Json, DoesNotRecurse) {
  EXPECT_TRUE(parse_json(std::string(4000, '[') + std::string(4000, ']')));
  const auto deep = parse_json(std::string(1'000'000, '['));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().fault, Fault::limit);
}

TEST(Yaml, KeepsTagsAndAliases) {
  const auto parsed = parse_yaml("class_name: Sequential\nn: 3\nt: !!python/tuple [1, 2.5, yes]\na: &x {k: v}\nb: *x\nc: &y [*y]\n");
  ASSERT_TRUE(parsed);
  const Document& document = parsed->document;
  EXPECT_EQ(document.text(document.root, "class_name"), "Sequential");
  EXPECT_EQ(document[*document.find(document.root, "n")].integer, 3);
  const Node& tuple = document[*document.find(document.root, "t")];
  EXPECT_EQ(tuple.tag, "tag:yaml.org,2002:python/tuple");
  EXPECT_EQ(tuple.count, 3u);
  EXPECT_EQ(*document.find(document.root, "a"), *document.find(document.root, "b"));
  // A node never holds itself.
  const Node& cycle = document[*document.find(document.root, "c")];
  EXPECT_EQ(document[document.child(cycle, 0)].kind, NodeKind::null);
}

TEST(Yaml, RefusesWhatIsDamaged) {
  EXPECT_FALSE(parse_yaml("a: [1, 2"));
  EXPECT_FALSE(parse_yaml(""));
  EXPECT_FALSE(parse_yaml(std::string(100'000, '[')));
}

}  // namespace
}  // namespace winnow::containers
