#include "formats/network/notes.h"

#include "bytes/place.h"

namespace winnow::network {

void note_nothing(Scan& scan, const Artifact& artifact, std::string_view why) {
  scan.note(artifact, kThreat, {Ruling::dismissed, Trigger::other, "Has no operation of its own.", std::string(why), {}, {}, {}});
}

bool leaves_folder(std::string_view path) {
  return leads_outside(path) || path.find("://") != std::string_view::npos;
}

}  // namespace winnow::network
