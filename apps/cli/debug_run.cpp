// winnow debug run FILE: what the machine sees source, or compiled code, do; --unknown calls its functions, too.
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "code/bytecode/infer.h"
#include "code/bytecode/pyc.h"
#include "code/machine/interpreter.h"
#include "code/machine/run.h"
#include "code/pickle/unpickler.h"
#include "commands.h"
#include "core/print.h"
#include "terminal.h"

namespace winnow::cli {

int debug_run(const std::string& path, bool uncalled) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  Scan scan{Budget{}};
  Artifact artifact;
  artifact.path = path;
  artifact.bytes = as_bytes(content);
  scan.artifacts.push_back(artifact);
  Trace trace;
  trace.dialect = "code";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  pickle::attach(machine);
  std::optional<Value> code;
  if (bytecode::looks_like_pyc(artifact.bytes)) {
    if (auto read = bytecode::read_pyc(trace.heap, artifact.bytes)) code = read->contents.value;
  } else if (path.ends_with(".marshal")) {
    if (auto read = bytecode::infer(trace.heap, artifact.bytes)) code = read->contents.value;
  } else {
    code = machine::compile_source(machine, content, machine::Source::module);
  }
  if (!code || !code->is(Kind::code)) return kNotScanned;
  machine::run_module(machine, *code, machine::new_globals(machine, "__main__"), Trigger::import);
  if (uncalled) machine::run_uncalled(machine, Trigger::other);
  std::string text;
  const Printer printer(trace);
  for (uint32_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i];
    if (event.op == Op::import) continue;
    text += std::to_string(event.line) + " " + trigger_name(event.trigger) + (event.computed ? " computed " : " ") + printer.statement(i) + "\n";
  }
  for (const Gap& gap : scan.gaps) text += "gap: " + gap.what + "\n";
  text += std::to_string(machine.running().steps) + " steps, " + std::to_string(machine.running().forked) + " forks\n";
  return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned;
}

}  // namespace winnow::cli
