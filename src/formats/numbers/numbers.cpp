#include "formats/numbers/numbers.h"

#include <algorithm>

#include "core/inert.h"
#include "formats/numbers/checks.h"

namespace winnow::numbers {
namespace {

struct Kind {
  const char* name;
  bool (*is)(Bytes);
  std::optional<Error> (*check)(Bytes);
  const char* why;  // it cannot run
};

constexpr const char* kRegistered = "The runtime looks operators up by name among its own and those that the program has registered; the file brings no code.";
constexpr const char* kWords = "Tokenizers read words and their numbers.";
constexpr const char* kXgboost = "XGBoost reads numbers and looks objectives up by name in a table of its own.";

constexpr Kind kKinds[] = {
    {"xgboost-binary", is_xgboost_binary, check_xgboost_binary, kXgboost},
    {"xgboost-json", is_xgboost_json, check_json, kXgboost},
    {"xgboost-ubj", is_xgboost_ubj, check_ubjson, kXgboost},
    {"lightgbm-txt", is_lightgbm, check_lightgbm, "LightGBM reads keys and lists of numbers; objectives are names in a table of its own."},
    {"lightgbm-json", is_lightgbm_json, check_json, "It is a description of trees for people and other programs."},
    {"catboost-json", is_catboost_json, check_json, "CatBoost reads trees and tables of numbers."},
    {"tvm-params", is_tvm_params, check_tvm_params, "TVM reads arrays of numbers with their names; the code that uses them is a library beside them."},
    {"ncnn-param", is_ncnn, check_nothing, "ncnn reads layers of its own, or of the program that loads the network, by name."},
    {"darknet-cfg", is_darknet, check_nothing, "Darknet reads layers of its own with numbers."},
    {"catboost-cbm", is_catboost, check_catboost, "CatBoost reads trees and tables of numbers."},
    {"mxnet-params", is_mxnet_params, check_mxnet_params, "MXNet reads arrays of numbers with their names."},
    {"fasttext", is_fasttext, check_fasttext, "fastText reads words and their vectors."},
    {"rknn", is_rknn, check_nothing, "The driver of the accelerator reads it as a table of operations that it has built in."},
    {"sentencepiece", is_sentencepiece, check_protobuf, "SentencePiece reads words with their scores, and rules that replace characters."},
    {"caffemodel", is_caffemodel, check_protobuf, "Caffe copies arrays of numbers to the layers of a network that is described elsewhere, by their names."},
    {"mindspore-ckpt", is_mindspore_checkpoint, check_protobuf, "MindSpore reads arrays of numbers with their names."},
    {"mindspore-lite", is_mindspore_lite, check_flatbuffer, kRegistered},
    {"onnxruntime-ort", is_onnxruntime, check_flatbuffer, kRegistered},
    {"mnn", is_mnn, check_flatbuffer, kRegistered},
    {"tensorflow-index", is_tensorflow_index, check_tensorflow_index, "TensorFlow reads from it where the arrays of a checkpoint are; the graph stands elsewhere."},
    {"ocdbt", is_ocdbt, check_ocdbt, "TensorStore reads from it where the arrays of a checkpoint are."},
    {"lmdb", is_lmdb, check_nothing, "LMDB gives bytes to their keys; what a program makes of them is its own."},
    {"paddle-parameters", is_paddle_parameters, check_nothing, "PaddlePaddle reads arrays of numbers."},
    {"matlab-mat-4", is_matlab_4, check_matlab_4, "Version 4 has matrices of numbers and characters only."},
    {"coreml-weights", is_coreml_weights, check_nothing, "Core ML reads arrays of numbers."},
    {"ctranslate2", is_ctranslate2, check_nothing, "CTranslate2 builds one of its own networks and reads arrays of numbers."},
    {"nnef-tensor", is_nnef_tensor, check_nothing, "It is one array of numbers."},
    {"nnef-graph", is_nnef, check_nothing, "Readers of NNEF know its operations by name, or do not load the graph."},
    {"kaldi", is_kaldi, check_nothing, "Kaldi reads objects of its own kinds, and their numbers."},
    {"tensorboard-events", is_tensorboard_events, check_tensorboard_events, "TensorBoard draws it."},
    {"bpe-merges", is_bpe_merges, check_nothing, kWords},
    {"wordpiece-vocabulary", is_wordpiece, check_nothing, kWords},
    {"tiktoken", is_tiktoken, check_nothing, kWords},
    {"tokenizer-json", is_tokenizer_json, check_json, "tokenizers builds parts that are its own, from words and numbers."},
    {"tensorflow-checkpoint", is_checkpoint_state, check_nothing, "It names the files of checkpoints."},
    {"orbax-metadata", is_orbax, check_json, "Orbax reads from it what a checkpoint holds, and takes classes from a table of its own."},
    {"coreml-program", is_coreml_program, check_nothing, "Core ML runs operations of its own, and classes that the program has compiled in."},
    {"coreml-espresso", is_espresso, check_json, "Core ML runs layers of its own, and classes that the program has compiled in."},
};

const Kind* kind_of(Bytes bytes) {
  const auto found = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& kind) { return kind.is(bytes); });
  return found == std::end(kKinds) ? nullptr : found;
}

}  // namespace

bool is_numbers(const Artifact& artifact) {
  if (artifact.hint != Hint::none || artifact.bytes.size() < 16) return false;
  return kind_of(artifact.bytes) != nullptr;
}

void read_numbers(Scan& scan, const Artifact& artifact) {
  const Kind& kind = *kind_of(artifact.bytes);
  scan.recognise(artifact, kind.name);
  if (!scan.step(artifact.bytes.size() / 64)) return scan.gap(artifact, Fault::limit, 0, "the budget for work is used up");
  if (const auto damage = kind.check(artifact.bytes)) scan.gap(artifact, *damage);
  report_inert(scan, artifact, kind.why);
}

}  // namespace winnow::numbers
