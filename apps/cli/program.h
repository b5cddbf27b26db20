// The words of the command line, in one place: from these tables come the parser, `--help`, the manual page, the
// completions of shells, and the keys of the configuration file.
#pragma once

#include <CLI/CLI.hpp>

#include <map>
#include <string>
#include <vector>

#include "commands.h"

namespace winnow::cli {

// What is asked for, by all commands.
struct Request {
  ScanRequest scan;
  std::string path;                  // decompile
  Show shown = Show::decompiled;     // decompile
  Budget budget;                     // scan, decompile
  std::string threat;                // explain
  std::string shell;                 // completion
  std::string config;                // --config
  bool no_config = false;
};

// What an option takes, for those who write it down.
struct Argument {
  std::string text;                // "FILE", "text|json"
  std::vector<std::string> words;  // where it is one of a few
};

class Program {
 public:
  explicit Program(Request& request);

  CLI::App& app() { return app_; }
  // Null where an option takes nothing, or anything.
  const Argument* argument_of(const CLI::Option* option) const;
  // The commands that people use, in the order of `--help`.
  std::vector<const CLI::App*> commands() const;

 private:
  template <class T>
  void add_choice(CLI::App& command, const char* name, T& into, const std::map<std::string, T>& choices, const char* help);
  void add_value(CLI::Option* option, const char* text);
  void add_scan();
  void add_decompile();
  void add_budget(CLI::App& command);

  Request& request_;
  CLI::App app_;
  std::map<const CLI::Option*, Argument> arguments_;
};

// The options of a command that can be written, in the order of `--help`.
std::vector<const CLI::Option*> options_of(const CLI::App& command);
// Without what is written in front of the first line: "-o, --output".
std::string spelling_of(const CLI::Option& option);

// The manual page, in the language of man(7).
std::string manual_of(const Program& program);
// For bash, zsh or fish; empty for another word.
std::string completion_for(const Program& program, const std::string& shell);

}  // namespace winnow::cli
