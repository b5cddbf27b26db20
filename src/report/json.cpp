// The contract `winnow.report/1`. Tools outside depend on names and order of the keys; new keys may be added
// behind the old ones, none may change its meaning.
#include <nlohmann/json.hpp>

#include "knowledge/knowledge.h"
#include "report/escape.h"
#include "report/render.h"

namespace winnow::report {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Location& location) {
  Json json = Json::object();
  if (!location.member.empty()) json["member"] = escape_name(location.member);
  if (location.offset) json["offset"] = *location.offset;
  if (location.line) json["line"] = *location.line;
  return json;
}

Json json_of(const Evidence& evidence) {
  return {{"callee", escape_name(evidence.callee)},
          {"code", escape_prose(evidence.code)},
          {"location", json_of(evidence.location)}};
}

Json json_of(const Reference& reference) {
  Json json = {{"kind", reference.kind},
               {"target", escape_name(reference.target)},
               {"by", escape_name(reference.by)},
               {"trigger", trigger_name(reference.trigger)}};
  if (!reference.member.empty()) json["member"] = escape_name(reference.member);
  return json;
}

Json json_of(const ImportedName& name) {
  return {{"name", escape_name(name.name)}, {"safety", safety_name(name.safety)}};
}

Json json_of(const Gap& gap) {
  return {{"fault", gap.fault}, {"location", json_of(gap.location)}, {"what", escape_prose(gap.what)}};
}

Json json_of(const Finding& finding);
Json json_of(const RepositoryLoad& load);

template <class T>
Json json_list(const std::vector<T>& items) {
  Json json = Json::array();
  for (const T& item : items) json.push_back(json_of(item));
  return json;
}

Json json_of(const Finding& finding) {
  return {{"threat", finding.threat},
          {"ruling", ruling_name(finding.ruling)},
          {"trigger", trigger_name(finding.trigger)},
          {"summary", escape_prose(finding.summary)},
          {"why", escape_prose(finding.why)},
          {"evidence", json_list(finding.evidence)}};
}

Json json_of(const ArtifactReport& artifact) {
  Json json = {{"path", escape_name(artifact.path)},
               {"size", artifact.size},
               {"format", artifact.format},
               {"verdict", verdict_name(artifact.verdict)}};
  if (!artifact.sha256.empty()) json["sha256"] = artifact.sha256;
  json["findings"] = json_list(artifact.findings);
  json["references"] = json_list(artifact.references);
  json["imports"] = json_list(artifact.imports);
  json["gaps"] = json_list(artifact.gaps);
  if (!artifact.text.empty()) json["text"] = escape_prose(artifact.text);
  return json;
}

Json json_of(const RepositoryLoad& load) {
  Json json = {{"from", escape_name(load.from)}, {"kind", load.kind}, {"target", escape_name(load.target)}, {"by", escape_name(load.by)}, {"trigger", trigger_name(load.trigger)}};
  if (load.verdict) json["verdict"] = verdict_name(*load.verdict);
  return json;
}

Json json_of(const RepositoryReport& repository) {
  return {{"path", escape_name(repository.path)},
          {"verdict", verdict_name(repository.verdict)},
          {"files", repository.files},
          {"models", repository.models},
          {"loads", json_list(repository.loads)}};
}

Json json_of(const Summary& summary) {
  return {{"files", summary.files},           {"models", summary.models}, {"malicious", summary.malicious},
          {"suspicious", summary.suspicious}, {"clean", summary.clean},   {"incomplete", summary.incomplete},
          {"skipped", summary.skipped},       {"bytes", summary.bytes},   {"seconds", summary.seconds}};
}

}  // namespace

std::string render_json(const Report& report) {
  const Json tool = {{"name", "winnow"}, {"version", WINNOW_VERSION}, {"knowledge", knowledge::version()}};
  std::string text = "{\"schema\": \"winnow.report/1\",\n \"tool\": " + tool.dump();
  text += ",\n \"summary\": " + json_of(report.summary).dump();
  text += ",\n \"sandbox\": " + Json(report.sandbox).dump();
  text += ",\n \"artifacts\": [";
  const char* separator = "\n";
  for (const ArtifactReport& artifact : report.artifacts) {
    text += separator + json_of(artifact).dump();
    separator = ",\n";
  }
  text += "]";
  if (!report.repositories.empty()) {
    text += ",\n \"repositories\": [";
    separator = "\n";
    for (const RepositoryReport& repository : report.repositories) {
      text += separator + json_of(repository).dump();
      separator = ",\n";
    }
    text += "]";
  }
  return escape_json(text + "}\n");
}

}  // namespace winnow::report
