// What a caller may ask of a scan.
#pragma once

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

// How far a run over many files has come.
struct Progress {
  uint64_t files_done = 0;
  uint64_t files = 0;
  uint64_t findings = 0;       // files judged suspicious or malicious so far
  std::string_view last_path;  // of the file just done; good during the call
};

struct Options {
  unsigned jobs = 0;  // threads over files; 0: one per core
  Budget budget;
  Hash hash = Hash::none;
  Show show = Show::nothing;
  // Called after every file, by one thread at a time.
  std::function<void(const Progress&)> progress;
};

}  // namespace winnow
