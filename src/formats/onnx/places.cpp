// External data: a tensor may take its numbers from another file, which should stand beside the model. Loaders join the
// place to the model's folder; older ones then follow whatever it says, so that any file of the machine becomes numbers
// of the model (CVE-2022-25882, CVE-2024-27318, CVE-2024-5187). Links on the disk, in the folder itself, lead out as
// well (CVE-2026-27489, CVE-2026-34446): that is beyond what one file can show.
#include <algorithm>
#include <map>

#include "core/print.h"
#include "formats/onnx/parts.h"
#include "knowledge/knowledge.h"

namespace winnow::onnx_format {
namespace {

using graph::onnx::Model;
using graph::onnx::Tensor;

constexpr size_t kMostPlaces = 16;  // in a report
constexpr std::string_view kInMemory = "_ORT_MEM_ADDR_";

struct Place {
  std::string_view location;
  std::string_view key = "location";
  uint64_t offset = 0;
  uint64_t tensors = 0;
  std::string_view first;  // name of the first tensor
  bool inert = false;
};

struct Opinion {
  Ruling ruling = Ruling::dismissed;
  std::string why;
};

bool is_separator(char c) { return c == '/' || c == '\\'; }

// Whether the place is absolute on any system: /x, \x, C:\x, ~, //server, file://.
bool is_absolute(std::string_view place) {
  if (place.empty()) return false;
  if (is_separator(place[0]) || place[0] == '~') return true;
  if (place.size() > 1 && place[1] == ':' && std::isalpha(static_cast<unsigned char>(place[0])) != 0) return true;
  return place.find("://") != std::string_view::npos;
}

// Whether the parts of the place climb above the folder that it starts in; Windows splits at both strokes.
bool climbs(std::string_view place) {
  int depth = 0;
  while (!place.empty()) {
    const size_t end = static_cast<size_t>(std::find_if(place.begin(), place.end(), is_separator) - place.begin());
    const std::string_view part = place.substr(0, end);
    if (part == "..") --depth;
    else if (!part.empty() && part != ".") ++depth;
    if (depth < 0) return true;
    place.remove_prefix(std::min(end + 1, place.size()));
  }
  return false;
}

bool has_control(std::string_view place) {
  return std::any_of(place.begin(), place.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

Opinion opinion_on(const Place& place) {
  const knowledge::Sensitive* sensitive = knowledge::sensitive_path(place.location);
  if (place.inert) {
    return {Ruling::dismissed, "The tensor keeps its numbers in the model (its data_location is not EXTERNAL), so that nobody reads the other place."};
  }
  if (place.location.find(kInMemory) != std::string_view::npos) {
    return {Ruling::confirmed, "ONNX Runtime marks numbers that lie in its own memory so; in a file the offset is an address of the process that loads it, "
                               "and what is read there becomes numbers of the model."};
  }
  if (is_absolute(place.location) || climbs(place.location)) {
    const std::string why = "The place is not in the model's folder: loaders that follow it (onnx before 1.16, and every one that does not check) read that "
                            "file of the machine as numbers of the model, and what the model answers gives them away.";
    return {sensitive != nullptr ? Ruling::confirmed : Ruling::suspected, sensitive != nullptr ? why + " " + std::string(sensitive->why) + "." : why};
  }
  if (sensitive != nullptr) return {Ruling::suspected, "The file is none of a model. " + std::string(sensitive->why) + "."};
  if (has_control(place.location)) {
    return {Ruling::suspected, "The place holds control characters: what is checked and what is opened may be two files."};
  }
  if (place.location.find("..") != std::string_view::npos && place.location.find("../") != std::string_view::npos) {
    return {Ruling::suspected, "The place goes up and down again and ends in the model's folder; a link among its parts leads elsewhere."};
  }
  return {Ruling::dismissed, "The file lies beside the model. It holds numbers and is not followed here; whether it is a link to another place only the disk can tell."};
}

void report(Scan& scan, const Artifact& artifact, const Place& place, const Opinion& opinion) {
  const std::string what = place.tensors == 1 ? std::string("a tensor") : std::to_string(place.tensors) + " tensors";
  scan.note(artifact, "onnx-external-data",
            {opinion.ruling, Trigger::load, "Takes the numbers of " + what + " from another file: " + quoted(place.location, false) + ".", opinion.why,
             "onnx.TensorProto.external_data", "tensor " + quoted(place.first, false) + ": " + std::string(place.key) + " = " + quoted(place.location, false), place.offset});
  if (!place.inert) scan.references.push_back({"file", std::string(place.location), "onnx.TensorProto.external_data"});
}

}  // namespace

void find_places(Scan& scan, const Artifact& artifact, const Model& model) {
  std::map<std::pair<std::string_view, bool>, Place> places;
  for (const Tensor& tensor : model.tensors) {
    for (const auto& [key, value] : tensor.places) {
      if (key != "location") continue;
      Place& place = places[{value, !tensor.external}];
      if (place.tensors++ > 0) continue;
      place = {value, "location", tensor.offset, 1, tensor.name, !tensor.external};
    }
    if (tensor.external && tensor.places.empty()) {
      scan.gap(artifact, Fault::malformed, tensor.offset, "a tensor says that its numbers are elsewhere and not where");
    }
  }
  size_t shown = 0;
  for (const Ruling ruling : {Ruling::confirmed, Ruling::suspected, Ruling::dismissed}) {
    for (const auto& [key, place] : places) {
      const Opinion opinion = opinion_on(place);
      if (opinion.ruling == ruling && shown++ < kMostPlaces) report(scan, artifact, place, opinion);
    }
  }
}

}  // namespace winnow::onnx_format
