#include "formats/python_source/python_source.h"

#include <algorithm>

#include "code/machine/run.h"
#include "code/pickle/unpickler.h"
#include "code/python/callers.h"
#include "code/python/lower.h"
#include "code/python/parse.h"
#include "core/print.h"
#include "formats/python_source/disguise.h"
#include "formats/python_source/likeness.h"

namespace winnow::python_source {
namespace {

constexpr size_t kLongest = size_t{16} << 20;

void show_lines(Scan& scan, const Artifact& artifact) {
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

// The text with nothing left but the lines that Python runs, each where it stood.
std::string import_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.starts_with("import ") || line.starts_with("import\t")) out += line;
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void run(machine::Machine& machine, python::Tree& tree, const python::Parsed& parsed, const Artifact& artifact) {
  python::LowerOptions options;
  options.filename = "<file>";  // whose lines are those of this file
  if (parsed.major == 2) options.version = {2, 7};
  // Cells of a notebook run when somebody runs them.
  const Trigger trigger = artifact.path.ends_with(".ipynb!cells.py") ? Trigger::other : Trigger::import;
  machine::run_program(machine, {python::lower(tree, *parsed.root, options), artifact.path, trigger, python::trigger_of});
}

}  // namespace

bool is_source(const Artifact& artifact) { return artifact.hint == Hint::python_source || looks_like_python(artifact); }

void read_source(Scan& scan, const Artifact& artifact) {
  if (artifact.hint == Hint::python_source) {
    if (scan.show != Show::nothing) show_lines(scan, artifact);
    return;
  }
  scan.recognise(artifact, "python-source");
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the source is longer than is read");
  Trace trace;
  trace.dialect = "source";
  trace.threat = "python-code";
  trace.artifacts.push_back(artifact);
  python::Tree tree(trace.heap);
  const std::string_view text = is_path_file(artifact) ? trace.heap.arena().copy(import_lines(as_text(artifact.bytes))) : as_text(artifact.bytes);
  const python::Parsed parsed = python::parse(tree, text);
  if (!parsed.complete) scan.gap(artifact, Fault::limit, parsed.errors.empty() ? 0 : parsed.errors.back().offset, "more source than is read");
  else if (!parsed.errors.empty()) scan.gap(artifact, Fault::malformed, parsed.errors.front().offset, "line " + std::to_string(parsed.errors.front().line) + " is not Python: " + parsed.errors.front().what);
  if (parsed.root == nullptr || parsed.root->type != python::Type::Module) return;
  machine::Machine machine(scan, trace);
  machine.keeps_origins = machine.enters_left = true;
  machine.home = &artifact;
  pickle::attach(machine);
  run(machine, tree, parsed, artifact);
  trace.finished = true;
  tell_disguise(scan, artifact);
  scan.submit(trace);
  if (scan.show == Show::decompiled) show_lines(scan, artifact);
}

}  // namespace winnow::python_source
