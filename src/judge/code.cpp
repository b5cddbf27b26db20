// Source text that is executed: what it calls, as far as reading it tells, and whether it is a library's own
// way to save functions.
#include <algorithm>
#include <cctype>
#include <span>
#include <utility>

#include "judge/names.h"
#include "judge/origins.h"
#include "judge/source.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

using knowledge::PayloadKind;

// Of all the strings that a call is given. Any of them can be part of the code: the worst of them counts.
struct Sources {
  bool literal = true;     // constants, all of them
  bool quiet = true;       // none calls or imports anything
  bool disguised = false;
  bool trusted = true;     // all that they call is
  std::string acting;      // the first call that acts on the world
  std::string first_call;  // the first call of any kind
};

Sources read_sources(std::span<const std::string_view> texts) {
  Sources all;
  for (const std::string_view text : texts) {
    const SourceFacts facts = read_source(text);
    all.literal = all.literal && facts.literal;
    all.quiet = all.quiet && facts.calls.empty() && facts.imports.empty();
    all.disguised = all.disguised || facts.disguised;
    for (const std::string& call : facts.calls) all.trusted = all.trusted && is_trusted(knowledge::find(call));
    if (all.acting.empty()) all.acting = facts.acting_code;
    // A function can be reached by another name than its own: r = os.system.
    const std::vector<std::string_view> words = words_in(text);
    if (all.acting.empty()) all.acting = acting_name(words);
    // Source that walks through the interpreter's own objects calls what cannot be told.
    all.disguised = all.disguised || std::any_of(words.begin(), words.end(), opens_door);
    if (all.first_call.empty() && !facts.calls.empty()) all.first_call = facts.calls.front();
  }
  return all;
}

// Libraries that save functions as their source, and the source does nothing but define them.
bool saves_source(std::string_view callee, const Sources& sources) {
  if (sources.disguised) return false;
  return restores_source(callee) || (sources.trusted && is_function_pickler(callee));
}

// Completes the opinion on a call that executes the sources.
void weigh_sources(const Sources& sources, Opinion& opinion) {
  if (sources.literal && is_builtin(opinion.callee)) {
    // To evaluate a constant is a clumsy way to write it; to execute one has no use at all.
    opinion.ruling = opinion.callee == "builtins.eval" ? Ruling::dismissed : Ruling::suspected;
    opinion.summary = "Evaluates a constant when the model is loaded.";
    opinion.why =
        "The text given to " + std::string(opinion.callee) + " is a literal: evaluating it calls nothing.";
  } else if (!sources.acting.empty()) {
    opinion.summary = "Runs Python code that calls " + sources.acting + " when the model is loaded.";
    opinion.why += " The code acts on the machine.";
  } else if (saves_source(opinion.callee, sources)) {
    opinion.ruling = Ruling::dismissed;
    opinion.summary = "Brings back a function that its library saves as source.";
    opinion.why = std::string(opinion.callee) +
                  " is how the library saves such models; the source calls nothing that acts on the machine.";
  } else if (sources.disguised) {
    opinion.why += " The code is written in letters or an encoding that hide what it calls.";
  } else if (sources.quiet) {
    opinion.summary = "Runs Python code that calls nothing when the model is loaded.";
    opinion.why += " No honest model runs code to load.";
  } else if (sources.first_call.empty()) {
    opinion.why += " The code imports modules.";
  } else {
    opinion.why += " The code calls " + sources.first_call + ".";
  }
}

// Keys of a state whose text the class's own __setstate__ executes: scipy's distributions and what is derived
// from them.
constexpr std::string_view kExecuted[] = {"_parse_arg_template"};

// Terms of formulas, kept as Python expressions over columns, by library and key.
constexpr std::pair<std::string_view, std::string_view> kEvaluated[] = {{"patsy.", "code"}, {"formulaic.", "expr"}};

// Whether the text only defines functions that give their parameters back, as scipy writes it: nothing is called but
// its own check, nothing is looked up, nothing decorates.
bool only_passes_arguments(std::string_view text) {
  static constexpr std::string_view kBeforeParenthesis[] = {"_parse_args", "_parse_args_rvs", "_parse_args_stats", "_argcheck_rvs", "return", ""};
  constexpr std::string_view kSigns = "_ ,=.()':\n*";
  if (text.find("__") != std::string_view::npos || text.find("_parse_args") == std::string_view::npos) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (std::isalnum(static_cast<unsigned char>(text[i])) == 0 && kSigns.find(text[i]) == std::string_view::npos) return false;
    if (text[i] != '(') continue;
    size_t end = i;
    while (end > 0 && text[end - 1] == ' ') --end;
    size_t start = end;
    while (start > 0 && (std::isalnum(static_cast<unsigned char>(text[start - 1])) != 0 || text[start - 1] == '_')) --start;
    // Behind a name it calls; behind an operator it only groups.
    if (!is_one_of(kBeforeParenthesis, text.substr(start, end - start)) || (start == end && start > 0 && text[start - 1] == ')')) return false;
  }
  return true;
}

}  // namespace

