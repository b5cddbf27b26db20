#include "judge/judge.h"

#include <algorithm>
#include <memory>

#include "core/print.h"
#include "judge/rules.h"
#include "judge/signs.h"
#include "judge/source.h"
#include "knowledge/knowledge.h"

namespace winnow::judge {
namespace {

using knowledge::Callable;
using knowledge::Effect;
using knowledge::PayloadKind;
using knowledge::Policy;

bool is_trusted(const Callable* known) {
  return known != nullptr && (known->effect == Effect::pure || known->effect == Effect::construct);
}

bool runs_code(const Callable* known) {
  return known != nullptr && (known->effect == Effect::code || known->effect == Effect::process || known->effect == Effect::native);
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

bool names_class(std::string_view canonical) {
  std::string_view last = last_part(canonical);
  while (last.starts_with('_')) last.remove_prefix(1);
  return !last.empty() && last.front() >= 'A' && last.front() <= 'Z';
}

// dill, cloudpickle and their copies inside other packages.
bool is_function_pickler(std::string_view canonical) {
  return canonical.starts_with("dill.") || canonical.find("cloudpickle.") != std::string_view::npos ||
         canonical.starts_with("numba.core.serialize.") || canonical.starts_with("numba.serialize.");
}

bool is_function_maker(std::string_view canonical) {
  return is_function_pickler(canonical) && canonical.find("func") != std::string_view::npos;
}

bool fills_state(std::string_view canonical) {
  const std::string_view last = last_part(canonical);
  return last == "_function_setstate" || last == "_fill_function" || last == "_class_setstate" || last == "_rehydrate_skeleton_class";
}

// Functions by which libraries put their own objects together again when they are loaded.
bool rebuilds(std::string_view canonical) {
  static constexpr std::string_view kStarts[] = {"_rebuild", "_reconstruct", "__pyx_unpickle", "_unpickle", "_restore", "_recreate", "_new_", "_make", "_from_", "__newobj", "_load_from_state", "_deserialize"};
  const std::string_view last = last_part(canonical);
  for (const std::string_view start : kStarts) {
    if (last.starts_with(start)) return true;
  }
  return last.ends_with("_ctor") || last.ends_with("_unpickle") || last.ends_with("_reduce") || last.find("unpickle") != std::string_view::npos;
}

// How a dotted name misleads: by blanks or control characters, or by letters of other scripts that make it look
// like a module of Python's. Names in other scripts are legal and honest otherwise.
std::string disguise_of(std::string_view name) {
  std::string folded;
  bool foreign = false;
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c <= 0x20 || c == 0x7f) return "has blanks or control characters in it";
    if (c < 0x80) {
      folded += name[i];
      continue;
    }
    foreign = true;
    if (c == 0xed && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) >= 0xa0) return "holds half characters";
    if (c == 0xe2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) == 0x80) return "holds invisible characters";
    const auto next = i + 1 < name.size() ? static_cast<unsigned char>(name[i + 1]) : 0u;
    const auto third = i + 2 < name.size() ? static_cast<unsigned char>(name[i + 2]) : 0u;
    // Cyrillic and Greek letters that look Latin, and full-width forms.
    static constexpr std::pair<unsigned, char> kAlike[] = {
        {0xd0b0, 'a'}, {0xd0b5, 'e'}, {0xd0be, 'o'}, {0xd180, 'p'}, {0xd181, 'c'}, {0xd183, 'y'}, {0xd185, 'x'},
        {0xd196, 'i'}, {0xd195, 's'}, {0xd198, 'j'}, {0xcebf, 'o'}, {0xceb1, 'a'}, {0xcf81, 'p'}, {0xcebd, 'v'}};
    const unsigned code = static_cast<unsigned>(c) << 8 | next;
    const auto alike = std::find_if(std::begin(kAlike), std::end(kAlike), [&](const auto& pair) { return pair.first == code; });
    if (alike != std::end(kAlike)) {
      folded += alike->second;
      i += 1;
    } else if (c == 0xef && next >= 0xbc && next <= 0xbd && third >= 0x80) {
      folded += static_cast<char>(((next - 0xbc) << 6 | (third & 0x3f)) + 0x20);
      i += 2;
    }
  }
  if (foreign && knowledge::policy_of(folded) == Policy::stdlib) return "looks like " + folded + " and is not";
  return {};
}

// Attributes through which a program gets from any object to everything else.
bool opens_door(std::string_view attribute) {
  static constexpr std::string_view kDoors[] = {"__globals__", "__subclasses__", "__builtins__", "__code__", "__mro__", "__bases__", "__base__", "f_globals", "f_builtins", "gi_frame", "__loader__", "__import__", "__reduce_ex__", "func_globals"};
  return std::find(std::begin(kDoors), std::end(kDoors), attribute) != std::end(kDoors);
}

// Modules of the standard library with nothing in them that acts on the machine, and words that happen to be
// names of such modules.
constexpr std::string_view kHarmlessModules[] = {
    "re", "math", "cmath", "collections", "itertools", "functools", "string", "json", "random", "datetime", "numbers",
    "statistics", "copy", "typing", "decimal", "fractions", "bisect", "heapq", "enum", "time", "abc", "dataclasses",
    "array", "struct", "unicodedata", "textwrap", "token", "code", "data", "model", "select", "test", "parser"};

bool is_harmless_import(const Name& name) {
  if (is_trusted(name.known)) return true;
  return name.qualified.empty() && std::find(std::begin(kHarmlessModules), std::begin(kHarmlessModules) + 27, name.canonical) != std::begin(kHarmlessModules) + 27;
}

// module.variable.clear(): a method that changes a container which a module keeps.
bool changes_module_state(const Name& name) {
  static constexpr std::string_view kMethods[] = {"clear", "update", "append", "extend", "insert", "remove", "pop", "popitem", "add", "discard", "setdefault", "__setitem__", "__delitem__", "sort", "reverse"};
  const size_t dot = name.qualified.rfind('.');
  if (dot == std::string_view::npos || names_class(name.qualified.substr(0, dot))) return false;
  return std::find(std::begin(kMethods), std::end(kMethods), name.qualified.substr(dot + 1)) != std::end(kMethods);
}

