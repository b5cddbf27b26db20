// MXNet's networks (symbol.json): nodes with an operator and attributes. Operators are MXNet's own, but for three: `Custom`
// asks for a Python class that the program has registered; `_Native` and `_NDArray` call functions whose addresses stand in
// the attribute `info` (src/operator/custom/native_op-inl.h), so that a file can make MXNet jump where it says.
#include "containers/document.h"
#include "core/print.h"
#include "formats/network/network.h"
#include "formats/network/notes.h"

namespace winnow::network {
namespace {

constexpr size_t kLongest = size_t{256} << 20;

}  // namespace

bool is_mxnet(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.empty()) return false;
  const std::string_view text = as_text(artifact.bytes);
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || text[start] != '{') return false;
  const size_t nodes = text.substr(0, 256).find("\"nodes\"");
  if (nodes == std::string_view::npos) return false;
  const std::string_view tail = text.substr(text.size() > 65536 ? text.size() - 65536 : 0);
  return text.substr(0, 4096).find("\"op\"") != std::string_view::npos && (tail.find("\"arg_nodes\"") != std::string_view::npos || tail.find("\"heads\"") != std::string_view::npos);
}

void read_mxnet(Scan& scan, const Artifact& artifact) {
  scan.recognise(artifact, "mxnet-symbol");
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the text is longer than is read");
  const auto parsed = containers::parse_json(as_text(artifact.bytes));
  if (!parsed) return scan.gap(artifact, parsed.error());
  const containers::Document& document = parsed->document;
  const auto nodes = document.find(document.root, "nodes");
  bool told = false;
  if (nodes && document.is(*nodes, containers::NodeKind::list)) {
    for (uint32_t i = 0; i < document[*nodes].count; ++i) {
      const containers::NodeId node = document.child(document[*nodes], i);
      if (!document.is(node, containers::NodeKind::map)) continue;
      const std::string_view op = document.text(node, "op");
      if (op != "Custom" && op != "_Native" && op != "_NDArray") continue;
      auto attributes = document.find(node, "attrs");
      if (!attributes) attributes = document.find(node, "attr");
      if (!attributes) attributes = document.find(node, "param");
      const bool held = attributes && document.is(*attributes, containers::NodeKind::map);
      const std::string_view type = held ? document.text(*attributes, "op_type") : std::string_view();
      const std::string_view info = held ? document.text(*attributes, "info") : std::string_view();
      told = true;
      if (op == "Custom") {
        scan.references.push_back({"code", std::string(type), "MXNet"});
        scan.note(artifact, kThreat, {Ruling::dismissed, Trigger::load, "Needs the operator " + quoted(type, false) + " of the program.",
                              "MXNet asks for a class that the program has registered under the name. The file brings no code.", std::string(type), "Custom(op_type=" + quoted(type, false) + ")", document[node].offset});
      } else {
        scan.note(artifact, kThreat, {Ruling::confirmed, Trigger::load, "Makes MXNet call functions at addresses that the file gives.",
                              "The attribute `info` is taken for a pointer to functions. It has a meaning only in the process that wrote it; in another it is an address of the attacker's choice.",
                              std::string(op), std::string(op) + "(info=" + quoted(info, false) + ")", document[node].offset});
      }
    }
  }
  if (!told) note_nothing(scan, artifact, "Nothing in this format is executed: operators are MXNet's own, by name.");
}

}  // namespace winnow::network
