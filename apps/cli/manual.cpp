// The manual page and the completions of shells, made from the tables that `--help` is made from.
#include <algorithm>

#include "core/budget_fields.h"
#include "program.h"
#include "winnow.h"

namespace winnow::cli {
namespace {

// Text for roff: no line of it is a request, and no hyphen is a dash.
std::string roff(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if ((c == '.' || c == '\'') && (at == 0 || text[at - 1] == '\n')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

void put_option(std::string& page, const Program& program, const CLI::Option& option) {
  page += ".TP\n\\fB" + roff(spelling_of(option)) + "\\fR";
  if (const Argument* argument = program.argument_of(&option)) page += " \\fI" + roff(argument->text) + "\\fR";
  page += "\n" + roff(option.get_description()) + ".\n";
}

void put_command(std::string& page, const Program& program, const CLI::App& command) {
  page += ".SS \"winnow " + roff(command.get_name()) + "\"\n" + roff(command.get_description()) + ".\n";
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional()) continue;
    page += ".TP\n\\fI" + roff(option->get_name(true)) + "\\fR\n" + roff(option->get_description()) + ".\n";
  }
  for (const CLI::Option* option : options_of(command)) put_option(page, program, *option);
}

constexpr const char* kConfiguration = R"(.SH CONFIGURATION
A configuration file is TOML. Sections
.B [scan]
and
.B [decompile]
hold long options of these commands, without the dashes in front;
.B [budget]
holds budgets. Options on the command line win.
.PP
.nf
.RS
[scan]
format = "json"
fail\-on = "malicious"
explain = true

[budget]
seconds = 60
inflated\-bytes = "1G"
.RE
.fi
.PP
A file that lies beside the models is never read by itself: it would belong to whoever made them.
.SH FILES
.TP
.I $XDG_CONFIG_HOME/winnow/winnow.toml
.TQ
.I ~/.config/winnow/winnow.toml
Read where
.B \-\-config
names no other.
)";

// Quoted for a shell: nothing in it is special.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> all_spellings(const CLI::Option& option) {
  std::vector<std::string> words;
  for (const std::string& name : option.get_snames()) words.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) words.push_back("--" + name);
  return words;
}

std::string names_of_commands(const Program& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.commands()) names.push_back(command->get_name());
  return joined(names);
}

const CLI::Option* positional_of(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->nonpositional()) return option;
  }
  return nullptr;
}

// What stands where no option does: one of a few words, a threat, or a file.
std::string bash_words(const Program& program, const CLI::App& command) {
  const CLI::Option* const positional = positional_of(command);
  if (positional == nullptr) return "";
  const Argument* const argument = program.argument_of(positional);
  if (argument == nullptr) return "$(winnow explain 2>/dev/null | cut -d' ' -f1)";
  return argument->words.empty() ? "FILES" : joined(argument->words);
}

std::string bash_completion(const Program& program) {
  std::string text = R"(# bash completion for winnow
_winnow() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= i
  [[ $before == '=' ]] && before=${COMP_WORDS[COMP_CWORD-2]}
  [[ $word == '=' ]] && { before=${COMP_WORDS[COMP_CWORD-1]}; word=; }
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in -*) ;; *) command=${COMP_WORDS[i]}; break ;; esac
  done
  COMPREPLY=()
  case $command in
    '') COMPREPLY=($(compgen -W ')" + names_of_commands(program);
  for (const CLI::Option* option : options_of(const_cast<Program&>(program).app())) text += " " + joined(all_spellings(*option));
  text += "' -- \"$word\")); return ;;\n";
  for (const CLI::App* command : program.commands()) {
    text += "    " + command->get_name() + ")\n      case $before in\n";
    std::vector<std::string> options;
    for (const CLI::Option* option : options_of(*command)) {
      for (const std::string& spelling : all_spellings(*option)) options.push_back(spelling);
      const Argument* const argument = program.argument_of(option);
      if (argument == nullptr) continue;
      std::string pattern = joined(all_spellings(*option));
      std::replace(pattern.begin(), pattern.end(), ' ', '|');
      text += "        " + pattern + ") ";
      if (!argument->words.empty()) {
        text += "COMPREPLY=($(compgen -W " + in_quotes(joined(argument->words)) + " -- \"$word\"))";
        if (argument->words.front().ends_with('=')) text += "; compopt -o nospace";
      } else if (argument->text == "FILE") {
        text += "COMPREPLY=($(compgen -f -- \"$word\"))";
      } else {
        text += ":";
      }
      text += "; return ;;\n";
    }
    text += "      esac\n      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W " + in_quotes(joined(options)) + " -- \"$word\")); ";
    const std::string words = bash_words(program, *command);
    if (words == "FILES") {
      text += "else COMPREPLY=($(compgen -f -- \"$word\")); compopt -o filenames; fi ;;\n";
    } else {
      text += "else COMPREPLY=($(compgen -W \"" + words + "\" -- \"$word\")); fi ;;\n";
    }
  }
  return text + "  esac\n}\ncomplete -F _winnow winnow\n";
}

// Brackets and colons have a meaning in zsh's descriptions.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const Argument& argument) {
  if (!argument.words.empty()) return "(" + joined(argument.words) + ")";
  return argument.text == "FILE" ? "_files" : "";
}

