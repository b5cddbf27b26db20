// The parts of the HTML report; html.cpp puts them together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/report.h"
#include "report/html_graph.h"
#include "report/html_text.h"

namespace winnow::report {

// A page longer than this shows no more code and no more reasons of clean files; it says so.
constexpr size_t kLongPage = size_t{24} << 20;

// What all parts of one page share.
struct PageState {
  const Report& report;
  Html page;
  std::string_view folder;  // what all paths begin with; said once
  size_t files = 0;         // sections made so far, for their ids
  size_t repositories = 0;  // likewise
  bool cut = false;         // something was left out because the page is long

  bool is_long() {
    cut |= page.size() > kLongPage;
    return page.size() > kLongPage;
  }
};

// The class by which a part is coloured.
Html& put_tone(Html& html, Tone tone);

// Every file as a grain, by verdict: what a whole run looks like at a glance.
void put_grains(Html& html, const Summary& summary);

// A sentence of a finding; the code that most end with is set as code. Cut where it is longer than `most` bytes.
void put_sentence(Html& html, std::string_view sentence, size_t most);

// Code with its line numbers, coloured; long code is cut.
void put_code(Html& html, const Evidence& evidence);
void put_listing(Html& html, std::string_view text);

// Sections of files, worst first, with all that is known of them: those that need a person's eyes, and the others.
void put_loud_files(PageState& state);
void put_quiet_files(PageState& state);

// Folders that are loaded as one model, with what they load.
void put_repositories(PageState& state);

// The pages of the threats that the report names.
void put_threats(PageState& state);

}  // namespace winnow::report
