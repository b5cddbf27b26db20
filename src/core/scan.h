// One input being scanned: owns its bytes and its budget. Readers report here what they find: children,
// traces, findings about the container itself, and gaps.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bytes/result.h"
#include "core/artifact.h"
#include "core/budget.h"
#include "core/options.h"
#include "core/report.h"
#include "core/trace.h"

namespace winnow {

class Neighbours;

// What a reader has to say of one place.
struct Note {
  Ruling ruling = Ruling::dismissed;
  Trigger trigger = Trigger::load;
  std::string summary, why;  // as in Finding
  std::string callee, code;  // as in Evidence; without a callee and code there is none
  std::optional<uint64_t> offset;
};

struct Scan {
  explicit Scan(const Budget& limits);
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  // A part of `of` to be read in turn. The bytes must live as long as the scan: a view of the parent's
  // bytes, or own() of a buffer. Past the budget it becomes a gap.
  void child(const Artifact& of, std::string_view name, Bytes bytes, Hint hint = Hint::none);

  // Keeps a decoded buffer alive and gives its view.
  Bytes own(std::vector<std::byte> buffer);

  // Takes `bytes` from the budget for decompressed data; false when it is used up.
  bool inflate(uint64_t bytes);
  bool step(uint64_t steps = 1);
  // False when the time is up. Looks at the clock: not for every step.
  bool in_time();
  // A budget has run out: the next gap that tells of a limit says so, with the number and what was read before.
  void ran_out(Limit limit) { ran_out_ = limit; }
  bool has_run_out() const { return ran_out_.has_value(); }

  // Something in `in` that could not be read; not told of bytes that no loader asks for.
  void gap(const Artifact& in, const Error& error);
  void gap(const Artifact& in, Fault fault, uint64_t offset, std::string what) {
    gap(in, Error{fault, offset, std::move(what)});
  }

  // A finding about the container itself (archive slip, lying headers).
  void finding(const Artifact& in, Finding finding);
  // The same of one place.
  void note(const Artifact& in, std::string_view threat, Note note);

  // Something that `in` makes its loader fetch.
  void refer(const Artifact& in, Reference reference);

  // A whole trace, judged by whoever runs the scan.
  void submit(Trace& trace);

  // Tells what the artifact is: "pytorch-zip". The outermost artifact's names make the report's format;
  // naming an artifact makes it a recognised model, so that its gaps count.
  void recognise(const Artifact& artifact, std::string_view format);

  const Artifact& artifact(ArtifactId id) const { return artifacts[id]; }
  // The part of an artifact's path below the outermost one: "archive/data.pkl".
  std::string member_of(const Artifact& artifact) const;

  Budget budget;
  std::deque<Artifact> artifacts;   // [0] is the outermost; references stay valid
  std::deque<ArtifactId> queue;     // still to be read
  uint64_t read = 0;                // artifacts whose reading has ended
  std::vector<std::string> formats;  // what the outermost artifact is, in the order of the registry
  bool recognised = false;
  std::vector<Finding> findings;
  std::vector<Reference> references;
  std::vector<ImportedName> imports;
  std::vector<Gap> gaps;
  std::function<void(Scan&, Trace&)> judge;  // set by the engine
  Neighbours* neighbours = nullptr;          // the same; null where nothing stands beside the input
  Show show = Show::nothing;                 // of every trace, kept in `text`
  std::string text;

 private:
  std::string coverage(Limit limit) const;

  std::vector<std::vector<std::byte>> buffers_;
  uint64_t untold_members_ = 0;
  uint64_t inflated_ = 0;
  uint64_t steps_ = 0;
  uint64_t until_clock_ = 0;  // steps that may pass before the clock is looked at
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::optional<Limit> ran_out_;
};

}  // namespace winnow
