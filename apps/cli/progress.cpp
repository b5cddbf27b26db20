#include "progress.h"

#include <unistd.h>

#include "report/escape.h"
#include "terminal.h"

namespace winnow::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 1s;
constexpr auto kBetween = 100ms;
constexpr uint64_t kBarWidth = 24;

std::string bar(uint64_t done, uint64_t all) {
  const uint64_t filled = all == 0 ? kBarWidth : done * kBarWidth / all;
  std::string text;
  for (uint64_t i = 0; i < kBarWidth; ++i) text += i < filled ? "\u2501" : "\u2500";
  return text;
}

// The end of a path is what tells files apart.
std::string ending(std::string_view path, size_t size) {
  std::string text = report::escape_terminal(path);
  if (text.size() <= size) return text;
  size_t from = text.size() - size;
  while (from < text.size() && (static_cast<uint8_t>(text[from]) & 0xc0) == 0x80) ++from;
  return "\u2026" + text.substr(from);
}

}  // namespace

ProgressLine::~ProgressLine() {
  if (shown_) write_all(STDERR_FILENO, "\r\x1b[K");
}

void ProgressLine::show(const Progress& progress) {
  const auto now = Clock::now();
  if (now - started_ < kSilence || now - last_ < kBetween) return;
  last_ = now;
  shown_ = true;
  std::string line = "\r\x1b[K" + bar(progress.files_done, progress.files) + " " +
                     std::to_string(progress.files_done) + "/" + std::to_string(progress.files);
  if (progress.findings != 0) line += ", " + std::to_string(progress.findings) + " found";
  write_all(STDERR_FILENO, line + "  " + ending(progress.last_path, 30));
}

}  // namespace winnow::cli
