// Loads within the load: serialised objects (pickle.loads and its kin), and models fetched from elsewhere.
#include <utility>

#include "judge/names.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

using knowledge::Effect;
using knowledge::PayloadKind;

bool is_address(std::string_view target) { return target.find("://") != std::string_view::npos; }

// A name in the library's own hub, without an owner or a path, or an address there.
bool is_published(std::string_view callee, std::string_view target) {
  if (callee.starts_with("tensorflow_hub.")) return target.starts_with("https://tfhub.dev/") || target.starts_with("https://www.kaggle.com/models/");
  if (callee != "spacy.load" && !(callee.starts_with("transformers.") && callee.ends_with(".from_pretrained"))) return false;
  return !target.empty() && target.find_first_of("/\\.:~ ") == std::string_view::npos;
}

bool is_mere_number(Value value) {
  return value.is(Kind::integer) || value.is(Kind::real) || value.is(Kind::none) || value.is(Kind::boolean);
}

}  // namespace

namespace {
constexpr std::string_view kWriters[] = {"pickle.dumps", "cloudpickle.dumps", "dill.dumps"};
}  // namespace

void Weigher::weigh_load(uint32_t index, const Event& event, const Name& name) {
  if (event.nested != 0) return weigh_nested(index, event, name);
  if (name.known->payload == PayloadKind::marshal) return weigh_function_body(index, event, name);
  Opinion opinion{"-unsafe-deserialisation", Ruling::suspected,
                  "Loads serialised objects from elsewhere when the model is loaded.",
                  std::string(name.known->why), name.canonical};
  if (const auto payload = payload_of(event, *name.known); payload && payload->is(Kind::string)) {
    refer_to(event, payload->text(), "file", name.canonical);
    if (is_address(payload->text())) opinion.threat = "transitive-model-load";
    else if (is_configuration()) opinion.ruling = Ruling::dismissed;
    opinion.summary = "Loads " + quoted(payload->text(), false) + " when the model is loaded.";
  }
  const auto payload = payload_of(event, *name.known);
  // A copy: objects with a say in how they are pickled were asked when they were written.
  const Name* writer = event.code && payload && payload->is(Kind::object) ? resolved(heap_.object(*payload).callee) : nullptr;
  if (writer != nullptr && is_one_of(kWriters, writer->canonical)) {
    opinion.ruling = Ruling::dismissed;
    opinion.summary = "Loads what it has written itself when the model is loaded.";
    opinion.why = "The bytes come from " + std::string(writer->canonical) + " of the same code, and hold what was given to it.";
  }
  if (is_configuration() && (!payload || (!payload->is_known() && payload->text().starts_with('$')))) opinion.ruling = Ruling::dismissed;
  add(index, std::move(opinion));
}

// What a nested load brings was read as part of this program; findings in there stand for themselves.
void Weigher::weigh_nested(uint32_t index, const Event& event, const Name& name) {
  if (is_mere_number(event.result)) {
    return add(index, {"-unsafe-deserialisation", Ruling::suspected,
                       "Loads a pickle inside the pickle that holds a mere number.",
                       "A number needs no pickle of its own: the nesting serves to hide or to probe.",
                       name.canonical});
  }
  add(index,
      {"-unsafe-deserialisation", Ruling::dismissed, "Loads a serialised object that the model carries.",
       "The object was read: what it would do is judged as part of this model.", name.canonical});
}

// Another model, by its name or address: the payload, else the first text among the arguments.
void Weigher::weigh_fetch(uint32_t index, const Event& event, const Name& name) {
  Opinion opinion{"transitive-model-load", Ruling::suspected, "Loads another model when it is loaded.",
                  std::string(name.known->why) + " What it fetches can change after this scan.",
                  name.canonical};
  std::string_view target;
  const auto payload = payload_of(event, *name.known);
  if (payload && payload->is_text()) target = payload->text();
  for (const std::string_view text : texts_of(event)) {
    if (target.empty()) target = text;
  }
  if (!target.empty()) {
    opinion.summary = "Loads " + quoted(target, false) + " when the model is loaded.";
    refer_to(event, target, "model", name.canonical);
  }
  if (event.code && is_published(name.canonical, target)) {
    opinion.ruling = Ruling::dismissed;
    opinion.why = "Functions ask the hub of a library for a published model by its name; it brings no code.";
  }
  if (is_configuration()) opinion.ruling = ruling_of_named_model(target, opinion.ruling);
  if (!event.code && !is_configuration() && target.ends_with(".py")) {
    opinion.ruling = Ruling::confirmed;
    opinion.why += " What it names is a program, which runs.";
  }
  if (name.known->effect == Effect::code) {
    opinion.ruling = is_configuration() ? ruling_of_named_model(target, Ruling::confirmed) : Ruling::confirmed;
    opinion.why += " It runs code that comes with it.";
  }
  const Value* trust = keyword_of(event, "trust_remote_code");
  if (trust != nullptr && trust->is(Kind::boolean) && trust->as_boolean()) {
    opinion.ruling = is_configuration() ? Ruling::suspected : Ruling::confirmed;
    opinion.why += " It allows the other model's own Python code to run.";
  }
  add(index, std::move(opinion));
}

void Weigher::refer_to(const Event& event, std::string_view target, std::string_view unless_address, std::string_view by) {
  scan_.refer(trace_.artifacts[event.artifact], {std::string(is_address(target) ? "url" : unless_address),
                                                 std::string(target), std::string(by), event.trigger});
}

}  // namespace winnow::judge
