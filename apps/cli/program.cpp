#include "program.h"

#include <algorithm>

#include "core/budget_fields.h"
#include "winnow.h"

namespace winnow::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit code: 0 nothing found, 1 found at or above --fail-on, 2 something could not be\n"
    "scanned and nothing was found, 64 wrong usage.";

std::string budget_help() {
  std::string text = "Budgets (--budget NAME=NUMBER; sizes may end in K, M, G or T):\n";
  const Budget usual;
  for (const BudgetField& field : budget_fields()) {
    text += "  " + std::string(field.name) + std::string(16 - field.name.size(), ' ') + std::string(field.help) + " (" +
            std::to_string(field.get(usual)) + ")\n";
  }
  return text;
}

}  // namespace

Program::Program(Request& request)
    : request_(request), app_("Finds malicious machine-learning models without running them.", "winnow") {
  app_.set_version_flag("--version",
                        "winnow " + std::string(version()) + ", knowledge " + std::string(knowledge_version()));
  app_.require_subcommand(1);
  add_value(app_.add_option("--config", request.config, "Read options from a file (~/.config/winnow/winnow.toml)"), "FILE");
  app_.add_flag("--no-config", request.no_config, "Read no configuration file");
  add_scan();
  add_decompile();
  app_.add_subcommand("explain", "Print what a threat is, how it is decided and what clears it")
      ->add_option("THREAT", request.threat, "Its id, as in a report, or how that begins; without it, all are listed");
  app_.add_subcommand("formats", "List the formats that are read");
  app_.add_subcommand("selftest", "Try what a confined reader must not be able to do on this machine");
  CLI::App& completion = *app_.add_subcommand("completion", "Print what makes a shell complete the words of this program");
  CLI::Option* const shell = completion.add_option("SHELL", request.shell, "bash, zsh or fish")->required();
  shell->check(CLI::IsMember({"bash", "zsh", "fish"}));
  arguments_[shell] = {"SHELL", {"bash", "zsh", "fish"}};
}

// An option that takes one of a few words.
template <class T>
void Program::add_choice(CLI::App& command, const char* name, T& into, const std::map<std::string, T>& choices, const char* help) {
  Argument argument;
  for (const auto& [word, value] : choices) {
    argument.words.push_back(word);
    argument.text += (argument.text.empty() ? "" : "|") + word;
  }
  const auto set = [&into, choices](const std::string& word) { into = choices.at(word); };
  CLI::Option* const option = command.add_option_function<std::string>(name, set, help);
  option->check(CLI::IsMember(argument.words))->option_text(argument.text)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  arguments_[option] = std::move(argument);
}

void Program::add_value(CLI::Option* option, const char* text) {
  option->option_text(text)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  arguments_[option] = {text, {}};
}

void Program::add_scan() {
  ScanRequest& request = request_.scan;
  CLI::App& command = *app_.add_subcommand("scan", "Say what models would do to whoever loads or uses them");
  arguments_[command.add_option("PATH", request.paths, "Files and folders; - is standard input")->required()] = {"FILE", {}};
  add_choice<Format>(command, "--format", request.format,
                     {{"text", Format::text}, {"json", Format::json}, {"sarif", Format::sarif}, {"html", Format::html}},
                     "Form of the report (text)");
  add_value(command.add_option("-o,--output", request.output, "Write the report to a file"), "FILE");
  add_value(command.add_option("-j,--jobs", request.jobs, "Files read at the same time (one per core)"), "N");
  add_choice<Verdict>(command, "--fail-on", request.fail_on,
                      {{"suspicious", Verdict::suspicious}, {"malicious", Verdict::malicious}},
                      "The least verdict that makes the exit code 1 (suspicious)");
  command.add_flag("--explain", request.explain, "Show dismissed threats too, and why they were dismissed");
  command.add_flag("--hash", request.hash, "Add the SHA-256 of every file; reads every byte");
  add_choice<Show>(command, "--show", request.show, {{"trace", Show::trace}, {"decompiled", Show::decompiled}},
                   "Add what every file would do, event by event or as readable code");
  command.add_flag("-v,--verbose", request.verbose, "List files without findings too");
  command.add_flag("-q,--quiet", request.quiet, "Print no text: the exit code says it");
  add_choice<Colour>(command, "--color", request.colour,
                     {{"auto", Colour::automatic}, {"always", Colour::always}, {"never", Colour::never}},
                     "Colour the text (auto: on a terminal)");
  command.add_flag("--no-progress", request.no_progress, "Show no progress on standard error");
  command.add_flag("--no-sandbox", request.no_sandbox,
                   "Read in this process: a file that breaks a reader then ends the run");
  add_budget(command);
  command.footer(budget_help() + "\n" + kExitCodes);
}

void Program::add_decompile() {
  CLI::App& command = *app_.add_subcommand("decompile", "Print the code in a model as readable text");
  arguments_[command.add_option("FILE", request_.path, "A model; - is standard input")->required()] = {"FILE", {}};
  add_choice<Show>(command, "--show", request_.shown,
                   {{"source", Show::decompiled}, {"ir", Show::ir}, {"dis", Show::instructions}},
                   "Source (without it), or Python code as the machine runs it, or its instructions");
  add_budget(command);
  command.footer(budget_help());
}

void Program::add_budget(CLI::App& command) {
  Argument argument{"NAME=NUMBER", {}};
  for (const BudgetField& field : budget_fields()) argument.words.push_back(std::string(field.name) + "=");
  const auto set = [this](const std::vector<std::string>& given) {
    for (const std::string& each : given) {
      const size_t sign = each.find('=');
      const std::string wrong = sign == std::string::npos
                                    ? "'" + each + "' is not of the form NAME=NUMBER"
                                    : set_budget(request_.budget, each.substr(0, sign), each.substr(sign + 1));
      if (!wrong.empty()) throw CLI::ValidationError("--budget", wrong);
    }
  };
  // One word each: a path that follows is a path.
  CLI::Option* const option =
      command.add_option_function<std::vector<std::string>>("--budget", set, "Change a limit on what one file may cost");
  option->option_text("NAME=NUMBER")->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  arguments_[option] = std::move(argument);
}

const Argument* Program::argument_of(const CLI::Option* option) const {
  const auto found = arguments_.find(option);
  return found == arguments_.end() ? nullptr : &found->second;
}

std::vector<const CLI::App*> Program::commands() const {
  return app_.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) { return !option->get_group().empty() && option->nonpositional(); });
}

std::string spelling_of(const CLI::Option& option) {
  std::string text;
  for (const std::string& name : option.get_snames()) text += (text.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) text += (text.empty() ? "--" : ", --") + name;
  return text;
}

}  // namespace winnow::cli
