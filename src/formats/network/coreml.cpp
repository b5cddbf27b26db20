// Core ML models: protocol buffers of Apple's Model.proto (coremltools/mlmodel/format). Core ML runs its own layers. A
// custom layer or model names a class that the program which loads the model must have compiled in: no code travels
// with it. Linked models and blobs of weights are files that the model names; those outside of its folder are told.
#include <algorithm>

#include "containers/protobuf.h"
#include "core/print.h"
#include "formats/network/network.h"
#include "formats/network/notes.h"

namespace winnow::network {
namespace {

using containers::each_field;
using containers::ProtoField;
using containers::WireType;

constexpr int kDeepest = 40;            // pipelines inside pipelines, blocks inside blocks
constexpr uint64_t kNewest = 30;        // of specificationVersion: 10 in 2025
constexpr uint32_t kFirstKind = 200, kLastKind = 3000;

// The fields of Model that hold what it is.
enum Kind : uint32_t {
  kPipelineClassifier = 200, kPipelineRegressor = 201, kPipeline = 202, kNetworkRegressor = 303, kNetworkClassifier = 403, kNetwork = 500,
  kProgram = 502, kCustomModel = 555, kLinkedModel = 556, kSerializedModel = 3000,
};

// The text in field `number` of a message; the last one where there are more.
std::string_view text_in(Bytes message, uint32_t number) {
  std::string_view found;
  (void)each_field(message, [&](const ProtoField& field) {
    if (field.number == number && field.type == WireType::bytes) found = as_text(field.bytes);
    return true;
  });
  return found;
}

class Reading {
 public:
  Reading(Scan& scan, const Artifact& artifact) : scan_(scan), artifact_(artifact) {}

  void run() {
    scan_.recognise(artifact_, "coreml-mlmodel");
    model(artifact_.bytes, 0);
    if (!told_) note_nothing(scan_, artifact_, "Core ML runs layers of its own on numbers; this model asks for no class of the program and for no other file.");
  }

 private:
  bool step(int depth) {
    if (depth < kDeepest && scan_.step()) return true;
    if (!limited_) scan_.gap(artifact_, Fault::limit, 0, "models are nested too deeply, or the budget for work is used up");
    limited_ = true;
    return false;
  }

  // Visits a message; offsets are those of the file.
  template <class Visit>
  void fields(Bytes message, const Visit& visit) {
    if (const auto damage = each_field(message, visit)) {
      Error error = *damage;
      error.offset += offset_of(message);
      scan_.gap(artifact_, error);
    }
  }

  uint64_t offset_of(Bytes part) const { return part.empty() ? 0 : static_cast<uint64_t>(part.data() - artifact_.bytes.data()); }

  void model(Bytes bytes, int depth) {
    if (!step(depth)) return;
    fields(bytes, [&](const ProtoField& field) {
      if (field.type == WireType::bytes) kind(field, depth);
      return true;
    });
  }

  void kind(const ProtoField& field, int depth) {
    switch (field.number) {
      case kPipelineClassifier: case kPipelineRegressor:
        return fields(field.bytes, [&](const ProtoField& inner) {
          if (inner.number == 1 && inner.type == WireType::bytes) pipeline(inner.bytes, depth + 1);
          return true;
        });
      case kPipeline: return pipeline(field.bytes, depth + 1);
      case kNetworkRegressor: case kNetworkClassifier: case kNetwork: return layers(field.bytes, depth + 1);
      case kProgram: return program(field.bytes, 0);
      case kCustomModel: return named_class(text_in(field.bytes, 10), "a model", offset_of(field.bytes));
      case kSerializedModel: return named_class(text_in(field.bytes, 1), "a serialised model", offset_of(field.bytes));
      case kLinkedModel: return linked(field.bytes);
      default: return;
    }
  }

  void pipeline(Bytes bytes, int depth) {
    fields(bytes, [&](const ProtoField& field) {
      if (field.number == 1 && field.type == WireType::bytes) model(field.bytes, depth + 1);
      return true;
    });
  }

  // NeuralNetwork: its layers, and those of the branches and loops among them.
  void layers(Bytes network, int depth) {
    if (!step(depth)) return;
    fields(network, [&](const ProtoField& field) {
      if (field.number == 1 && field.type == WireType::bytes) layer(field.bytes, depth + 1);
      return true;
    });
  }

