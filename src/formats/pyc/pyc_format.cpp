#include "formats/pyc/pyc_format.h"

#include <algorithm>

#include "bytes/reader.h"
#include "code/bytecode/disassemble.h"
#include "code/bytecode/infer.h"
#include "code/bytecode/pyc.h"
#include "code/bytecode/show.h"
#include "code/machine/run.h"
#include "code/pickle/unpickler.h"
#include "code/python/callers.h"
#include "core/print.h"

namespace winnow::pyc_format {
namespace {

// Magic numbers of interpreters that are not read: a module of theirs is told of, not passed over.
const char* unread_interpreter(Bytes bytes) {
  Reader reader(bytes);
  const uint16_t magic = reader.le<uint16_t>();
  if (reader.text(2) != "\r\n") return nullptr;
  const auto code_at = [&](size_t at) {
    return at < bytes.size() && (static_cast<uint8_t>(bytes[at]) & 0x7f) == 'c';
  };
  if (magic >= 3700 && magic < 4200 && code_at(16)) return "a later version of Python";
  if (magic >= 48 && magic < 1000 && (code_at(16) || code_at(12))) return "PyPy";
  const bool old = magic == 20121 || magic == 50428 || magic == 50823 || magic == 60202 || magic == 60717;
  return old && code_at(8) ? "a version of Python before 2.3" : nullptr;
}

// Nothing but a code object, all of it, whose instructions make sense.
bool is_bare_code(Bytes bytes) {
  Reader reader(bytes);
  const uint8_t type = reader.u8();
  const uint32_t arguments = reader.le<uint32_t>();
  if (!reader.ok() || (type & 0x7f) != 'c' || arguments > 255) return false;
  Heap heap;
  const auto found = bytecode::infer(heap, bytes);
  return found && found->faults == 0 && found->contents.value.is(Kind::code) && found->contents.end == bytes.size();
}

struct Loaded {
  bytecode::Unmarshalled contents;
  const char* format = "pyc";
  Trigger trigger = Trigger::import;
};

// A module that is imported is a program, kept as source or compiled. Bare code is data that somebody runs, and so is a
// module where no loader looks.
bool is_module(const Loaded& loaded, const Artifact& artifact) {
  return loaded.trigger == Trigger::import && artifact.hint == Hint::none && loaded.contents.value.is(Kind::code);
}

Result<Loaded> load(Heap& heap, const Artifact& artifact) {
  if (bytecode::looks_like_pyc(artifact.bytes)) {
    Result<bytecode::Pyc> pyc = bytecode::read_pyc(heap, artifact.bytes);
    if (!pyc) return pyc.error();
    return Loaded{std::move(pyc->contents)};
  }
  Result<bytecode::Inferred> found = bytecode::infer(heap, artifact.bytes);
  if (!found) return found.error();
  return Loaded{std::move(found->contents), "marshal", Trigger::load};
}

// When users of bare code call a function of it. `load` is left to what runs with the code itself: by that the judge
// tells one from the other.
Trigger trigger_of(std::string_view function) {
  const Trigger trigger = python::trigger_of(function);
  return trigger == Trigger::load ? Trigger::inference : trigger;
}

// What no version of marshal reads, no interpreter runs: it is only shown.
void refuse(Scan& scan, const Artifact& artifact, const Error& error) {
  if (error.fault != Fault::malformed && error.fault != Fault::truncated) return scan.gap(artifact, error);
  if (scan.show == Show::nothing) return;
  scan.text += "\n# " + scan.member_of(artifact) + "\n   1  " + quoted(as_text(artifact.bytes), true, 4000) + "\n";
}

// Marshal reads one object; what stands behind it is nobody's.
void read_rest(Scan& scan, const Artifact& artifact, uint64_t end) {
  const Bytes rest = slice(artifact.bytes, end);
  const bool filling = std::all_of(rest.begin(), rest.end(), [](std::byte b) { return b == std::byte{0}; });
  if (!filling) scan.child(artifact, "@" + std::to_string(end), rest, Hint::unclaimed);
}

}  // namespace

bool probe(const Artifact& artifact) {
  switch (artifact.hint) {
    case Hint::code_object: return !artifact.bytes.empty();
    case Hint::pickle: case Hint::storage: case Hint::python_source: case Hint::jinja_template: return false;
    case Hint::none: case Hint::unclaimed: break;
  }
  return bytecode::looks_like_pyc(artifact.bytes) || unread_interpreter(artifact.bytes) != nullptr || is_bare_code(artifact.bytes);
}

void read(Scan& scan, const Artifact& artifact) {
  if (const char* interpreter = unread_interpreter(artifact.bytes)) {
    scan.recognise(artifact, "pyc");
    return scan.gap(artifact, Fault::unsupported, 0, std::string("compiled by ") + interpreter + ", whose code is not read");
  }
  Trace trace;
  trace.dialect = "python";
  trace.threat = "compiled-python";
  trace.artifacts.push_back(artifact);
  trace.unclaimed = artifact.hint == Hint::unclaimed;
  machine::Machine machine(scan, trace);
  pickle::attach(machine);
  Result<Loaded> loaded = load(trace.heap, artifact);
  if (!loaded && artifact.hint == Hint::code_object) return refuse(scan, artifact, loaded.error());
  scan.recognise(artifact, loaded ? loaded->format : "pyc");
  if (!loaded) return scan.gap(artifact, loaded.error());
  if (loaded->contents.value.is(Kind::code)) {
    const bool module = is_module(*loaded, artifact);
    if (module) trace.dialect = "source";
    machine.keeps_origins = machine.enters_left = true;
    machine::run_program(machine, {loaded->contents.value, artifact.path, loaded->trigger, module ? python::trigger_of : trigger_of});
  }
  trace.finished = true;
  scan.submit(trace);
  const Value value = loaded->contents.value;
  const std::string text = value.is(Kind::code) ? bytecode::code_text(scan.show, trace.heap, value) : bytecode::constant_text(trace.heap, value) + "\n";
  if (scan.show != Show::nothing && scan.show != Show::trace) scan.text += "\n" + text;
  read_rest(scan, artifact, loaded->contents.end);
}

}  // namespace winnow::pyc_format