// Libraries that save generated functions as their source: torch.fx.
bool restores_source(const Name& name) {
  return knowledge::policy_of(name.canonical) == Policy::framework && last_part(name.canonical).starts_with("reduce_");
}

// Methods that Python calls by itself: on loading, on use, on deletion.
bool is_hook(std::string_view key) {
  return (key.starts_with("__") && key.ends_with("__") && key != "__module__" && key != "__doc__") || key == "append" ||
         key == "extend" || key == "add" || key == "persistent_load" || key == "find_class";
}

// A verdict on one event, before it is written down.
struct Opinion {
  std::string threat;
  Ruling ruling = Ruling::suspected;
  std::string summary, why, callee;
};

class Weigher {
 public:
  Weigher(Scan& scan, Trace& trace) : scan_(scan), trace_(trace), heap_(trace.heap) {}
  void run();

 private:
  void weigh(uint32_t index, const Event& event);
  void weigh_filled(uint32_t index, const Event& event, const Name& name);
  void weigh_size(uint32_t index, const Event& event);
  void weigh_call(uint32_t index, const Event& event, Value name);
  void weigh_known(uint32_t index, const Event& event, const Name& name);
  void weigh_unknown(uint32_t index, const Event& event, const Name& name);
  void weigh_made_function(uint32_t index, const Event& event);
  void weigh_computed(uint32_t index, const Event& event);
  void weigh_store(uint32_t index, const Event& event);
  void weigh_code(uint32_t index, const Event& event, const Name& name);
  void weigh_function_body(uint32_t index, const Event& event, const Name& name);
  void weigh_load(uint32_t index, const Event& event, const Name& name);
  void weigh_reference(uint32_t index, const Event& event, const Name& name);
  void weigh_executed_state(uint32_t index, const Event& event, std::string_view type);
  void weigh_place();
  void weigh_names();
  void weigh_spelling();
  void weigh_break(size_t before);
  bool weighs_as_reference(const Name& name) const;
  std::string hook_of(uint32_t name) const;
  bool is_harmless_function(Value function) const;
  bool opens_for_reading(const Event& event, const Name& name) const;
  bool weigh_arguments(uint32_t index, const Event& event, std::string_view callee, bool constructs);
  void add(uint32_t index, Opinion opinion);
  void list_imports();
  void list_text();

  Printer& printer() {
    if (!printer_) printer_ = std::make_unique<Printer>(trace_);
    return *printer_;
  }
  std::string threat(std::string_view suffix) const {
    return suffix.starts_with('-') ? trace_.dialect + std::string(suffix) : std::string(suffix);
  }
  Value resolved(Value callee) const;
  bool from_introspection(Value value) const;
  std::vector<Value> arguments_of(const Event& event) const;
  std::vector<std::string_view> texts_of(const Event& event) const;
  std::optional<Value> payload_of(const Event& event, const Callable& known) const;
  std::vector<bool> reachable_names();

  Scan& scan_;
  Trace& trace_;
  const Heap& heap_;
  std::unique_ptr<Printer> printer_;
  bool carries_functions_ = false;  // dill or cloudpickle put functions together here
};

// Words of a finding ----------------------------------------------------------------------------------------

void Weigher::add(uint32_t index, Opinion opinion) {
  const Event& event = trace_.events[index];
  if (event.unreached && opinion.ruling == Ruling::confirmed) {
    opinion.ruling = Ruling::suspected;
    opinion.why += " It stands behind a fault at which CPython's loader stops.";
  }
  Finding finding;
  finding.threat = opinion.threat;
  finding.ruling = opinion.ruling;
  finding.trigger = event.trigger;
  finding.summary = opinion.summary;
  finding.why = opinion.why;
  Evidence evidence;
  evidence.callee = opinion.callee;
  evidence.code = printer().statement(index);
  const Artifact& artifact = trace_.artifacts[event.artifact];
  evidence.location.member = scan_.member_of(artifact);
  evidence.location.offset = event.offset;
  evidence.location.line = printer().line_of(index);
  finding.evidence.push_back(std::move(evidence));
  scan_.findings.push_back(std::move(finding));
}

Value Weigher::resolved(Value callee) const {
  if (callee.is(Kind::name)) return callee;
  if (callee.is(Kind::attribute)) return heap_.attribute(callee).resolved;
  return Value::unknown();
}

std::vector<Value> Weigher::arguments_of(const Event& event) const {
  std::vector<Value> out;
  if (event.arguments.is_sequence()) {
    const Items& given = heap_.items(event.arguments);
    out.assign(given.begin(), given.end());
  }
  if (event.keywords.is(Kind::dict)) {
    const Items& given = heap_.items(event.keywords);
    for (uint32_t i = 1; i < given.size; i += 2) out.push_back(given[i]);
  }
  return out;
}

// The strings among the arguments, also inside the containers that are arguments.
std::vector<std::string_view> Weigher::texts_of(const Event& event) const {
  constexpr size_t kMost = 256;
  std::vector<std::string_view> out;
  std::vector<Value> pending = arguments_of(event);
  size_t looked = 0;
  while (!pending.empty() && out.size() < kMost && looked++ < 4 * kMost) {
    const Value value = pending.back();
    pending.pop_back();
    if (value.is_text()) out.push_back(value.text());
    if (value.is_sequence() || value.is(Kind::dict)) {
      const Items& items = heap_.items(value);
      for (uint32_t i = std::min<uint32_t>(items.size, kMost); i-- > 0;) pending.push_back(items[i]);
    }
  }
  return out;
}

std::optional<Value> Weigher::payload_of(const Event& event, const Callable& known) const {
  if (!known.keyword.empty() && event.keywords.is(Kind::dict)) {
    if (const Value* found = heap_.find(heap_.items(event.keywords), known.keyword)) return *found;
  }
  if (known.position < 0 || !event.arguments.is_sequence()) return std::nullopt;
  const Items& given = heap_.items(event.arguments);
  if (static_cast<uint32_t>(known.position) < given.size) return given[static_cast<uint32_t>(known.position)];
  return std::nullopt;
}

