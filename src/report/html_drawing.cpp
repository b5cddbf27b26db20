// Draws a graph from left to right: every end of a way has a row of its own, what leads to several rows stands in their
// middle. There is no way to measure text here, so names are set in type of one width.
#include <algorithm>

#include "report/escape.h"
#include "report/html_graph.h"
#include "report/words.h"

namespace winnow::report {
namespace {

constexpr double kLetter = 7.4;       // width of one letter of a name, rounded up
constexpr double kSmallLetter = 6.3;  // of a label
constexpr double kHeight = 44, kRow = 60, kMargin = 4, kCurve = 54;
constexpr double kBig = 736;  // wider drawings may be made smaller
constexpr size_t kLongest = 34;  // letters of a name

size_t next_letter(std::string_view text, size_t at) {
  do {
    ++at;
  } while (at < text.size() && (static_cast<uint8_t>(text[at]) & 0xc0) == 0x80);
  return at;
}

// In widths of a Latin letter; what is above the alphabets may be twice as wide.
size_t width_of(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size(); at = next_letter(text, at)) width += static_cast<uint8_t>(text[at]) >= 0xe1 ? 2 : 1;
  return width;
}

// The beginning and the end of what is too long.
std::string shortened(std::string_view name) {
  const std::string safe = escape_terminal(name);
  if (width_of(safe) <= kLongest) return safe;
  constexpr size_t kHead = kLongest / 2, kTail = kLongest - kHead - 1;
  size_t head = 0;
  while (width_of(std::string_view(safe).substr(0, next_letter(safe, head))) <= kHead) head = next_letter(safe, head);
  size_t tail = head;
  while (width_of(std::string_view(safe).substr(tail)) > kTail) tail = next_letter(safe, tail);
  return safe.substr(0, head) + "\u2026" + safe.substr(tail);
}

class Drawing {
 public:
  explicit Drawing(const Graph& graph) : graph_(graph), names_(graph.nodes.size()), y_(graph.nodes.size(), -1) {
    uint32_t last = 0;
    for (const GraphNode& node : graph.nodes) last = std::max(last, node.column);
    widths_.resize(last + 1);
    gaps_.resize(last + 1);
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      names_[i] = shortened(graph.nodes[i].name);
      const double width = std::max(static_cast<double>(width_of(names_[i])) * kLetter,
                                    static_cast<double>(width_of(graph.nodes[i].kind)) * kSmallLetter) + 30;
      double& column = widths_[graph.nodes[i].column];
      column = std::max(column, width);
    }
    for (const GraphEdge& edge : graph.edges) {
      double& gap = gaps_[graph.nodes[edge.to].column];
      gap = std::max(gap, kCurve + 24 + static_cast<double>(width_of(edge.label)) * kSmallLetter);
    }
    double x = kMargin;
    for (size_t c = 0; c < widths_.size(); ++c) {
      x += gaps_[c];
      x_.push_back(x);
      x += widths_[c];
    }
    width_ = x + kMargin;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      if (!has_parent(i)) place(i, 0);
    }
  }

  Html draw(std::string_view id, std::string_view title) {
    const double height = rows_ * kRow - (kRow - kHeight) + 2 * kMargin;
    const std::string title_id = std::string(id) + "-t", text_id = std::string(id) + "-d";
    page_.put(width_ > kBig ? Markup("<svg class=\"big\" role=\"img\"") : Markup("<svg role=\"img\"")).attribute("aria-labelledby", title_id + " " + text_id);
    page_.put(" width=\"").tenths(width_).put("\" height=\"").tenths(height);
    page_.put("\" viewBox=\"0 0 ").tenths(width_).put(" ").tenths(height).put("\">");
    page_.put("<title").attribute("id", title_id).put(">").text(escape_terminal(title)).put("</title>");
    page_.put("<desc").attribute("id", text_id).put(">");
    for (const GraphEdge& edge : graph_.edges) {
      page_.text(names_[edge.from] + " " + edge.label + " " + names_[edge.to] + ". ");
    }
    page_.put("</desc>");
    for (const GraphEdge& edge : graph_.edges) draw_edge(edge);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) draw_node(i);
    page_.put("</svg>");
    return std::move(page_);
  }

 private:
  bool has_parent(size_t node) const {
    return std::any_of(graph_.edges.begin(), graph_.edges.end(), [&](auto& edge) { return edge.to == node; });
  }

  // Rows for all that `node` leads to. Edges go to higher columns, of which there are few.
  void place(size_t node, unsigned depth) {
    double first = -1, last = -1;
    for (const GraphEdge& edge : graph_.edges) {
      if (edge.from != node || y_[edge.to] >= 0 || depth > 16) continue;
      place(edge.to, depth + 1);
      if (first < 0) first = y_[edge.to];
      last = y_[edge.to];
    }
    y_[node] = first >= 0 ? (first + last) / 2 : kMargin + kRow * rows_++;
  }

  Html& tone(Tone tone) {
    switch (tone) {
      case Tone::plain: return page_.put(" plain");
      case Tone::good: return page_.put(" good");
      case Tone::gap: return page_.put(" gap");
      case Tone::warn: return page_.put(" warn");
      case Tone::bad: return page_.put(" bad");
    }
    return page_;
  }

  void draw_edge(const GraphEdge& edge) {
    const uint32_t from = graph_.nodes[edge.from].column, to = graph_.nodes[edge.to].column;
    const double x1 = x_[from] + widths_[from], y1 = y_[edge.from] + kHeight / 2;
    const double x2 = x_[to], y2 = y_[edge.to] + kHeight / 2;
    page_.put("<g class=\"edge");
    tone(edge.tone).put("\"><path class=\"line\" d=\"M").tenths(x1).put(" ").tenths(y1).put("C");
    page_.tenths(x1 + kCurve * 0.6).put(" ").tenths(y1).put(" ").tenths(x1 + kCurve * 0.4).put(" ").tenths(y2).put(" ");
    page_.tenths(x1 + kCurve).put(" ").tenths(y2).put("H").tenths(x2 - 6).put("\"/>");
    page_.put("<path class=\"head\" d=\"M").tenths(x2 - 9).put(" ").tenths(y2 - 4.5).put("L").tenths(x2 - 1).put(" ");
    page_.tenths(y2).put("L").tenths(x2 - 9).put(" ").tenths(y2 + 4.5).put("z\"/>");
    page_.put("<text text-anchor=\"end\" x=\"").tenths(x2 - 13).put("\" y=\"").tenths(y2 - 6).put("\">");
    page_.text(edge.label).put("</text></g>");
  }

  void draw_node(size_t index) {
    const GraphNode& node = graph_.nodes[index];
    const double x = x_[node.column], y = y_[index], width = widths_[node.column];
    page_.put("<g class=\"node");
    tone(node.tone).put("\"><title>").text(escape_terminal(clip(node.name, 600))).put("</title>");
    page_.put("<rect class=\"box\" rx=\"7\" x=\"").tenths(x).put("\" y=\"").tenths(y).put("\" width=\"").tenths(width);
    page_.put("\" height=\"").tenths(kHeight).put("\"/><rect class=\"bar\" rx=\"2\" x=\"").tenths(x + 6).put("\" y=\"");
    page_.tenths(y + 8).put("\" width=\"4\" height=\"").tenths(kHeight - 16).put("\"/>");
    page_.put("<text class=\"name\" x=\"").tenths(x + 18).put("\" y=\"").tenths(y + 19).put("\">").text(names_[index]);
    page_.put("</text><text class=\"kind\" x=\"").tenths(x + 18).put("\" y=\"").tenths(y + 35).put("\">");
    page_.text(escape_terminal(node.kind)).put("</text></g>");
  }

  const Graph& graph_;
  std::vector<std::string> names_;
  std::vector<double> widths_, gaps_, x_;  // by column; a gap lies before its column
  std::vector<double> y_;                  // by node; negative: not placed yet
  double width_ = 0, rows_ = 0;
  Html page_;
};

}  // namespace

Html draw(const Graph& graph, std::string_view id, std::string_view title) { return Drawing(graph).draw(id, title); }

}  // namespace winnow::report
