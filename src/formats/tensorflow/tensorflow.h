// TensorFlow's graphs: SavedModel, MetaGraph, GraphDef.
#pragma once

#include "core/format.h"

namespace winnow::tensorflow_format {

bool is_graph(const Artifact& artifact);
void read_graph(Scan& scan, const Artifact& artifact);

inline constexpr Format kGraph{"tensorflow", is_graph, read_graph};

}  // namespace winnow::tensorflow_format
