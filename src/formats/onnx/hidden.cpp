// Bytes that no runtime asks for, and numbers that begin like something else: pickles, archives, programs. Of a tensor
// only the beginning is looked at.
#include "containers/program.h"
#include "core/unclaimed.h"
#include "formats/onnx/parts.h"

namespace winnow::onnx_format {
namespace {

using graph::onnx::Model;
using graph::onnx::Note;
using graph::onnx::Tensor;

bool is_something_else(Bytes bytes) { return starts_like_code(bytes) || containers::is_program(bytes); }

// Texts and bytes of attributes and tensors of text.
void look_at(Scan& scan, const Artifact& artifact, std::string_view text, std::string_view name) {
  if (text.size() >= 16 && is_something_else(as_bytes(text))) scan.child(artifact, name, as_bytes(text), Hint::unclaimed);
}

}  // namespace

void find_hidden(Scan& scan, const Artifact& artifact, const Model& model) {
  for (const Note& note : model.unknown) {
    scan.child(artifact, "@field-" + std::to_string(note.offset), as_bytes(note.value), Hint::unclaimed);
  }
  for (const Note& note : model.notes) look_at(scan, artifact, note.value, "@metadata-" + std::to_string(note.offset));
  for (const Tensor& tensor : model.tensors) {
    const std::string name = "@tensor-" + std::to_string(tensor.offset);
    look_at(scan, artifact, as_text(tensor.raw), name);
    for (const std::string_view text : tensor.strings) look_at(scan, artifact, text, name);
  }
  for (const graph::onnx::Graph& graph : model.graphs) {
    for (const graph::onnx::Node& node : graph.nodes) {
      for (const graph::onnx::Attribute& attribute : node.attributes) {
        const std::string name = "@attribute-" + std::to_string(node.offset);
        look_at(scan, artifact, attribute.text, name);
        for (const std::string_view text : attribute.strings) look_at(scan, artifact, text, name);
      }
    }
  }
}

}  // namespace winnow::onnx_format
