// Reads NAME.index.json: {"metadata": ..., "weight_map": {"array": "file", ...}}, which transformers, diffusers and others
// write beside split weights (pytorch_model.bin.index.json, model.safetensors.index.json, flax_model.msgpack.index.json).
//
// Nothing in it is executed, but loaders join its file names to the folder of the model as they stand and load what
// is there (transformers/utils/hub.py: get_checkpoint_shard_files). A name that leaves the folder makes them load, and
// unpickle, a file that does not belong to the model.
#include "formats/weight_index/weight_index.h"

#include <algorithm>
#include <optional>

#include "containers/document.h"
#include "containers/paths.h"
#include "core/inert.h"
#include "core/print.h"

namespace winnow::weight_index {
namespace {

using containers::Document;
using containers::NodeKind;

constexpr size_t kMostText = size_t{256} << 20;
constexpr size_t kMostEscaped = size_t{4} << 20;  // of a text in which the key may be written in escapes
constexpr size_t kMostPlaces = 16;                // in a report
constexpr std::string_view kKey = "weight_map";

std::optional<containers::NodeId> map_of(const Document& document) {
  if (!document.is(document.root, NodeKind::map)) return std::nullopt;
  const auto map = document.find(document.root, kKey);
  return map && document.is(*map, NodeKind::map) ? map : std::nullopt;
}

}  // namespace

bool is_index(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() > kMostText) return false;
  const std::string_view text = as_text(artifact.bytes);
  const size_t first = text.find_first_not_of(" \t\r\n", text.starts_with("\xef\xbb\xbf") ? 3 : 0);
  if (first == std::string_view::npos || text[first] != '{') return false;
  if (text.find("\"weight_map\"") != std::string_view::npos) return true;
  return text.size() <= kMostEscaped && text.find("\\u00") != std::string_view::npos;
}

void read_index(Scan& scan, const Artifact& artifact) {
  const std::string_view text = as_text(artifact.bytes);
  const bool named = text.find("\"weight_map\"") != std::string_view::npos;
  const auto parsed = containers::parse_json(text);
  if (!parsed) {
    if (!named) return;
    scan.recognise(artifact, "weight-index");
    return scan.gap(artifact, parsed.error());
  }
  const Document& document = parsed->document;
  const auto map = map_of(document);
  if (!map) return;
  scan.recognise(artifact, "weight-index");
  const containers::Node& pairs = document[*map];
  Finding finding;
  std::string reason;
  for (uint32_t i = 1; i < pairs.count; i += 2) {
    if (!scan.step()) return scan.gap(artifact, Fault::limit, 0, "the budget for work is used up");
    const containers::Node& file = document[document.child(pairs, i)];
    if (file.kind != NodeKind::text) continue;
    const auto leaves = containers::leaves_folder(file.text);
    if (!leaves || finding.evidence.size() >= kMostPlaces) continue;
    if (reason.empty()) reason = *leaves;
    Evidence evidence;
    evidence.code = quoted(file.text, false, 200);
    evidence.location.offset = file.offset;
    finding.evidence.push_back(std::move(evidence));
  }
  if (finding.evidence.empty()) {
    return report_inert(scan, artifact, "It says which file beside it holds which array; none of them lies elsewhere.");
  }
  finding.threat = "weights-outside-folder";
  finding.ruling = Ruling::suspected;
  finding.summary = "Makes the loader read weights from outside of the model's folder: " + finding.evidence.front().code + ".";
  finding.why = "The name " + reason + ". Loaders join it to the model's folder as it stands; weights that lie elsewhere do not belong to the model, "
                "and where they are pickles, loading them runs their code.";
  scan.finding(artifact, std::move(finding));
}

}  // namespace winnow::weight_index
