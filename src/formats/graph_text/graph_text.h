// TensorFlow's graphs as text (saved_model.pbtxt, graph.pbtxt): written again as the protocol buffers that they stand for,
// which their own reader takes from there.
#pragma once

#include "core/format.h"

namespace winnow::graph_text {

bool is_graph_text(const Artifact& artifact);
void read_graph_text(Scan& scan, const Artifact& artifact);
inline constexpr Format kGraphText{"graph-text", is_graph_text, read_graph_text};

}  // namespace winnow::graph_text