std::string zsh_completion(const Program& program) {
  std::string text = "#compdef winnow\n\n_winnow_threats() {\n  local -a ids\n  ids=(${(f)\"$(winnow explain 2>/dev/null | cut -d' ' -f1)\"})\n"
                     "  compadd -a ids\n}\n\n_winnow() {\n  local -a commands\n  commands=(\n";
  for (const CLI::App* command : program.commands()) {
    text += "    " + in_quotes(zsh_text(command->get_name()) + ":" + zsh_text(command->get_description())) + "\n";
  }
  text += "  )\n  local curcontext=$curcontext state line\n  _arguments -C '1:command:->command' '*::argument:->arguments'\n"
          "  case $state in\n    command) _describe -t commands command commands ;;\n    arguments)\n      case $words[1] in\n";
  for (const CLI::App* command : program.commands()) {
    text += "        " + command->get_name() + ") _arguments";
    for (const CLI::Option* option : options_of(*command)) {
      const Argument* const argument = program.argument_of(option);
      for (const std::string& spelling : all_spellings(*option)) {
        const bool is_long = spelling.starts_with("--");
        std::string spec = spelling + (argument == nullptr ? "" : is_long ? "=" : "+") + "[" + zsh_text(option->get_description()) + "]";
        if (argument != nullptr) spec += ":" + zsh_text(argument->text) + ":" + zsh_action(*argument);
        text += " \\\n          " + in_quotes(spec);
      }
    }
    if (const CLI::Option* const positional = positional_of(*command)) {
      const Argument* const argument = program.argument_of(positional);
      text += " \\\n          " + in_quotes("*:" + zsh_text(positional->get_name(true)) + ":" + (argument == nullptr ? "_winnow_threats" : zsh_action(*argument)));
    }
    text += " ;;\n";
  }
  return text + "      esac ;;\n  esac\n}\n\n_winnow \"$@\"\n";
}

std::string fish_completion(const Program& program) {
  std::string text = "# fish completion for winnow\ncomplete -c winnow -f\n";
  const std::string none = "not __fish_seen_subcommand_from " + names_of_commands(program);
  const auto put_options = [&](const CLI::App& command, const std::string& condition) {
    for (const CLI::Option* option : options_of(command)) {
      text += "complete -c winnow -n " + in_quotes(condition);
      for (const std::string& name : option->get_snames()) text += " -s " + name;
      for (const std::string& name : option->get_lnames()) text += " -l " + name;
      if (const Argument* argument = program.argument_of(option)) {
        text += argument->text == "FILE" ? " -r -F" : " -x";
        if (!argument->words.empty()) text += " -a " + in_quotes(joined(argument->words));
      }
      text += " -d " + in_quotes(option->get_description()) + "\n";
    }
  };
  put_options(const_cast<Program&>(program).app(), none);
  for (const CLI::App* command : program.commands()) {
    text += "complete -c winnow -n " + in_quotes(none) + " -a " + command->get_name() + " -d " + in_quotes(command->get_description()) + "\n";
    const std::string here = "__fish_seen_subcommand_from " + command->get_name();
    put_options(*command, here);
    const CLI::Option* const positional = positional_of(*command);
    if (positional == nullptr) continue;
    const Argument* const argument = program.argument_of(positional);
    text += "complete -c winnow -n " + in_quotes(here);
    if (argument == nullptr) {
      text += " -a '(winnow explain 2>/dev/null | string replace -r \"  +\" \\t)'\n";
    } else {
      text += argument->words.empty() ? " -F\n" : " -a " + in_quotes(joined(argument->words)) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string manual_of(const Program& program) {
  CLI::App& app = const_cast<Program&>(program).app();
  std::string page = ".TH WINNOW 1 \"\" \"winnow " + std::string(version()) + "\" \"User Commands\"\n";
  page += ".SH NAME\nwinnow \\- find malicious machine\\-learning models without running them\n.SH SYNOPSIS\n";
  for (const CLI::App* command : program.commands()) {
    page += ".B winnow " + roff(command->get_name()) + "\n.RI [ options ]\n";
    if (const CLI::Option* positional = positional_of(*command)) {
      const bool required = positional->get_required();
      page += (required ? ".I " : ".RI [ ") + roff(positional->get_name(true)) + (required ? "" : " ]") + "\n";
      if (positional->get_items_expected_max() > 1) page += "\\&...\n";
    }
    page += ".br\n";
  }
  page += ".SH DESCRIPTION\nWinnow reads a machine\\-learning model the way its loader would, without running it, and says what the model\n"
          "would do to whoever loads it: malicious, suspicious, incomplete or clean, with the code and the reason.\n"
          "Files are judged by content, never by name alone.\n.SH OPTIONS\n";
  for (const CLI::Option* option : options_of(app)) put_option(page, program, *option);
  page += ".SH COMMANDS\n";
  for (const CLI::App* command : program.commands()) put_command(page, program, *command);
  page += ".SH BUDGETS\nWhat one file may cost. A budget that runs out is a gap in the report that names it; what was found before stands, and\n"
          "the file is never clean.\n";
  const Budget usual;
  for (const BudgetField& field : budget_fields()) {
    page += ".TP\n\\fB" + roff(field.name) + "\\fR (" + std::to_string(field.get(usual)) + ")\n" + roff(field.help) + ".\n";
  }
  page += kConfiguration;
  page += ".SH \"EXIT STATUS\"\n.TP\n.B 0\nNothing was found.\n.TP\n.B 1\nSomething was found at or above\n.BR \\-\\-fail\\-on .\n"
          ".TP\n.B 2\nSomething could not be scanned, and nothing was found.\n.TP\n.B 64\nWrong usage.\n";
  return page;
}

std::string completion_for(const Program& program, const std::string& shell) {
  if (shell == "bash") return bash_completion(program);
  if (shell == "zsh") return zsh_completion(program);
  if (shell == "fish") return fish_completion(program);
  return {};
}

}  // namespace winnow::cli
