// When the functions of a module are called by those who load models with it.
#pragma once

#include <string_view>

#include "core/report.h"

namespace winnow::python {

// What the users of a module call when they load a model, or when they ask it: by the names that loaders have for
// it. `other` for everything else.
Trigger trigger_of(std::string_view function);

}  // namespace winnow::python
