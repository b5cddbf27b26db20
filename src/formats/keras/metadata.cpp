// Keras' description of the objects in a SavedModel: one JSON text per object.
//
//   keras_metadata.pb: SavedMetadata { repeated SavedObject nodes = 1 }, SavedObject { identifier = 4, metadata = 5 }
//   saved_model.pb: SavedModel { repeated MetaGraphDef meta_graphs = 2 }, MetaGraphDef { object_graph_def = 7 },
//     SavedObjectGraph { repeated SavedObject nodes = 1 }, SavedObject { user_object = 4 },
//     SavedUserObject { identifier = 1, metadata = 3 }
// Sources: keras/protobuf/saved_metadata.proto, tensorflow/core/protobuf/{saved_model,saved_object_graph}.proto
#include <algorithm>

#include "containers/protobuf.h"
#include "formats/keras/keras.h"
#include "formats/keras/model.h"

namespace winnow::keras_format {

namespace {

using containers::each_field;
using containers::ProtoField;
using containers::WireType;

constexpr uint64_t kMostNodes = 1'000'000;

struct Text {
  std::string_view json;
  uint64_t offset = 0;
};

// What stands at the end of a path of field numbers, with its offset; without recursion: the messages of each level in turn.
std::vector<std::pair<Bytes, uint64_t>> fields_at(Bytes file, std::initializer_list<uint32_t> path, std::optional<Error>& error) {
  std::vector<std::pair<Bytes, uint64_t>> level{{file, 0}};
  for (const uint32_t number : path) {
    std::vector<std::pair<Bytes, uint64_t>> next;
    for (const auto& [message, base] : level) {
      const auto stopped = each_field(message, [&, start = base](const ProtoField& field) {
        if (field.number == number && field.type == WireType::bytes) next.emplace_back(field.bytes, start + field.offset);
        if (next.size() >= kMostNodes && !error) error = Error{Fault::limit, start, "more objects than are read"};
        return next.size() < kMostNodes;
      });
      if (stopped && !error) error = Error{stopped->fault, base + stopped->offset, stopped->what};
    }
    level = std::move(next);
  }
  return level;
}

std::vector<Text> texts_at(Bytes file, std::initializer_list<uint32_t> path, std::optional<Error>& error) {
  std::vector<Text> out;
  for (const auto& [bytes, base] : fields_at(file, path, error)) {
    if (as_text(bytes).starts_with('{')) out.push_back({as_text(bytes), base});
  }
  return out;
}

}  // namespace

bool may_be_metadata(const Artifact& artifact) {
  constexpr size_t kLook = size_t{64} << 10;
  const std::string_view text = as_text(slice(artifact.bytes, 0, kLook));
  if (artifact.hint == Hint::storage || text.size() < 16) return false;
  // Field 1 of saved_model.pb is a number, of keras_metadata.pb a message; both hold identifiers that begin alike.
  const bool metadata = text[0] == '\x0a', saved = text[0] == '\x08';
  if (!metadata && !saved) return false;
  if (text.find("_tf_keras_") != std::string_view::npos) return true;
  // Wherever they stand: only the heads of fields are looked at on the way.
  std::optional<Error> error;
  const auto identifiers = saved ? fields_at(artifact.bytes, {2, 7, 1, 4, 1}, error) : fields_at(artifact.bytes, {1, 4}, error);
  return std::any_of(identifiers.begin(), identifiers.end(), [](const auto& field) { return as_text(field.first).starts_with("_tf_keras_"); });
}

void read_metadata(Scan& scan, const Artifact& artifact) {
  const bool saved = as_text(artifact.bytes)[0] == '\x08';
  std::optional<Error> error;
  const std::vector<Text> texts = saved ? texts_at(artifact.bytes, {2, 7, 1, 4, 3}, error) : texts_at(artifact.bytes, {1, 5}, error);
  if (texts.empty() && !(error && error->fault == Fault::limit)) return;
  if (!saved) scan.recognise(artifact, "keras-metadata");
  if (error) scan.gap(artifact, *error);
  const size_t findings = scan.findings.size();
  Model model(scan, artifact);
  for (const Text& text : texts) model.read_json(text.json, text.offset, "the description of a Keras object");
  if (!saved) return model.conclude();
  // The graph beside the texts was not looked at: nothing is said of the file unless it is bad.
  const bool bad = std::any_of(scan.findings.begin() + static_cast<std::ptrdiff_t>(findings), scan.findings.end(),
                               [](const Finding& finding) { return finding.ruling != Ruling::dismissed; });
  if (bad) scan.recognise(artifact, "tf-savedmodel");
}

}  // namespace winnow::keras_format
