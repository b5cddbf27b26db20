// Runs scans: one file at a time through every format that claims it, many files in several processes or threads.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bytes/bytes.h"
#include "core/options.h"
#include "core/report.h"
#include "engine/workers.h"

namespace winnow::engine {

// A buffer that is used again from file to file.
using Buffer = std::vector<std::byte>;

// Reads and judges one input. Never throws: what goes wrong is a gap of the report.
ArtifactReport scan_bytes(const std::string& path, Bytes bytes, const Options& options);
ArtifactReport scan_descriptor(const std::string& path, int descriptor, const Options& options,
                               Buffer& buffer, const Ask& ask = {});
ArtifactReport scan_file(const std::string& path, const Options& options, Buffer& buffer, const Ask& ask = {});

// Every file of `paths`, folders with all that is below them; `options.jobs` at a time.
Report scan_paths(std::span<const std::string> paths, const Options& options);

// A report of artifacts: sorted by path, counted.
Report summarise(std::vector<ArtifactReport> artifacts);

}  // namespace winnow::engine
