// winnow: the library at the command line. What people can write is in program.cpp; here is what is done about it, and
// the words for the library's own tests.
#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <iostream>

#include "commands.h"
#include "config.h"
#include "program.h"
#include "terminal.h"

namespace winnow::cli {
namespace {

int print(const std::string& text) { return write_all(STDOUT_FILENO, text) ? kNothingFound : kNotScanned; }

// A standard descriptor that was closed would become that of the next file to be opened, and be written to.
void hold_standard_descriptors() {
  for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; ++standard) {
    // Standard output is opened for reading: that nothing can be written there is still an error.
    if (::fcntl(standard, F_GETFD) < 0) (void)::open("/dev/null", standard == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
}

// Settings are a page of text, of a file or of a pipe.
Result<std::string> text_of(const std::string& path) {
  constexpr size_t kLongest = 1 << 20;
  struct stat status {};
  const bool readable = ::stat(path.c_str(), &status) == 0 && (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode));
  std::ifstream file(path, std::ios::binary);
  if (!readable || !file) return Error{Fault::unreadable, 0, path + ": cannot be read"};
  std::string text(kLongest, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file) return Error{Fault::limit, 0, path + ": too long for a configuration"};
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

// Reads the configuration file, and gives all words: those of the file stand behind the command, in front of the
// user's own. The words are last first, as the parser wants them.
Result<std::vector<std::string>> all_words(Request& request, const Program& program, int count, char** words) {
  std::vector<std::string> all(words + 1, words + count);
  // What comes in front of the command decides which file is read.
  std::string path;
  size_t command = 0;
  bool none = false;
  for (; command < all.size(); ++command) {
    const std::string& word = all[command];
    if (word == "--no-config") none = true;
    if (word == "--config" && command + 1 < all.size()) {
      path = all[++command];
    } else if (word.starts_with("--config=")) {
      path = word.substr(9);
    } else if (!word.starts_with('-')) {
      break;
    }
  }
  const bool named = !path.empty();
  if (!named && !none) path = usual_config();
  const auto commands = program.commands();
  const bool known = command < all.size() && std::any_of(commands.begin(), commands.end(), [&](auto* each) { return each->get_name() == all[command]; });
  if (!path.empty() && known && !(none && !named)) {
    const auto text = text_of(path);
    if (!text) return text.error();
    auto settings = parse_config(*text);
    if (!settings) return Error{Fault::malformed, 0, path + ", line " + std::to_string(settings.error().offset) + ": " + settings.error().what};
    auto given = words_of(*settings, all[command]);
    if (!given) return Error{Fault::malformed, 0, path + ", line " + std::to_string(given.error().offset) + ": " + given.error().what};
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(command) + 1, given->begin(), given->end());
    request.config = path;
  }
  std::reverse(all.begin(), all.end());
  return all;
}

int run(int count, char** words) {
  hold_standard_descriptors();
  Request request;
  Program whole(request);
  CLI::App& program = whole.app();
  std::string path;
  CLI::App& debug = *program.add_subcommand("debug", "Parts of the library, for its tests")->group("");
  debug.add_subcommand("manual", "The manual page");
  debug.add_subcommand("opcodes", "Offset and name of every opcode of a pickle")
      ->add_option("FILE", path)
      ->required();
  CLI::App& marshal = *debug.add_subcommand("marshal", "The object of a .pyc, or of marshal of a version of Python");
  marshal.add_option("FILE", path)->required();
  std::string version;
  marshal.add_option("--python", version);
  CLI::App& stored = *debug.add_subcommand("hdf5", "Objects, attributes and links of an HDF5 file");
  stored.add_option("FILE", path)->required();
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
    auto all = all_words(request, whole, count, words);
    if (!all) return complain(all.error().what), kUsage;
    program.parse(all.take());
  } catch (const CLI::ParseError& error) {
    const int code = program.exit(error) == 0 ? kNothingFound : kUsage;
    if (code == kUsage && !request.config.empty()) complain("options were also read from " + request.config);
    return code;
  }
  if (program.got_subcommand("scan")) return scan(request.scan, request.budget);
  if (program.got_subcommand("decompile")) return decompile(request.path, request.shown, request.budget);
  if (program.got_subcommand("selftest")) return selftest();
  if (program.got_subcommand("explain")) return explain(request.threat);
  if (program.got_subcommand("completion")) return print(completion_for(whole, request.shell));
  if (debug.got_subcommand("manual")) return print(manual_of(whole));
  if (stored.parsed()) return debug_hdf5(path);
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
