#include "engine/settle.h"

#include <algorithm>
#include <tuple>

namespace winnow::engine {
namespace {

constexpr size_t kMostEvidence = 20;  // per finding
constexpr size_t kMostGaps = 100;     // per file

auto key(const Evidence& evidence) { return std::tie(evidence.location, evidence.callee, evidence.code); }

// What makes two findings one.
auto identity(const Finding& finding) {
  return std::tie(finding.threat, finding.summary, finding.ruling, finding.trigger);
}

// Worst first, then as they stand in the file.
bool stands_before(const Finding& a, const Finding& b) {
  if (a.ruling != b.ruling) return a.ruling > b.ruling;
  const Location nowhere;
  const Location& at = a.evidence.empty() ? nowhere : a.evidence.front().location;
  const Location& bt = b.evidence.empty() ? nowhere : b.evidence.front().location;
  return std::tie(at, a.threat, a.summary, a.trigger) < std::tie(bt, b.threat, b.summary, b.trigger);
}

void settle_evidence(Finding& finding) {
  auto& evidence = finding.evidence;
  std::sort(evidence.begin(), evidence.end(), [](auto& a, auto& b) { return key(a) < key(b); });
  evidence.erase(
      std::unique(evidence.begin(), evidence.end(), [](auto& a, auto& b) { return key(a) == key(b); }),
      evidence.end());
  if (evidence.size() <= kMostEvidence) return;
  finding.why += " It does so in " + std::to_string(evidence.size()) + " places; the first " +
                 std::to_string(kMostEvidence) + " are listed.";
  evidence.resize(kMostEvidence);
}

// One finding for all that say the same. The shortest of differing reasons stays, so that the order in which
// they came does not matter.
std::vector<Finding> merge(std::vector<Finding> findings) {
  std::sort(findings.begin(), findings.end(), [](auto& a, auto& b) {
    return std::tuple_cat(identity(a), std::tuple(a.why.size()), std::tie(a.why)) <
           std::tuple_cat(identity(b), std::tuple(b.why.size()), std::tie(b.why));
  });
  std::vector<Finding> merged;
  for (Finding& finding : findings) {
    if (merged.empty() || identity(merged.back()) != identity(finding)) {
      merged.push_back(std::move(finding));
      continue;
    }
    auto& evidence = merged.back().evidence;
    std::move(finding.evidence.begin(), finding.evidence.end(), std::back_inserter(evidence));
  }
  for (Finding& finding : merged) settle_evidence(finding);
  std::sort(merged.begin(), merged.end(), stands_before);
  return merged;
}

// By name, each once, with the worst that was said of it.
std::vector<ImportedName> settle_imports(std::vector<ImportedName> imports) {
  std::sort(imports.begin(), imports.end(),
            [](auto& a, auto& b) { return a.name != b.name ? a.name < b.name : a.safety > b.safety; });
  imports.erase(
      std::unique(imports.begin(), imports.end(), [](auto& a, auto& b) { return a.name == b.name; }),
      imports.end());
  imports.shrink_to_fit();
  return imports;
}

std::vector<Gap> settle_gaps(std::vector<Gap> gaps) {
  const auto gap_key = [](const Gap& gap) { return std::tie(gap.location, gap.fault, gap.what); };
  std::sort(gaps.begin(), gaps.end(), [&](auto& a, auto& b) { return gap_key(a) < gap_key(b); });
  gaps.erase(
      std::unique(gaps.begin(), gaps.end(), [&](auto& a, auto& b) { return gap_key(a) == gap_key(b); }),
      gaps.end());
  if (gaps.size() > kMostGaps) {
    const size_t more = gaps.size() - kMostGaps;
    gaps.resize(kMostGaps);
    gaps.push_back({fault_name(Fault::limit), {}, std::to_string(more) + " more gaps are not listed"});
  }
  return gaps;
}

Verdict verdict_of(const ArtifactReport& report, bool recognised) {
  const auto has = [&](Ruling ruling) {
    return std::any_of(report.findings.begin(), report.findings.end(),
                       [&](auto& f) { return f.ruling == ruling; });
  };
  if (has(Ruling::confirmed)) return Verdict::malicious;
  if (has(Ruling::suspected)) return Verdict::suspicious;
  if (!recognised) return Verdict::skipped;
  return report.gaps.empty() ? Verdict::clean : Verdict::incomplete;
}

std::string format_of(const std::vector<std::string>& names) {
  std::string format;
  std::vector<std::string_view> said;
  for (const std::string& name : names) {
    if (std::find(said.begin(), said.end(), name) != said.end()) continue;
    if (!format.empty()) format += '+';
    format += name;
    said.push_back(name);
  }
  return format.empty() ? "unknown" : format;
}

}  // namespace

void settle(Scan& scan, ArtifactReport& report) {
  report.format = format_of(scan.formats);
  report.findings = merge(std::move(scan.findings));
  std::sort(scan.references.begin(), scan.references.end());
  scan.references.erase(std::unique(scan.references.begin(), scan.references.end()), scan.references.end());
  report.references = std::move(scan.references);
  report.imports = settle_imports(std::move(scan.imports));
  report.gaps = settle_gaps(std::move(scan.gaps));
  report.text = std::move(scan.text);
  report.verdict = verdict_of(report, scan.recognised);
}

}  // namespace winnow::engine
