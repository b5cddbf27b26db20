// Functions that come as bytecode: read, run on the machine as the loader would make and call them, judged by what
// they do. What only computes is cleared, and its source is shown.
#include <algorithm>
#include <span>

#include "code/bytecode/decompile.h"
#include "code/bytecode/function_text.h"
#include "code/bytecode/show.h"
#include "code/machine/run.h"
#include "code/pickle/unpickler.h"
#include "core/print.h"
#include "formats/keras/model.h"
#include "knowledge/knowledge.h"

namespace winnow::keras_format {

namespace {

constexpr size_t kMostFunctions = 2'000;  // different ones in one file

// What stands in the module whose globals Keras 3 gives to a function: keras/src/utils/python_utils.py.
struct Global {
  std::string_view name, module, qualified;
};
constexpr Global kKeras3[] = {{"os", "os", ""}, {"marshal", "marshal", ""}, {"codecs", "codecs", ""}, {"binascii", "binascii", ""},
                              {"python_types", "types", ""}};

// The same of Keras 2 (layers/core/lambda_layer.py, before layers/core.py), and what models' own modules import by
// convention: their functions are saved without them, and nobody calls anything else by these names.
constexpr Global kKeras2[] = {{"sys", "sys", ""},
                              {"types", "types", ""},
                              {"python_types", "types", ""},
                              {"copy", "copy", ""},
                              {"textwrap", "textwrap", ""},
                              {"warnings", "warnings", ""},
                              {"np", "numpy", ""},
                              {"numpy", "numpy", ""},
                              {"tf", "tensorflow", ""},
                              {"tensorflow", "tensorflow", ""},
                              {"K", "keras.backend", ""},
                              {"backend", "keras.backend", ""},
                              {"keras", "keras", ""},
                              {"layers", "keras.layers", ""},
                              {"ops", "keras.ops", ""},
                              {"activations", "keras.activations", ""},
                              {"math", "math", ""},
                              {"random", "random", ""},
                              {"os", "os", ""},
                              {"subprocess", "subprocess", ""},
                              {"func_load", "keras.utils.generic_utils", "func_load"},
                              {"generic_utils", "keras.utils.generic_utils", ""}};

bool is_known_module(std::string_view module) {
  return !module.empty() && module != "__main__" && knowledge::policy_of(knowledge::canonical(module, "")) != knowledge::Policy::foreign;
}

// Calls the function of a layer with a tensor and the keywords that stand in the file; what else it needs is unknown.
void call_with(machine::Machine& machine, Value function, Value input, Value given, Trigger trigger) {
  Heap& heap = machine.heap();
  const CodeObject& code = heap.code(heap.function(function).code);
  const std::vector<std::string_view> names = code.varnames.empty() ? code.localsplusnames : code.varnames;
  const uint32_t count = code.argcount;
  const Value defaults = heap.function(function).defaults;
  const uint32_t with_default = defaults.is(Kind::tuple) ? heap.items(defaults).size : 0;
  const Items pairs = given.is(Kind::dict) ? Items(heap.items(given)) : Items();
  std::vector<Value> keywords(pairs.begin(), pairs.end());
  for (uint32_t i = 1; i + std::min(with_default, count) < count && i < names.size(); ++i) {
    if (heap.find(pairs, names[i]) != nullptr) continue;
    keywords.push_back(Value::string(names[i]));
    keywords.push_back(Value::unknown_named(names[i]));
  }
  const Value tensor = input.is_known() || names.empty() ? input : Value::unknown_named(names[0]);
  machine::call_function(machine, function, std::span(&tensor, 1),
                         heap.new_items(Kind::dict, keywords.data(), static_cast<uint32_t>(keywords.size())), trigger);
}

// The function as Python, with the defaults that stand beside it.
std::string source_of(Heap& heap, Value code, const machine::FunctionParts& parts) {
  bytecode::DecompileLimits limits;
  limits.steps = 5'000'000;
  bytecode::BareFunction bare;
  bare.name = heap.code(code).name;
  if (parts.defaults.is(Kind::tuple)) bare.defaults = parts.defaults;
  std::string text = bytecode::source_text(bytecode::decompile(heap, heap.code(code), limits, bare));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// In a report: one line where it is one, and not longer than people read.
std::string shortened(const std::string& source) {
  constexpr size_t kLongest = 400;
  return source.size() <= kLongest ? source : source.substr(0, kLongest) + " ...";
}

Trigger trigger_of(Role role) { return role == Role::training ? Trigger::inference : Trigger::load; }

}  // namespace

void Model::run_functions(const Document& document, const Config& config, uint64_t base) {
  for (const CarriedFunction& function : config.carried) {
    ++functions_;
    // The same function with the same surroundings does the same.
    std::string key(function.code);
    key += '\0';
    key += function.module;
    key += '\0' + std::to_string(configs_);  // the numbers of nodes are those of one document
    for (const NodeId part : {function.defaults, function.closure, function.arguments}) key += part == kNoNode ? std::string("-") : std::to_string(part);
    for (const NodeId input : function.inputs) key += "," + std::to_string(input);
    if (std::find(seen_.begin(), seen_.end(), key) != seen_.end()) continue;
    if (seen_.size() >= kMostFunctions) {
      return scan_.gap(artifact_, Fault::limit, base + function.offset, "more than " + std::to_string(kMostFunctions) + " different functions");
    }
    seen_.push_back(std::move(key));
    run_function(document, function, base);
  }
}

Value Model::globals_for(machine::Machine& machine, const CarriedFunction& function) {
  const auto fill = [&](Value globals, std::span<const Global> with) {
    for (const Global& global : with) machine::set_global(machine, globals, global.name, machine.resolve(global.module, global.qualified));
    return globals;
  };
  // "module": "os" makes every member of it a global. Which loader a victim has is not known: a name means what
  // either of them makes of it.
  const Value globals = is_known_module(function.module) ? machine::globals_of_module(machine, function.module)
                                                         : machine::new_globals(machine, "keras.src.utils.python_utils");
  fill(globals, kKeras2);
  return fill(globals, kKeras3);
}

// Makes the function as the loader would and calls it as a model that is put together does.
void Model::call_layer(machine::Machine& machine, const Document& document, const CarriedFunction& function, machine::FunctionParts& parts) {
  Heap& heap = machine.heap();
  const Trigger trigger = trigger_of(function.role);
  parts.globals = globals_for(machine, function);
  const Value defaults = value_of(machine, document, function.defaults), closure = value_of(machine, document, function.closure);
  if (defaults.is_sequence()) {
    const Items given = heap.items(defaults);
    parts.defaults = heap.new_items(Kind::tuple, given.data, given.size);
  }
  if (closure.is_sequence()) parts.closure = closure;
  const Value made = machine::make_function(machine, parts);
  const Value keywords = value_of(machine, document, function.arguments);
  const bool arguments = keywords.is(Kind::dict) && heap.items(keywords).size > 0;
  bool called = false;
  for (const NodeId node : function.inputs) {
    const Value input = value_of(machine, document, node);
    if (!input.is_known() || input.is_sequence()) continue;  // a tensor, or several
    call_with(machine, made, input, keywords, trigger);
    called = true;
  }
  if (!called && arguments) {
    call_with(machine, made, Value::unknown(), keywords, trigger);
  } else if (!called) {
    machine::call_unknown(machine, made, trigger);
  }
  machine::run_uncalled(machine, trigger);
}

// Whether a version that fits as well as the likeliest, but reads other instructions, does what that one does not.
bool Model::run_as(const Document& document, const CarriedFunction& function, uint64_t base, PythonVersion version) {
  Trace trace;
  machine::Machine machine(scan_, trace);
  begin_trace(trace, function, base);
  pickle::attach(machine);
  const auto read = bytecode::read_function_text(trace.heap, function.code);
  if (!read) return false;
  bytecode::set_version(trace.heap, read->codes, version);
  const size_t findings = scan_.findings.size(), gaps = scan_.gaps.size();
  machine::FunctionParts parts;
  parts.code = read->code;
  call_layer(machine, document, function, parts);
  scan_.gaps.resize(gaps);  // what makes no sense as this version is no gap
  trace.finished = true;
  scan_.submit(trace);
  const bool told = explain_findings(function, source_of(trace.heap, read->code, parts), base, findings);
  if (!told) scan_.findings.resize(findings);
  return told;
}

void Model::begin_trace(Trace& trace, const CarriedFunction& function, uint64_t base) const {
  trace.dialect = "keras";
  trace.threat = "keras-lambda-code";
  // Places are told in bytes of the decoded function.
  Artifact inner = artifact_;
  inner.path += "!function@" + std::to_string(base + function.offset);
  inner.depth += 1;
  trace.artifacts.push_back(std::move(inner));
}

// Adds to what the judge found where the function stands, and the whole of it, once; whether anything was found.
bool Model::explain_findings(const CarriedFunction& function, const std::string& source, uint64_t base, size_t first) {
  for (size_t i = first; i < scan_.findings.size(); ++i) {
    Finding& found = scan_.findings[i];
    if (found.ruling == Ruling::dismissed) continue;
    Evidence whole;
    whole.callee = "Lambda";
    whole.code = shortened(source);
    whole.location = {scan_.member_of(artifact_), base + function.offset, std::nullopt};
    found.why += " It is " + function.place + ".";
    found.evidence.push_back(std::move(whole));
    return true;
  }
  return false;
}

void Model::run_function(const Document& document, const CarriedFunction& function, uint64_t base) {
  Trace trace;
  begin_trace(trace, function, base);
  machine::Machine machine(scan_, trace);
  pickle::attach(machine);
  const auto read = bytecode::read_function_text(trace.heap, function.code);
  if (!read) {
    return scan_.gap(artifact_, read.error().fault, base + function.offset, function.place + " is no function: " + read.error().what);
  }
  const size_t findings = scan_.findings.size(), gaps = scan_.gaps.size();
  std::string source, listing;
  for (const Value code : {read->code, read->repaired}) {
    if (!code.is(Kind::code)) continue;
    machine::FunctionParts parts;
    parts.code = code;
    call_layer(machine, document, function, parts);
    if (source.empty()) source = source_of(trace.heap, code, parts);
    if (listing.empty() && scan_.show != Show::decompiled) listing = bytecode::code_text(scan_.show, trace.heap, code);
    if (read->repaired.same_as(read->code)) break;
  }
  trace.finished = true;
  scan_.submit(trace);
  if (scan_.show == Show::decompiled) listing = bytecode::escaped_lines(source);
  if (!listing.empty()) scan_.text += "# " + function.place + "\n" + listing + "\n";
  bool told = explain_findings(function, source, base, findings);
  for (const PythonVersion version : read->others) told = told || run_as(document, function, base, version);
  if (told || scan_.gaps.size() != gaps) return;
  finding("keras-lambda-code", Ruling::dismissed, "Carries a function that only computes: " + function.place + ".",
          "It was run with unknown tensors, and calls nothing that acts on the machine.", "Lambda", shortened(source), base + function.offset);
}

}  // namespace winnow::keras_format
