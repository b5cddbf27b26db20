// A JSON or YAML text as a tree that stands in one flat list, read the way Python reads it: NaN and Infinity are
// numbers, of a key that is given twice the last one counts, depth is no obstacle. Nothing recurses.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

enum class NodeKind : uint8_t { null, boolean, integer, real, text, list, map };

struct Node {
  NodeKind kind = NodeKind::null;
  bool truth = false;           // of a boolean
  uint32_t first = 0, count = 0;  // of a list its items, of a map key, value, key, value: a range of Document::links
  int64_t integer = 0;          // saturates
  double real = 0;
  std::string_view text;        // of texts, decoded; of numbers as they are written
  std::string_view tag;         // of YAML, where one is given: "tag:yaml.org,2002:python/tuple"
  uint64_t offset = 0;          // in bytes from the start of the text
};

using NodeId = uint32_t;

// Only moved: the nodes of a copy would view the texts of the original.
class Document {
 public:
  Document() = default;
  Document(Document&&) = default;
  Document& operator=(Document&&) = default;

  NodeId root = 0;
  std::vector<Node> nodes;
  std::vector<NodeId> links;
  std::deque<std::string> texts;  // decoded strings, which nodes view

  const Node& operator[](NodeId id) const { return nodes[id]; }
  NodeId child(const Node& node, uint32_t index) const { return links[node.first + index]; }

  bool is(NodeId id, NodeKind kind) const { return nodes[id].kind == kind; }
  bool is_text(NodeId id) const { return is(id, NodeKind::text); }
  // The value under a key of a map; the last one where there are more.
  std::optional<NodeId> find(NodeId map, std::string_view key) const;
  // The same, where it is a text; empty where it is not.
  std::string_view text(NodeId map, std::string_view key) const;

  // For parsers: the values that are `pending` from `from` on become the children of `node`, which takes their place.
  void close(NodeId node, std::vector<NodeId>& pending, size_t from);
};

// `source` must outlive the document. What follows the first value is no error, as `end` tells.
struct ParsedDocument {
  Document document;
  uint64_t end = 0;  // offset behind the value
};

Result<ParsedDocument> parse_json(std::string_view source);

// Whether a text begins with a bracket and what JSON has behind one: templates and other texts begin with brackets as well.
bool begins_as_json(std::string_view text);
// Whether the first line of a text that is neither blank nor a comment could be the first of a YAML document with something in
// it: a directive, a mark, a key, an item.
bool begins_as_yaml(std::string_view text);
// The first document of a YAML stream. Aliases become the same node again.
Result<ParsedDocument> parse_yaml(std::string_view source);

// All documents of a YAML stream, up to the one that is broken: who loads them one by one has those before it.
struct ParsedStream {
  std::vector<ParsedDocument> documents;
  std::optional<Error> fault;
};
ParsedStream parse_yaml_stream(std::string_view source);

}  // namespace winnow::containers