// Events ----------------------------------------------------------------------------------------------------

void Weigher::run() {
  const size_t before = scan_.findings.size();
  for (const Name& name : heap_.names()) {
    carries_functions_ = carries_functions_ || (name.retrieved && is_function_pickler(name.canonical));
  }
  for (uint32_t i = 0; i < trace_.events.size(); ++i) weigh(i, trace_.events[i]);
  weigh_place();
  weigh_names();
  weigh_spelling();
  weigh_break(before);
  list_imports();
  list_text();
}

void Weigher::weigh(uint32_t index, const Event& event) {
  switch (event.op) {
    case Op::call: case Op::construct: {
      if (event.computed) return weigh_computed(index, event);
      // The common case first: a trusted name.
      if (event.callee.is(Kind::name) && is_trusted(heap_.name(event.callee).known) && !fills_state(heap_.name(event.callee).canonical)) {
        return weigh_size(index, event);
      }
      const Value name = resolved(event.callee);
      if (name.is(Kind::name)) return weigh_call(index, event, name);
      return weigh_made_function(index, event);
    }
    case Op::attribute: return weigh_computed(index, event);
    case Op::set_state: case Op::set_attribute: case Op::set_items: case Op::extend: return weigh_store(index, event);
    case Op::import: case Op::persistent: case Op::result: return;
  }
}

// cloudpickle's fillers change the function or class that they are given: one that the model carries, or,
// by name, one of everybody's.
void Weigher::weigh_filled(uint32_t index, const Event& event, const Name& name) {
  const std::vector<Value> given = arguments_of(event);
  if (given.empty() || !given[0].is(Kind::name)) return;
  const std::string target(heap_.name(given[0]).canonical);
  if (knowledge::policy_of(target) == Policy::foreign) return;
  add(index, {threat("-runtime-tampering"), Ruling::confirmed, "Changes " + target + " when the model is loaded.",
              "Whatever the program does with it afterwards is what the model put there.", std::string(name.canonical)});
}

// Arithmetic whose result would fill the memory: "x" * 10**10.
void Weigher::weigh_size(uint32_t index, const Event& event) {
  // A call that is prepared for later: by what it will be given.
  if (heap_.name(event.callee).canonical == "operator.methodcaller") {
    weigh_arguments(index, event, "operator.methodcaller", false);
    return;
  }
  static constexpr std::string_view kGrowing[] = {"operator.mul", "operator.imul", "operator.pow", "operator.lshift", "builtins.pow", "builtins.bytes", "builtins.bytearray"};
  const std::string_view name = heap_.name(event.callee).canonical;
  if (std::find(std::begin(kGrowing), std::end(kGrowing), name) == std::end(kGrowing)) return;
  for (const Value& argument : arguments_of(event)) {
    const bool large = argument.is(Kind::big_integer) || (argument.is(Kind::integer) && argument.as_integer() >= (int64_t{1} << 30));
    if (!large) continue;
    return add(index, {threat("-denial-of-service"), Ruling::suspected, "Computes something of enormous size when the model is loaded.",
                       "The result would take the memory of the machine.", std::string(name)});
  }
}

void Weigher::weigh_call(uint32_t index, const Event& event, Value value) {
  const Name& name = heap_.name(value);
  if (fills_state(name.canonical)) weigh_filled(index, event, name);
  if (is_trusted(name.known)) return;
  if (event.nested != 0) return weigh_load(index, event, name);
  if (name.known != nullptr) return weigh_known(index, event, name);
  weigh_unknown(index, event, name);
}

void Weigher::weigh_known(uint32_t index, const Event& event, const Name& name) {
  const Callable& known = *name.known;
  const Effect effect = known.effect == Effect::file_write && opens_for_reading(event, name) ? Effect::file_read : known.effect;
  const Rule* rule = rule_for(effect);
  if (rule == nullptr) return;
  const std::string callee(name.canonical);
  // __new__ alone does not run what the constructor does.
  if (event.op == Op::construct) {
    if (!runs_code(&known) && known.effect != Effect::tamper && known.effect != Effect::native) {
      return add(index, {threat(rule->threat), Ruling::dismissed, "Holds an instance of " + callee + ".",
                         "The object is made without its constructor, which alone would act.", callee});
    }
    return add(index, {threat("-dangerous-reference"), Ruling::suspected, "Holds an instance of " + callee + ".",
                       std::string(known.why) + " The object is made without its constructor, but no honest model holds one.", callee});
  }
  switch (known.effect) {
    case Effect::code: return weigh_code(index, event, name);
    case Effect::deserialise: return weigh_load(index, event, name);
    case Effect::fetch_model: return weigh_reference(index, event, name);
    case Effect::import:
      // The importers of dill and cloudpickle only bring back what a function needs.
      if (is_function_pickler(name.canonical)) return;
      break;
    default: break;
  }
  Opinion opinion{threat(rule->threat), rule->called, {}, std::string(known.why), callee};
  if (const auto payload = payload_of(event, known); known.effect == Effect::file_write && payload && payload->is_text() &&
                                                      payload->text().starts_with('<') && payload->text().ends_with('>')) {
    return;  // <stdout> and kin: streams that are open already
  }
  std::string shown = printer().statement(index);
  if (const size_t equals = shown.find(" = "); equals != std::string::npos && shown.starts_with("_var")) shown.erase(0, equals + 3);
  opinion.summary = std::string(rule->verb) + " when the model is loaded: " + shown + ".";
  if (known.effect == Effect::call) {
    // What is called by name stands as an event of its own and is judged there.
    const auto payload = payload_of(event, known);
    if ((payload && payload->is(Kind::name)) || is_function_pickler(callee)) opinion.ruling = Ruling::dismissed;
    if (payload && payload->is(Kind::name) && runs_code(heap_.name(*payload).known)) opinion.ruling = Ruling::confirmed;
  }
  if (effect == Effect::file_read) {
    for (const std::string_view text : texts_of(event)) {
      if (knowledge::sensitive_path(text) != nullptr) opinion.ruling = Ruling::confirmed;
    }
  }
  add(index, std::move(opinion));
}

