// A report as text: pure functions of its values. The same report gives the same text to the byte.
#pragma once

#include <string>

#include "core/report.h"

namespace winnow::report {

// The contract `winnow.report/1`: one JSON object, one artifact per line.
std::string render_json(const Report& report);

// SARIF 2.1.0, for code-scanning tools. Dismissed threats are results of kind "pass".
std::string render_sarif(const Report& report);

// One self-contained page for a browser or a printer: no script, nothing fetched, no link that leaves it.
std::string render_html(const Report& report);

enum class Colour : uint8_t { plain, ansi };
enum class Detail : uint8_t { shown, hidden };

struct TextOptions {
  Colour colour = Colour::plain;
  Detail dismissed = Detail::hidden;  // threats that were looked at and dismissed, with the reason
  Detail clean = Detail::hidden;      // files with nothing to say, by name
  uint32_t width = 100;               // columns that sentences are wrapped to
};

// For people: a section for every file with something to say, a line of counts last.
std::string render_text(const Report& report, const TextOptions& options);

}  // namespace winnow::report
