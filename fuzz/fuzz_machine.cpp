// The machine alone: source text (first byte 0, with text that may be of Python 2) or instructions of any version (1) run on
// it, then everything that nobody called; what it did is judged. Running twice must do the same twice.
#include <cstdlib>
#include <iostream>

#include "code/machine/interpreter.h"
#include "code/machine/run.h"
#include "code/pickle/unpickler.h"
#include "code_object.h"
#include "core/print.h"
#include "judge/judge.h"

using namespace winnow;

namespace {

std::string run(const uint8_t* data, size_t size) {
  Budget budget = fuzz::small_budget();
  budget.code_steps = 10'000;
  Scan scan(budget);
  scan.judge = judge::judge;
  Artifact artifact;
  artifact.path = "program.py";
  artifact.bytes = fuzz::bytes_of(data, size);
  scan.artifacts.push_back(artifact);
  Trace trace;
  trace.dialect = "python";
  trace.threat = "compiled-python";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  pickle::attach(machine);
  Value code;
  if ((data[0] & 1) == 0) {
    code = machine::compile_source(machine, as_text(fuzz::bytes_of(data + 1, size - 1)), machine::Source::module).value_or(Value::none());
  } else if (size > 3) {
    code = trace.heap.new_code(fuzz::code_object(trace.heap, data + 1, size - 1));
  }
  if (!code.is(Kind::code)) return {};
  machine::run_module(machine, code, machine::new_globals(machine, "__main__"), Trigger::import);
  machine::run_uncalled(machine, Trigger::other);
  trace.finished = true;
  scan.submit(trace);
  std::string told;
  const Printer printer(trace);
  for (uint32_t i = 0; i < trace.events.size() && i < 200; ++i) told += printer.statement(i) + "\n";
  for (const Finding& finding : scan.findings) told += finding.threat + "\n";
  for (const Gap& gap : scan.gaps) told += gap.what + "\n";
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string first = run(data, size), second = run(data, size);
  if (first != second) {
    std::cerr << first << "----\n" << second;
    std::abort();
  }
  return 0;
}
