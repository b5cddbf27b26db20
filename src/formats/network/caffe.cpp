// Caffe's networks as text (prototxt). Layers are C++ but for one type: "Python" imports a module and calls a class of
// it with the layer's parameters (src/caffe/layer_factory.cpp), when the network is built. The call is judged as every
// other; `param_str` is what the class is given, and is mostly evaluated or read as YAML there.
#include <algorithm>

#include "code/machine/machine.h"
#include "containers/text_proto.h"
#include "core/print.h"
#include "formats/network/network.h"
#include "formats/network/notes.h"

namespace winnow::network {
namespace {

using containers::Document;
using containers::NodeId;
using containers::NodeKind;

constexpr size_t kLongest = size_t{64} << 20;

// Calls `visit` with every layer of the network.
template <class Visit>
void each_layer(const Document& document, const Visit& visit) {
  const auto& root = document[document.root];
  for (uint32_t i = 0; i + 1 < root.count; i += 2) {
    const std::string_view key = document[document.child(root, i)].text;
    const NodeId value = document.child(root, i + 1);
    if ((key == "layer" || key == "layers") && document.is(value, NodeKind::map)) visit(value);
  }
}

}  // namespace

bool is_caffe_text(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.path.ends_with(".py")) return false;  // source has words and braces of its own
  const std::string_view text = as_text(artifact.bytes).substr(0, 65536);
  const auto has = [&](std::string_view word) {
    for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      const size_t next = text.find_first_not_of(" \t\r\n:", at + word.size());
      if (next != std::string_view::npos && text[next] == '{' && (at == 0 || text[at - 1] <= ' ')) return true;
    }
    return false;
  };
  // It begins with a field of NetParameter, behind remarks; objects of scripts and style sheets begin otherwise.
  size_t first = 0;
  while (first < text.size() && (text[first] == '#' || text[first] <= ' ')) {
    first = text[first] == '#' ? std::min(text.find('\n', first), text.size()) : first + 1;
  }
  static constexpr std::string_view kFields[] = {"name", "layer", "layers", "input", "input_dim", "input_shape", "force_backward", "state", "debug_info"};
  const std::string_view field = text.substr(first, std::min(text.find_first_of(" \t\r\n:{", first), text.size()) - first);
  if (std::find(std::begin(kFields), std::end(kFields), field) == std::end(kFields)) return false;
  if (text.empty() || text.find('\0') != std::string_view::npos || text.find("type") == std::string_view::npos) return false;
  return (has("layer") || has("layers")) && (text.find("bottom") != std::string_view::npos || text.find("top") != std::string_view::npos);
}

void read_caffe_text(Scan& scan, const Artifact& artifact) {
  if (artifact.bytes.size() > kLongest) return scan.gap(artifact, Fault::limit, kLongest, "the text is longer than is read");
  auto parsed = containers::parse_text_proto(as_text(artifact.bytes));
  scan.recognise(artifact, "caffe-prototxt");
  if (!parsed) return scan.gap(artifact, parsed.error());
  const Document& document = *parsed;
  Trace trace;
  trace.dialect = "caffe";
  trace.threat = "custom-operation";
  trace.artifacts.push_back(artifact);
  machine::Machine machine(scan, trace);
  each_layer(document, [&](NodeId layer) {
    const auto parameters = document.find(layer, "python_param");
    if (!parameters || !scan.step()) return;
    const std::string_view module = document.text(*parameters, "module"), type = document.text(*parameters, "layer");
    machine.place.offset = document[*parameters].offset;
    const Value given[] = {Value::string(document.text(*parameters, "param_str"))};
    const Value cls = machine.import_name(module, type);
    machine.call(cls, given);
    scan.references.push_back({"code", std::string(module) + "." + std::string(type), "Caffe"});
    scan.note(artifact, kThreat, {Ruling::dismissed, Trigger::load, "Needs the Python class " + quoted(std::string(module) + "." + std::string(type), false) + " for a layer.",
                          "Caffe imports the module from where Python finds it. The file brings no code; the call itself is judged by its name and arguments.",
                          std::string(module) + "." + std::string(type), std::string(document.text(*parameters, "param_str")), machine.place.offset});
  });
  trace.finished = true;
  if (trace.events.empty()) return note_nothing(scan, artifact, "Caffe's layers are C++ code of its own; this network has no layer in Python.");
  scan.submit(trace);
}

}  // namespace winnow::network