// open(path) and open(path, 'rb') read; any other mode writes.
bool Weigher::opens_for_reading(const Event& event, const Name& name) const {
  const std::string_view last = last_part(name.canonical);
  if (last != "open" && last != "FileIO" && last != "file") return false;
  std::string_view mode = "r";
  const uint32_t position = name.canonical.starts_with("pathlib.") ? 0 : 1;
  if (event.arguments.is_sequence() && heap_.items(event.arguments).size > position) {
    const Value given = heap_.items(event.arguments)[position];
    mode = given.is_text() ? given.text() : "?";
  }
  if (event.keywords.is(Kind::dict)) {
    if (const Value* given = heap_.find(heap_.items(event.keywords), "mode")) mode = given->is_text() ? given->text() : "?";
  }
  return mode.find_first_not_of("rbtU") == std::string_view::npos;
}

// exec, eval, compile, code and function objects.
void Weigher::weigh_code(uint32_t index, const Event& event, const Name& name) {
  const Callable& known = *name.known;
  const std::string callee(name.canonical);
  if (known.payload == PayloadKind::code || known.payload == PayloadKind::marshal || known.payload == PayloadKind::none) {
    return weigh_function_body(index, event, name);
  }
  Opinion opinion{threat("-code-execution"), Ruling::confirmed, "Runs Python code when the model is loaded.", std::string(known.why), callee};
  const auto payload = payload_of(event, known);
  if (known.payload == PayloadKind::model || known.payload == PayloadKind::url) {
    return weigh_reference(index, event, name);
  }
  const std::vector<std::string_view> texts = texts_of(event);
  if (texts.empty() || (callee.starts_with("builtins.") && !(payload && payload->is_text()))) {
    opinion.why += " The code is put together from parts that are not known here.";
    return add(index, std::move(opinion));
  }
  // Any of the strings can be part of the code: the worst of them counts.
  bool literal = true, quiet = true, disguised = false;
  std::string acting, calls;
  for (const std::string_view text : texts) {
    const SourceFacts facts = read_source(text);
    literal = literal && facts.literal;
    quiet = quiet && facts.calls.empty() && facts.imports.empty();
    disguised = disguised || facts.disguised;
    if (acting.empty()) acting = facts.acting_code;
    if (calls.empty() && !facts.calls.empty()) calls = facts.calls.front();
  }
  if (literal && callee.starts_with("builtins.")) {
    // To evaluate a constant is a clumsy way to write it; to execute one has no use at all.
    opinion.ruling = callee == "builtins.eval" ? Ruling::dismissed : Ruling::suspected;
    opinion.summary = "Evaluates a constant when the model is loaded.";
    opinion.why = "The text given to " + callee + " is a literal: evaluating it calls nothing.";
  } else if (!acting.empty()) {
    opinion.summary = "Runs Python code that calls " + acting + " when the model is loaded.";
    opinion.why += " The code acts on the machine.";
  } else if ((restores_source(name) || (quiet && is_function_pickler(name.canonical))) && !disguised) {
    opinion.ruling = Ruling::dismissed;
    opinion.summary = "Brings back a function that its library saves as source.";
    opinion.why = callee + " is how the library saves such models; the source calls nothing that acts on the machine.";
  } else if (disguised) {
    opinion.why += " The code is written in letters or an encoding that hide what it calls.";
  } else if (quiet) {
    opinion.summary = "Runs Python code that calls nothing when the model is loaded.";
    opinion.why += " No honest model runs code to load.";
  } else {
    opinion.why += calls.empty() ? " The code imports modules." : " The code calls " + calls + ".";
  }
  add(index, std::move(opinion));
}

// Functions that come as bytecode: judged by the names and strings they hold until they are called.
void Weigher::weigh_function_body(uint32_t index, const Event& event, const Name& name) {
  std::vector<std::string_view> names;
  for (const std::string_view text : texts_of(event)) {
    names.push_back(text);
    if (text.size() > 16) {
      for (const std::string_view identifier : identifiers_in(text)) names.push_back(identifier);
    }
  }
  const std::string acting = acting_name(names);
  const std::string callee(name.canonical);
  if (!acting.empty()) {
    return add(index, {threat("-embedded-code"), Ruling::suspected, "Carries a function that uses " + acting + ".",
                       std::string(name.known->why) + " Its names include those of " + acting + "; it runs when the model's function is called.", callee});
  }
  const bool opaque = name.canonical.starts_with("marshal.") || !carries_functions_;
  add(index, {threat("-embedded-code"), opaque ? Ruling::suspected : Ruling::dismissed, "Carries a function as bytecode.",
              opaque ? std::string(name.known->why) + " No model library saves functions in this way."
                     : "dill and cloudpickle save functions in this way; its names call nothing that acts on the machine.",
              callee});
}

// Whether a value was found by walking the interpreter's own objects: subclasses, frames, globals.
bool Weigher::from_introspection(Value value) const {
  for (int steps = 0; steps < 32; ++steps) {
    if (value.is(Kind::attribute)) {
      const std::string_view name = heap_.attribute(value).name;
      if (name == "__subclasses__" || name == "__globals__" || name == "f_globals" || name == "__mro__" || name == "__bases__") return true;
      value = heap_.attribute(value).base;
    } else if (value.is(Kind::object)) {
      const Object& object = heap_.object(value);
      const Value maker = resolved(object.callee);
      if (maker.is(Kind::name)) {
        const Name& name = heap_.name(maker);
        if (name.canonical.ends_with(".__subclasses__") || (name.known != nullptr && name.known->effect == Effect::introspect)) return true;
      }
      if (!object.callee.is(Kind::name)) {
        value = object.callee;
      } else if (object.arguments.is_sequence() && heap_.items(object.arguments).size > 0) {
        value = heap_.items(object.arguments)[0];
      } else {
        return false;
      }
    } else {
      return false;
    }
  }
  return false;
}

