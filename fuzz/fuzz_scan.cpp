// Any bytes through the whole scan: every format, the machine, the judge and the three reports.
#include <cstdlib>

#include "report/render.h"
#include "records.h"
#include "whole_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const winnow::Report report = winnow::fuzz::whole_scan("model", winnow::fuzz::bytes_of(data, size), winnow::Show::decompiled);
  if (report.artifacts.size() != 1) std::abort();
  // Rendering costs many times the scan; every eighth size is enough to meet all that scans find.
  if (size % 8 != 0) return 0;
  (void)winnow::report::render_json(report);
  (void)winnow::report::render_sarif(report);
  (void)winnow::report::render_text(report, {});
  return 0;
}

WINNOW_MUTATE_RECORDS(winnow::fuzz::format_of(file))
