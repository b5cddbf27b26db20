// Operations of a graph that act on the world. A graph is no program that somebody wrote for this machine: what it
// reads and writes is mostly given by whoever runs it (checkpoints, vocabularies, records). So the place decides: one
// that the caller gives is nothing, one that the model has brought along is the model's own doing.
#include "bytes/place.h"
#include "judge/signs.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

using knowledge::Effect;

// "file:///etc/passwd" is /etc/passwd.
std::string_view local_path(std::string_view text) {
  constexpr std::string_view kScheme = "file://";
  return text.starts_with(kScheme) ? text.substr(kScheme.size()) : text;
}

// The streams that PrintV2 knows beside files.
bool is_stream(std::string_view text) {
  return text.empty() || text == "stderr" || text == "stdout" || text.starts_with("log(");
}

// Checkpoints are saved and restored where whoever trains the model says; what a graph holds is a default.
bool is_saver(std::string_view operation) {
  for (const std::string_view saver : {"Save", "SaveV2", "SaveSlices", "Restore", "RestoreV2", "RestoreSlice", "MergeV2Checkpoints"}) {
    if (operation == saver) return true;
  }
  return false;
}

}  // namespace

// What the graph made of its own data in a way that is not followed; the caller has no part in it.
bool Weigher::is_own_data(Value value) const {
  if (value.is(Kind::object)) return !parts_of(value).outside;
  return trace_.dialect == "tensorflow" && value.is(Kind::unknown) && !value.text().empty();
}

// torch.from_file(path, shared=True, ...): what is written to the tensor is written to the file, which is made where
// there is none.
bool Weigher::maps_for_writing(const Event& event) const {
  const Name* name = resolved(event.callee);
  if (name == nullptr || name->canonical != "torch.ops.aten.from_file") return false;
  const Value* shared = keyword_of(event, "shared");
  if (shared == nullptr && event.arguments.is_sequence() && heap_.items(event.arguments).size > 1) shared = &heap_.items(event.arguments)[1];
  return shared != nullptr && !shared->is(Kind::none) && !(shared->is(Kind::boolean) && !shared->as_boolean());
}

void Weigher::weigh_operation(uint32_t index, const Event& event, const Name& name) {
  const std::string_view operation = std::string_view(name.canonical).substr(name.canonical.rfind('.') + 1);
  const Effect effect = maps_for_writing(event) ? Effect::file_write : name.known->effect;
  const Rule* rule = rule_for(effect);
  if (rule == nullptr) return;
  const auto payload = payload_of(event, *name.known);
  const bool has_inputs = event.arguments.is_sequence() && heap_.items(event.arguments).size > 0;
  const bool has_place = !name.known->keyword.empty() || name.known->position >= 0;
  const std::string summary = std::string(rule->verb) + " when the model is loaded: " + call_text(index) + ".";
  Opinion opinion{rule->threat, rule->called, summary, std::string(name.known->why), name.canonical};
  if (!has_place || (!payload && !has_inputs && effect != Effect::file_write)) {
    opinion.ruling = has_place || effect == Effect::call ? Ruling::suspected : rule->called;
    return add(index, std::move(opinion));
  }
  if (!payload || !payload->is_text()) {
    if (!has_inputs) {
      opinion.ruling = Ruling::suspected;
      opinion.why += " Nothing is given to it, so that it cannot be told what it would do.";
      // An attribute that is not there has its harmless default.
      if (name.known->position < 0) return;
      return add(index, std::move(opinion));
    }
    if (name.known->position < 0) return;
    const bool computed = payload && is_own_data(*payload);
    opinion.ruling = computed && !is_saver(operation) ? Ruling::suspected : Ruling::dismissed;
    opinion.why += opinion.ruling == Ruling::dismissed ? " The place is not in the model: whoever runs it gives it."
                                                       : " The place is made of the model's own data, in a way that is not followed.";
    return add(index, std::move(opinion));
  }
  if (is_stream(payload->text())) return;
  const std::string_view place = local_path(payload->text());
  const bool sensitive = knowledge::sensitive_path(place) != nullptr;
  if (sensitive && sign_of(place).sign == Sign::url) {
    opinion.ruling = Ruling::confirmed;
  } else if (sign_of(place).sign == Sign::url) {
    opinion.ruling = rule->called;
  } else if (is_saver(operation) && !sensitive) {
    opinion.ruling = Ruling::dismissed;
    opinion.why += " It saves or restores a checkpoint; the place in the graph is only the default.";
  } else if (effect == Effect::file_read) {
    opinion.ruling = sensitive ? Ruling::confirmed : leads_outside(place) ? Ruling::suspected : Ruling::dismissed;
    if (opinion.ruling == Ruling::dismissed) opinion.why += " The file lies beside the model.";
  } else if (effect == Effect::file_write || effect == Effect::file_delete) {
    opinion.ruling = sensitive || leads_outside(place) ? Ruling::confirmed : Ruling::suspected;
  }
  if (opinion.ruling == Ruling::confirmed && sensitive) {
    opinion.why += " " + std::string(knowledge::sensitive_path(place)->why);
  }
  add(index, std::move(opinion));
}

// Operators of ONNX graphs: those that act on the world by what they are given, those that nobody knows by needing code.
void Weigher::weigh_operator(uint32_t index, const Event& event, const Name& name) {
  const std::string called = call_text(index);
  const std::string operator_name = std::string(name.canonical.substr(name.canonical.find('.') + 1));
  if (name.known == nullptr) {
    return add(index, {"custom-operator", Ruling::suspected, "Needs the operator " + operator_name + ", which no runtime brings along.",
                       "Neither ONNX nor a well-known library has operators of this domain, and the model does not define it as a function: it runs only "
                       "where somebody has registered native or Python code for it, which is not in the file and cannot be judged.",
                       name.canonical});
  }
  const Rule* rule = rule_for(name.known->effect);
  if (rule == nullptr) return;
  Opinion opinion{"custom-operator", Ruling::suspected, std::string(rule->verb) + " when the model is loaded: " + called + ".",
                  std::string(name.known->why), name.canonical};
  const auto payload = payload_of(event, *name.known);
  const bool text = payload && payload->is_text();
  switch (name.known->effect) {
    case Effect::network:
      if (text && sign_of(payload->text()).sign == Sign::url) opinion.ruling = Ruling::confirmed;
      break;
    case Effect::native: case Effect::file_read:
      if (!text || payload->text().empty()) {
        opinion.ruling = Ruling::dismissed;
        opinion.why += " The model names no file.";
      } else if (knowledge::sensitive_path(payload->text()) != nullptr) {
        opinion.ruling = Ruling::confirmed;
      } else if (!leads_outside(payload->text())) {
        opinion.ruling = Ruling::dismissed;
        opinion.why += " The file lies beside the model.";
      }
      break;
    default: break;
  }
  add(index, std::move(opinion));
}

}  // namespace winnow::judge
