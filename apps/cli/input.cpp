#include "input.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "bytes/file.h"
#include "terminal.h"

namespace winnow::cli {
namespace {

// A regular file as it is; of a pipe everything, in a file that is nowhere on a disk, so that a worker reads it
// like any other.
Result<Descriptor> standard_input(uint64_t limit, const std::atomic<bool>* stop) {
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode)) return Descriptor(::dup(STDIN_FILENO));
  Descriptor copy(::memfd_create("standard input", MFD_CLOEXEC));
  if (copy.number() < 0) return Error{Fault::unreadable, 0, "cannot be kept"};
  std::vector<char> piece(1 << 20);
  for (uint64_t total = 0;;) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (stop != nullptr && stop->load()) return Error{Fault::limit, total, "not scanned: the run was stopped"};
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Fault::unreadable, total, "cannot be read"};
    if (got == 0) return copy;
    total += static_cast<uint64_t>(got);
    if (total > limit) return Error{Fault::limit, limit, "more than " + std::to_string(limit) + " bytes from a pipe"};
    if (!write_all(copy.number(), {piece.data(), static_cast<size_t>(got)})) {
      return Error{Fault::unreadable, total, "cannot be kept"};
    }
  }
}

void warn_of(const Report& report, const Options& options) {
  if (options.sandbox == Sandbox::none || report.artifacts.empty()) return;
  const auto has = [&](const char* layer) {
    return std::find(report.sandbox.begin(), report.sandbox.end(), layer) != report.sandbox.end();
  };
  if (report.sandbox.empty()) return;  // no worker was needed, or the gaps tell
  if (!has("seccomp")) complain("warning: this kernel gives no seccomp, so that workers are confined less");
  if (!has("landlock")) complain("warning: this kernel gives no Landlock, so that seccomp alone keeps workers from files");
  if (!has("rlimits")) complain("warning: limits of memory and time could not be set for workers");
}

}  // namespace

Report scan_inputs(std::vector<std::string> paths, const Options& options) {
  const bool piped = std::erase(paths, "-") != 0;
  if (!piped) {
    Report report = scan_paths(paths, options);
    warn_of(report, options);
    return report;
  }
  const auto input = standard_input(options.budget.inflated_bytes, options.stop);
  std::string path = "-";
  if (input) path = "/proc/self/fd/" + std::to_string(input->number());
  paths.push_back(path);
  Report report = scan_paths(paths, options);
  for (ArtifactReport& artifact : report.artifacts) {
    if (artifact.path != path) continue;
    artifact.path = "-";
    if (!input) artifact.gaps = {{fault_name(input.error().fault), {}, input.error().what}};
  }
  Report sorted = summarise(std::move(report.artifacts));
  sorted.summary.seconds = report.summary.seconds;
  sorted.sandbox = std::move(report.sandbox);
  warn_of(sorted, options);
  return sorted;
}

}  // namespace winnow::cli
