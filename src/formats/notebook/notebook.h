// Jupyter notebooks: cells of code in JSON.
#pragma once

#include "core/format.h"

namespace winnow::notebook {

bool is_notebook(const Artifact& artifact);
void read_notebook(Scan& scan, const Artifact& artifact);
inline constexpr Format kNotebook{"notebook", is_notebook, read_notebook};

}  // namespace winnow::notebook
