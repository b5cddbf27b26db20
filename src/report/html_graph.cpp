// The graph's contents; html_drawing.cpp draws it.
#include "report/html_graph.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "report/words.h"

namespace winnow::report {
namespace {

constexpr size_t kMostNodes = 40;  // a picture with more is no longer looked at
constexpr uint32_t kMostColumns = 6;
constexpr size_t kMostLevels = 3;  // of members inside members; what lies between is left out

const char* short_when(Trigger trigger) {
  switch (trigger) {
    case Trigger::load: return "on load";
    case Trigger::inference: return "on use";
    case Trigger::import: return "on import";
    case Trigger::other: return "later";
  }
  return "later";
}

std::string kind_of(const Reference& reference) {
  if (reference.kind == "url") return "address";
  return reference.kind == "code" ? "code by name" : "another " + reference.kind;
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

class Builder {
 public:
  // The node with this key, made where there is none; nothing where there is no room.
  std::optional<size_t> node(std::string key, std::string_view name, std::string kind, Tone tone, uint32_t column) {
    const auto [at, is_new] = known_.emplace(key, graph_.nodes.size());
    if (!is_new) {
      GraphNode& node = graph_.nodes[at->second];
      node.tone = std::max(node.tone, tone);
      return at->second;
    }
    if (graph_.nodes.size() >= kMostNodes) {
      known_.erase(at);
      left_out_.insert(std::move(key));
      return std::nullopt;
    }
    graph_.nodes.push_back({std::string(name), std::move(kind), std::move(key), tone, column});
    return at->second;
  }

  void edge(size_t from, size_t to, std::string label, Tone tone) {
    if (from == to) return;
    for (GraphEdge& edge : graph_.edges) {
      if (edge.from != from || edge.to != to) continue;
      if (edge.label != label && edge.label.find(label) == std::string::npos) edge.label += ", " + label;
      edge.tone = std::max(edge.tone, tone);
      return;
    }
    graph_.edges.push_back({from, to, std::move(label), tone});
  }

  // The member of a file, and what it lies in.
  std::optional<size_t> member(size_t file, const std::string& path, Tone tone) {
    if (path.empty()) return file;
    std::vector<size_t> ends;
    for (size_t at = path.find('!'); at != std::string::npos; at = path.find('!', at + 1)) ends.push_back(at);
    ends.push_back(path.size());
    size_t parent = file;
    for (size_t level = 0; level < ends.size(); ++level) {
      const bool between = ends.size() > kMostLevels && level > 0 && level + kMostLevels - 1 < ends.size();
      if (between) continue;
      const size_t begin = level == 0 ? 0 : ends[level - 1] + 1;
      const auto inner = node(graph_.nodes[file].key + '\n' + path.substr(0, ends[level]), path.substr(begin, ends[level] - begin),
                              "member", level + 1 == ends.size() ? tone : Tone::plain, graph_.nodes[parent].column + 1);
      if (!inner) return std::nullopt;
      edge(parent, *inner, "holds", Tone::plain);
      parent = *inner;
    }
    return parent;
  }

  Graph take() {
    graph_.left_out = left_out_.size();
    return std::move(graph_);
  }

  // Columns by the longest way that leads to a node; an edge that closes a circle goes.
  void order() {
    for (uint32_t pass = 0; pass < kMostColumns; ++pass) {
      for (const GraphEdge& edge : graph_.edges) {
        uint32_t& column = graph_.nodes[edge.to].column;
        const uint32_t least = graph_.nodes[edge.from].column + 1;
        if (column < least && least < kMostColumns) column = least;
      }
    }
    std::erase_if(graph_.edges, [&](const GraphEdge& edge) {
      return graph_.nodes[edge.from].column >= graph_.nodes[edge.to].column;
    });
  }

  bool is_full() const { return graph_.nodes.size() >= kMostNodes; }

 private:
  Graph graph_;
  std::map<std::string, size_t> known_;
  std::set<std::string> left_out_;
};

bool stands(const Finding& finding) { return finding.ruling != Ruling::dismissed; }

size_t depth_of(const std::string& member) {
  if (member.empty()) return 0;
  return std::min<size_t>(1 + static_cast<size_t>(std::count(member.begin(), member.end(), '!')), kMostLevels);
}

// All that is called or fetched stands in one column, behind the deepest member.
uint32_t last_column(const ArtifactReport& artifact) {
  size_t depth = 0;
  for (const Finding& finding : artifact.findings) {
    if (!stands(finding)) continue;
    for (const Evidence& evidence : finding.evidence) depth = std::max(depth, depth_of(evidence.location.member));
  }
  for (const Reference& reference : artifact.references) depth = std::max(depth, depth_of(reference.member));
  return static_cast<uint32_t>(depth + 1);
}

}  // namespace

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::malicious: return Tone::bad;
    case Verdict::suspicious: return Tone::warn;
    case Verdict::incomplete: return Tone::gap;
    case Verdict::clean: return Tone::good;
    case Verdict::skipped: return Tone::plain;
  }
  return Tone::plain;
}

