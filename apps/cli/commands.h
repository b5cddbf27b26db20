// The commands of the program, one file each. Every command gives the exit code.
#pragma once

#include <string>
#include <vector>

#include "core/options.h"
#include "core/report.h"

namespace winnow::cli {

// Contract: tools outside depend on these.
enum Exit : int {
  kNothingFound = 0,
  kFound = 1,       // at or above --fail-on
  kNotScanned = 2,  // nothing found, but something could not be read
  kUsage = 64,      // EX_USAGE
};

enum class Format : uint8_t { text, json, sarif, html };
enum class Colour : uint8_t { automatic, always, never };

struct ScanRequest {
  std::vector<std::string> paths;  // "-" is standard input
  std::string output;              // a file; empty: standard output
  Format format = Format::text;
  Verdict fail_on = Verdict::suspicious;
  Colour colour = Colour::automatic;
  unsigned jobs = 0;  // 0: one per core
  Show show = Show::nothing;
  bool explain = false;  // dismissed threats too
  bool hash = false;
  bool verbose = false;  // files without findings too
  bool quiet = false;    // no text, no progress
  bool no_progress = false;
  bool no_sandbox = false;
};

int scan(const ScanRequest& request, const Budget& budget);
int decompile(const std::string& path, Show show, const Budget& budget);  // "-" is standard input
int explain(const std::string& threat);  // empty: lists them
int list_formats();
int selftest();  // tries what the sandbox has to stop
int debug_hdf5(const std::string& path);
int debug_flow(const std::vector<std::string>& paths, bool only_check);
int debug_run(const std::string& path, bool uncalled);
int debug_ir(const std::vector<std::string>& paths, bool only_check);
int debug_parse(const std::vector<std::string>& paths, const std::string& version, const std::string& show);
int debug_lower(const std::vector<std::string>& paths, const std::string& version);
int debug_equivalent(const std::vector<std::string>& paths, bool summary, uint32_t mutants);
int debug_opcodes(const std::string& path);  // for the tests: what the opcode reader reads
int debug_decompile(const std::string& path, const std::string& show, const std::string& output, unsigned readings);  // of bytecode
int debug_marshal(const std::string& path, const std::string& version);  // the same of marshal

}  // namespace winnow::cli