// Whether all that a function made of bytecode names is harmless: no module of the library, nothing that
// evaluates, imports or looks up.
bool Weigher::is_harmless_function(Value function) const {
  static constexpr std::string_view kLookUps[] = {"eval", "exec", "compile", "open", "__import__", "getattr", "globals", "vars", "__builtins__", "__subclasses__", "__globals__", "loads", "load"};
  std::vector<Value> pending{function};
  std::vector<std::string_view> names;
  bool code = false;
  for (size_t i = 0; i < pending.size() && pending.size() < 256; ++i) {
    const Value value = pending[i];
    if (value.is(Kind::object)) {
      const Object& object = heap_.object(value);
      const Value maker = resolved(object.callee);
      code = code || (maker.is(Kind::name) && runs_code(heap_.name(maker).known));
      pending.push_back(object.arguments);
      pending.push_back(object.keywords);
    } else if (value.is(Kind::name)) {
      if (runs_code(heap_.name(value).known)) return false;
    } else if (value.is_sequence()) {
      for (const Value& item : heap_.items(value)) pending.push_back(item);
    } else if (value.is(Kind::string)) {
      names.push_back(value.text());
    } else if (value.is(Kind::bytes) && !acting_name(identifiers_in(value.text())).empty()) {
      return false;
    }
  }
  for (const std::string_view name : names) {
    if (std::find(std::begin(kLookUps), std::end(kLookUps), name) != std::end(kLookUps)) return false;
    const bool harmless = std::find(std::begin(kHarmlessModules), std::end(kHarmlessModules), name) != std::end(kHarmlessModules);
    if (!harmless && name.find('.') == std::string_view::npos && knowledge::policy_of(name) == Policy::stdlib) return false;
  }
  return code && pending.size() < 256;
}

// A call of something that an earlier call returned.
void Weigher::weigh_made_function(uint32_t index, const Event& event) {
  if (event.op == Op::construct) return;
  Value callee = event.callee;
  if (callee.is(Kind::attribute)) callee = heap_.attribute(callee).base;
  const std::string shown = printer().expression(event.callee);
  if (callee.is(Kind::object)) {
    const Value maker = resolved(heap_.object(callee).callee);
    if (maker.is(Kind::name)) {
      const Name& made_by = heap_.name(maker);
      if (made_by.canonical.find("_skeleton_class") != std::string_view::npos ||
          made_by.canonical.find("_skeleton_enum") != std::string_view::npos ||
          made_by.canonical.ends_with("_create_type") || made_by.canonical.ends_with("_load_type")) {
        return;  // an instance of a class that the model defines itself
      }
      if (carries_functions_ && is_harmless_function(callee)) {
        return add(index, {threat("-embedded-code"), Ruling::dismissed, "Calls a function that the model itself carries, when it is loaded.",
                           "Its bytecode names nothing that acts on the machine, imports or looks names up.", std::string(made_by.canonical)});
      }
      if (runs_code(made_by.known) || is_function_maker(made_by.canonical)) {
        return add(index, {threat("-code-execution"), Ruling::confirmed, "Calls a function that the model itself carries, when it is loaded.",
                           "The function was made by " + std::string(made_by.canonical) + " and runs at once.", std::string(made_by.canonical)});
      }
      if (is_trusted(made_by.known) && !weigh_arguments(index, event, made_by.canonical, false)) return;
      if (knowledge::policy_of(made_by.canonical) == Policy::foreign) {
        weigh_arguments(index, event, made_by.canonical, false);
        return;
      }
    }
  }
  if (event.callee.is_text() || event.callee.is(Kind::integer) || event.callee.is(Kind::none)) return;  // raises
  if (event.callee.is(Kind::attribute) && opens_door(heap_.attribute(event.callee).name)) {
    return add(index, {threat("-introspection"), Ruling::confirmed, "Walks through the interpreter's own objects: " + shown + "().",
                       "From here every class and module can be reached; it is the way around a list of forbidden names.", shown});
  }
  if (from_introspection(event.callee)) {
    return add(index, {threat("-code-execution"), Ruling::confirmed, "Calls something that it found among the interpreter's own objects: " + shown + ".",
                       "The model walks from an object to what lies behind it and calls that; nothing honest is reached in this way.", shown});
  }
  for (const std::string_view text : texts_of(event)) {
    const SignOf sign = sign_of(text);
    if (sign.sign != Sign::command && sign.sign != Sign::code) continue;
    return add(index, {threat("-code-execution"), Ruling::confirmed, "Calls something that the model put together with an argument that " + sign.why + ".",
                       "What is called is hidden, and what it is given shows why.", shown});
  }
  add(index, {threat("-unusual-call"), Ruling::suspected, "Calls something that the model put together when it is loaded: " + shown + ".",
              "What is called is not known here; no model library saves objects in this way.", shown});
}

void Weigher::weigh_computed(uint32_t index, const Event& event) {
  const Value name = resolved(event.callee);
  // Getting hold of an attribute is not calling it.
  const bool retrieves = event.op == Op::attribute ||
                         (name.is(Kind::name) && last_part(heap_.name(name).canonical).find("getattr") != std::string_view::npos);
  if (name.is(Kind::name) && event.nested != 0) return weigh_load(index, event, heap_.name(name));
  if (name.is(Kind::name) && heap_.name(name).canonical == "builtins.eval") return;
  if (retrieves) {
    if (event.result.is(Kind::name) && runs_code(heap_.name(event.result).known)) return;  // judged by its use
    const std::string found = printer().expression(event.result);
    const bool door = opens_door(last_part(found));
    add(index, {threat("-dynamic-attribute"), door ? Ruling::suspected : Ruling::dismissed, "Looks up " + found + ".",
                door ? "From there a program reaches every module and builtin; no honest model looks it up."
                     : "Retrieving an attribute runs nothing; what becomes of it is judged where it is used.",
                name.is(Kind::name) ? std::string(heap_.name(name).canonical) : printer().expression(event.callee)});
    return;
  }
  if (!name.is(Kind::name) || heap_.name(name).known == nullptr) return;
  const Callable& known = *heap_.name(name).known;
  if (known.effect == Effect::import && event.result.is(Kind::name)) {
    const std::string_view importer = heap_.name(name).canonical;
    const bool restores = is_function_pickler(importer);
    const bool harmless = is_harmless_import(heap_.name(event.result));
    add(index, {threat("-dynamic-import"), restores || harmless ? Ruling::dismissed : Ruling::suspected,
                "Imports " + std::string(heap_.name(event.result).canonical) + " by name.",
                restores ? "dill and cloudpickle bring back the modules of a function in this way; nothing of it is called here."
                : harmless ? "What is imported holds nothing that acts on the machine."
                         : "No model library saves an import; it is how gadgets get hold of modules.",
                std::string(importer)});
  } else if (known.effect == Effect::tamper && last_part(known.name).find("set") != 0 && last_part(known.name).find("__set") != 0) {
    weigh_known(index, event, heap_.name(name));  // what is set is judged as a store
  }
}