// exec, eval, compile, code and function objects: what runs code of any kind.
void Weigher::weigh_code(uint32_t index, const Event& event, const Name& name) {
  // Functions make layers from settings; what they hand to them was run as well.
  if (event.code && name.canonical.starts_with("keras.")) return;
  switch (name.known->payload) {
    case PayloadKind::code: case PayloadKind::marshal: case PayloadKind::none:
      return weigh_function_body(index, event, name);
    case PayloadKind::model: case PayloadKind::url: return weigh_fetch(index, event, name);
    default: break;
  }
  Opinion opinion{"-code-execution", Ruling::confirmed, "Runs Python code when the model is loaded.",
                  std::string(name.known->why), name.canonical};
  const auto payload = payload_of(event, *name.known);
  const bool hidden = is_builtin(name.canonical) && !(payload && payload->is_text());
  // A builtin runs its payload and nothing else; of others, any of the strings can become part of the code.
  std::vector<std::string_view> texts;
  if (payload && payload->is_text()) texts.push_back(payload->text());
  const std::vector<std::string_view> others = is_builtin(name.canonical) ? std::vector<std::string_view>() : texts_of(event);
  texts.insert(texts.end(), others.begin(), others.end());
  // Code of which parts are known: what these do, it does.
  const std::string open = payload && is_open_text(*payload) ? text_with_holes(heap_, *payload) : std::string();
  if (!open.empty() && runs_code(knowledge::find(read_source(open).acting))) {
    const std::string_view parts[] = {open};
    weigh_sources(read_sources(parts), opinion);
    opinion.why += " Parts of the text are not known here.";
  } else if (event.code && event.entered) {
    opinion.ruling = Ruling::suspected;
    opinion.summary = "Runs Python code that it carries as text when the model is loaded.";
    opinion.why += " The code was run: whatever it does is told by itself.";
    if (!hidden && !texts.empty() && others.empty() && trace_.dialect != "template" && read_sources(texts).quiet) opinion.ruling = Ruling::dismissed;
  } else if (texts.empty() || hidden || others.size() >= kMostTexts) {
    const bool computed = is_builtin(name.canonical) || knowledge::policy_of(name.canonical) != knowledge::Policy::stdlib;
    if (event.code && computed && !(payload && (hides_constant(*payload) || comes_from_file(*payload)))) opinion.ruling = Ruling::suspected;
    opinion.why += " The code is put together from parts that are not known here.";
  } else if (name.known->payload == PayloadKind::path) {
    // The texts name a file or a module, which is not here to be read.
    opinion.summary = "Runs a Python file when the model is loaded.";
    opinion.why += " A model brings its own code along; what stands in a file of the machine that loads it is not part of it.";
  } else {
    const Sources sources = read_sources(texts);
    weigh_sources(sources, opinion);
    // What a function evaluates was run with it: what it does stands for itself.
    if (event.code && sources.acting.empty() && !sources.disguised && opinion.ruling == Ruling::confirmed) opinion.ruling = Ruling::suspected;
  }
  add(index, std::move(opinion));
}

void Weigher::weigh_executed_state(uint32_t index, const Event& event, std::string_view type) {
  const Value state = heap_.items(event.arguments)[0];
  if (!state.is(Kind::dict)) return;
  const std::string callee = std::string(type) + ".__setstate__";
  for (const std::string_view executed : kExecuted) {
    const Value* text = heap_.find(heap_.items(state), executed);
    if (text == nullptr || !text->is_text()) continue;
    const SourceFacts facts = read_source(text->text());
    const std::string named = acting_name(words_in(text->text()));
    if (only_passes_arguments(text->text())) continue;
    add(index,
        {"-code-execution", Ruling::confirmed,
         facts.acting.empty() && named.empty() ? "Runs Python code of its own when the model is loaded."
                              : "Runs Python code that calls " + (facts.acting.empty() ? named : facts.acting_code) + " when the model is loaded.",
         "The class executes the text '" + std::string(executed) + "' of its state when it is unpickled.",
         callee});
  }
  for (const auto& [library, key] : kEvaluated) {
    const Value* text = type.starts_with(library) ? heap_.find(heap_.items(state), key) : nullptr;
    const SourceFacts facts = text != nullptr && text->is_text() ? read_source(text->text()) : SourceFacts();
    if (facts.acting.empty()) continue;
    add(index, {"-code-execution", Ruling::confirmed, "Keeps an expression that calls " + facts.acting_code + " when the model is used.",
                "The library evaluates the text '" + std::string(key) + "' of this object's state with every prediction.", callee});
  }
}

}  // namespace winnow::judge
