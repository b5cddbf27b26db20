#include "report/render.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace winnow::report {
namespace {

using nlohmann::json;

Finding finding(Ruling ruling) {
  return {.threat = "pickle-code-execution",
          .ruling = ruling,
          .trigger = Trigger::load,
          .summary = "Runs os.system('id') when the model is loaded.",
          .why = "It starts a program.",
          .evidence = {{"os.system", "os.system('id')", {"data.pkl", 24, 3}}}};
}

Report report_of(ArtifactReport artifact) {
  Report report;
  report.summary = {.files = 1, .models = 1, .malicious = 1, .bytes = artifact.size, .seconds = 0.5};
  report.artifacts.push_back(std::move(artifact));
  return report;
}

ArtifactReport hostile() {
  return {.path = "a b/\xff\x1b[31m.pt",
          .size = 99,
          .format = "pickle",
          .verdict = Verdict::malicious,
          .sha256 = {},
          .findings = {finding(Ruling::confirmed), finding(Ruling::dismissed)},
          .references = {},
          .imports = {{"os.system", Safety::dangerous}},
          .gaps = {{"truncated", {"", 66, {}}, "the stream ends"}},
          .text = {}};
}

std::vector<std::string> keys(const nlohmann::ordered_json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

TEST(Json, KeysAreThoseOfTheContractInOrder) {
  const auto parsed = nlohmann::ordered_json::parse(render_json(report_of(hostile())));
  using Keys = std::vector<std::string>;
  EXPECT_EQ(keys(parsed), (Keys{"schema", "tool", "summary", "sandbox", "artifacts"}));
  EXPECT_EQ(keys(parsed["tool"]), (Keys{"name", "version", "knowledge"}));
  EXPECT_EQ(keys(parsed["summary"]), (Keys{"files", "models", "malicious", "suspicious", "clean",
                                           "incomplete", "skipped", "bytes", "seconds"}));
  const auto& artifact = parsed["artifacts"][0];
  EXPECT_EQ(keys(artifact),
            (Keys{"path", "size", "format", "verdict", "findings", "references", "imports", "gaps"}));
  EXPECT_EQ(keys(artifact["findings"][0]),
            (Keys{"threat", "ruling", "trigger", "summary", "why", "evidence"}));
  EXPECT_EQ(keys(artifact["findings"][0]["evidence"][0]), (Keys{"callee", "code", "location"}));
  EXPECT_EQ(keys(artifact["findings"][0]["evidence"][0]["location"]), (Keys{"member", "offset", "line"}));
  EXPECT_EQ(parsed["schema"], "winnow.report/1");
  EXPECT_EQ(artifact["path"], "a b/\\xff\x1b[31m.pt");
}

TEST(Sarif, AFindingIsAResultAndADismissalPasses) {
  const json log = json::parse(render_sarif(report_of(hostile())));
  EXPECT_EQ(log["version"], "2.1.0");
  const json& run = log["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["rules"].size(), 1U);
  const json& results = run["results"];
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0]["level"], "error");
  EXPECT_EQ(results[0]["ruleId"], "pickle-code-execution");
  EXPECT_EQ(results[1]["kind"], "pass");
  EXPECT_EQ(results[1]["level"], "none");
  const json& location = results[0]["locations"][0];
  EXPECT_EQ(location["physicalLocation"]["artifactLocation"]["uri"], "a%20b/%FF%1B%5B31m.pt");
  EXPECT_EQ(location["logicalLocations"][0]["fullyQualifiedName"], "data.pkl");
  const json& notification = run["invocations"][0]["toolExecutionNotifications"][0];
  EXPECT_EQ(notification["locations"][0]["physicalLocation"]["region"]["byteOffset"], 66);
}

TEST(Text, SaysTheFindingAndHidesTheDismissal) {
  const Report report = report_of(hostile());
  const std::string text = render_text(report, {});
  EXPECT_NE(text.find("MALICIOUS"), std::string::npos);
  EXPECT_NE(text.find("     3 \u2502 os.system('id')"), std::string::npos) << text;
  EXPECT_NE(text.find("1 threat was looked at and dismissed"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("dismissed \u00b7"), std::string::npos);
  const std::string explained = render_text(report, {.dismissed = Detail::shown});
  EXPECT_NE(explained.find("dismissed \u00b7"), std::string::npos);
}

TEST(Text, CleanFilesAreOnlyCounted) {
  ArtifactReport clean;
  clean.path = "good.pkl";
  clean.format = "pickle";
  clean.verdict = Verdict::clean;
  const Report report = report_of(clean);
  EXPECT_EQ(render_text(report, {}).find("good.pkl"), std::string::npos);
  EXPECT_NE(render_text(report, {.clean = Detail::shown}).find("good.pkl"), std::string::npos);
}

TEST(Json, WhatCannotBeSeenIsSpeltAndMeansTheSame) {
  ArtifactReport artifact = hostile();
  artifact.path = "a\u202eb\u009bc\U000e0041\x7f";
  artifact.findings[0].summary = artifact.path;
  for (const std::string& text : {render_json(report_of(artifact)), render_sarif(report_of(artifact))}) {
    for (const char* unseen : {"\u202e", "\u009b", "\U000e0041", "\x7f"}) EXPECT_EQ(text.find(unseen), std::string::npos);
  }
  EXPECT_EQ(json::parse(render_json(report_of(artifact)))["artifacts"][0]["path"], artifact.path);
}

TEST(Sarif, NoModelWritesLinks) {
  ArtifactReport artifact = hostile();
  artifact.findings[0].summary = "Calls [press here](https://a.example)[x\\](b)\u202e.";
  const json log = json::parse(render_sarif(report_of(artifact)));
  const std::string text = log["runs"][0]["results"][0]["message"]["text"];
  EXPECT_EQ(text, "Calls [press here] (https://a.example)[x\\] (b)\\u202e. It starts a program.");
}

}  // namespace
}  // namespace winnow::report
