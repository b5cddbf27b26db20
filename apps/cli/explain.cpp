// winnow explain THREAT: the page about a threat, as it stands in docs/threats/.
#include <unistd.h>

#include <algorithm>

#include "commands.h"
#include "report/threats.h"
#include "terminal.h"

namespace winnow::cli {
namespace {

std::string list_of_threats() {
  size_t widest = 0;
  for (const report::ThreatPage& page : report::threat_pages()) widest = std::max(widest, page.id.size());
  std::string text;
  for (const report::ThreatPage& page : report::threat_pages()) {
    text +=
        std::string(page.id) + std::string(widest - page.id.size() + 2, ' ') + std::string(page.title) + "\n";
  }
  return text;
}

}  // namespace

int explain(const std::string& threat) {
  if (threat.empty()) {
    write_all(STDOUT_FILENO, list_of_threats());
    return kNothingFound;
  }
  if (const report::ThreatPage* const page = report::find_threat_page(threat)) {
    write_all(STDOUT_FILENO, page->text);
    return kNothingFound;
  }
  complain("there is no threat '" + threat + "'; these are explained:");
  write_all(STDERR_FILENO, list_of_threats());
  return kUsage;
}

}  // namespace winnow::cli
