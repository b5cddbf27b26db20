// winnow decompile FILE: everything in the file that would run, as readable text.
#include <unistd.h>

#include <algorithm>

#include "commands.h"
#include "input.h"
#include "report/escape.h"
#include "terminal.h"
#include "winnow.h"

namespace winnow::cli {
namespace {

// The text comes from strangers: nothing in it may act on the terminal.
std::string made_safe(std::string_view text) {
  std::string safe;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    safe += report::escape_terminal(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return safe;
}

}  // namespace

int decompile(const std::string& path, Show show, const Budget& budget) {
  Options options;
  options.budget = budget;
  options.show = show;
  const Report report = scan_inputs({path}, options);
  bool complete = true;
  for (const ArtifactReport& artifact : report.artifacts) {
    write_all(STDOUT_FILENO, made_safe(artifact.text));
    for (const Gap& gap : artifact.gaps) complain(artifact.path + ": " + gap.fault + ": " + gap.what);
    complete &= artifact.gaps.empty();
    if (artifact.text.empty()) complain(artifact.path + ": holds no code that is read");
  }
  return complete ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
