// winnow explain THREAT: the page about a threat, as it stands in docs/threats/, set for the terminal. The beginning
// of an id will do where only one threat begins so.
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "commands.h"
#include "report/threats.h"
#include "terminal.h"

namespace winnow::cli {
namespace {

using report::PageBlock;
using report::PageSpan;
using report::ThreatPage;

// Text with or without colours.
struct Sheet {
  bool coloured = false;
  std::string text;

  void put(std::string_view part, const char* style = "") {
    if (coloured && *style != '\0') text += style;
    text += part;
    if (coloured && *style != '\0') text += "\x1b[0m";
  }
};

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kCyan = "\x1b[36m";
constexpr const char* kDim = "\x1b[2m";

constexpr const char* style_of(PageSpan::Kind kind) {
  switch (kind) {
    case PageSpan::Kind::plain: return "";
    case PageSpan::Kind::code: return kCyan;
    case PageSpan::Kind::strong: return kBold;
  }
  return "";
}

size_t columns(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// A paragraph in lines of `room` columns behind `indent`; code without colours keeps its quotes.
void put_wrapped(Sheet& sheet, std::string_view text, std::string_view indent, size_t room) {
  size_t column = 0;
  bool blank = false;  // a space is due in front of the next word
  sheet.put(indent);
  for (const PageSpan& span : report::spans_of(text)) {
    const bool quoted = span.kind == PageSpan::Kind::code && !sheet.coloured;
    const std::string whole = quoted ? "`" + std::string(span.text) + "`" : std::string(span.text);
    for (size_t at = 0; at < whole.size();) {
      if (whole[at] == ' ') {
        blank = true;
        ++at;
        continue;
      }
      const size_t end = std::min(whole.find(' ', at), whole.size());
      const std::string_view word = std::string_view(whole).substr(at, end - at);
      if (blank && column != 0 && column + 1 + columns(word) > room) {
        sheet.put("\n");
        sheet.put(std::string(indent.size(), ' '));
        column = 0;
      } else if (blank && column != 0) {
        sheet.put(" ");
        ++column;
      }
      blank = false;
      sheet.put(word, style_of(span.kind));
      column += columns(word);
      at = end;
    }
  }
  sheet.put("\n");
}

std::string set_page(const ThreatPage& page, bool coloured, size_t room) {
  Sheet sheet{coloured, {}};
  sheet.put(page.title, kBold);
  sheet.put("\n");
  sheet.put(page.id, kDim);
  sheet.put("\n");
  // An empty line in front of every block but what stands right below a heading, and the next items of a list.
  auto before = PageBlock::Kind::paragraph;
  for (const PageBlock& block : report::blocks_of(page)) {
    const bool item = block.kind == PageBlock::Kind::item;
    if (before != PageBlock::Kind::heading && !(item && before == PageBlock::Kind::item)) sheet.put("\n");
    if (block.kind == PageBlock::Kind::heading) {
      sheet.put(block.text, kBold);
      sheet.put("\n");
    } else {
      put_wrapped(sheet, block.text, item ? "  - " : "  ", room);
    }
    before = block.kind;
  }
  return std::move(sheet.text);
}

std::string list_of(const std::vector<const ThreatPage*>& pages, bool coloured) {
  size_t widest = 0;
  for (const ThreatPage* page : pages) widest = std::max(widest, page->id.size());
  Sheet sheet{coloured, {}};
  for (const ThreatPage* page : pages) {
    sheet.put(page->id, kCyan);
    sheet.put(std::string(widest - page->id.size() + 2, ' '));
    sheet.put(page->title);
    sheet.put("\n");
  }
  return std::move(sheet.text);
}

// How many letters have to be put in, taken out or replaced to make one of the other.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

std::vector<const ThreatPage*> pages_where(auto test) {
  std::vector<const ThreatPage*> pages;
  for (const ThreatPage& page : report::threat_pages()) {
    if (test(page)) pages.push_back(&page);
  }
  return pages;
}

// What may have been meant: ids that contain the word, else those that are spelt almost like it.
std::vector<const ThreatPage*> suggestions(std::string_view threat) {
  auto pages = pages_where([&](const ThreatPage& page) { return page.id.find(threat) != std::string_view::npos; });
  if (!pages.empty()) return pages;
  const size_t most = 1 + threat.size() / 4;
  pages = pages_where([&](const ThreatPage& page) { return distance(threat, page.id) <= most; });
  std::stable_sort(pages.begin(), pages.end(),
                   [&](auto* a, auto* b) { return distance(threat, a->id) < distance(threat, b->id); });
  return pages;
}

}  // namespace

int explain(const std::string& threat) {
  const bool coloured = wants_colour();
  if (threat.empty()) {
    return write_all(STDOUT_FILENO, list_of(pages_where([](auto&) { return true; }), coloured)) ? kNothingFound : kNotScanned;
  }
  const ThreatPage* page = report::find_threat_page(threat);
  if (page == nullptr) {
    const auto begun = pages_where([&](const ThreatPage& each) { return each.id.starts_with(threat); });
    if (begun.size() == 1) page = begun.front();
  }
  if (page != nullptr) {
    const size_t room = std::clamp<size_t>(width(), 40, 100) - 6;
    return write_all(STDOUT_FILENO, set_page(*page, coloured, room)) ? kNothingFound : kNotScanned;
  }
  const auto close = threat.size() <= 100 ? suggestions(threat) : std::vector<const ThreatPage*>();
  if (close.empty()) {
    complain("there is no threat '" + threat + "'; 'winnow explain' lists all");
  } else {
    complain("there is no threat '" + threat + "'; did you mean:");
    write_all(STDERR_FILENO, list_of(close, false));
  }
  return kUsage;
}

}  // namespace winnow::cli