Tone tone_of(Ruling ruling) {
  switch (ruling) {
    case Ruling::confirmed: return Tone::bad;
    case Ruling::suspected: return Tone::warn;
    case Ruling::dismissed: return Tone::good;
  }
  return Tone::plain;
}

Graph graph_of(const ArtifactReport& artifact) {
  Builder builder;
  const uint32_t last = last_column(artifact);
  const auto file = builder.node("file", last_part(artifact.path), artifact.format == "unknown" ? "file" : artifact.format,
                                 tone_of(artifact.verdict), 0);
  for (const Finding& finding : artifact.findings) {
    if (!stands(finding)) continue;
    for (const Evidence& evidence : finding.evidence) {
      const auto from = builder.member(*file, evidence.location.member, tone_of(finding.ruling));
      if (!from || evidence.callee.empty()) continue;
      const auto to = builder.node("call\n" + evidence.callee, evidence.callee, ruling_name(finding.ruling),
                                   tone_of(finding.ruling), last);
      if (to) builder.edge(*from, *to, short_when(finding.trigger), tone_of(finding.ruling));
    }
  }
  for (const Reference& reference : artifact.references) {
    const auto from = builder.member(*file, reference.member, Tone::plain);
    if (!from) continue;
    const auto to = builder.node(reference.kind + '\n' + reference.target, reference.target, kind_of(reference), Tone::plain, last);
    if (to) builder.edge(*from, *to, short_when(reference.trigger), Tone::plain);
  }
  return builder.take();
}

namespace {

// Another file of the run that is meant by `target`: its path ends like it.
const ArtifactReport* file_named(const Report& report, const ArtifactReport& by, std::string_view target) {
  while (target.starts_with("./")) target.remove_prefix(2);
  if (target.empty()) return nullptr;
  for (const ArtifactReport& other : report.artifacts) {
    const std::string_view path = other.path;
    if (&other == &by || !path.ends_with(target)) continue;
    if (path.size() == target.size() || path[path.size() - target.size() - 1] == '/') return &other;
  }
  return nullptr;
}

std::optional<size_t> add_file(Builder& builder, const ArtifactReport& artifact) {
  return builder.node("file\n" + artifact.path, last_part(artifact.path),
                      artifact.format == "unknown" ? "file" : artifact.format, tone_of(artifact.verdict), 0);
}

}  // namespace

Graph graph_of(const Report& report) {
  std::vector<const ArtifactReport*> sources;
  for (const ArtifactReport& artifact : report.artifacts) {
    if (!artifact.references.empty()) sources.push_back(&artifact);
  }
  std::stable_sort(sources.begin(), sources.end(), [](auto* a, auto* b) { return a->verdict > b->verdict; });
  Builder builder;
  for (const ArtifactReport* artifact : sources) {
    const auto from = add_file(builder, *artifact);
    if (!from) continue;
    for (const Reference& reference : artifact->references) {
      const bool local = reference.kind != "url" && !builder.is_full();
      const ArtifactReport* other = local ? file_named(report, *artifact, reference.target) : nullptr;
      const Tone tone = other != nullptr ? tone_of(other->verdict) : Tone::plain;
      const auto to = other != nullptr ? add_file(builder, *other)
                                       : builder.node(reference.kind + '\n' + reference.target, reference.target,
                                                      kind_of(reference), Tone::plain, 1);
      if (to) builder.edge(*from, *to, short_when(reference.trigger), tone == Tone::good ? Tone::plain : tone);
    }
  }
  builder.order();
  return builder.take();
}

}  // namespace winnow::report
