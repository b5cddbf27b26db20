#include "core/scan.h"

#include <algorithm>

#include "core/budget_fields.h"

namespace winnow {
namespace {

constexpr uint64_t kStepsBetweenClocks = 4096;

// What a file is compressed with says little of it: what is inside is what it is, "r-rds+gzip".
bool is_codec(std::string_view format) {
  static constexpr std::string_view kCodecs[] = {"gzip", "zlib", "bzip2", "xz", "lzma", "lz4", "zstd"};
  return std::find(std::begin(kCodecs), std::end(kCodecs), format) != std::end(kCodecs);
}

// Whether a member is all that there is in a file that is nothing but compressed, perhaps more than once.
bool is_content(const std::vector<std::string>& formats, std::string_view member) {
  if (formats.empty() || !is_codec(formats.back())) return false;
  while (member.starts_with("content!")) member.remove_prefix(8);
  return member == "content";
}

}  // namespace

Scan::Scan(const Budget& limits) : budget(limits) {
  // A number of seconds that no clock reaches is no limit.
  constexpr uint64_t kYears = uint64_t{1} << 32;
  if (budget.seconds <= 0 || budget.seconds > static_cast<double>(kYears)) return;
  using Clock = std::chrono::steady_clock;
  deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(budget.seconds));
}

void Scan::child(const Artifact& of, std::string_view name, Bytes bytes, Hint hint) {
  if (of.depth + 1 > budget.depth) {
    ran_out(Limit::depth);
    gap(of, Fault::limit, 0, "'" + std::string(name) + "' is nested too deep and was not read");
    return;
  }
  if (artifacts.size() >= budget.artifacts) {
    if (untold_members_ == 0) {
      ran_out(Limit::artifacts);
      gap(of, Fault::limit, 0, "more members than are read, from '" + std::string(name) + "' on");
      ++untold_members_;
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
  if (!in_time()) return false;
  if (bytes > budget.inflated_bytes - inflated_) {
    ran_out(Limit::inflated_bytes);
    return false;
  }
  inflated_ += bytes;
  return true;
}

bool Scan::step(uint64_t steps) {
  if (steps > budget.steps - steps_) {
    ran_out(Limit::steps);
    return false;
  }
  steps_ += steps;
  if (!deadline_) return true;
  if (steps < until_clock_) {
    until_clock_ -= steps;
    return true;
  }
  until_clock_ = kStepsBetweenClocks;
  return in_time();
}

bool Scan::in_time() {
  if (!deadline_ || std::chrono::steady_clock::now() < *deadline_) return true;
  until_clock_ = 0;
  ran_out(Limit::seconds);
  return false;
}

// "budget steps=1000; 2 of 17 members were read before"
std::string Scan::coverage(Limit limit) const {
  const BudgetField& field = budget_field(limit);
  std::string what = "budget " + std::string(field.name) + "=" + std::to_string(field.get(budget));
  if (artifacts.size() > 1) {
    what += "; " + std::to_string(read) + " of " + std::to_string(artifacts.size()) + " parts were read before";
  }
  return what;
}

void Scan::gap(const Artifact& in, const Error& error) {
  // Bytes that no loader reads need not make sense; a budget that ran out is another matter.
  if ((in.hint == Hint::storage || in.hint == Hint::unclaimed) && error.fault != Fault::limit) return;
  std::string what = error.what;
  if (error.fault == Fault::limit && ran_out_) {
    what += " (" + coverage(*ran_out_) + ")";
    ran_out_.reset();
  }
  gaps.push_back({fault_name(error.fault), {member_of(in), error.offset, std::nullopt}, std::move(what)});
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
  if (artifact.depth == 0) {
    formats.emplace_back(format);
  } else if (is_content(formats, member_of(artifact))) {
    formats.emplace(std::find_if(formats.begin(), formats.end(), is_codec), format);
  }
}

std::string Scan::member_of(const Artifact& artifact) const {
  const std::string& outermost = artifacts.front().path;
  return artifact.path.size() > outermost.size() ? artifact.path.substr(outermost.size() + 1) : std::string();
}

}  // namespace winnow
