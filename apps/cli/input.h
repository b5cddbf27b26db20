// What the commands read: files, folders, standard input.
#pragma once

#include <string>
#include <vector>

#include "winnow.h"

namespace winnow::cli {

// scan_paths, where "-" is standard input. A warning tells where the kernel gives no confinement.
Report scan_inputs(std::vector<std::string> paths, const Options& options);

}  // namespace winnow::cli