void Weigher::weigh_store(uint32_t index, const Event& event) {
  const Value target = event.callee;
  const Value owner = target.is(Kind::attribute) ? heap_.attribute(target).base : target;
  if (owner.is(Kind::name)) {
    const std::string_view name = heap_.name(owner).canonical;
    if (name.starts_with("__main__")) return;  // dill brings back what the session's own module held
    const Ruling ruling = knowledge::policy_of(name) == Policy::foreign ? Ruling::suspected : Ruling::confirmed;
    const Callable* known = heap_.name(owner).known;
    const bool environment = known != nullptr && known->effect == Effect::environment;
    return add(index, {threat(environment ? "-environment-access" : "-runtime-tampering"), ruling, "Changes " + std::string(name) + " when the model is loaded.",
                       "Whatever the program calls afterwards under that name is what the model put there.", std::string(name)});
  }
  if (!target.is(Kind::object)) return;
  // BUILD, APPEND and SETITEM call methods of the object's class.
  const Value maker = heap_.object(target).callee;
  if (!maker.is(Kind::name)) return;
  const std::string_view type = heap_.name(maker).canonical;
  if (event.op == Op::set_state) weigh_executed_state(index, event, type);
  static constexpr std::string_view kMethods[] = {"", ".__setstate__", ".extend", ".__setitem__", ".__setattr__"};
  const std::string_view method = event.op == Op::set_state ? kMethods[1] : event.op == Op::extend ? kMethods[2]
                                  : event.op == Op::set_items ? kMethods[3] : kMethods[4];
  const Callable* known = knowledge::find(std::string(type) + std::string(method));
  if (known == nullptr || is_trusted(known)) return;
  if (known->effect == Effect::tamper && type.starts_with("builtins.")) return;  // the program's own object
  const Rule* rule = rule_for(known->effect);
  if (rule == nullptr) return;
  add(index, {threat(rule->threat), rule->called, std::string(rule->verb) + " through " + std::string(known->name) + " when the model is loaded.",
              std::string(known->why), std::string(known->name)});
}

// Classes whose __setstate__ executes a text of their state.
void Weigher::weigh_executed_state(uint32_t index, const Event& event, std::string_view type) {
  struct Executed { std::string_view types, key; };
  static constexpr Executed kExecuted[] = {{"scipy.stats.", "_parse_arg_template"}};
  const Value state = heap_.items(event.arguments)[0];
  if (!state.is(Kind::dict)) return;
  for (const Executed& executed : kExecuted) {
    if (!type.starts_with(executed.types)) continue;
    const Value* text = heap_.find(heap_.items(state), executed.key);
    if (text == nullptr || !text->is_text()) continue;
    const SourceFacts facts = read_source(text->text());
    if (facts.acting.empty() && !facts.disguised) continue;
    add(index, {threat("-code-execution"), Ruling::confirmed, "Runs Python code that calls " + facts.acting_code + " when the model is loaded.",
                "The class executes the text '" + std::string(executed.key) + "' of its state when it is unpickled.", std::string(type) + ".__setstate__"});
  }
}

// pickle.loads and its kin.
void Weigher::weigh_load(uint32_t index, const Event& event, const Name& name) {
  const std::string callee(name.canonical);
  if (event.nested != 0 && (event.result.is(Kind::integer) || event.result.is(Kind::real) || event.result.is(Kind::none) ||
                            event.result.is(Kind::boolean))) {
    return add(index, {threat("-unsafe-deserialisation"), Ruling::suspected, "Loads a pickle inside the pickle that holds a mere number.",
                       "A number needs no pickle of its own: the nesting serves to hide or to probe.", callee});
  }
  if (event.nested != 0) {
    // What it loads was read as part of this program; findings in there stand for themselves.
    return add(index, {threat("-unsafe-deserialisation"), Ruling::dismissed, "Loads a serialised object that the model carries.",
                       "The object was read: what it would do is judged as part of this model.", callee});
  }
  const auto payload = name.known ? payload_of(event, *name.known) : std::nullopt;
  Opinion opinion{threat("-unsafe-deserialisation"), Ruling::suspected, "Loads serialised objects from elsewhere when the model is loaded.",
                  std::string(name.known ? name.known->why : "Loads a pickle."), callee};
  if (payload && payload->is(Kind::string)) {
    const bool url = payload->text().find("://") != std::string_view::npos;
    scan_.references.push_back({url ? "url" : "file", std::string(payload->text()), callee});
    if (url) opinion.threat = "transitive-model-load";
    opinion.summary = "Loads " + quoted(payload->text(), false) + " when the model is loaded.";
  }
  if (name.known && name.known->payload == PayloadKind::marshal) return weigh_function_body(index, event, name);
  add(index, std::move(opinion));
}

