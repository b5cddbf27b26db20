#include "winnow.h"

#include <chrono>

#include "engine/engine.h"
#include "formats/registry.h"
#include "knowledge/knowledge.h"

namespace winnow {
namespace {

// A report of the one artifact that `make` gives.
template <class Make>
Report timed(Make make) {
  const auto started = std::chrono::steady_clock::now();
  std::vector<ArtifactReport> artifacts;
  artifacts.push_back(make());
  Report report = engine::summarise(std::move(artifacts));
  report.summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return report;
}

}  // namespace

Report scan(std::string_view name, std::span<const std::byte> bytes, const Options& options) {
  return timed([&] { return engine::scan_bytes(std::string(name), bytes, options); });
}

Report scan_path(const std::string& path, const Options& options) { return scan_paths({&path, 1}, options); }

Report scan_paths(std::span<const std::string> paths, const Options& options) {
  return engine::scan_paths(paths, options);
}

Report scan_descriptor(int descriptor, std::string_view name, const Options& options) {
  engine::Buffer buffer;
  return timed([&] { return engine::scan_descriptor(std::string(name), descriptor, options, buffer); });
}

Report summarise(std::vector<ArtifactReport> artifacts) { return engine::summarise(std::move(artifacts)); }

std::string_view version() { return WINNOW_VERSION; }

std::string_view knowledge_version() { return knowledge::version(); }

std::vector<std::string_view> format_names() {
  std::vector<std::string_view> names;
  for (const Format& format : formats()) names.emplace_back(format.name);
  return names;
}

}  // namespace winnow
