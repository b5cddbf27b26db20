#include "formats/python_source/python_source.h"

#include "core/print.h"

namespace winnow::python_source {

bool is_source(const Artifact& artifact) { return artifact.hint == Hint::python_source; }

void read_source(Scan& scan, const Artifact& artifact) {
  if (scan.show == Show::nothing) return;
  scan.text += "\n# " + scan.member_of(artifact) + "\n";
  uint64_t number = 0;
  std::string_view rest = as_text(artifact.bytes);
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    // Escapes keep a terminal from obeying what a stranger wrote; the quotes around are not part of it.
    const std::string shown = quoted(rest.substr(0, end), false, 4000);
    const std::string digits = std::to_string(++number);
    scan.text += std::string(digits.size() < 4 ? 4 - digits.size() : 0, ' ') + digits + "  " + shown.substr(1, shown.size() - 2) + "\n";
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
}

}  // namespace winnow::python_source
