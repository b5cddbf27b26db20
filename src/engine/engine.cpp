#include "engine/engine.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

#include "bytes/file.h"
#include "bytes/sha256.h"
#include "core/neighbours.h"
#include "core/scan.h"
#include "engine/links.h"
#include "engine/repository.h"
#include "engine/settle.h"
#include "engine/trace_text.h"
#include "engine/walk.h"
#include "engine/workers.h"
#include "formats/registry.h"
#include "judge/judge.h"

namespace winnow::engine {
namespace {

// Buffers above this are given back between files.
constexpr size_t kKeptBuffer = size_t{1} << 20;
// Of a mapped file, what readers go through before its pages are let go.
constexpr uint64_t kHeldPages = uint64_t{1} << 20;

// Every format that claims the artifact reads it: a file can be several things at once.
void read_artifact(Scan& scan, const Artifact& artifact, Whereabouts* whereabouts) {
  for (const Format& format : formats()) {
    if (!format.probe(artifact)) continue;
    if (whereabouts != nullptr) whereabouts->at(format.name, scan.member_of(artifact));
    try {
      format.read(scan, artifact);
    } catch (const std::exception& error) {
      // The standard library throws when memory runs out; what was found before stands.
      const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
      scan.recognised = true;
      scan.gap(artifact, Fault::limit, 0, std::string(format.name) + " could not be read: " + (memory ? "memory ran out" : error.what()));
    }
  }
}

void show_and_judge(Scan& scan, Trace& trace) {
  scan.text += trace_text(trace);
  judge::judge(scan, trace);
}

// A budget that no reader told of is told of here.
void tell_budgets(Scan& scan) {
  if (scan.has_run_out()) scan.gap(scan.artifact(0), Fault::limit, 0, "a part that is larger than the budget was not looked at");
}

void drain(Scan& scan, const FileBytes* file, Whereabouts* whereabouts) {
  uint64_t held = 0;
  while (!scan.queue.empty()) {
    const ArtifactId next = scan.queue.front();
    scan.queue.pop_front();
    if (!scan.in_time()) {
      scan.gap(scan.artifact(next), Fault::limit, 0, "the time is up: this and what follows was not read");
      scan.recognised = true;
      return;
    }
    read_artifact(scan, scan.artifact(next), whereabouts);
    ++scan.read;
    held += scan.artifact(next).bytes.size();
    if (file != nullptr && held >= kHeldPages) {
      file->let_go();
      held = 0;
    }
  }
}

ArtifactReport scan_input(const std::string& path, Bytes bytes, const FileBytes* file, const Options& options, Whereabouts* whereabouts, const Ask& ask) {
  Scan scan(options.budget);
  scan.judge = options.show == Show::trace ? show_and_judge : judge::judge;
  Neighbours neighbours(ask);
  scan.neighbours = &neighbours;
  scan.show = options.show;
  Artifact outermost;
  outermost.path = path;
  outermost.bytes = bytes;
  scan.artifacts.push_back(std::move(outermost));
  scan.queue.push_back(0);
  drain(scan, file, whereabouts);
  tell_budgets(scan);

  ArtifactReport report;
  report.path = path;
  report.size = bytes.size();
  if (options.hash == Hash::sha256) report.sha256 = sha256_hex(bytes);
  settle(scan, report);
  return report;
}

Access access_of(const Options& options) {
  return options.hash == Hash::sha256 ? Access::whole : Access::scattered;
}

ArtifactReport not_read(const std::string& path, const Error& error) {
  ArtifactReport report;
  report.path = path;
  report.format = "unknown";
  report.verdict = Verdict::incomplete;
  report.gaps.push_back({fault_name(error.fault), {}, error.what});
  return report;
}

// As the supervisor of workers does: what is no longer the file that was read is not judged by it.
void tell_change(const struct stat& before, int descriptor, ArtifactReport& report) {
  struct stat after {};
  if (::fstat(descriptor, &after) == 0 && !has_changed(before, after)) return;
  report.gaps.push_back({fault_name(Fault::unreadable), {}, kChanged});
  report.verdict = std::max(report.verdict, Verdict::incomplete);
}

// What a worker needs beside what the budgets give: the program itself, and lists of files.
constexpr uint64_t kOwnMemory = uint64_t{256} << 20;

uint64_t memory_of(const Budget& budget) {
  uint64_t all = kOwnMemory;
  for (const uint64_t part : {budget.inflated_bytes, budget.memory, budget.memory}) {
    if (__builtin_add_overflow(all, part, &all)) return UINT64_MAX;
  }
  return all;
}

// One run over many files: what is left to do, and what was said of the rest.
struct Run {
  const std::vector<std::string>& files;
  const Options& options;
  const FilesOfRun neighbours;
  std::vector<ArtifactReport> reports;
  std::vector<std::string> sandbox;
  std::atomic<size_t> next = 0;
  std::mutex telling;
  Progress progress;

  void done(size_t index, ArtifactReport report) {
    reports[index] = std::move(report);
    if (!options.progress) return;
    const std::lock_guard lock(telling);
    progress.files_done += 1;
    if (reports[index].verdict >= Verdict::suspicious) progress.findings += 1;
    progress.last_path = reports[index].path;
    options.progress(progress);
  }

  bool stopped() const { return options.stop != nullptr && options.stop->load(); }

