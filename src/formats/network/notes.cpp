#include "formats/network/notes.h"

#include "containers/paths.h"

namespace winnow::network {

void note_nothing(Scan& scan, const Artifact& artifact, std::string_view why) {
  scan.note(artifact, kThreat, {Ruling::dismissed, Trigger::other, "Has no operation of its own.", std::string(why), {}, {}, {}});
}

bool leaves_folder(std::string_view path) {
  return path.starts_with('~') || path.find("://") != std::string_view::npos || containers::leaves_folder(path).has_value();
}

}  // namespace winnow::network
