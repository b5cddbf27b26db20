// SARIF 2.1.0 (OASIS standard, 27 March 2020). A finding is a result; what could not be read is a
// notification of the invocation. Members of an archive are logical locations of the file, because a byte
// offset inside a compressed member is no offset of the file.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

#include "knowledge/knowledge.h"
#include "report/escape.h"
#include "report/render.h"
#include "report/threats.h"

namespace winnow::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr std::string_view kHomepage = WINNOW_HOMEPAGE;

bool stays_in_uri(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

// RFC 3986: a relative reference, or file: for an absolute path. Bytes that are no unreserved character are
// percent-encoded as they are, so that any name survives.
std::string uri_of(std::string_view path) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    if (stays_in_uri(c)) {
      uri += c;
    } else {
      uri += {'%', kDigits[static_cast<uint8_t>(c) >> 4], kDigits[static_cast<uint8_t>(c) & 15]};
    }
  }
  return uri;
}

// A viewer makes links of "[words](address)" in a message (3.11.6 of the standard): no model may write them.
std::string without_links(std::string text) {
  for (size_t at = 0; (at = text.find("](", at)) != std::string::npos; at += 2) text.insert(at + 1, 1, ' ');
  return text;
}

Json content(std::string_view text) { return {{"text", escape_terminal(text)}}; }
Json message(std::string_view text) { return {{"text", without_links(escape_terminal(text))}}; }

std::vector<std::string> threats_in(const Report& report) {
  std::set<std::string> threats;
  for (const ArtifactReport& artifact : report.artifacts) {
    for (const Finding& finding : artifact.findings) threats.insert(finding.threat);
  }
  return {threats.begin(), threats.end()};
}

Json rule_of(const std::string& threat) {
  Json rule = {{"id", threat}};
  const ThreatPage* const page = find_threat_page(threat);
  if (page == nullptr) {
    rule["shortDescription"] = message(threat);
    return rule;
  }
  rule["shortDescription"] = message(page->title);
  rule["fullDescription"] = message(page->brief);
  if (!kHomepage.empty())
    rule["helpUri"] = std::string(kHomepage) + "/blob/main/docs/threats/" + threat + ".md";
  rule["help"] = {{"text", page->text}, {"markdown", page->text}};
  return rule;
}

Json location_of(const ArtifactReport& artifact, const Location& location, std::string_view code) {
  Json physical = {{"artifactLocation", {{"uri", uri_of(artifact.path)}}}};
  if (location.member.empty() && location.offset) {
    physical["region"] = {{"byteOffset", *location.offset}};
    if (!code.empty()) physical["region"]["snippet"] = content(code);
  }
  Json json = {{"physicalLocation", physical}};
  if (!location.member.empty()) {
    const std::string member = escape_name(location.member);
    json["logicalLocations"] = Json::array({{{"fullyQualifiedName", member}, {"kind", "member"}}});
  }
  if (!code.empty()) json["message"] = message(code);
  Json properties = Json::object();
  if (location.offset) properties["offset"] = *location.offset;
  if (location.line) properties["line"] = *location.line;
  if (!properties.empty()) json["properties"] = properties;
  return json;
}

const char* level_of(Ruling ruling) {
  switch (ruling) {
    case Ruling::confirmed: return "error";
    case Ruling::suspected: return "warning";
    case Ruling::dismissed: return "none";
  }
  return "warning";
}

Json result_of(const ArtifactReport& artifact, const Finding& finding, size_t rule) {
  Json json = {{"ruleId", finding.threat}, {"ruleIndex", rule}};
  json["kind"] = finding.ruling == Ruling::dismissed ? "pass" : "fail";
  json["level"] = level_of(finding.ruling);
  json["message"] = message(finding.why.empty() ? finding.summary : finding.summary + " " + finding.why);
  // The first place is the result's own, the others are where the same happens again.
  const Evidence nowhere;
  const Evidence& first = finding.evidence.empty() ? nowhere : finding.evidence.front();
  json["locations"] = Json::array({location_of(artifact, first.location, first.code)});
  Json others = Json::array();
  for (size_t i = 1; i < finding.evidence.size(); ++i) {
    others.push_back(location_of(artifact, finding.evidence[i].location, finding.evidence[i].code));
  }
  if (!others.empty()) json["relatedLocations"] = others;
  json["properties"] = {{"ruling", ruling_name(finding.ruling)}, {"trigger", trigger_name(finding.trigger)}};
  if (!first.callee.empty()) json["properties"]["callee"] = escape_name(first.callee);
  return json;
}

