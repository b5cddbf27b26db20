// Models as XML: PMML, OpenVINO's networks, and objects that Java's XMLDecoder and XStream make.
#pragma once

#include "core/format.h"

namespace winnow::xml_model {

bool is_model(const Artifact& artifact);
void read_model(Scan& scan, const Artifact& artifact);
inline constexpr Format kModel{"xml-model", is_model, read_model};

}  // namespace winnow::xml_model
