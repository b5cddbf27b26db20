// winnow selftest: what confines the readers on this machine, each layer proved by trying.
#include <unistd.h>

#include <algorithm>

#include "commands.h"
#include "engine/sandbox.h"
#include "terminal.h"
#include "winnow.h"

namespace winnow::cli {
namespace {

std::string column(std::string text, size_t width) {
  text.resize(std::max(text.size() + 1, width), ' ');
  return text;
}

}  // namespace

int selftest() {
  std::string text = "winnow " + std::string(version()) + ", knowledge " + std::string(knowledge_version()) + ", " +
                     std::to_string(format_names().size()) + " formats\n\n" + column("layer", 10) +
                     column("a reader that tries to", 32) + "is\n";
  bool all = true;
  for (const engine::Attempt& attempt : engine::attempt_everything()) {
    text += column(attempt.layer, 10) + column(attempt.what, 32) + attempt.how;
    if (!attempt.stopped_by_all) text += ", and by all layers together: NOT STOPPED";
    text += '\n';
    all &= attempt.stopped_by_all;
  }
  text += all ? "\nEverything was stopped.\n" : "\nNot everything was stopped: readers are less confined than they should be.\n";
  return write_all(STDOUT_FILENO, text) && all ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