  void layer(Bytes bytes, int depth) {
    constexpr uint32_t kCustom = 500, kLoop = 615, kBranch = 605;
    if (!step(depth)) return;
    fields(bytes, [&](const ProtoField& field) {
      if (field.type != WireType::bytes) return true;
      if (field.number == kCustom) named_class(text_in(field.bytes, 10), "a layer", offset_of(field.bytes));
      if (field.number == kLoop || field.number == kBranch) {
        fields(field.bytes, [&](const ProtoField& inner) {
          if (inner.type == WireType::bytes && inner.bytes.size() > 2) layers(inner.bytes, depth + 1);
          return true;
        });
      }
      return true;
    });
  }

  // A program of the Model Intermediate Language: wherever it stands, a value in a file is {1: name, 2: offset}.
  void program(Bytes bytes, int depth) {
    if (!step(depth)) return;
    (void)each_field(bytes, [&](const ProtoField& field) {
      if (field.type != WireType::bytes) return true;
      const std::string_view text = as_text(field.bytes);
      if (text.starts_with("@model_path")) {
        blob(text.substr(std::min<size_t>(text.size(), 12)), offset_of(field.bytes));
      } else if (field.number == 1 && leaves_folder(text) && text.find('\0') == std::string_view::npos && text.size() < 4096 && is_path(text)) {
        blob(text, offset_of(field.bytes));
      } else if (text.size() > 2 && text.size() < artifact_.bytes.size()) {
        if (depth + 1 < kDeepest) program(field.bytes, depth + 1);
      }
      return true;
    });
  }

  static bool is_path(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }) && text.find('/') != std::string_view::npos && text.size() > 4;
  }

  void blob(std::string_view path, uint64_t offset) {
    if (!leaves_folder(path)) return;
    told_ = true;
    scan_.note(artifact_, kThreat, {Ruling::suspected, Trigger::load, "Takes its weights from " + quoted(path, false) + ".",
                            "The weights of a model lie in its own folder; this file is one of the machine that loads it.", "BlobFileValue", std::string(path), offset});
  }

  void linked(Bytes bytes) {
    const Bytes file = as_bytes(text_in(bytes, 1));
    const std::string_view name = text_in(as_bytes(text_in(file, 1)), 1);
    const std::string_view path = text_in(as_bytes(text_in(file, 2)), 1);
    told_ = true;
    scan_.references.push_back({"file", std::string(name), "LinkedModel"});
    const bool outside = leaves_folder(name) || leaves_folder(path);
    scan_.note(artifact_, kThreat, {outside ? Ruling::suspected : Ruling::dismissed, Trigger::load, "Is made of another model, " + quoted(name, false) + ".",
                            outside ? "It lies outside of the model's folder." : "It lies beside this one and is judged by itself.", "LinkedModel",
                            std::string(path) + ":" + std::string(name), offset_of(bytes)});
  }

  void named_class(std::string_view name, const char* what, uint64_t offset) {
    told_ = true;
    scan_.references.push_back({"code", std::string(name), "Core ML"});
    scan_.note(artifact_, kThreat, {Ruling::dismissed, Trigger::inference, "Needs the class " + quoted(name, false) + " for " + what + ".",
                            "Core ML makes an object of a class that the loading program has compiled in. The file brings no code; without the class it cannot be loaded.",
                            std::string(name), std::string(name), offset});
  }

  Scan& scan_;
  const Artifact& artifact_;
  bool told_ = false, limited_ = false;
};

}  // namespace

// Model: a version, a description with features, and one kind.
bool is_coreml(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 8 || artifact.bytes[0] != std::byte{0x08}) return false;
  bool version = false, described = false, kind = false, other = false;
  (void)each_field(artifact.bytes, [&](const ProtoField& field) {
    if (field.number == 1) version = field.type == WireType::varint && field.value >= 1 && field.value <= kNewest;
    else if (field.number == 2) described = field.type == WireType::bytes;
    else if (field.number == 10) other = other || field.type != WireType::varint;
    else if (field.number >= kFirstKind && field.number <= kLastKind && field.type == WireType::bytes) kind = true;
    else other = true;
    return version && !other;
  });
  return version && described && kind && !other;
}

void read_coreml(Scan& scan, const Artifact& artifact) { Reading(scan, artifact).run(); }

}  // namespace winnow::network
