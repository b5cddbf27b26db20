#include "core/scan.h"

namespace winnow {

void Scan::child(const Artifact& of, std::string_view name, Bytes bytes, Hint hint) {
  if (of.depth + 1 > budget.depth) {
    gap(of, Fault::limit, 0, "nested deeper than " + std::to_string(budget.depth) + " levels at '" +
                                 std::string(name) + "'");
    return;
  }
  if (artifacts.size() >= budget.artifacts) {
    if (artifacts.size() == budget.artifacts) {
      gap(of, Fault::limit, 0, "more than " + std::to_string(budget.artifacts) + " members");
    }
    return;
  }
  Artifact artifact;
  artifact.id = static_cast<ArtifactId>(artifacts.size());
  artifact.path = of.path + "!" + std::string(name);
  // What hides where no loader looks stays hidden, however deep.
  const bool unasked = of.hint == Hint::storage || of.hint == Hint::unclaimed;
  artifact.hint = hint == Hint::none && unasked ? Hint::unclaimed : hint;
  artifact.depth = of.depth + 1;
  artifact.bytes = bytes;
  queue.push_back(artifact.id);
  artifacts.push_back(std::move(artifact));
}

Bytes Scan::own(std::vector<std::byte> buffer) {
  buffers_.push_back(std::move(buffer));
  return buffers_.back();
}

bool Scan::inflate(uint64_t bytes) {
  if (bytes > budget.inflated_bytes - inflated_) return false;
  inflated_ += bytes;
  return true;
}

bool Scan::step(uint64_t steps) {
  if (steps > budget.steps - steps_) return false;
  steps_ += steps;
  return true;
}

void Scan::gap(const Artifact& in, const Error& error) {
  // Bytes that no loader reads need not make sense; a budget that ran out is another matter.
  if ((in.hint == Hint::storage || in.hint == Hint::unclaimed) && error.fault != Fault::limit) return;
  gaps.push_back({fault_name(error.fault), {member_of(in), error.offset, std::nullopt}, error.what});
}

void Scan::finding(const Artifact& in, Finding finding) {
  for (Evidence& evidence : finding.evidence) {
    if (evidence.location.member.empty()) evidence.location.member = member_of(in);
  }
  findings.push_back(std::move(finding));
}

void Scan::refer(const Artifact& in, Reference reference) {
  if (reference.member.empty()) reference.member = member_of(in);
  references.push_back(std::move(reference));
}

void Scan::note(const Artifact& in, std::string_view threat, Note note) {
  Finding made;
  made.threat = threat;
  made.ruling = note.ruling;
  made.trigger = note.trigger;
  made.summary = std::move(note.summary);
  made.why = std::move(note.why);
  if (!note.callee.empty() || !note.code.empty()) {
    made.evidence.push_back({std::move(note.callee), std::move(note.code), {{}, note.offset, std::nullopt}});
  }
  finding(in, std::move(made));
}

void Scan::submit(Trace& trace) {
  if (judge) judge(*this, trace);
}

void Scan::recognise(const Artifact& artifact, std::string_view format) {
  recognised = true;
  if (artifact.depth == 0) formats.emplace_back(format);
}

std::string Scan::member_of(const Artifact& artifact) const {
  const std::string& outermost = artifacts.front().path;
  return artifact.path.size() > outermost.size() ? artifact.path.substr(outermost.size() + 1) : std::string();
}

}  // namespace winnow
