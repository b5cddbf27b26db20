// A line on standard error that says how far a long run has come.
#pragma once

#include <chrono>

#include "winnow.h"

namespace winnow::cli {

// Shows itself a second after it was made, so that short runs stay silent, and wipes its line when it goes.
class ProgressLine {
 public:
  ProgressLine() : started_(Clock::now()), last_(started_) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void show(const Progress& progress);

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point started_;
  Clock::time_point last_;
  bool shown_ = false;
};

}  // namespace winnow::cli
