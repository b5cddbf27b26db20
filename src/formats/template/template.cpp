// A template is a program: Jinja turns it into Python, and where its environment is no sandbox (llama-cpp-python before
// 0.2.72, and every loader that renders with plain jinja2) an expression reaches from any object to the interpreter.
// It is parsed, lowered like Python source and run on the machine with what loaders give it.
#include "formats/template/template.h"

#include <algorithm>
#include <utility>

#include "code/machine/models.h"
#include "code/machine/run.h"
#include "code/python/lower.h"
#include "code/template/hidden.h"
#include "code/template/jinja.h"
#include "code/template/lexer.h"
#include "containers/document.h"
#include "containers/paths.h"
#include "core/print.h"

namespace winnow::template_format {
namespace {

constexpr size_t kLongest = size_t{4} << 20;
constexpr uint64_t kMostSteps = 2'000'000;

// Text with tags: no control characters but white space at its beginning. Of texts that are too long to be read only
// those count that have statements and are no JSON, whose words may be anything.
bool looks_like_template(std::string_view text) {
  const size_t start = text.find_first_not_of(" \r\n\t");
  const bool json = start != std::string_view::npos && (text[start] == '{' || text[start] == '[') && !text.substr(start).starts_with("{%") &&
                    !text.substr(start).starts_with("{{") && !text.substr(start).starts_with("{#");
  if (text.size() > kLongest && json) return false;
  if (containers::begins_as_json(text) || containers::begins_as_yaml(text)) return false;  // read as such, its texts one by one
  for (const char c : text.substr(0, 4096)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f') return false;
  }
  if (text.size() > kLongest) return text.substr(0, kLongest).find("{%") != std::string_view::npos;
  return jinja::has_tags(text);
}

// A tag that we do not read and a loader might: nothing, where it holds neither a call nor a filter nor what could
// spell a name that Python keeps for itself.
bool could_act(std::string_view tag) {
  return tag.find_first_of("(|\\%") != std::string_view::npos || tag.find("__") != std::string_view::npos;
}

struct Given {
  std::string_view name, module, member;
};

// What every template finds in scope: jinja2's own globals, which are Python objects of modules.
constexpr Given kGiven[] = {
    {"lipsum", "jinja2.utils", "generate_lorem_ipsum"}, {"cycler", "jinja2.utils", "Cycler"},
    {"joiner", "jinja2.utils", "Joiner"},               {"namespace", "jinja2.utils", "Namespace"},
    {"self", "jinja2.runtime", "TemplateReference"},    {"context", "jinja2.runtime", "Context"},
    {"loop", "jinja2.runtime", "LoopContext"},          {"caller", "jinja2.runtime", "Macro"},
};

// Whether conversations are rendered with it: the loader says so, or it asks for what only they have.
bool is_of_chat(const Artifact& artifact) {
  static constexpr std::string_view kSigns[] = {"messages", "add_generation_prompt", "bos_token"};
  if (artifact.hint == Hint::jinja_template) return true;
  jinja::Segments segments(as_text(artifact.bytes));
  for (jinja::Segment one = segments.next(); one.piece != jinja::Piece::end; one = segments.next()) {
    const bool code = one.piece == jinja::Piece::expression || one.piece == jinja::Piece::statement;
    const auto has = [&](std::string_view sign) { return one.content.find(sign) != std::string_view::npos; };
    if (code && std::any_of(std::begin(kSigns), std::end(kSigns), has)) return true;
  }
  return false;
}

// What the template makes of conversations, beside what it runs.
void tell_hidden(Scan& scan, const Artifact& artifact, const jinja::Template& parsed, bool chat) {
  const std::string_view source = as_text(artifact.bytes);
  const jinja::Hidden hidden = jinja::find_hidden(*parsed.module, source, chat ? jinja::Inputs::chat : jinja::Inputs::conversations);
  if (hidden.cut_short) scan.gap(artifact, Fault::limit, source.size(), "the template is larger than is followed");
  for (const jinja::Concern& concern : hidden.concerns) {
    Finding finding;
    finding.threat = "template-hidden-behaviour";
    finding.ruling = concern.weight == jinja::Weight::confirmed   ? Ruling::confirmed
                     : concern.weight == jinja::Weight::suspected ? Ruling::suspected
                                                                  : Ruling::dismissed;
    finding.trigger = Trigger::inference;
    finding.summary = concern.summary;
    finding.why = concern.why;
    const uint64_t line = 1 + static_cast<uint64_t>(std::count(source.begin(), source.begin() + static_cast<ptrdiff_t>(std::min<uint64_t>(concern.offset, source.size())), '\n'));
    finding.evidence.push_back({"chat_template", concern.code, {scan.member_of(artifact), concern.offset, line}});
    scan.finding(artifact, std::move(finding));
  }
}

void show(Scan& scan, const Artifact& artifact) {
  scan.text += "\n# " + scan.member_of(artifact) + "\n";
  uint64_t number = 0;
  for (std::string_view rest = as_text(artifact.bytes); !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string line = quoted(rest.substr(0, end), false, 4000);
    const std::string digits = std::to_string(++number);
    scan.text += std::string(digits.size() < 4 ? 4 - digits.size() : 0, ' ') + digits + "  " + line.substr(1, line.size() - 2) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

bool is_template(const Artifact& artifact) {
  if (artifact.hint == Hint::jinja_template) return !artifact.bytes.empty();
  // Python source holds braces for texts of its own, and nobody renders it.
  return artifact.hint == Hint::none && !containers::is_page(artifact.path) && !artifact.path.ends_with(".py") && looks_like_template(as_text(artifact.bytes));
}

void read_template(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "jinja-template");
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the template is longer than is read");
  Trace trace;
  trace.dialect = "template";
  trace.threat = "template-code";
  trace.artifacts.push_back(artifact);
  const bool chat = is_of_chat(artifact);
  if (chat) trace.artifacts[0].hint = Hint::jinja_template;
  python::Tree tree(trace.heap);
  const jinja::Template parsed = jinja::parse(tree, as_text(artifact.bytes));
  for (const jinja::Problem& problem : parsed.problems) {
    if (could_act(problem.tag)) scan.gap(artifact, Fault::malformed, problem.offset, problem.what);
  }
  if (parsed.more_problems) scan.gap(artifact, Fault::limit, parsed.problems.back().offset, "more tags cannot be read than are told");
  tell_hidden(scan, artifact, parsed, chat);
  // Templates are small programs; those that never end are no reason to wait as long as for a library.
  const uint64_t code_steps = std::exchange(scan.budget.code_steps, std::min(scan.budget.code_steps, kMostSteps));
  machine::Machine machine(scan, trace);
  machine.enters_left = true;
  const Value globals = machine::new_globals(machine, "__template__");
  for (const Given& given : kGiven) machine::set_global(machine, globals, given.name, machine.resolve(given.module, given.member));
  for (const machine::ModelEntry& model : machine::template_models()) {
    machine::set_global(machine, globals, model.name, machine.resolve("jinja", model.name.substr(model.name.find('.') + 1)));
  }
  machine::set_global(machine, globals, jinja::kInclude, machine.resolve("jinja", "include"));
  const Value code = python::lower(tree, *parsed.module, {.filename = "<template>"});
  machine::run_module(machine, code, globals, chat ? Trigger::inference : Trigger::load);
  machine::run_uncalled(machine, Trigger::inference);
  scan.budget.code_steps = code_steps;
  trace.finished = true;
  scan.submit(trace);
  if (scan.show == Show::decompiled) show(scan, artifact);
}

}  // namespace winnow::template_format
