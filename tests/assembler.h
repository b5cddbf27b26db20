// Input bytes spelt as text, so that a test can say any file, also one that no valid writer would make.
// The language is described in tests/README.md.
#pragma once

#include <string>
#include <string_view>

#include "bytes/result.h"

namespace winnow::test {

// The bytes that `text` spells. An error's offset is the 1-based line.
Result<std::string> assemble(std::string_view text);

}  // namespace winnow::test