void Weigher::weigh_reference(uint32_t index, const Event& event, const Name& name) {
  const std::string callee(name.canonical);
  Opinion opinion{"transitive-model-load", Ruling::suspected, {}, std::string(name.known->why) + " What it fetches can change after this scan.", callee};
  std::string target;
  if (const auto payload = payload_of(event, *name.known); payload && payload->is_text()) target = payload->text();
  for (const std::string_view text : texts_of(event)) {
    if (target.empty()) target = text;
  }
  opinion.summary = target.empty() ? "Loads another model when it is loaded." : "Loads " + quoted(target, false) + " when the model is loaded.";
  if (!target.empty()) {
    const bool url = target.find("://") != std::string::npos;
    scan_.references.push_back({url ? "url" : "model", target, callee});
  }
  if (name.known->effect == Effect::code) {
    opinion.ruling = Ruling::confirmed;
    opinion.why += " It runs code that comes with it.";
  }
  if (event.keywords.is(Kind::dict)) {
    const Value* trust = heap_.find(heap_.items(event.keywords), "trust_remote_code");
    if (trust != nullptr && trust->is(Kind::boolean) && trust->as_boolean()) {
      opinion.ruling = Ruling::confirmed;
      opinion.why += " It allows the other model's own Python code to run.";
    }
  }
  add(index, std::move(opinion));
}

// Callables of which knowledge says nothing: by where they live and what they are given.
void Weigher::weigh_unknown(uint32_t index, const Event& event, const Name& name) {
  const std::string callee(name.canonical);
  const Policy policy = knowledge::policy_of(name.canonical);
  std::string_view type = name.canonical;
  const bool bare = type.ends_with(".__new__");  // a class's own __new__, by name
  if (bare) type.remove_suffix(8);
  const bool constructs = event.op == Op::construct || names_class(type);
  if (weigh_arguments(index, event, callee, constructs)) return;
  if (changes_module_state(name)) {
    return add(index, {threat("-runtime-tampering"), Ruling::suspected, "Changes what belongs to a module: " + callee + "() when the model is loaded.",
                       "A list, dict or set of another module is emptied or filled; that is how programs, scanners among them, are led astray.", callee});
  }
  if (policy == Policy::stdlib) {
    return add(index, {threat("-unusual-call"), Ruling::suspected, "Calls " + callee + " when the model is loaded.",
                       "It belongs to Python's standard library, and no model library puts a call of it into a saved model.", callee});
  }
  if (policy == Policy::framework && !constructs && !rebuilds(name.canonical)) {
    return add(index, {threat("-unusual-call"), Ruling::suspected, "Calls " + callee + " when the model is loaded.",
                       "It is a function of a library, but none that the library itself puts into saved models.", callee});
  }
}

bool Weigher::weigh_arguments(uint32_t index, const Event& event, std::string_view callee, bool constructs) {
  std::vector<Value> given = arguments_of(event);
  for (size_t i = 0; i < given.size() && given.size() < 64; ++i) {
    // What a partial holds is handed over with it.
    if (given[i].is(Kind::object) && heap_.object(given[i]).callee.is(Kind::name) &&
        heap_.name(heap_.object(given[i]).callee).canonical == "functools.partial") {
      const Items& held = heap_.items(heap_.object(given[i]).arguments);
      given.insert(given.end(), held.begin(), held.end());
    }
    if (given[i].is(Kind::name) && runs_code(heap_.name(given[i]).known)) {
      const std::string handed(heap_.name(given[i]).canonical);
      add(index, {threat("-callback"), Ruling::confirmed, "Hands " + handed + " to " + std::string(callee) + ".",
                  "A function that runs code or programs is given to a callable when the model is loaded.", handed});
      return true;
    }
  }
  // Text is what some classes hold: strings of documents, prompts, tokens.
  if (event.op == Op::construct || (constructs && knowledge::policy_of(callee) == Policy::framework)) return false;
  for (const std::string_view text : texts_of(event)) {
    const SignOf sign = sign_of(text);
    if (sign.sign == Sign::none) continue;
    // Objects keep addresses and places as data; functions are given them to use.
    if (constructs && (sign.sign == Sign::url || sign.sign == Sign::path)) continue;
    if (sign.sign == Sign::url) scan_.references.push_back({"url", std::string(text), std::string(callee)});
    // A library's function that is given code or a command runs it; of the user's own that is only likely.
    const bool runs = (sign.sign == Sign::command || sign.sign == Sign::code) && knowledge::policy_of(callee) != Policy::foreign;
    add(index, {threat("-suspicious-argument"), runs ? Ruling::confirmed : Ruling::suspected, "Calls " + std::string(callee) + " with an argument that " + sign.why + ".",
                "Nothing is known of " + std::string(callee) + "; what it is given is what an attack would give it.", std::string(callee)});
    return true;
  }
  return false;
}

// A program where nobody looks that calls what runs code: hidden, whatever it is given.
void Weigher::weigh_place() {
  if (!trace_.unclaimed) return;
  for (uint32_t i = 0; i < trace_.events.size(); ++i) {
    const Value name = resolved(trace_.events[i].callee);
    if (trace_.events[i].op != Op::call || !name.is(Kind::name) || !runs_code(heap_.name(name).known)) continue;
    if (carries_functions_ && heap_.name(name).known->payload == PayloadKind::code) continue;
    const std::string callee(heap_.name(name).canonical);
    return add(i, {"hidden-pickle", Ruling::suspected, "Hides a pickle that calls " + callee + ".",
                   "It stands behind or between what the loader of this file reads.", callee});
  }
}

// Names that are held and not called ------------------------------------------------------------------------

std::vector<bool> Weigher::reachable_names() {
  std::vector<bool> names(heap_.names().size(), false);
  std::vector<bool> objects, containers;
  std::vector<Value> pending{trace_.root};
  const auto once = [](std::vector<bool>& seen, uint32_t i) {
    if (i >= seen.size()) seen.resize(i + 1, false);
    const bool first = !seen[i];
    seen[i] = true;
    return first;
  };
  while (!pending.empty()) {
    const Value value = pending.back();
    pending.pop_back();
    if (value.is(Kind::name)) {
      names[value.index()] = true;
    } else if (value.is(Kind::attribute)) {
      pending.push_back(heap_.attribute(value).base);
    } else if (value.is_sequence() || value.is(Kind::dict)) {
      if (!once(containers, value.index())) continue;
      for (const Value& item : heap_.items(value)) {
        if (item.kind() >= Kind::tuple && item.kind() != Kind::unknown) pending.push_back(item);
      }
    } else if (value.is(Kind::object)) {
      if (!once(objects, value.index())) continue;
      const Object& object = heap_.object(value);
      for (const Value part : {object.callee, object.arguments, object.keywords, object.state}) pending.push_back(part);
      for (const Items* items : {&object.appended, &object.entries}) {
        for (const Value& item : *items) pending.push_back(item);
      }
    }
  }
  return names;
}

