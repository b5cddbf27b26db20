#include "report/threats.h"

#include <algorithm>

namespace winnow::report {
namespace {

#include "threat_pages.inc"

}  // namespace

std::span<const ThreatPage> threat_pages() { return {kPages, std::size(kPages) - 1}; }

const ThreatPage* find_threat_page(std::string_view id) {
  const auto pages = threat_pages();
  const auto at =
      std::lower_bound(pages.begin(), pages.end(), id,
                       [](const ThreatPage& page, std::string_view name) { return page.id < name; });
  return at != pages.end() && at->id == id ? &*at : nullptr;
}

}  // namespace winnow::report
