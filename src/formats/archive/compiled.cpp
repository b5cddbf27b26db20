// AOTInductor compiles a model to a shared library, and aoti_load_package links it into the process (and compiles
// the C++ beside it first, where there is no library): its constructors run at load, its kernels at inference.
// Machine code is not read here. But what the compiler makes only computes: it asks the system for memory, threads and
// its weights, and PyTorch for tensors. A library that asks for processes, sockets or other libraries was made by
// somebody else. torch/csrc/inductor/aoti_package/model_package_loader.cpp
#include "formats/archive/compiled.h"

#include "containers/elf.h"
#include "formats/archive/layout.h"

namespace winnow::archive {
namespace {

constexpr size_t kMostMembers = 16;
constexpr size_t kMostSource = size_t{64} << 20;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// The first of them that the source calls, as a plain function.
std::string called_in(std::string_view source) {
  for (size_t at = source.find('('); at != std::string_view::npos; at = source.find('(', at + 1)) {
    size_t end = at;
    while (end > 0 && source[end - 1] == ' ') --end;
    size_t start = end;
    while (start > 0 && is_word(source[start - 1])) --start;
    const bool method = start > 0 && (source[start - 1] == '.' || (start > 1 && source.substr(start - 2, 2) == "->"));
    const std::string_view word = source.substr(start, end - start);
    if (!method && containers::reaches_out(word)) return std::string(word);
  }
  return {};
}

}  // namespace

void Compiled::add(std::string_view name, Bytes bytes) {
  if (name.find("data/aotinductor/") == std::string_view::npos || found_.size() >= kMostMembers) return;
  const auto ends = [&](std::string_view ending) { return ends_with_ignoring_case(name, ending); };
  if (ends(".so") || ends(".o") || ends(".dylib") || ends(".pyd") || ends(".dll")) {
    found_.push_back({std::string(name), containers::reaching_import(bytes)});
  } else if (ends(".cpp") || ends(".cc") || ends(".h") || ends(".cu")) {
    found_.push_back({std::string(name), bytes.size() > kMostSource ? std::string() : called_in(as_text(bytes))});
  }
}

void Compiled::report(Scan& scan, const Artifact& artifact) {
  if (found_.empty()) return;
  Finding finding;
  finding.threat = "compiled-model-code";
  finding.ruling = Ruling::dismissed;
  finding.trigger = Trigger::load;
  finding.summary = "Brings native code that its loader links into the process.";
  finding.why = "That is what this format is for. The code was compiled from a model as far as can be told: it asks the system for nothing but memory, threads and numbers.";
  const auto place = [&](const Found& found) {
    winnow::Evidence evidence;
    evidence.callee = found.what;
    evidence.code = found.what.empty() ? "<native code>" : found.what;
    evidence.location.member = scan.member_of(artifact).empty() ? shown(found.member) : scan.member_of(artifact) + "!" + shown(found.member);
    return evidence;
  };
  for (const Found& found : found_) {
    if (!found.what.empty()) finding.evidence.push_back(place(found));
  }
  if (!finding.evidence.empty()) {
    finding.ruling = Ruling::suspected;
    finding.summary = "Brings native code that calls " + finding.evidence.front().callee + ", and its loader links it into the process.";
    finding.why = "What compilers make of a model computes. This code starts programs, reaches the network, changes files or loads further code, and it runs with the rights of whoever loads it.";
  } else {
    for (const Found& found : found_) finding.evidence.push_back(place(found));
  }
  scan.finding(artifact, std::move(finding));
}

}  // namespace winnow::archive
