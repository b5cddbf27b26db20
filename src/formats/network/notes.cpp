#include "formats/network/notes.h"

namespace winnow::network {

void note(Scan& scan, const Artifact& artifact, Note said) {
  Finding finding;
  finding.threat = "custom-operation";
  finding.ruling = said.ruling;
  finding.trigger = said.trigger;
  finding.summary = std::move(said.summary);
  finding.why = std::move(said.why);
  Evidence evidence;
  evidence.callee = std::move(said.callee);
  evidence.code = std::move(said.code);
  evidence.location.offset = said.offset;
  finding.evidence.push_back(std::move(evidence));
  scan.finding(artifact, std::move(finding));
}

void note_nothing(Scan& scan, const Artifact& artifact, std::string_view why) {
  Finding finding;
  finding.threat = "custom-operation";
  finding.ruling = Ruling::dismissed;
  finding.trigger = Trigger::other;
  finding.summary = "Has no operation of its own.";
  finding.why = why;
  scan.finding(artifact, std::move(finding));
}

bool leaves_folder(std::string_view path) {
  if (path.empty()) return false;
  if (path.front() == '/' || path.front() == '\\' || path.front() == '~') return true;
  if (path.size() > 1 && path[1] == ':') return true;
  for (size_t at = path.find(".."); at != std::string_view::npos; at = path.find("..", at + 1)) {
    const bool starts = at == 0 || path[at - 1] == '/' || path[at - 1] == '\\';
    const bool ends = at + 2 >= path.size() || path[at + 2] == '/' || path[at + 2] == '\\';
    if (starts && ends) return true;
  }
  return path.find("://") != std::string_view::npos;
}

}  // namespace winnow::network
