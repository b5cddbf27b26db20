// What loads what, as a picture: files, the members that matter, what they call, and what they make their loader
// fetch, from left to right. Scalable vector graphics inside of the page, drawn with the page's own colours.
#pragma once

#include <string>
#include <vector>

#include "core/report.h"
#include "report/html_text.h"

namespace winnow::report {

// How a node or an edge is coloured.
enum class Tone : uint8_t { plain, good, gap, warn, bad };

Tone tone_of(Verdict verdict);
Tone tone_of(Ruling ruling);

struct GraphNode {
  std::string name;  // shown, shortened where it is long; whole in the tooltip
  std::string kind;  // "file", "member", "call", "model", "address"
  std::string key;   // what makes two nodes one
  Tone tone = Tone::plain;
  uint32_t column = 0;
};

struct GraphEdge {
  size_t from = 0, to = 0;  // the column of `to` is higher
  std::string label;        // "on load"
  Tone tone = Tone::plain;
};

struct Graph {
  std::vector<GraphNode> nodes;
  std::vector<GraphEdge> edges;
  size_t left_out = 0;  // what there was no room for

  bool empty() const { return edges.empty(); }
};

// Of one file: its members, what they call, what they fetch.
Graph graph_of(const ArtifactReport& artifact);

// Of a whole run: which files fetch what, and which of it is a file of the run.
Graph graph_of(const Report& report);

// `id` is used for the ids that the drawing needs.
Html draw(const Graph& graph, std::string_view id, std::string_view title);

}  // namespace winnow::report
