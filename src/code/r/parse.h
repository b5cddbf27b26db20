// R source to R's calls, as R's parser (src/main/gram.y) makes them.
#pragma once

#include "bytes/result.h"
#include "code/r/object.h"

namespace winnow::r {

// The expressions of a text. Where it stops making sense, those before it are there and the error is told.
struct Parsed {
  std::vector<Id> expressions;
  std::optional<Error> damage;
};
Parsed parse(Pool& pool, std::string_view source);

}  // namespace winnow::r
