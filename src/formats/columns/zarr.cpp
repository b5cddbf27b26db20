// What describes an array of Zarr (.zarray, zarr.json), as data sets and checkpoints of JAX have: the shape, and the codecs
// by which its chunks are read. Codecs are looked up by name in a table of numcodecs; one of them is "pickle", which
// unpickles every chunk when it is read. Chunks that are not compressed are pickles that are told as such by themselves;
// behind a compressor they are not seen. numcodecs/pickles.py, zarr-specs v2 and v3.
#include <string>

#include "containers/document.h"
#include "core/inert.h"
#include "formats/columns/columns.h"

namespace winnow::columns {
namespace {

using containers::Document;
using containers::NodeId;
using containers::NodeKind;

constexpr size_t kLongest = size_t{64} << 20;  // with all descriptions of a tree in one file (.zmetadata)

bool is_pickle(std::string_view name) { return name == "pickle" || name == "numcodecs.pickle"; }

// Whether any object of the text is a codec that unpickles, and whether any is a compressor.
struct Codecs {
  bool pickle = false, compressed = false;
  uint64_t offset = 0;
};

Codecs codecs_of(const Document& document) {
  Codecs codecs;
  for (NodeId id = 0; id < document.nodes.size(); ++id) {
    if (!document.is(id, NodeKind::map)) continue;
    const std::string_view name = document.text(id, document.find(id, "id") ? "id" : "name");
    if (is_pickle(name)) {
      codecs.pickle = true;
      codecs.offset = document[id].offset;
    } else if (const auto compressor = document.find(id, "compressor"); compressor && document.is(*compressor, NodeKind::map)) {
      codecs.compressed = true;
    } else if (document.find(id, "configuration") && name != "bytes" && name != "regular" && name != "default" && !name.empty()) {
      codecs.compressed = true;  // of version 3
    }
  }
  return codecs;
}

}  // namespace

bool is_zarr(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 16 || artifact.bytes.size() > kLongest) return false;
  const std::string_view text = as_text(artifact.bytes);
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != '{') return false;
  const auto near = [&](std::string_view key) { return text.substr(0, 65536).find(key) != std::string_view::npos; };
  return near("\"zarr_format\"") || near("\"zarr_consolidated_format\"");
}

void read_zarr(Scan& scan, const Artifact& artifact) {
  const auto parsed = containers::parse_json(as_text(artifact.bytes));
  scan.recognise(artifact, "zarr-metadata");
  if (!parsed) return scan.gap(artifact, parsed.error());
  if (!scan.step(parsed->document.nodes.size())) return scan.gap(artifact, Fault::limit, 0, "the budget for work is used up");
  const Codecs codecs = codecs_of(parsed->document);
  if (!codecs.pickle) return report_inert(scan, artifact, "Zarr reads chunks of numbers and texts by codecs of its own; none of these unpickles.");
  scan.note(artifact, "pickle-unsafe-deserialisation",
            {codecs.compressed ? Ruling::suspected : Ruling::dismissed, Trigger::load, "Makes Zarr unpickle the chunks of the array.",
             codecs.compressed ? "The chunks stand compressed in files of their own, where what would be unpickled is not seen."
                               : "The chunks are pickles in files of their own, and are judged by themselves.",
             "numcodecs.Pickle", R"({"id": "pickle"})", codecs.offset});
}

}  // namespace winnow::columns
