#include "containers/sections.h"

#include <gtest/gtest.h>

namespace winnow::containers {
namespace {

TEST(Toml, ReadsTablesArraysAndTexts) {
  const auto parsed = parse_toml("title = \"a\\u00e9\" # remark\n[model]\nname = 'C:\\x'\nsizes = [1, 2,\n 3]\n[model.head]\non = true\nrate = 1e-3\n[[layer]]\nkind = \"a\"\n[[layer]]\nkind = \"b\"\n");
  ASSERT_TRUE(parsed);
  const Document& document = parsed->document;
  EXPECT_EQ(document.text(document.root, "title"), "a\xc3\xa9");
  const NodeId model = *document.find(document.root, "model");
  EXPECT_EQ(document.text(model, "name"), "C:\\x");
  EXPECT_EQ(document[*document.find(model, "sizes")].count, 3u);
  const NodeId head = *document.find(model, "head");
  EXPECT_TRUE(document[*document.find(head, "on")].truth);
  EXPECT_DOUBLE_EQ(document[*document.find(head, "rate")].real, 1e-3);
  const Node& layers = document[*document.find(document.root, "layer")];
  ASSERT_EQ(layers.count, 2u);
  EXPECT_EQ(document.text(document.child(layers, 1), "kind"), "b");
}

TEST(Toml, ReadsLongTextsAndInlineTables) {
  const auto parsed = parse_toml("a = \"\"\"\none\ntwo\"\"\"\nb = '''x'''\nc = {_target_ = \"os.system\", args = [\"id\"]}\nd.e = 1\n");
  ASSERT_TRUE(parsed);
  const Document& document = parsed->document;
  EXPECT_EQ(document.text(document.root, "a"), "one\ntwo");
  EXPECT_EQ(document.text(document.root, "b"), "x");
  EXPECT_EQ(document.text(*document.find(document.root, "c"), "_target_"), "os.system");
  EXPECT_TRUE(document.find(*document.find(document.root, "d"), "e"));
}

TEST(Toml, TakesTheLastOfEqualKeys) {
  const auto parsed = parse_toml("k = \"first\"\nk = \"last\"\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->document.text(parsed->document.root, "k"), "last");
}

TEST(Toml, DoesNotRecurse) {
  const auto deep = parse_toml("a = " + std::string(100'000, '['));
  EXPECT_FALSE(deep);
  std::string name = "a";
  for (int i = 0; i < 20'000; ++i) name += ".a";
  (void)parse_toml("[" + name + "]\nk = 1\n");
}

TEST(Sections, EndAnywhere) {
  const std::string toml = "title = \"a\\u00e9\"\n[model]\nx = [1, {a = 'b'}]\ny = \"\"\"\nz\"\"\"\n[[l]]\nk = 1979-05-27T07:32:00Z\n";
  const std::string ini = "[a.b]\nk = v\n  more\n; remark\n@x = \"y\"\n";
  for (size_t size = 0; size <= toml.size(); ++size) (void)parse_toml(std::string(toml, 0, size));
  for (size_t size = 0; size <= ini.size(); ++size) (void)parse_ini(std::string(ini, 0, size));
}

TEST(Ini, ReadsSectionsInSectionsAndLinesThatGoOn) {
  const auto parsed = parse_ini("[nlp]\nlang = \"en\"\n[components.tagger]\n@factory: \"x\"\ntext = one\n  two\n");
  ASSERT_TRUE(parsed);
  const Document& document = parsed->document;
  EXPECT_EQ(document.text(*document.find(document.root, "nlp"), "lang"), "en");
  const auto components = document.find(document.root, "components");
  ASSERT_TRUE(components);
  const auto tagger = document.find(*components, "tagger");
  ASSERT_TRUE(tagger);
  EXPECT_EQ(document.text(*tagger, "@factory"), "x");
  EXPECT_EQ(document.text(*tagger, "text"), "one\ntwo");
}

TEST(Sections, AreToldFromOtherTexts) {
  for (const char* text : {"[a]\n", "# remark\n\n[a.b]\nk=v", "k = 1\n", "; remark\n[x]"}) EXPECT_TRUE(begins_with_section(text)) << text;
  for (const char* text : {"", "hello\n", "- a\n", "k: v\n", "{\"a\": 1}"}) EXPECT_FALSE(begins_with_section(text)) << text;
}

}  // namespace
}  // namespace winnow::containers