Json results_of(const Report& report, const std::vector<std::string>& threats) {
  Json results = Json::array();
  for (const ArtifactReport& artifact : report.artifacts) {
    for (const Finding& finding : artifact.findings) {
      const auto at = std::lower_bound(threats.begin(), threats.end(), finding.threat);
      results.push_back(result_of(artifact, finding, static_cast<size_t>(at - threats.begin())));
    }
  }
  return results;
}

Json invocation_of(const Report& report) {
  Json notifications = Json::array();
  for (const ArtifactReport& artifact : report.artifacts) {
    for (const Gap& gap : artifact.gaps) {
      notifications.push_back({{"descriptor", {{"id", gap.fault}}},
                               {"level", artifact.verdict == Verdict::incomplete ? "error" : "warning"},
                               {"message", message(gap.fault + ": " + gap.what)},
                               {"locations", Json::array({location_of(artifact, gap.location, {})})}});
    }
  }
  Json invocation = {{"executionSuccessful", report.summary.incomplete == 0}};
  invocation["properties"] = {{"sandbox", report.sandbox}};
  if (!notifications.empty()) invocation["toolExecutionNotifications"] = notifications;
  return invocation;
}

Json artifact_of(const ArtifactReport& artifact) {
  Json json = {{"location", {{"uri", uri_of(artifact.path)}}}};
  if (artifact.verdict != Verdict::incomplete || artifact.size != 0) json["length"] = artifact.size;
  if (!artifact.sha256.empty()) json["hashes"] = {{"sha-256", artifact.sha256}};
  json["properties"] = {{"format", artifact.format}, {"verdict", verdict_name(artifact.verdict)}};
  return json;
}

Json driver_of(const std::vector<std::string>& threats) {
  Json rules = Json::array();
  for (const std::string& threat : threats) rules.push_back(rule_of(threat));
  Json driver = {{"name", "winnow"}, {"version", WINNOW_VERSION}, {"semanticVersion", WINNOW_VERSION}};
  if (!kHomepage.empty()) driver["informationUri"] = kHomepage;
  driver["rules"] = rules;
  driver["properties"] = {{"knowledge", knowledge::version()}};
  return driver;
}

Json repositories_of(const Report& report) {
  Json repositories = Json::array();
  for (const RepositoryReport& repository : report.repositories) {
    Json loads = Json::array();
    for (const RepositoryLoad& load : repository.loads) {
      loads.push_back({{"from", escape_name(load.from)}, {"kind", load.kind}, {"target", escape_name(load.target)}, {"by", escape_name(load.by)}});
      if (load.verdict) loads.back()["verdict"] = verdict_name(*load.verdict);
    }
    repositories.push_back({{"uri", uri_of(repository.path)}, {"verdict", verdict_name(repository.verdict)}, {"files", repository.files}, {"loads", loads}});
  }
  return repositories;
}

}  // namespace

std::string render_sarif(const Report& report) {
  const std::vector<std::string> threats = threats_in(report);
  Json artifacts = Json::array();
  for (const ArtifactReport& artifact : report.artifacts) artifacts.push_back(artifact_of(artifact));
  Json run = {{"tool", {{"driver", driver_of(threats)}}},
              {"invocations", Json::array({invocation_of(report)})},
              {"artifacts", artifacts},
              {"results", results_of(report, threats)}};
  if (!report.repositories.empty()) run["properties"] = {{"repositories", repositories_of(report)}};
  const Json log = {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
  return escape_json(log.dump(2)) + "\n";
}

}  // namespace winnow::report
