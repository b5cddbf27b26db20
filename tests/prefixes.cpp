// winnow-prefixes: scans what a broken download leaves of each file named on standard input, in buffers of
// exactly that size. Every prefix of files below 300 bytes, else one per KiB up to 64 of them.
//
// A line `raw<TAB>path` promises that the file is one uncompressed malicious pickle: once a prefix of it is
// malicious, every longer one must be, because a loader runs a stream from its start.
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "winnow.h"

namespace {

constexpr size_t kEveryByteBelow = 300;
constexpr size_t kStep = 1024;
constexpr size_t kMostSteps = 64;

winnow::Verdict verdict_of(const std::string& path, const std::string& bytes, size_t size) {
  // A buffer of its own, so that a sanitizer sees the first byte read past its end.
  auto copy = std::make_unique<std::byte[]>(size);
  if (size != 0) std::memcpy(copy.get(), bytes.data(), size);
  winnow::Options options;
  options.jobs = 1;
  const winnow::Report report = winnow::scan(path, {copy.get(), size}, options);
  return report.artifacts.front().verdict;
}

}  // namespace

int main() {
  size_t files = 0, prefixes = 0, wrong = 0;
  for (std::string line; std::getline(std::cin, line);) {
    const bool is_raw = line.starts_with("raw\t");
    const std::string path = line.substr(line.find('\t') + 1);
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    size_t step = bytes.size() < kEveryByteBelow ? 1 : kStep;
    if (bytes.size() / step > kMostSteps && step != 1) step = bytes.size() / kMostSteps;
    size_t malicious_at = 0;
    for (size_t size = 0; size < bytes.size(); size += step) {
      const winnow::Verdict verdict = verdict_of(path, bytes, size);
      ++prefixes;
      if (verdict == winnow::Verdict::malicious) {
        if (malicious_at == 0) malicious_at = size;
      } else if (is_raw && malicious_at != 0) {
        std::cout << path << ": malicious at " << malicious_at << " bytes, " << winnow::verdict_name(verdict)
                  << " at " << size << "\n";
        ++wrong;
        break;
      }
    }
    ++files;
  }
  std::cout << files << " files, " << prefixes << " prefixes, " << wrong << " wrong\n";
  return wrong == 0 ? 0 : 1;
}
