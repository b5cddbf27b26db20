// What a shared library of Linux asks others for: the names that its dynamic linker resolves, and those among them by
// which code reaches out of its process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

// 64-bit little-endian ELF only. The names are views of `file`; one that has no dynamic part imports nothing.
Result<std::vector<std::string_view>> imported_names(Bytes file);

// Whether a function of the C library starts programs, reaches the network, changes files or loads further code.
bool reaches_out(std::string_view function);

// The first such function that a library imports; empty where there is none, or no table to tell.
std::string reaching_import(Bytes library);

// Whether bytes begin like a library or program that a processor of a host runs: ELF but for accelerators, PE, Mach-O.
bool is_native_code(Bytes bytes);

}  // namespace winnow::containers
