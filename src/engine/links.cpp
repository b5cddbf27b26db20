#include "engine/links.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/print.h"
#include "knowledge/knowledge.h"

namespace winnow::engine {
namespace {

constexpr std::string_view kBy = "onnx.TensorProto.external_data";
constexpr size_t kMostFiles = 1000;  // of one model

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> found(::realpath(path.c_str(), nullptr), ::free);
  return found ? std::string(found.get()) : std::string();
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
}

bool is_below(std::string_view path, std::string_view folder) { return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/'; }

// The folder of a cached repository, under which snapshots link to blobs: .../models--name--model.
std::string_view cache_of(std::string_view folder) {
  const size_t snapshots = folder.find("/snapshots/");
  return snapshots == std::string_view::npos ? std::string_view() : folder.substr(0, snapshots);
}

void tell(ArtifactReport& report, const Reference& reference, const std::string& target, Ruling ruling, std::string summary, std::string why) {
  Finding finding;
  finding.threat = "onnx-external-data";
  finding.ruling = ruling;
  finding.summary = std::move(summary);
  finding.why = std::move(why);
  Evidence evidence;
  evidence.callee = kBy;
  evidence.code = "location = " + quoted(reference.target, false) + (target.empty() ? "" : " -> " + quoted(target, false));
  evidence.location.member = reference.member;
  finding.evidence.push_back(std::move(evidence));
  report.findings.push_back(std::move(finding));
  const Verdict verdict = ruling == Ruling::confirmed ? Verdict::malicious : ruling == Ruling::suspected ? Verdict::suspicious : report.verdict;
  report.verdict = std::max(report.verdict, verdict);
}

void look_at(ArtifactReport& report, const Reference& reference, const std::string& folder, const std::string& real_folder) {
  const std::string path = folder + "/" + reference.target;
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  const std::string target = real_path(path);
  const bool inside = !target.empty() && is_below(target, real_folder);
  const std::string_view cache = cache_of(real_folder);
  if (inside && !S_ISLNK(status.st_mode)) {
    if (!S_ISREG(status.st_mode) || status.st_nlink < 2) return;
    return tell(report, reference, {}, Ruling::dismissed, "Takes numbers from a file that has another name as well: " + quoted(reference.target, false) + ".",
                "A second name of a file (a hard link) cannot come with a download; stores that save space make them, and onnx from 1.21 on refuses them.");
  }
  if (inside) return;
  if (!cache.empty() && is_below(target, std::string(cache) + "/blobs")) {
    return tell(report, reference, target, Ruling::dismissed, "Takes numbers from a file that is a link: " + quoted(reference.target, false) + ".",
                "It leads into the store of this repository in the cache of the Hugging Face Hub, which keeps all of its files so.");
  }
  const knowledge::Sensitive* sensitive = knowledge::sensitive_path(target);
  tell(report, reference, target, sensitive != nullptr ? Ruling::confirmed : Ruling::suspected,
       "Takes numbers from a link that leads out of the model's folder: " + quoted(reference.target, false) + " is " + (target.empty() ? std::string("a link to nothing that is here") : quoted(target, false)) + ".",
       "Whoever loads the model reads that file of the machine as numbers (CVE-2026-27489), and what the model answers gives them away." +
           (sensitive != nullptr ? " " + std::string(sensitive->why) + "." : std::string()));
}

}  // namespace

void tell_links(ArtifactReport& report) {
  const auto is_place = [](const Reference& reference) {
    return reference.kind == "file" && reference.by == kBy && reference.member.empty() && !reference.target.empty() && reference.target.front() != '/' &&
           reference.target.find('\0') == std::string::npos;
  };
  if (std::none_of(report.references.begin(), report.references.end(), is_place)) return;
  const std::string folder = folder_of(report.path), real_folder = real_path(folder);
  if (real_folder.empty()) return;
  size_t looked = 0;
  for (const Reference& reference : std::vector<Reference>(report.references)) {
    if (is_place(reference) && looked++ < kMostFiles) look_at(report, reference, folder, real_folder);
  }
}

}  // namespace winnow::engine
