// Files scanned in confined processes: a parser that falls costs one file's verdict, never the run.
//
// A worker holds one channel to its supervisor and the descriptors of the files that it was handed, read-only.
// It is forked before it sees a byte of a model and serves file after file. One that crashes, hangs or is ended
// by the system is replaced; its file is incomplete, with what is known of where it happened.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/options.h"
#include "core/report.h"
#include "engine/sandbox.h"

namespace winnow::engine {

// What a worker is at, in memory that it shares with its supervisor, which looks only when the worker is dead.
class Whereabouts {
 public:
  void at(std::string_view format, std::string_view member);
  std::string text() const;  // "pickle, archive/data.pkl"; what a broken worker wrote may be anything

 private:
  char words_[256] = {};
};

struct WorkerFile {
  std::string path;
  int descriptor = -1;
  uint64_t size = 0;  // in bytes, when it was opened
};

// The content of another file of the same run, by its path from the folder of the file that is read; nothing where there
// is none. The supervisor opens it, and hands out nothing but what it was told to scan.
using Ask = std::function<std::optional<std::vector<std::byte>>(const std::string& path)>;
constexpr uint64_t kLongestNeighbour = uint64_t{1} << 20;

// Which file of the run stands at a path from the folder of another; nothing where there is none.
class FilesOfRun {
 public:
  explicit FilesOfRun(const std::vector<std::string>& paths);
  const std::string* find(std::string_view of, std::string_view path) const;

 private:
  std::unordered_map<std::string, const std::string*> by_place_;
};

// Runs in the worker.
using Work = std::function<ArtifactReport(const WorkerFile&, Whereabouts&, const Ask&)>;

struct Crew {
  unsigned workers = 1;
  uint64_t memory = 0;     // bytes for each
  double seconds = 0;      // for one file; 0 is without end
  double grace = 5;        // seconds more: a worker watches the clock itself, and then says what it has found
  const std::atomic<bool>* stop = nullptr;  // set by anybody: what is not done stays undone
};

// `done` is called in this thread, in any order, once for every file of `paths`, whatever happens. Gives the
// layers that every worker had; nothing when none could be started.
std::vector<std::string> scan_in_workers(const std::vector<std::string>& paths, const Crew& crew, const Work& work,
                                         const std::function<void(size_t, ArtifactReport)>& done);

}  // namespace winnow::engine
