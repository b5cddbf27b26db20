#include "code/bytecode/repair.h"

#include <algorithm>

#include "code/bytecode/decode.h"

namespace winnow::bytecode {
namespace {

constexpr size_t kLargest = size_t{1} << 20;
constexpr uint64_t kMostWork = uint64_t{32} << 20;  // bytes read over all attempts
constexpr uint64_t kWorkOfRanking = 16;             // what reading as instructions costs against reading as marshal
constexpr size_t kMostSuspects = 24;                // slashes before a failure that are tried
constexpr size_t kMostSlashesInCode = 256;          // of one code object

constexpr PythonVersion kReaders[] = {{3, 15}, {3, 10}, {3, 7}, {2, 7}};

// What one reading came to.
struct Reading {
  bool code = false;       // a code object, whole
  uint64_t reached = 0;    // where it failed; the end when it did not
  uint32_t faults = 0;
  std::vector<uint64_t> slashes;
  std::vector<std::pair<uint64_t, uint64_t>> instructions;  // offset and size of each code object's
};

class Repair {
 public:
  Repair(std::string bytes, PythonVersion reader, const InferOptions& options, uint64_t& work)
      : bytes_(std::move(bytes)), reader_(reader), options_(options), work_(work) {}

  std::optional<Repaired> run() {
    Reading reading = read();
    while (!reading.code) {
      if (!improve(reading)) return std::nullopt;
    }
    mend_instructions(reading);
    faults_ = reading.faults;
    return Repaired{bytes_, changed_};
  }

  uint32_t faults() const { return faults_; }

 private:
  Reading read() {
    Reading out;
    Heap heap;
    MarshalOptions options;
    options.version = reader_;
    options.values = options_.values;
    options.codes = options_.codes;
    options.slashes = &out.slashes;
    work_ += bytes_.size();
    const Result<Unmarshalled> contents = read_marshal(heap, as_bytes(bytes_), options);
    if (!contents) {
      out.reached = contents.error().offset;
      return out;
    }
    out.reached = bytes_.size() + contents->end;
    out.code = contents->value.is(Kind::code);
    if (!out.code) return out;
    work_ += kWorkOfRanking * bytes_.size();
    RankOptions rank;
    rank.layout = layout_of(reader_);
    rank.oldest_minor = contents->oldest_minor;
    rank.prior = options_.prior;
    const Ranking ranking = rank_versions(heap, contents->codes, rank);
    out.faults = ranking.versions.empty() ? UINT32_MAX : ranking.faults;
    for (const Value code : contents->codes) {
      const std::string_view text = heap.code(code).code;
      // Views of the input, which instructions always are.
      out.instructions.emplace_back(static_cast<uint64_t>(text.data() - bytes_.data()), text.size());
    }
    return out;
  }

  void flip(uint64_t at) { bytes_[at] = bytes_[at] == '/' ? '\\' : '/'; }

  // Turns back the one slash that lets reading come furthest.
  bool improve(Reading& reading) {
    std::optional<uint64_t> best;
    Reading best_reading = reading;
    size_t tried = 0;
    for (auto at = reading.slashes.rbegin(); at != reading.slashes.rend() && tried < kMostSuspects; ++at, ++tried) {
      if (bytes_[*at] != '/') continue;
      if (work_ > kMostWork) return false;
      flip(*at);
      Reading attempt = read();
      flip(*at);
      const bool further = attempt.code != best_reading.code ? attempt.code : attempt.reached > best_reading.reached;
      if (!further) continue;
      best = *at;
      best_reading = std::move(attempt);
      if (best_reading.code) break;
    }
    if (!best) return false;
    flip(*best);
    ++changed_;
    reading = std::move(best_reading);
    return true;
  }

  // Turns back what makes the instructions sounder, one slash at a time.
  void mend_instructions(Reading& reading) {
    const auto ranges = reading.instructions;
    for (const auto& [offset, size] : ranges) {
      size_t tried = 0;
      for (uint64_t at = offset; at < offset + size && at < bytes_.size() && tried < kMostSlashesInCode; ++at) {
        if (reading.faults == 0) return;
        if (bytes_[at] != '/') continue;
        if (work_ > kMostWork) return;
        ++tried;
        flip(at);
        Reading attempt = read();
        if (attempt.code && attempt.faults < reading.faults) {
          ++changed_;
          reading = std::move(attempt);
        } else {
          flip(at);
        }
      }
    }
  }

  std::string bytes_;
  const PythonVersion reader_;
  const InferOptions& options_;
  uint64_t& work_;
  uint32_t changed_ = 0;
  uint32_t faults_ = 0;
};

}  // namespace

std::optional<Repaired> turn_slashes_back(Bytes bytes, const InferOptions& options) {
  if (bytes.size() > kLargest) return std::nullopt;
  uint64_t work = 0;
  std::optional<Repaired> best;
  uint32_t best_faults = UINT32_MAX;
  for (const PythonVersion reader : kReaders) {
    Repair repair(std::string(as_text(bytes)), reader, options, work);
    std::optional<Repaired> found = repair.run();
    if (!found || (best && repair.faults() >= best_faults)) continue;
    best_faults = repair.faults();
    best = std::move(found);
  }
  return best;
}

}  // namespace winnow::bytecode
