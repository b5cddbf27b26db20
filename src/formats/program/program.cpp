#include "formats/program/program.h"

#include "containers/program.h"

namespace winnow::program {

bool is_unclaimed_program(const Artifact& artifact) {
  return artifact.hint == Hint::unclaimed && containers::is_program(artifact.bytes);
}

void read_program(Scan& scan, const Artifact& artifact) {
  scan.note(artifact, "archive-executable",
            {Ruling::suspected, Trigger::other, "Carries a program behind the model.",
             "An executable of an operating system stands where the model's loader reads nothing. It does not run by "
             "itself, but no model needs it.",
             {}, "<executable, " + std::to_string(artifact.bytes.size()) + " bytes>", {}});
}

}  // namespace winnow::program
