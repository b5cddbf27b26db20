// Exit code 0 when every model that is named is clean.
#include <winnow/report/render.h>
#include <winnow/winnow.h>
#include <iostream>

int main(int count, char** words) {
  const std::vector<std::string> paths(words + 1, words + count);
  const winnow::Report report = winnow::scan_paths(paths);
  std::cout << winnow::report::render_text(report, {});
  return report.summary.clean == report.summary.files ? 0 : 1;
}
