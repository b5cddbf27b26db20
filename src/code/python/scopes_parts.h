// The second half of scopes.cpp.
#pragma once

#include "code/python/scopes.h"

namespace winnow::python {

// Binds every symbol of every scope: local, cell, free or global.
void resolve_names(const ScopeOptions& options, Scopes& scopes);

}  // namespace winnow::python
