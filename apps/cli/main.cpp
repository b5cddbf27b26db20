// winnow: the library at the command line. This file holds the words of the command line and nothing else.
#include <CLI/CLI.hpp>

#include <malloc.h>

#include <exception>
#include <iostream>
#include <map>

#include "commands.h"
#include "winnow.h"

namespace winnow::cli {
namespace {

// An option that takes one of a few words.
template <class T>
void add_choice(CLI::App& command, const char* name, T& into, const std::map<std::string, T>& choices,
                const char* help) {
  std::vector<std::string> words;
  std::string all;
  for (const auto& [word, value] : choices) {
    words.push_back(word);
    all += (all.empty() ? "" : "|") + word;
  }
  const auto set = [&into, choices](const std::string& word) { into = choices.at(word); };
  command.add_option_function<std::string>(name, set, help)->check(CLI::IsMember(words))->option_text(all);
}

void add_scan(CLI::App& program, ScanRequest& request) {
  CLI::App& command =
      *program.add_subcommand("scan", "Say what models would do to whoever loads or uses them");
  command.add_option("PATH", request.paths, "Files and folders; - is standard input")->required();
  add_choice<Format>(command, "--format", request.format,
                     {{"text", Format::text}, {"json", Format::json}, {"sarif", Format::sarif}, {"html", Format::html}},
                     "Form of the report (text)");
  command.add_option("-o,--output", request.output, "Write the report to a file")->option_text("FILE");
  command.add_option("-j,--jobs", request.jobs, "Files read at the same time (one per core)")
      ->option_text("N");
  add_choice<Verdict>(command, "--fail-on", request.fail_on,
                      {{"suspicious", Verdict::suspicious}, {"malicious", Verdict::malicious}},
                      "The least verdict that makes the exit code 1 (suspicious)");
  command.add_flag("--explain", request.explain, "Show dismissed threats too, and why they were dismissed");
  command.add_flag("--hash", request.hash, "Add the SHA-256 of every file; reads every byte");
  add_choice<Show>(command, "--show", request.show,
                   {{"trace", Show::trace}, {"decompiled", Show::decompiled}},
                   "Add what every file would do, event by event or as readable code");
  command.add_flag("-v,--verbose", request.verbose, "List files without findings too");
  command.add_flag("-q,--quiet", request.quiet, "Print no text: the exit code says it");
  add_choice<Colour>(command, "--color", request.colour,
                     {{"auto", Colour::automatic}, {"always", Colour::always}, {"never", Colour::never}},
                     "Colour the text (auto: on a terminal)");
  command.add_flag("--no-progress", request.no_progress, "Show no progress on standard error");
  command.add_flag("--no-sandbox", request.no_sandbox,
                   "Read in this process: a file that breaks a reader then ends the run");
  command.footer(
      "Exit code: 0 nothing found, 1 found at or above --fail-on, 2 something could not be\n"
      "scanned and nothing was found, 64 wrong usage.");
}

int run(int count, char** words) {
  CLI::App program("Finds malicious machine-learning models without running them.", "winnow");
  program.set_version_flag(
      "--version", "winnow " + std::string(version()) + ", knowledge " + std::string(knowledge_version()));
  program.require_subcommand(1);

  ScanRequest request;
  std::string path, threat;
  add_scan(program, request);
  CLI::App& decompiling = *program.add_subcommand("decompile", "Print the code in a model as readable text");
  decompiling.add_option("FILE", path, "A model; - is standard input")->required();
  Show shown = Show::decompiled;
  add_choice<Show>(decompiling, "--show", shown,
                   {{"source", Show::decompiled}, {"ir", Show::ir}, {"dis", Show::instructions}},
                   "Source (without it), or Python code as the machine runs it, or its instructions");
  program.add_subcommand("explain", "Print what a threat is, how it is decided and what clears it")
      ->add_option("THREAT", threat, "Its id, as in a report; without it, all are listed");
  program.add_subcommand("formats", "List the formats that are read");
  program.add_subcommand("selftest", "Try what a confined reader must not be able to do on this machine");
  CLI::App& debug = *program.add_subcommand("debug", "Parts of the library, for its tests")->group("");
  debug.add_subcommand("opcodes", "Offset and name of every opcode of a pickle")
      ->add_option("FILE", path)
      ->required();
  CLI::App& marshal = *debug.add_subcommand("marshal", "The object of a .pyc, or of marshal of a version of Python");
  marshal.add_option("FILE", path)->required();
  std::string version;
  marshal.add_option("--python", version);
  CLI::App& lifted = *debug.add_subcommand("ir", "The IR of every code object of compiled files");
  std::vector<std::string> paths;
  bool only_check = false;
  lifted.add_option("FILE", paths)->required();
  lifted.add_flag("--check", only_check);
  CLI::App& flowing = *debug.add_subcommand("flow", "The statements of every code object of compiled files, without structure");
  flowing.add_option("FILE", paths)->required();
  flowing.add_flag("--check", only_check);
  CLI::App& source = *debug.add_subcommand("parse", "Python source as a tree");
  std::string show = "tree";
  source.add_option("FILE", paths)->required();
  source.add_option("--python", version);
  source.add_option("--show", show)->check(CLI::IsMember({"tree", "source", "speed"}));
  CLI::App& lowered = *debug.add_subcommand("lower", "The IR of Python source");
  lowered.add_option("FILE", paths)->required();
  lowered.add_option("--python", version);
  CLI::App& bytecode = *debug.add_subcommand("decompile", "Source, IR or quality of the code in a .pyc or marshal");
  std::string form = "source", output;
  bytecode.add_option("FILE", path)->required();
  bytecode.add_option("--show", form)->check(CLI::IsMember({"source", "ir", "quality"}));
  bytecode.add_option("-o", output);
  unsigned readings = 4;
  bytecode.add_option("--readings", readings);
  CLI::App& equal = *debug.add_subcommand("equivalent", "Source, compiled by us, against its own bytecode");
  equal.add_option("FILE", paths, "Sources and compiled files in turn")->required();
  uint32_t mutants = 0;
  equal.add_option("--mutants", mutants, "Of each function, so many changed ones must be told from it");
  equal.add_flag("--check", only_check, "Only the reasons of differences, and figures");
  CLI::App& running = *debug.add_subcommand("run", "What the machine sees source or compiled code do");
  running.add_option("path", path)->required();
  running.add_flag("--uncalled", only_check, "run functions that nobody calls, too");
  debug.require_subcommand(1);
  try {
    program.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kNothingFound : kUsage;
  }
  if (program.got_subcommand("scan")) return scan(request);
  if (program.got_subcommand("decompile")) return decompile(path, shown);
  if (program.got_subcommand("selftest")) return selftest();
  if (program.got_subcommand("explain")) return explain(threat);
  if (source.parsed()) return debug_parse(paths, version, show);
  if (lowered.parsed()) return debug_lower(paths, version);
  if (flowing.parsed()) return debug_flow(paths, only_check);
  if (equal.parsed()) return debug_equivalent(paths, only_check, mutants);
  if (running.parsed()) return debug_run(path, only_check);
  if (lifted.parsed()) return debug_ir(paths, only_check);
  if (bytecode.parsed()) return debug_decompile(path, form, output, readings);
  if (program.got_subcommand("debug")) return marshal.parsed() ? debug_marshal(path, version) : debug_opcodes(path);
  return list_formats();
}

}  // namespace
}  // namespace winnow::cli

int main(int count, char** words) {
  // Files are scanned one after another in memory of much the same size: keep it instead of giving it back to
  // the system each time.
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
  try {
    return winnow::cli::run(count, words);
  } catch (const std::exception& error) {
    // Memory ran out: nothing can be said about what was asked.
    std::cerr << "winnow: " << error.what() << '\n';
    return winnow::cli::kNotScanned;
  }
}
