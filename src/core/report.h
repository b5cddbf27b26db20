// What a scan says: the public result types. The JSON report (contract `winnow.report/1`) is a rendering of
// these. Every type here is a plain value; nothing refers back to the scanned bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow {

// Of one artifact; the order of `Verdict` is the order of "worse".
enum class Verdict : uint8_t { skipped, clean, incomplete, suspicious, malicious };
enum class Ruling : uint8_t { dismissed, suspected, confirmed };
// When the code behind a finding runs.
enum class Trigger : uint8_t { load, inference, import, other };
enum class Safety : uint8_t { innocuous, suspicious, dangerous };

const char* verdict_name(Verdict);
const char* ruling_name(Ruling);
const char* trigger_name(Trigger);
const char* safety_name(Safety);

struct Location {
  std::string member;            // inside the artifact: "archive/data.pkl"; empty for the artifact itself
  std::optional<uint64_t> offset;  // in bytes from the start of the member
  std::optional<uint64_t> line;    // 1-based, of the decompiled text

  auto operator<=>(const Location&) const = default;
};

struct Evidence {
  std::string callee;  // resolved name: "os.system"
  std::string code;    // decompiled: "_var3 = os.system('calc.exe')"
  Location location;
};

struct Finding {
  std::string threat;  // id of a page in docs/threats/
  Ruling ruling = Ruling::suspected;
  Trigger trigger = Trigger::load;
  std::string summary;  // one sentence: what it does
  std::string why;      // the argument, a sentence or two
  std::vector<Evidence> evidence;
};

// Another model, file or address that this one makes its loader fetch.
struct Reference {
  std::string kind;    // "model" | "file" | "url" | "code"
  std::string target;  // "zpbrent/reuse"
  std::string by;      // the callable that fetches it
  Trigger trigger = Trigger::load;  // when it is fetched
  std::string member;               // what names it, inside the artifact; empty for the artifact itself

  auto operator<=>(const Reference&) const = default;
};

struct ImportedName {
  std::string name;  // "collections.OrderedDict"
  Safety safety = Safety::suspicious;

  auto operator<=>(const ImportedName&) const = default;
};

// Something that could not be read. A gap in a recognised model makes it incomplete, never clean.
struct Gap {
  std::string fault;  // "truncated" | "malformed" | "unsupported" | "limit" | "unreadable"
  Location location;
  std::string what;
};

// One file: given on the command line, found in a folder, or passed to scan().
struct ArtifactReport {
  std::string path;
  uint64_t size = 0;    // bytes
  std::string format;   // "pytorch-zip", "pickle", ..., "unknown"
  Verdict verdict = Verdict::skipped;
  std::string sha256;   // hexadecimal; only when asked for
  std::vector<Finding> findings;
  std::vector<Reference> references;
  std::vector<ImportedName> imports;
  std::vector<Gap> gaps;
  std::string text;     // decompiled text or trace; only when asked for
};

struct Summary {
  uint64_t files = 0, models = 0;
  uint64_t malicious = 0, suspicious = 0, clean = 0, incomplete = 0, skipped = 0;
  uint64_t bytes = 0;
  double seconds = 0;
};

// Something that a file of a repository makes its loader take: another file of it, or something from elsewhere.
struct RepositoryLoad {
  std::string from;    // below the repository; empty for a file that programs run by its name alone
  std::string kind;    // of a Reference
  std::string target;  // below the repository, where it is one of its files
  std::string by;      // what loads it
  Trigger trigger = Trigger::load;
  std::optional<Verdict> verdict;  // of the target, where it is one of the files

  auto operator<=>(const RepositoryLoad&) const = default;
};

// A folder whose files are loaded as one model.
struct RepositoryReport {
  std::string path;
  Verdict verdict = Verdict::skipped;  // the worst of its files
  uint64_t files = 0, models = 0;
  std::vector<RepositoryLoad> loads;
};

struct Report {
  Summary summary;
  std::vector<std::string> sandbox;  // what confined the readers: "process", "rlimits", "landlock", "seccomp"; empty: nothing
  std::vector<ArtifactReport> artifacts;
  std::vector<RepositoryReport> repositories;  // sorted by path; none where single files were asked for
};

}  // namespace winnow
