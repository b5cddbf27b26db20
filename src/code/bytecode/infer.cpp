#include "code/bytecode/infer.h"

#include <algorithm>

#include "code/bytecode/decode.h"

namespace winnow::bytecode {
namespace {

// One per layout: the dialect that reads the most.
constexpr PythonVersion kReaders[] = {{3, 15}, {3, 10}, {3, 7}, {2, 7}};

// What is looked at to tell the versions of one layout apart: enough to be sure, and bounded.
constexpr size_t kMostCodes = 400;
constexpr size_t kMostInstructionBytes = size_t{1} << 20;

std::vector<PythonVersion> versions_of(CodeLayout layout, uint8_t oldest_minor) {
  std::vector<PythonVersion> versions;
  const auto add = [&](unsigned from, unsigned to) {
    for (unsigned minor = std::max<unsigned>(from, oldest_minor); minor <= to; ++minor) versions.push_back({3, static_cast<uint8_t>(minor)});
  };
  switch (layout) {
    case CodeLayout::python2: versions.push_back({2, 7}); break;
    case CodeLayout::python3_0: add(0, 7); break;
    case CodeLayout::python3_8: add(8, 10); break;
    case CodeLayout::python3_11: add(11, 15); break;
  }
  return versions;
}

// 3.14 marks which locals are arguments; before, those bits are never set.
bool bad_kinds(const CodeObject& code, PythonVersion version) {
  constexpr uint8_t kArgument = CodeObject::kArgPositional | CodeObject::kArgKeyword | CodeObject::kArgVar;
  bool marked = false;
  for (const uint8_t kind : code.localspluskinds) marked |= (kind & kArgument) != 0;
  const bool has = code.argcount + code.kwonlyargcount > 0 || (code.flags & (CodeObject::kVarArgs | CodeObject::kVarKeywords)) != 0;
  return version >= PythonVersion{3, 14} ? has && !marked : marked;
}

// Flags that the compilers of the version do not set: of __future__ imports, which moved in 3.8.2, and 3.14's.
bool bad_flag_bits(const CodeObject& code, PythonVersion version) {
  constexpr uint32_t kNoMonitoringEvents = 0x2000000;
  uint32_t allowed = 0x7f;
  if (version >= PythonVersion{3, 5}) allowed |= CodeObject::kCoroutine | CodeObject::kIterableCoroutine;
  if (version >= PythonVersion{3, 6}) allowed |= CodeObject::kAsyncGenerator;
  if (version < PythonVersion{3, 9}) allowed |= 0x1fe000;
  if (version >= PythonVersion{3, 8}) allowed |= 0x1fe0000;
  if (version >= PythonVersion{3, 13}) allowed |= kNoMonitoringEvents;
  if (version >= PythonVersion{3, 14}) allowed |= CodeObject::kHasDocstring | CodeObject::kMethod;
  return (code.flags & ~allowed) != 0;
}

struct Faults {
  uint32_t fatal = 0;  // of the instructions
  uint32_t all = 0;    // with those of flags and tables, which an interpreter does not look at
};

// Calls `visit` with the code objects that are looked at, as ones of `version`.
template <class Visit>
void sample(const Heap& heap, std::span<const Value> codes, PythonVersion version, Visit visit) {
  size_t left = kMostInstructionBytes;
  for (size_t i = 0; i < codes.size() && i < kMostCodes; ++i) {
    CodeObject code = heap.code(codes[i]);
    if (i > 0 && code.code.size() > left) break;
    left -= std::min(left, code.code.size());
    code.version = version;
    visit(code);
  }
}

Faults faults_of(const Heap& heap, std::span<const Value> codes, PythonVersion version, Kinds kinds) {
  Faults out;
  sample(heap, codes, version, [&](const CodeObject& code) {
    const Validity v = validity(code);
    out.fatal += v.unknown_opcodes + v.out_of_range + v.bad_targets + v.bad_exceptions + v.falls_off + v.bad_caches + v.resume_missing;
    out.all += v.faults() + (kinds == Kinds::read && bad_kinds(code, version)) + bad_flag_bits(code, version);
  });
  return out;
}

// Equal for versions that read the same instructions.
uint64_t digest_of(const Heap& heap, std::span<const Value> codes, PythonVersion version) {
  uint64_t digest = 0xcbf29ce484222325;
  const auto mix = [&](uint64_t n) { digest = (digest ^ n) * 0x100000001b3 + (digest >> 47); };
  sample(heap, codes, version, [&](const CodeObject& code) {
    for (const Decoded& d : decode(code).instructions) {
      mix(static_cast<uint64_t>(d.opcode) << 32 | d.offset);
      mix(d.argument == Argument::name ? name_index(version, d.opcode, d.arg) : d.arg);
      mix(d.target);
    }
  });
  return digest;
}

// How far a version is from what the file claims; without a claim all are equal.
int distance(PythonVersion version, const std::optional<PythonVersion>& prior) {
  if (!prior) return 0;
  return std::abs((version.major - prior->major) * 100 + version.minor - prior->minor);
}

struct Attempt {
  CodeLayout layout = CodeLayout::python3_11;
  Ranking ranking;
  uint64_t end = 0;
};

// Whether `a` is the better explanation: instructions that make sense first.
bool better(const Attempt& a, const Attempt& b, const std::optional<PythonVersion>& prior) {
  if (a.ranking.faults != b.ranking.faults) return a.ranking.faults < b.ranking.faults;
  return distance(a.ranking.versions[0], prior) < distance(b.ranking.versions[0], prior);
}

}  // namespace

Ranking rank_versions(const Heap& heap, std::span<const Value> codes, const RankOptions& options) {
  struct Row {
    PythonVersion version;
    Faults faults;
  };
  std::vector<Row> rows;
  for (const PythonVersion version : versions_of(options.layout, options.oldest_minor)) {
    rows.push_back({version, faults_of(heap, codes, version, options.kinds)});
  }
  if (rows.empty()) return {};
  // 3.0 to 3.3 know none of the forms that later writers use wherever they can.
  const bool old_forms = options.layout == CodeLayout::python3_0 && options.oldest_minor == 0;
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    if (a.faults.all != b.faults.all) return a.faults.all < b.faults.all;
    const int near_a = distance(a.version, options.prior), near_b = distance(b.version, options.prior);
    if (near_a != near_b) return near_a < near_b;
    const bool fits_a = !old_forms || a.version.minor < 4, fits_b = !old_forms || b.version.minor < 4;
    return fits_a != fits_b ? fits_a : a.version > b.version;
  });
  Ranking ranking;
  ranking.faults = rows[0].faults.all;
  std::vector<uint64_t> digests;
  for (const Row& row : rows) {
    if (row.faults.all == ranking.faults) ranking.versions.push_back(row.version);
    if (row.faults.fatal > rows[0].faults.fatal) continue;
    const uint64_t digest = digest_of(heap, codes, row.version);
    if (std::find(digests.begin(), digests.end(), digest) != digests.end()) continue;
    if (!digests.empty()) ranking.others.push_back(row.version);
    digests.push_back(digest);
  }
  return ranking;
}

