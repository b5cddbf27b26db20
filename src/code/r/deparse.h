// R objects as the text that R prints for them: calls with their operators, vectors, functions.
#pragma once

#include <string>

#include "code/r/object.h"

namespace winnow::r {

// At most about `most` characters, and an ellipsis behind them.
std::string deparse(const Pool& pool, Id id, size_t most = 1000);

// A text in R's quotes.
std::string quoted_text(std::string_view text, size_t most = 400);

}  // namespace winnow::r
