// What a caller may ask of a scan.
#pragma once

#include <atomic>
#include <functional>
#include <string_view>

#include "core/budget.h"
#include "core/report.h"

namespace winnow {

// SHA-256 of every file: reads every byte, which the scan itself avoids.
enum class Hash : uint8_t { none, sha256 };

// What ArtifactReport::text holds.
enum class Show : uint8_t {
  nothing,
  trace,       // events in execution order
  decompiled,  // readable source of every program in the file
  ir,          // of Python code: the form that the machine runs
  instructions,  // of Python code: a listing of its bytecode
};

// Where files are read. A parser that falls costs a confined process one file, and the caller everything.
enum class Sandbox : uint8_t {
  workers,  // processes that can open nothing, connect nowhere and start nothing (Linux)
  none,     // threads of the caller
};

// How far a run over many files has come.
struct Progress {
  uint64_t files_done = 0;
  uint64_t files = 0;
  uint64_t findings = 0;       // files judged suspicious or malicious so far
  std::string_view last_path;  // of the file just done; good during the call
};

struct Options {
  unsigned jobs = 0;  // workers or threads over files; 0: one per core
  Sandbox sandbox = Sandbox::workers;  // of scan_path and scan_paths; what is handed in open is read in the caller
  Budget budget;
  Hash hash = Hash::none;
  Show show = Show::nothing;
  // Called after every file, by one thread at a time.
  std::function<void(const Progress&)> progress;
  // May be set at any time, by a signal handler too: files that are not done stay incomplete.
  const std::atomic<bool>* stop = nullptr;
};

}  // namespace winnow
