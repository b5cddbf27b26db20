#include "report/words.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace winnow::report {

const char* when(Trigger trigger) {
  switch (trigger) {
    case Trigger::load: return "when the model is loaded";
    case Trigger::inference: return "when the model is used";
    case Trigger::import: return "when its code is imported";
    case Trigger::other: return "at another time";
  }
  return "at another time";
}

std::string in_bytes(uint64_t size) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(size);
  size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, unit == 0 || amount >= 100 ? "%.0f %s" : "%.1f %s", amount,
                kUnits[unit]);
  return buffer;
}

std::string in_digits(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string counted(uint64_t count, const char* noun) {
  return in_digits(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string_view clip(std::string_view text, size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

bool read_unconfined(const Report& report) {
  const auto read = [](const ArtifactReport& one) { return one.verdict != Verdict::incomplete || one.format != "unknown"; };
  return report.sandbox.empty() && std::any_of(report.artifacts.begin(), report.artifacts.end(), read);
}

uint64_t count_dismissed(const ArtifactReport& artifact) {
  return static_cast<uint64_t>(std::count_if(artifact.findings.begin(), artifact.findings.end(),
                                             [](auto& f) { return f.ruling == Ruling::dismissed; }));
}

}  // namespace winnow::report
