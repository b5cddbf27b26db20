// HDF5 files: model_config and training_config of whole models, weights of others, and what reaches out of the file.
#include <algorithm>

#include "containers/hdf5.h"
#include "core/print.h"
#include "formats/keras/keras.h"
#include "formats/keras/model.h"

namespace winnow::keras_format {

namespace {

using containers::Hdf5;
using containers::Hdf5Attribute;
using containers::Hdf5Kind;
using containers::Hdf5Object;
using containers::Hdf5Outside;
using containers::Hdf5Reach;

constexpr size_t kMostPlaces = 16;  // of one kind, in a report
constexpr std::string_view kConfigs[] = {"model_config", "training_config", "keras_api_config"};

bool is_weights(const Hdf5& file) {
  const Hdf5Object& root = file.objects.front();
  if (root.attribute("layer_names") != nullptr || root.attribute("keras_version") != nullptr) return true;
  return std::any_of(file.objects.begin(), file.objects.end(), [](const Hdf5Object& object) {
    return object.attribute("weight_names") != nullptr ||
           (object.parent == 0 && (object.name == "_layer_checkpoint_dependencies" || object.name == "layers" || object.name == "vars") &&
            object.kind == Hdf5Kind::group);
  });
}

bool is_whole_model(const Hdf5& file) {
  return std::any_of(file.objects.begin(), file.objects.end(), [](const Hdf5Object& object) {
    return object.attribute("model_config") != nullptr;
  });
}

struct Words {
  const char* threat;
  Ruling ruling;
  const char* summary;
  const char* why;
};

Words words_for(Hdf5Reach reach) {
  switch (reach) {
    case Hdf5Reach::external_link:
      return {"hdf5-external-link", Ruling::confirmed, "Links to another HDF5 file: ",
              "Whoever opens the group gets what stands in that file on their machine. Keras before 3.13 follows it."};
    case Hdf5Reach::external_data:
      return {"hdf5-external-link", Ruling::confirmed, "Takes the numbers of a dataset from another file: ",
              "HDF5 reads any file as raw numbers, which become weights of the model and can be had from there (CVE-2026-1669)."};
    case Hdf5Reach::virtual_dataset:
      return {"hdf5-external-link", Ruling::confirmed, "Takes the numbers of a dataset from another HDF5 file: ",
              "A virtual dataset is put together from files on the machine of whoever loads the model."};
    case Hdf5Reach::user_link:
      return {"hdf5-external-link", Ruling::suspected, "Holds a link of a kind that only a plug-in can follow: ",
              "The HDF5 library hands such links to code that a program has registered for them; no model needs one."};
    case Hdf5Reach::plugin_filter:
      return {"hdf5-external-link", Ruling::dismissed, "Is compressed with a filter that has to be installed: ",
              "The filter's code comes from the machine of whoever loads the model, not from this file."};
  }
  return {"hdf5-external-link", Ruling::suspected, "", ""};
}

// A virtual dataset may be put together from datasets of its own file.
bool stays_inside(const Hdf5Outside& outside) { return outside.reach == Hdf5Reach::virtual_dataset && outside.target == "."; }

void tell_outside(Scan& scan, const Artifact& artifact, const Hdf5& file) {
  for (const Hdf5Reach reach : {Hdf5Reach::external_link, Hdf5Reach::external_data, Hdf5Reach::virtual_dataset, Hdf5Reach::user_link,
                                Hdf5Reach::plugin_filter}) {
    Finding finding;
    uint64_t count = 0;
    std::string first;
    for (const Hdf5Outside& outside : file.outside) {
      if (outside.reach != reach || stays_inside(outside) || ++count > kMostPlaces) continue;
      const std::string path = file.path(outside.object) + (outside.name.empty() ? "" : "/" + outside.name);
      const std::string target = quoted(outside.target, false, 200);
      if (first.empty()) first = target;
      Evidence evidence;
      evidence.callee = reach == Hdf5Reach::plugin_filter ? "H5Zfilter" : "h5py.File";
      evidence.code = quoted(path, false, 200) + " -> " + target + (outside.inside.empty() ? "" : " " + quoted(outside.inside, false, 200));
      evidence.location.offset = outside.offset;
      finding.evidence.push_back(std::move(evidence));
      if (reach != Hdf5Reach::plugin_filter && reach != Hdf5Reach::user_link) scan.refer(artifact, {"file", outside.target, path});
    }
    if (count == 0) continue;
    const Words words = words_for(reach);
    finding.threat = words.threat;
    finding.ruling = words.ruling;
    finding.summary = words.summary + first + (count == 1 ? "." : ", and " + std::to_string(count - 1) + " more.");
    finding.why = words.why;
    scan.finding(artifact, std::move(finding));
  }
}

// A dataset without stored numbers is filled in by the library: a small file can promise more than any machine has.
void tell_bombs(Scan& scan, const Artifact& artifact, const Hdf5& file) {
  constexpr uint64_t kLarge = uint64_t{4} << 30;  // bytes; what Keras itself takes for the limit
  constexpr uint64_t kExpansion = 1000;           // compression of honest weights stays far below
  for (uint32_t i = 0; i < file.objects.size(); ++i) {
    const Hdf5Object& object = file.objects[i];
    uint64_t bytes = 0;
    if (object.kind != Hdf5Kind::dataset) continue;
    if (__builtin_mul_overflow(object.items, object.item_size, &bytes)) bytes = UINT64_MAX;
    if (bytes <= kLarge || bytes / kExpansion <= artifact.bytes.size()) continue;
    Finding finding;
    finding.threat = "hdf5-bomb";
    finding.ruling = Ruling::suspected;
    finding.summary = "Promises " + std::to_string(bytes >> 30) + " GiB of numbers in a file of " + std::to_string(artifact.bytes.size()) + " bytes.";
    finding.why = "Whoever reads the dataset needs memory for all of it (CVE-2026-0897); weights that were trained do not shrink like this.";
    Evidence evidence;
    evidence.callee = "h5py.Dataset";
    evidence.code = quoted(file.path(i), false, 200);
    evidence.location.offset = object.offset;
    finding.evidence.push_back(std::move(evidence));
    return scan.finding(artifact, std::move(finding));
  }
}

bool begins_like_pickle(std::string_view text) {
  const bool modern = text.size() > 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5;
  return modern || (text.ends_with('.') && (text.starts_with("c") || text.starts_with("(") || text.starts_with("]") || text.starts_with("}")));
}

// PyTables keeps attributes that are no numbers or strings as pickles, and loads them when they are looked at; its
// arrays of objects, pandas' with them, and those of hickle are pickles in datasets of bytes.
void give_pickles(Scan& scan, const Artifact& artifact, const Hdf5& file) {
  constexpr uint64_t kMostPickles = 10'000;
  uint64_t given = 0;
  for (const Hdf5Object& object : file.objects) {
    for (const Hdf5Attribute& attribute : object.attributes) {
      for (const std::string_view text : attribute.texts) {
        if (!begins_like_pickle(text)) continue;
        if (++given > kMostPickles) return scan.gap(artifact, Fault::limit, attribute.offset, "more attributes hold pickles than are read");
        scan.child(artifact, "attribute-" + quoted(attribute.name, false, 60), as_bytes(text));
      }
    }
    for (const Bytes blob : object.blobs) {
      std::string_view text = as_text(blob);
      if (std::string_view("\x80" "c(]}").find(text.front()) == std::string_view::npos) continue;
      while (text.ends_with('\0')) text.remove_suffix(1);  // texts of fixed length are filled up
      if (!begins_like_pickle(text)) continue;
      if (++given > kMostPickles) return scan.gap(artifact, Fault::limit, object.offset, "more datasets hold pickles than are read");
      scan.child(artifact, "dataset-" + quoted(object.name, false, 60), as_bytes(text));
    }
  }
}

}  // namespace

bool is_hdf5(const Artifact& artifact) {
  return artifact.hint != Hint::storage && containers::find_hdf5(artifact.bytes).has_value();
}

void read_hdf5_model(Scan& scan, const Artifact& artifact) {
  const Hdf5 file = containers::read_hdf5(artifact.bytes);
  // A mark and no superblock behind it: the library refuses it, and so there is no model.
  if (file.objects.empty()) return;
  const bool whole = is_whole_model(file), weights = is_weights(file);
  scan.recognise(artifact, whole ? "keras-h5" : weights ? "keras-h5-weights" : "hdf5");
  for (const Error& error : file.damage) scan.gap(artifact, error);
  Model model(scan, artifact);
  for (const Hdf5Object& object : file.objects) {
    for (const Hdf5Attribute& attribute : object.attributes) {
      if (std::find(std::begin(kConfigs), std::end(kConfigs), attribute.name) == std::end(kConfigs)) continue;
      for (const std::string_view text : attribute.texts) {
        if (!text.empty()) model.read_json(text, attribute.offset, attribute.name);
      }
    }
  }
  tell_outside(scan, artifact, file);
  tell_bombs(scan, artifact, file);
  give_pickles(scan, artifact, file);
  if (!whole && file.damage.empty()) model.note_weights();
  model.conclude();
}

}  // namespace winnow::keras_format
