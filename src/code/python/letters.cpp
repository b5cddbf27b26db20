#include "code/python/letters.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "code/python/print_literals.h"

namespace winnow::python {
namespace {

// Letters from `first` to `last`, each or every second of them, that become another at the same distance.
struct CaseRun {
  uint32_t first, last;
  int32_t by;
  uint32_t step;
};
struct Range {
  uint32_t first, last;
};
struct Spelling {
  uint32_t first, at, length;
};

#include "code/python/case_tables.inc"

template <class Row>
const Row* row_of(std::span<const Row> rows, char32_t c) {
  const auto found = std::upper_bound(rows.begin(), rows.end(), c, [](char32_t point, const Row& row) { return point < row.first; });
  return found == rows.begin() ? nullptr : &*(found - 1);
}

struct Tables { std::span<const CaseRun> runs; std::span<const Spelling> spelled; };

Tables tables_of(Case how) {
  switch (how) {
    case Case::lower: return {kLower, kLowerSpelled};
    case Case::upper: return {kUpper, kUpperSpelled};
    case Case::title: return {kTitle, kTitleSpelled};
    case Case::folded: return {kFolded, kFoldedSpelled};
  }
  return {};
}

bool append_known(std::string& out, char32_t c, Case how) {
  const Tables tables = tables_of(how);
  const CaseRun* run = row_of(tables.runs, c);
  if (run != nullptr && c <= run->last && (c - run->first) % run->step == 0) {
    append_utf8(out, static_cast<char32_t>(static_cast<int32_t>(c) + run->by));
    return true;
  }
  const Spelling* spelling = row_of(tables.spelled, c);
  if (spelling == nullptr || spelling->first != c) return false;
  for (uint32_t i = 0; i < spelling->length; ++i) append_utf8(out, kCasePool[spelling->at + i]);
  return true;
}

void append(std::string& out, char32_t c, Case how) {
  if (c < 0x80) {
    const bool small = c >= 'a' && c <= 'z', capital = c >= 'A' && c <= 'Z', lowers = how == Case::lower || how == Case::folded;
    out += static_cast<char>((small && !lowers) || (capital && lowers) ? c ^ 0x20 : c);
  } else if (!append_known(out, c, how) && !(how == Case::title && append_known(out, c, Case::upper))) {
    append_utf8(out, c);
  }
}

bool has(char32_t c, Case how) {
  std::string there;
  return c < 0x80 ? (how == Case::lower ? c >= 'A' && c <= 'Z' : c >= 'a' && c <= 'z') : append_known(there, c, how);
}

template <class Change>
std::string changed(std::string_view text, Change change) {
  std::string out;
  for (size_t at = 0, length = 0; at < text.size(); at += length) {
    const char32_t c = next_code_point(text, at, length);
    if (c >= 0xDC80 && c <= 0xDCFF && length == 1) out += text[at];
    else change(out, c);
  }
  return out;
}

}  // namespace

std::string in_case(std::string_view text, Case how) {
  return changed(text, [&](std::string& out, char32_t c) { append(out, c, how); });
}

std::string capitalised(std::string_view text) {
  bool first = true;
  return changed(text, [&](std::string& out, char32_t c) {
    append(out, c, first ? Case::title : Case::lower);
    first = false;
  });
}

std::string titled(std::string_view text) {
  bool inside = false;
  return changed(text, [&](std::string& out, char32_t c) {
    append(out, c, inside ? Case::lower : Case::title);
    inside = has(c, Case::lower) || has(c, Case::upper);
  });
}

std::string swapped(std::string_view text) {
  return changed(text, [](std::string& out, char32_t c) { append(out, c, has(c, Case::lower) ? Case::lower : Case::upper); });
}

size_t space_at(std::string_view text, size_t at) {
  if (at >= text.size()) return 0;
  size_t length = 0;
  const char32_t c = next_code_point(text, at, length);
  const bool space = c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f) || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
                     c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
  return space ? length : 0;
}

size_t line_end_at(std::string_view text, size_t at) {
  if (at >= text.size()) return 0;
  size_t length = 0;
  const char32_t c = next_code_point(text, at, length);
  if (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n') return 2;
  return (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029 ? length : 0;
}

bool is_printable(char32_t c) {
  if (c < 0x80) return c >= 0x20 && c < 0x7f;
  const Range* range = row_of(std::span<const Range>(kUnprintable), c);
  return range == nullptr || c > range->last;
}

std::string with_ascii_digits(std::string_view text) {
  return changed(text, [](std::string& out, char32_t c) {
    const auto zero = std::upper_bound(std::begin(kZeros), std::end(kZeros), static_cast<uint32_t>(c));
    const bool digit = zero != std::begin(kZeros) && c - zero[-1] < 10;
    if (digit) out += static_cast<char>('0' + (c - zero[-1]));
    else append_utf8(out, c);
  });
}

}  // namespace winnow::python
