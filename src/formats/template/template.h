// Jinja templates: of chat models, and files of their own.
#pragma once

#include "core/format.h"

namespace winnow::template_format {

bool is_template(const Artifact& artifact);
void read_template(Scan& scan, const Artifact& artifact);

inline constexpr Format kTemplate{"jinja-template", is_template, read_template};

}  // namespace winnow::template_format
