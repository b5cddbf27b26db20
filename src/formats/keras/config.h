// What a Keras configuration makes its loader do, gathered from the tree of a JSON or YAML document: functions that
// it carries as bytecode, names that the loader imports or looks up, files that it opens. The walk knows the shapes
// that Keras 1, 2, tf-keras and 3 write and the ones that their loaders accept, at any depth: deserialisation does
// not ask where in a configuration an object stands.
// Source: keras/src/saving/serialization_lib.py, keras/src/layers/core/lambda_layer.py (3.0 to 3.15);
// tensorflow/python/keras and tf_keras, layers/core/lambda_layer.py, utils/generic_utils.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "containers/document.h"

namespace winnow::keras_format {

using containers::Document;
using containers::NodeId;
using containers::NodeKind;

constexpr NodeId kNoNode = UINT32_MAX;

// What a function is there for, which decides when it runs.
enum class Role : uint8_t {
  layer,     // the body of a layer: when the model is put together, and on every use
  shape,     // computes a shape: when the model is put together
  training,  // a loss, a metric: when the model is trained or evaluated
  other,
};

// A function as bytecode: [code, defaults, closure] or one of its relatives.
struct CarriedFunction {
  std::string_view code;      // text: base64, or marshal data as Latin-1
  NodeId defaults = kNoNode, closure = kNoNode;
  NodeId arguments = kNoNode;  // of a Lambda layer: keywords that every call of its function gets
  std::vector<NodeId> inputs;  // what a functional model calls that layer with
  std::string_view module;    // whose names are its globals; empty: those of the loader
  std::string place;          // for people: "the function of layer 'scale' (Lambda)"
  Role role = Role::other;
  uint64_t offset = 0;        // of the code in the document
};

// A function or class that the loader is told by name.
struct NamedObject {
  std::string_view module;      // empty in configurations of Keras 1 and 2, where only registered names are found
  std::string_view name;        // of the function or class
  std::string_view registered;  // "package>name"
  bool function = false;
  bool operation = false;       // of TensorFlow's API, which Keras 2 looks up for TFOpLambda and calls
  std::string place;
  Role role = Role::other;
  std::vector<NodeId> calls;    // the loader calls it with these: {"args": .., "kwargs": ..}, or of Keras 2
                                // [[layer, 0, 0, {keywords}], ..]
  NodeId arguments = kNoNode;   // of a Lambda layer: keywords that every call of its function gets
  std::vector<NodeId> inputs;   // what a functional model calls that layer with: a tensor, or anything (CVE-2025-1550)
  uint64_t offset = 0;
};

// A text that a layer takes for a file name.
struct NamedFile {
  std::string_view path;
  std::string_view key;       // "vocabulary"
  std::string_view class_name;  // "StringLookup"
  std::string place;
  uint64_t offset = 0;
};

// A pickle that a layer loads, in base64 or as it is: TorchModuleWrapper.
struct CarriedPickle {
  std::string_view text;
  std::string place;
  uint64_t offset = 0;
  bool raw = false;
};

// A text that a layer evaluates: the vocabulary of RWKVTokenizer.
struct EvaluatedText {
  std::string_view text;
  std::string place;
  uint64_t offset = 0;
};

// Python source where a function should stand. No loader of Keras runs it, and none of its writers writes it.
struct SourceText {
  std::string_view text;
  std::string place;
  uint64_t offset = 0;
};

struct Config {
  std::vector<CarriedFunction> carried;
  std::vector<NamedObject> named;
  std::vector<NamedFile> files;
  std::vector<CarriedPickle> pickles;
  std::vector<EvaluatedText> evaluated;
  std::vector<SourceText> sources;
  uint64_t objects = 0;  // layers and other things with a class name
  bool cut = false;      // the walk ended before the tree did
};

// `step` counts work and says when there has been enough.
Config gather(const Document& document, NodeId root, bool (*step)(void*), void* with);

// Whether a document is the configuration of a model, a layer or a preset, or holds one in one of the usual places.
bool is_config(const Document& document);

}  // namespace winnow::keras_format
