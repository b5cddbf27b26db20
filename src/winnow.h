// Winnow's public interface: bytes or files in, a report out.
//
//   #include <winnow/winnow.h>
//
//   winnow::Report report = winnow::scan_path("model.pt");
//   for (const winnow::ArtifactReport& artifact : report.artifacts) {
//     if (artifact.verdict == winnow::Verdict::malicious) ...
//   }
//
// No model is ever loaded or run. Nothing here prints, exits, reads the environment or opens a socket, and
// no exception crosses these functions: what could not be read stands in the report as a gap. The functions
// may be called from several threads at once.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"
#include "core/report.h"

namespace winnow {

// One model in memory. `name` is what the report calls it.
Report scan(std::string_view name, std::span<const std::byte> bytes, const Options& options = {});

// A file, or every file of a folder at any depth. Links are followed; folders are entered once.
Report scan_path(const std::string& path, const Options& options = {});
Report scan_paths(std::span<const std::string> paths, const Options& options = {});

// An open file or pipe. A regular file is read from its start wherever the descriptor stands; a pipe is read
// to its end. The descriptor is not closed.
Report scan_descriptor(int descriptor, std::string_view name, const Options& options = {});

// A report of artifacts gathered one by one: sorted by path, counted; `seconds` stays 0.
Report summarise(std::vector<ArtifactReport> artifacts);

// Of this library, and of what it knows about callables. A report depends on both and on the bytes, and on
// nothing else.
std::string_view version();            // "0.1.0"
std::string_view knowledge_version();  // a digest

// Names of the formats that are read.
std::vector<std::string_view> format_names();

}  // namespace winnow