Result<Inferred> infer(Heap& heap, Bytes bytes, const InferOptions& options) {
  MarshalOptions reading;
  reading.base = options.base;
  reading.values = options.values;
  reading.codes = options.codes;
  std::optional<Attempt> best;
  std::optional<Error> furthest;
  for (const PythonVersion reader : kReaders) {
    Heap scratch;  // what the wrong layouts make of the bytes must not be seen by anyone
    reading.version = reader;
    const Result<Unmarshalled> contents = read_marshal(scratch, bytes, reading);
    if (!contents) {
      if (!furthest || contents.error().offset > furthest->offset) furthest = contents.error();
      continue;
    }
    Attempt attempt;
    attempt.layout = layout_of(reader);
    attempt.end = contents->end;
    attempt.ranking = rank_versions(scratch, contents->codes, {attempt.layout, contents->oldest_minor, Kinds::read, options.prior});
    if (attempt.ranking.versions.empty()) continue;
    if (!best || better(attempt, *best, options.prior)) best = std::move(attempt);
    // Without code objects all dialects that read the bytes agree, Python 2 apart, where str is bytes.
    if (contents->codes.empty() && !(options.prior && options.prior->major == 2)) break;
  }
  if (!best) return furthest.value_or(Error{Fault::malformed, options.base, "forms of different versions are mixed"});
  reading.version = best->ranking.versions[0];
  Result<Unmarshalled> contents = read_marshal(heap, bytes, reading);
  if (!contents) {
    // Only an oddity of the oldest dialects (a NULL in a dict) leads here: the one that did read them is taken.
    reading.version = best->layout == CodeLayout::python3_0 ? PythonVersion{3, 7} : reading.version;
    contents = read_marshal(heap, bytes, reading);
    if (!contents) return contents.error();
  }
  return Inferred{contents.take(), std::move(best->ranking.versions), best->ranking.faults, std::move(best->ranking.others)};
}

}  // namespace winnow::bytecode