// The hook that a dict of the program assigns a name to: {'__setstate__': os.system}; empty for none.
std::string Weigher::hook_of(uint32_t name) const {
  for (const Items& items : heap_.all_items()) {
    for (uint32_t i = 0; i + 1 < items.size; ++i) {
      if (items[i + 1].is(Kind::name) && items[i + 1].index() == name && items[i].is_text() && is_hook(items[i].text())) {
        return std::string(items[i].text());
      }
    }
  }
  return {};
}

// Functions of dill and cloudpickle keep what they refer to: code generators, open, setattr and classes are
// honest there. What takes a command or source text and runs it is not.
bool Weigher::weighs_as_reference(const Name& name) const {
  const PayloadKind payload = name.known->payload;
  if (names_class(name.canonical) || knowledge::policy_of(name.canonical) != Policy::stdlib) return false;
  switch (name.known->effect) {
    case Effect::process: return true;
    case Effect::code: return payload == PayloadKind::python && (name.canonical.starts_with("builtins.") || !carries_functions_);
    case Effect::tamper: return false;
    default: return !carries_functions_ && !name.canonical.starts_with("builtins.");
  }
}

void Weigher::weigh_names() {
  const auto matters = [](const Name& name) {
    return name.retrieved && !name.called && name.known != nullptr && !is_trusted(name.known);
  };
  if (std::none_of(heap_.names().begin(), heap_.names().end(), matters)) return;
  const std::vector<bool> reachable = reachable_names();
  std::vector<uint32_t> first_import(heap_.names().size(), UINT32_MAX);
  for (uint32_t i = 0; i < trace_.events.size(); ++i) {
    const Event& event = trace_.events[i];
    if (event.op == Op::import && event.callee.is(Kind::name)) first_import[event.callee.index()] = std::min(first_import[event.callee.index()], i);
  }
  constexpr int kMostReferences = 200;
  int told = 0;
  for (uint32_t i = 0; i < heap_.names().size(); ++i) {
    const Name& name = heap_.names()[i];
    if (!matters(name)) continue;
    const Rule* rule = rule_for(name.known->effect);
    if (rule == nullptr) continue;
    const uint32_t index = first_import[i];
    if (index == UINT32_MAX || ++told > kMostReferences) continue;
    const std::string callee(name.canonical);
    Ruling ruling = rule->referenced;
    if (ruling == Ruling::confirmed && !reachable[i]) ruling = Ruling::suspected;
    if (!weighs_as_reference(name)) ruling = Ruling::dismissed;
    const std::string hook = runs_code(name.known) ? hook_of(i) : std::string();
    if (!hook.empty()) ruling = Ruling::confirmed;
    add(index, {threat("-dangerous-reference"), ruling, "Refers to " + callee + " without calling it.",
                !hook.empty() ? "It is put in place as " + hook + ", which Python calls by itself."
                : ruling == Ruling::dismissed ? "A name alone runs nothing, and honest models refer to such functions."
                                              : std::string(name.known->why) + " The model hands it to whoever loads it; a call is all that is missing.",
                callee});
  }
}

// Names in letters that look like others, or with blanks in them: no pickler writes those.
void Weigher::weigh_spelling() {
  for (uint32_t i = 0; i < trace_.events.size(); ++i) {
    const Event& event = trace_.events[i];
    if (event.op != Op::import || !event.callee.is(Kind::name)) continue;
    const std::string_view name = heap_.name(event.callee).canonical;
    const std::string reason = disguise_of(name);
    if (reason.empty()) continue;
    add(i, {threat("-malformed"), Ruling::suspected, "Names " + quoted(name, false) + ", which " + reason + ".",
            "Such a name serves to mislead readers and scanners; no library writes it.", std::string(name)});
  }
}

// Code that runs and then lets the loader fail: what scanners that want a whole pickle never see.
void Weigher::weigh_break(size_t before) {
  if (trace_.finished || trace_.events.empty()) return;
  const bool acted = std::any_of(scan_.findings.begin() + static_cast<std::ptrdiff_t>(before), scan_.findings.end(),
                                 [](const Finding& finding) { return finding.ruling == Ruling::confirmed; });
  if (!acted) return;
  add(static_cast<uint32_t>(trace_.events.size() - 1),
      {threat("-malformed"), Ruling::suspected, "Breaks off after its code has run.",
       "The loader fails behind this point, when the harm is done; a reader that wants a whole pickle sees nothing.", {}});
}

void Weigher::list_imports() {
  for (const Name& name : heap_.names()) {
    if (!name.retrieved) continue;
    Safety safety = Safety::suspicious;
    if (is_trusted(name.known)) safety = Safety::innocuous;
    else if (name.known != nullptr) safety = Safety::dangerous;
    else if (knowledge::policy_of(name.canonical) == Policy::framework && names_class(name.canonical)) safety = Safety::innocuous;
    scan_.imports.push_back({std::string(name.canonical), safety});
  }
}

void Weigher::list_text() {
  if (scan_.show == Show::nothing) return;
  const std::string member = scan_.member_of(trace_.artifacts.front());
  if (!scan_.text.empty()) scan_.text += "\n";
  if (!member.empty()) scan_.text += "# " + member + "\n";
  scan_.text += scan_.show == Show::trace ? printer().trace() : printer().text();
}

}  // namespace

void judge(Scan& scan, Trace& trace) { Weigher(scan, trace).run(); }

}  // namespace winnow::judge
