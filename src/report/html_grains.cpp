// A run as grain that was winnowed: one grain for every file, the bad ones first. Full grains are findings, open ones
// are clean, dots are no models, so that colour is not needed to tell them apart.
#include <algorithm>
#include <array>
#include <cmath>

#include "report/html_parts.h"
#include "report/words.h"

namespace winnow::report {
namespace {

constexpr uint64_t kMostGrains = 700;
constexpr double kCell = 12;

struct Heap {
  Verdict verdict;
  uint64_t files;
  uint64_t grains = 0;
};

// The same scatter every time: from the number of the grain.
double jitter(uint64_t grain, uint64_t salt) {
  uint64_t mixed = (grain + 1) * 0x9e3779b97f4a7c15u + salt * 0xbf58476d1ce4e5b9u;
  mixed ^= mixed >> 29;
  mixed *= 0x94d049bb133111ebu;
  return static_cast<double>(mixed >> 40) / static_cast<double>(1u << 24) - 0.5;
}

// An ellipse as two arcs, turned about its middle.
void put_grain(Html& html, double x, double y, double long_radius, double short_radius, double degrees) {
  const double angle = degrees * 3.14159265358979 / 180;
  const double dx = long_radius * std::cos(angle), dy = long_radius * std::sin(angle);
  html.put("M").tenths(x - dx).put(" ").tenths(y - dy);
  for (const double sign : {1.0, -1.0}) {
    html.put("a").tenths(long_radius).put(" ").tenths(short_radius).put(" ").tenths(degrees).put(" 1 0 ");
    html.tenths(2 * sign * dx).put(" ").tenths(2 * sign * dy);
  }
  html.put("z");
}

}  // namespace

void put_grains(Html& html, const Summary& summary) {
  std::array<Heap, 5> heaps = {{{Verdict::malicious, summary.malicious},
                                {Verdict::suspicious, summary.suspicious},
                                {Verdict::incomplete, summary.incomplete},
                                {Verdict::clean, summary.clean},
                                {Verdict::skipped, summary.skipped}}};
  if (summary.files < 2) return;
  const uint64_t each = (summary.files + kMostGrains - 1) / kMostGrains;
  uint64_t grains = 0;
  for (Heap& heap : heaps) grains += heap.grains = (heap.files + each - 1) / each;
  const uint64_t columns = std::max<uint64_t>(3, static_cast<uint64_t>(std::ceil(std::sqrt(static_cast<double>(grains) * 1.6))));
  const uint64_t rows = (grains + columns - 1) / columns;
  const double width = static_cast<double>(columns) * kCell, height = static_cast<double>(rows) * kCell;
  html.put("<figure class=\"grains\"><svg aria-hidden=\"true\" viewBox=\"0 0 ").tenths(width).put(" ").tenths(height);
  html.put("\" width=\"").tenths(std::min(360.0, width * 2)).put("\">");
  uint64_t at = 0;
  for (const Heap& heap : heaps) {
    if (heap.grains == 0) continue;
    put_tone(html.put("<path class=\"grain"), tone_of(heap.verdict)).put("\" d=\"");
    for (const uint64_t end = at + heap.grains; at < end; ++at) {
      const double x = (static_cast<double>(at % columns) + 0.5) * kCell + jitter(at, 1) * 1.6;
      const double y = (static_cast<double>(at / columns) + 0.5) * kCell + jitter(at, 2) * 1.6;
      if (heap.verdict == Verdict::skipped) {
        put_grain(html, x, y, 1.3, 1.3, 0);
      } else {
        put_grain(html, x, y, 4.8, 2.5, -50 + 70 * jitter(at, 3));
      }
    }
    html.put("\"/>");
  }
  html.put("</svg><figcaption>");
  html.text(each == 1 ? "One grain, one file" : "One grain, " + in_digits(each) + " files").put("</figcaption></figure>");
}

}  // namespace winnow::report