  // In one of the caller's threads.
  void work() {
    Buffer buffer;
    const auto ask_for = [this](const std::string& of) -> Ask {
      return [this, &of](const std::string& path) -> std::optional<std::vector<std::byte>> {
        const std::string* found = neighbours.find(of, path);
        if (found == nullptr) return std::nullopt;
        const auto descriptor = open_file(*found);
        Buffer content;
        const auto bytes = descriptor ? FileBytes::read(descriptor->number(), content, Access::whole, kLongestNeighbour + 1) : Result<FileBytes>(Error{});
        if (!bytes || bytes->bytes().size() > kLongestNeighbour) return std::nullopt;
        return std::vector<std::byte>(bytes->bytes().begin(), bytes->bytes().end());
      };
    };
    for (size_t i = next++; i < files.size(); i = next++) {
      done(i, stopped() ? not_read(files[i], {Fault::limit, 0, "not scanned: the run was stopped"})
                        : scan_file(files[i], options, buffer, ask_for(files[i])));
      if (buffer.size() > kKeptBuffer) Buffer().swap(buffer);
    }
  }

  void in_threads(unsigned count) {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < count; ++i) {
      try {
        helpers.emplace_back([this] { work(); });
      } catch (const std::system_error&) {
        break;  // fewer threads do the same work
      }
    }
    work();
  }

  void in_workers(unsigned count) {
    Buffer buffer;  // every worker has its own from the fork on
    const Work scan_one = [&](const WorkerFile& file, Whereabouts& whereabouts, const Ask& ask) {
      const auto bytes = FileBytes::read(file.descriptor, file.size, buffer, access_of(options));
      if (!bytes) return not_read(file.path, bytes.error());
      ArtifactReport report = scan_input(file.path, bytes->bytes(), &*bytes, options, &whereabouts, ask);
      if (buffer.size() > kKeptBuffer) Buffer().swap(buffer);
      return report;
    };
    const Crew crew{.workers = count,
                    .memory = memory_of(options.budget),
                    .seconds = options.budget.seconds,
                    .stop = options.stop};
    sandbox = scan_in_workers(files, crew, scan_one,
                              [&](size_t index, ArtifactReport report) { done(index, std::move(report)); });
  }
};

unsigned job_count(const Options& options, size_t files) {
  const unsigned wanted =
      options.jobs != 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::min<size_t>(wanted, std::max<size_t>(files, 1)));
}

}  // namespace

ArtifactReport scan_bytes(const std::string& path, Bytes bytes, const Options& options) {
  return scan_input(path, bytes, nullptr, options, nullptr, {});
}

ArtifactReport scan_descriptor(const std::string& path, int descriptor, const Options& options,
                               Buffer& buffer, const Ask& ask) {
  const auto file = FileBytes::read(descriptor, buffer, access_of(options), options.budget.inflated_bytes);
  return file ? scan_input(path, file->bytes(), &*file, options, nullptr, ask) : not_read(path, file.error());
}

ArtifactReport scan_file(const std::string& path, const Options& options, Buffer& buffer, const Ask& ask) {
  const auto descriptor = open_file(path);
  if (!descriptor) return not_read(path, descriptor.error());
  struct stat before {};
  if (::fstat(descriptor->number(), &before) != 0) return not_read(path, {Fault::unreadable, 0, "cannot be examined"});
  ArtifactReport report = scan_descriptor(path, descriptor->number(), options, buffer, ask);
  tell_change(before, descriptor->number(), report);
  return report;
}

namespace {

Report scan_all(std::span<const std::string> paths, const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  const std::vector<std::string> files = find_files(paths, options.stop);
  Run run{.files = files, .options = options, .neighbours = FilesOfRun(files), .reports = {}, .sandbox = {}, .telling = {}, .progress = {}};
  run.progress.files = files.size();
  run.reports.resize(files.size());
  const unsigned jobs = job_count(options, files.size());
  if (options.sandbox == Sandbox::workers) {
    run.in_workers(jobs);
  } else {
    run.in_threads(jobs);
  }
  for (ArtifactReport& one : run.reports) tell_links(one);
  Report report = summarise(std::move(run.reports));
  report.sandbox = std::move(run.sandbox);
  report.summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

}  // namespace

Report scan_paths(std::span<const std::string> paths, const Options& options) {
  try {
    return scan_all(paths, options);
  } catch (const std::bad_alloc&) {  // what it had gathered is gone by now
    std::vector<ArtifactReport> none;
    for (const std::string& path : paths) none.push_back(not_read(path, {Fault::limit, 0, "the memory does not suffice for the run"}));
    return summarise(std::move(none));
  }
}

Report summarise(std::vector<ArtifactReport> artifacts) {
  Report report;
  std::sort(artifacts.begin(), artifacts.end(), [](auto& a, auto& b) { return a.path < b.path; });
  Summary& summary = report.summary;
  for (const ArtifactReport& artifact : artifacts) {
    summary.files += 1;
    summary.bytes += artifact.size;
    if (artifact.format != "unknown") summary.models += 1;
    switch (artifact.verdict) {
      case Verdict::malicious: summary.malicious += 1; break;
      case Verdict::suspicious: summary.suspicious += 1; break;
      case Verdict::clean: summary.clean += 1; break;
      case Verdict::incomplete: summary.incomplete += 1; break;
      case Verdict::skipped: summary.skipped += 1; break;
    }
  }
  report.repositories = find_repositories(artifacts);
  report.artifacts = std::move(artifacts);
  return report;
}

}  // namespace winnow::engine
