// What a shared library of Linux asks others for: the names that its dynamic linker resolves.
#pragma once

#include <string_view>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

// 64-bit little-endian ELF only. The names are views of `file`; one that has no dynamic part imports nothing.
Result<std::vector<std::string_view>> imported_names(Bytes file);

}  // namespace winnow::containers
