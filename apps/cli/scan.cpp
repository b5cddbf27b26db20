// winnow scan PATH...
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "commands.h"
#include "input.h"
#include "progress.h"
#include "report/render.h"
#include "terminal.h"
#include "winnow.h"

namespace winnow::cli {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

// The first Ctrl-C ends the run with a report of what is done; the second one ends the program.
void stop_when_interrupted() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

Report run(const ScanRequest& request, const Budget& budget) {
  Options options;
  options.budget = budget;
  options.jobs = request.jobs;
  options.show = request.show;
  options.hash = request.hash ? Hash::sha256 : Hash::none;
  options.sandbox = request.no_sandbox ? Sandbox::none : Sandbox::workers;
  options.stop = &interrupted;
  stop_when_interrupted();
  ProgressLine line;
  if (!request.quiet && !request.no_progress && is_terminal(STDERR_FILENO)) {
    options.progress = [&line](const Progress& progress) { line.show(progress); };
  }
  return scan_inputs(request.paths, options);
}

std::string render(const ScanRequest& request, const Report& report) {
  if (request.format == Format::json) return report::render_json(report);
  if (request.format == Format::sarif) return report::render_sarif(report);
  if (request.format == Format::html) return report::render_html(report);
  const bool coloured = request.colour == Colour::always ||
                        (request.colour == Colour::automatic && request.output.empty() && wants_colour());
  report::TextOptions options;
  options.colour = coloured ? report::Colour::ansi : report::Colour::plain;
  options.dismissed = request.explain ? report::Detail::shown : report::Detail::hidden;
  options.clean = request.verbose ? report::Detail::shown : report::Detail::hidden;
  options.width = width();
  return report::render_text(report, options);
}

int exit_code_of(const ScanRequest& request, const Report& report) {
  const auto any = [&](auto test) {
    return std::any_of(report.artifacts.begin(), report.artifacts.end(), test);
  };
  if (any([&](const ArtifactReport& a) { return a.verdict >= request.fail_on; })) return kFound;
  // Below the threshold a finding must not hide that the rest of its file was not read.
  const bool gaps = any([](const ArtifactReport& a) {
    return a.verdict == Verdict::incomplete || (a.verdict == Verdict::suspicious && !a.gaps.empty());
  });
  return gaps ? kNotScanned : kNothingFound;
}

void complain_of_unreadable(const Report& report) {
  for (const ArtifactReport& artifact : report.artifacts) {
    for (const Gap& gap : artifact.gaps) {
      if (gap.fault == "unreadable") complain(artifact.path + ": " + gap.what);
    }
  }
}

// Whether a file of this name is to be scanned, and would be overwritten by its report.
bool is_scanned(const ScanRequest& request, int output) {
  struct stat there {}, one {};
  if (::fstat(output, &there) != 0 || !S_ISREG(there.st_mode) || there.st_size == 0) return false;
  return std::any_of(request.paths.begin(), request.paths.end(), [&](const std::string& path) {
    return ::stat(path.c_str(), &one) == 0 && one.st_dev == there.st_dev && one.st_ino == there.st_ino;
  });
}

}  // namespace

int scan(const ScanRequest& request, const Budget& budget) {
  int output = STDOUT_FILENO;
  if (!request.output.empty()) {
    // Opened before the work, so that a wrong name costs nothing; emptied only after it.
    output = ::open(request.output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (output < 0) {
      complain(request.output + ": cannot be written");
      return kUsage;
    }
    if (is_scanned(request, output)) {
      complain(request.output + ": is to be scanned, and is not overwritten");
      return kUsage;
    }
  }
  const Report report = run(request, budget);
  complain_of_unreadable(report);
  const int code = exit_code_of(request, report);
  if (request.quiet && request.output.empty() && request.format == Format::text) return code;
  // Not a regular file: there is nothing to empty.
  if (!request.output.empty() && ::ftruncate(output, 0) != 0 && errno != EINVAL) return kNotScanned;
  if (!write_all(output, render(request, report))) {
    complain("the report cannot be written");
    return code == kFound ? kFound : kNotScanned;
  }
  return code;
}

}  // namespace winnow::cli
