// Files that a layer opens because its configuration names them, and pickles that stand in one.
#include <algorithm>
#include <array>

#include "bytes/place.h"
#include "code/machine/encodings.h"
#include "core/print.h"
#include "formats/keras/model.h"
#include "knowledge/knowledge.h"

namespace winnow::keras_format {

namespace {

// "gs://..." and the like: what TensorFlow's and Keras' file functions fetch.
bool is_remote(std::string_view path) {
  const size_t mark = path.find("://");
  if (mark == std::string_view::npos || mark == 0 || mark > 10) return false;
  return path.substr(0, 4) != "file" && std::all_of(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(mark), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+';
         });
}

// \\server\share: Windows fetches it, and hands over the user's name and password hash.
bool is_share(std::string_view path) { return path.starts_with("\\\\") || path.starts_with("//"); }

bool leaves_folder(std::string_view path) { return leads_outside(path) || path.starts_with("file:"); }

// Text that is no path: a vocabulary or a model in base64 in place of its file name.
bool is_content(std::string_view text) {
  return text.find_first_of("\n\r\t") != std::string_view::npos ||
         (text.size() > 200 && text.find('/') == std::string_view::npos) || text.ends_with("==");
}

}  // namespace

void Model::tell_file(const NamedFile& file, uint64_t base) {
  if (is_content(file.path)) return;
  if (file.key == "handle") return tell_hub(file, base);
  if (file.class_name == "TFSMLayer" || file.key == "filepath") return tell_saved_model(file, base);
  const std::string shown = quoted(file.path, false, 120);
  const std::string code = std::string(file.class_name) + "(" + std::string(file.key) + "=" + shown + ")";
  const bool remote = is_remote(file.path) || is_share(file.path);
  const knowledge::Sensitive* sensitive = knowledge::sensitive_path(file.path);
  const std::string why = "Keras before 3.12 opens what " + file.place + " names when the layer is made, also in safe mode (CVE-2025-12058). ";
  if (remote) {
    scan_.refer(artifact_, {"url", std::string(file.path), std::string(file.class_name)});
    finding("keras-remote-file", Ruling::confirmed, "Fetches " + shown + " when the model is loaded.",
            why + "A request leaves the machine; what comes back becomes a part of the model.", file.class_name, code, base + file.offset);
  } else if (sensitive != nullptr) {
    finding("keras-remote-file", Ruling::confirmed, "Reads " + shown + " when the model is loaded.",
            why + "What stands there (" + std::string(sensitive->why) + ") becomes a part of the model, from where it can be read.",
            file.class_name, code, base + file.offset);
  } else if (leaves_folder(file.path)) {
    scan_.refer(artifact_, {"file", std::string(file.path), std::string(file.class_name)});
    finding("keras-remote-file", Ruling::suspected, "Reads " + shown + " when the model is loaded.",
            why + "A model that is meant for others does not name a place on their machine.", file.class_name, code, base + file.offset);
  } else {
    scan_.refer(artifact_, {"file", std::string(file.path), std::string(file.class_name)});
    finding("keras-remote-file", Ruling::dismissed, "Names the file " + shown + ".",
            "It stands beside the model, and is read as data.", file.class_name, code, base + file.offset);
  }
}

// KerasLayer of tensorflow_hub names the model that it wraps; it is honest and common.
void Model::tell_hub(const NamedFile& file, uint64_t base) {
  if (!is_remote(file.path) && !leaves_folder(file.path)) return;
  const std::string shown = quoted(file.path, false, 120);
  scan_.refer(artifact_, {"model", std::string(file.path), std::string(file.class_name)});
  finding("transitive-model-load", Ruling::dismissed, "Is made of another model, " + shown + ".",
          "The layer is none of Keras: it works only where whoever loads the model brings it along, and then fetches that model as well.",
          file.class_name, std::string(file.class_name) + "(handle=" + shown + ")", base + file.offset);
}

// tf.saved_model.load runs whatever graph it finds, ReadFile and WriteFile among its operations.
void Model::tell_saved_model(const NamedFile& file, uint64_t base) {
  if (file.class_name != "TFSMLayer") return;
  const std::string shown = quoted(file.path, false, 120);
  scan_.refer(artifact_, {"model", std::string(file.path), "keras.layers.TFSMLayer"});
  const bool remote = is_remote(file.path) || is_share(file.path);
  finding("transitive-model-load", remote ? Ruling::confirmed : Ruling::suspected, "Loads the SavedModel " + shown + ".",
          "TFSMLayer loads another model while this one is loaded, also in safe mode before Keras 3.13; its graph can read and write "
          "files, and nobody looks at it when this file is looked at.",
          "keras.layers.TFSMLayer", "TFSMLayer(filepath=" + shown + ")", base + file.offset);
}

void Model::give_pickle(const CarriedPickle& pickle, uint64_t base) {
  const auto decoded = pickle.raw ? std::optional(std::string(pickle.text)) : machine::decode_base64(pickle.text);
  if (!decoded) return scan_.gap(artifact_, Fault::malformed, base + pickle.offset, "the torch module of " + pickle.place + " is not base64");
  if (!scan_.inflate(decoded->size())) {
    return scan_.gap(artifact_, Fault::limit, base + pickle.offset, "the budget for decoded data is used up at " + pickle.place);
  }
  ++functions_;
  const Bytes bytes = as_bytes(*decoded);
  finding("keras-unsafe-reference", Ruling::suspected, "Carries a PyTorch module as a pickle.",
          "Keras before 3.11.3 unpickles it when the model is loaded, also in safe mode (CVE-2025-49655); later versions when safe mode is off. "
          "The pickle itself is judged apart.",
          "keras.layers.TorchModuleWrapper", "torch.load(BytesIO(...), weights_only=False)", base + pickle.offset);
  const bool archive = as_text(bytes).starts_with("PK");
  scan_.child(artifact_, "torch-module@" + std::to_string(base + pickle.offset), scan_.own({bytes.begin(), bytes.end()}),
              archive ? Hint::none : Hint::pickle);
}

}  // namespace winnow::keras_format
