// Repositories: folders that are loaded as one model. A weight file may be clean and the Python beside it not; who
// downloads the folder wants one answer.
#pragma once

#include <vector>

#include "core/report.h"

namespace winnow::engine {

// The repositories among files that were scanned, which are sorted by path: the topmost folders that hold the configuration of a
// model, or a model and Python code, with everything below.
std::vector<RepositoryReport> find_repositories(const std::vector<ArtifactReport>& artifacts);

}  // namespace winnow::engine
