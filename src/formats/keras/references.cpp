// Functions and classes that a configuration names. What the loader would import is imported on the machine, what it
// would call is called there, and the judge sees a trace like any other. The rules are those of the oldest loader that
// reads the file, because nobody knows which one a victim has:
//
//   Keras            what `module` may be
//   2.12 - 3.8       anything that can be imported (CVE-2025-1550); tf-keras in every version
//   3.9, 3.10        keras, keras_hub, keras_cv, keras_nlp, with every function in them (CVE-2025-8747, -9906)
//   3.11 and later   classes of these packages that derive from KerasSaveable; and what Keras exports, without a list of
//                    functions that load, save or change its settings
//
// What Keras exports and knowledge fears none of is trusted. Everything else is either the user's own, which the file
// cannot bring along and is only named, or a function of Python or of a library that no honest model names.
#include <algorithm>

#include "code/pickle/unpickler.h"
#include "core/print.h"
#include "formats/keras/model.h"
#include "knowledge/knowledge.h"

namespace winnow::keras_format {

namespace {

constexpr size_t kMostCustoms = 100;

constexpr std::string_view kOwnPackages[] = {"keras", "keras_hub", "keras_cv", "keras_nlp", "tf_keras", "keras_core"};

bool is_own_package(std::string_view module) {
  const std::string_view top = module.substr(0, module.find('.'));
  return std::find(std::begin(kOwnPackages), std::end(kOwnPackages), top) != std::end(kOwnPackages) ||
         module.starts_with("tensorflow.keras") || module.starts_with("tensorflow.python.keras");
}

// A function that a builtin type or Python's own library has, and not a name of the user's that Keras saved without
// its module: those stand under "builtins".
bool is_custom_builtin(std::string_view module, std::string_view name) {
  return module == "builtins" && knowledge::find(knowledge::canonical(module, name)) == nullptr;
}

std::string shown(const NamedObject& object) {
  const std::string name(object.name.substr(0, 200));
  return object.module.empty() ? name : std::string(object.module.substr(0, 200)) + "." + name;
}

}  // namespace

void Model::follow_names(const Document& document, const Config& config, uint64_t base) {
  for (const SourceText& source : config.sources) {
    reaches_ = true;
    finding("keras-lambda-code", Ruling::suspected, "Holds Python source where a function should stand: " + source.place + ".",
            "No version of Keras writes this, and those that are known refuse it; other programs that read the file may run it.", "Lambda",
            quoted(source.text, false, 200), base + source.offset);
  }
  Trace trace;
  trace.dialect = "keras";
  trace.threat = "keras-unsafe-reference";
  trace.artifacts.push_back(artifact_);
  machine::Machine machine(scan_, trace);
  pickle::attach(machine);
  std::vector<Value> held;
  for (const NamedObject& object : config.named) {
    if (!machine.step()) break;
    machine.place.offset = base + object.offset;
    follow_name(machine, document, object);
  }
  for (const EvaluatedText& text : config.evaluated) {
    if (!machine.step()) break;
    machine.place.offset = base + text.offset;
    machine.call(machine.resolve("builtins", "eval"), std::initializer_list<Value>{machine.heap().new_string(text.text)});
  }
  if (trace.events.empty()) return;
  trace.finished = true;
  for (const Event& event : trace.events) {
    if (event.op == Op::import) held.push_back(event.callee);
  }
  trace.root = machine.heap().new_items(Kind::list, held.data(), static_cast<uint32_t>(held.size()));
  reaches_ = true;
  const size_t findings = scan_.findings.size();
  scan_.submit(trace);
  const bool told = std::any_of(scan_.findings.begin() + static_cast<std::ptrdiff_t>(findings), scan_.findings.end(),
                                [](const Finding& one) { return one.ruling != Ruling::dismissed; });
  if (told) return;
  for (const NamedObject& object : config.named) {
    if (!object.function || object.operation || object.calls.empty()) continue;
    return finding("keras-unsafe-reference", Ruling::suspected, "Lists the function " + shown(object) + " as a layer.",
                   "A loader calls it with what stands in the file. Layers are objects: no version of Keras writes a function in their place.",
                   shown(object), quoted(shown(object), false, 200), base + object.offset);
  }
}

void Model::follow_name(machine::Machine& machine, const Document& document, const NamedObject& object) {
  if (object.module.empty()) return note_custom(object);
  const std::string canonical = knowledge::canonical(object.module, object.name);
  const knowledge::Callable* known = knowledge::find(canonical);
  // Keras' own names are honest unless knowledge says what is wrong with them; a Lambda is looked at for itself.
  const bool own = object.operation || is_own_package(object.module);
  const bool listed = object.function && !object.operation && !object.calls.empty();
  if (own && !listed && (known == nullptr || is_trusted(known) || canonical.ends_with(".Lambda"))) return;
  if (is_custom_builtin(object.module, object.name)) return note_custom(object);
  if (!own && (known == nullptr || is_trusted(known)) && knowledge::policy_of(canonical) != knowledge::Policy::stdlib) {
    note_custom(object);
    if (object.calls.empty()) return;
  }
  const Value value = machine.import_name(object.module, object.name);
  // A name that is not there: the oldest loaders take the registered one in its place.
  const bool other = !object.registered.empty() && object.registered != object.name && object.registered != "function" &&
                     object.registered.find('>') == std::string_view::npos;
  const Value second = other ? machine.import_name(object.module, object.registered) : Value::unknown();
  if (!object.function) return;
  for (const Value callee : {value, second}) {
    if (!callee.is_known()) continue;
    for (const NodeId call : object.calls) call_node(machine, document, callee, call);
    // Whatever it stands for, a layer or a loss, it is called with tensors.
    machine.place.trigger = object.role == Role::training ? Trigger::inference : Trigger::load;
    const Value given = value_of(machine, document, object.arguments);
    const Value named = given.is(Kind::dict) ? given : Value::none();
    for (const NodeId input : object.inputs) machine.call(callee, machine.heap().new_tuple({value_of(machine, document, input)}), named);
    if (object.calls.empty() && object.inputs.empty()) machine.call(callee, machine.heap().new_tuple({Value::unknown()}), named);
    machine.place.trigger = Trigger::load;
  }
}

// One of the calls by which a functional model is put together again.
void Model::call_node(machine::Machine& machine, const Document& document, Value callee, NodeId call) {
  auto arguments = document.find(call, "args"), keywords = document.find(call, "kwargs");
  Value positional = arguments ? value_of(machine, document, *arguments) : Value::unknown();
  if (const containers::Node& node = document[call]; node.kind == NodeKind::list && node.count > 0) {
    // Keras 2: a list of [layer, node, tensor, keywords], or one such alone; a constant is ["_CONSTANT_VALUE", -1, value].
    const NodeId first = document.child(node, 0);
    const containers::Node& entry = document[document.is(first, NodeKind::list) ? first : call];
    if (entry.count > 3) keywords = document.child(entry, 3);
    if (entry.count > 2 && document[document.child(entry, 0)].text == "_CONSTANT_VALUE") positional = value_of(machine, document, document.child(entry, 2));
  }
  if (!positional.is_sequence()) positional = machine.heap().new_tuple({positional});
  const Value named = keywords ? value_of(machine, document, *keywords) : Value::none();
  machine.call(callee, positional, named.is(Kind::dict) ? named : Value::none());
}

void Model::note_custom(const NamedObject& object) {
  // Names without a module that Keras itself has cannot be told from others; only marked ones are certain.
  const bool registered = object.name.find('>') != std::string_view::npos || object.registered.find('>') != std::string_view::npos;
  if (object.module.empty() && !registered && !object.function) return;
  const bool by_registration = object.registered.find('>') != std::string_view::npos;
  const std::string name = by_registration ? std::string(object.registered.substr(0, 200)) : shown(object);
  if (customs_.size() > kMostCustoms || std::find(customs_.begin(), customs_.end(), name) != customs_.end()) return;
  customs_.push_back(name);
  if (customs_.size() > kMostCustoms) {
    return finding("keras-unsafe-reference", Ruling::dismissed, "Needs more of whoever loads it than the " + std::to_string(kMostCustoms) + " names that are listed.",
                   "The file only names them.", "", quoted(name, false, 200), object.offset);
  }
  scan_.refer(artifact_, {"code", name, "keras.saving.load_model"});
  finding("keras-unsafe-reference", Ruling::dismissed, "Needs " + name + " of whoever loads it.",
          "The file only names it; Keras finds what the loading program has registered or installed under that name.", name,
          quoted(name, false, 200), artifact_.bytes.empty() ? 0 : object.offset);
}

}  // namespace winnow::keras_format
