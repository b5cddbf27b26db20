// One format of numbers each: whether bytes are of it (cheap), and whether all of it is there.
#pragma once

#include <optional>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::numbers {

bool is_xgboost_binary(Bytes bytes);
std::optional<Error> check_xgboost_binary(Bytes bytes);
bool is_xgboost_json(Bytes bytes);
bool is_xgboost_ubj(Bytes bytes);
std::optional<Error> check_ubjson(Bytes bytes);  // the structure of any UBJSON value

bool is_lightgbm(Bytes bytes);
std::optional<Error> check_lightgbm(Bytes bytes);
bool is_catboost(Bytes bytes);
std::optional<Error> check_catboost(Bytes bytes);
bool is_mxnet_params(Bytes bytes);
std::optional<Error> check_mxnet_params(Bytes bytes);
bool is_fasttext(Bytes bytes);
std::optional<Error> check_fasttext(Bytes bytes);
bool is_lightgbm_json(Bytes bytes);
bool is_catboost_json(Bytes bytes);
std::optional<Error> check_json(Bytes bytes);
bool is_tvm_params(Bytes bytes);
std::optional<Error> check_tvm_params(Bytes bytes);
bool is_ncnn(Bytes bytes);
bool is_darknet(Bytes bytes);
std::optional<Error> check_nothing(Bytes bytes);  // any text is whole
bool is_rknn(Bytes bytes);

std::optional<Error> check_protobuf(Bytes bytes);    // the outermost message
std::optional<Error> check_flatbuffer(Bytes bytes);  // that there is a root
bool is_sentencepiece(Bytes bytes);
bool is_caffemodel(Bytes bytes);
bool is_mindspore_checkpoint(Bytes bytes);
bool is_mindspore_lite(Bytes bytes);
bool is_tensorflow_index(Bytes bytes);
std::optional<Error> check_tensorflow_index(Bytes bytes);
bool is_ocdbt(Bytes bytes);
std::optional<Error> check_ocdbt(Bytes bytes);
bool is_lmdb(Bytes bytes);
bool is_onnxruntime(Bytes bytes);
bool is_mnn(Bytes bytes);
bool is_paddle_parameters(Bytes bytes);
bool is_matlab_4(Bytes bytes);
std::optional<Error> check_matlab_4(Bytes bytes);
bool is_coreml_weights(Bytes bytes);
bool is_ctranslate2(Bytes bytes);
bool is_nnef_tensor(Bytes bytes);
bool is_kaldi(Bytes bytes);
bool is_tensorboard_events(Bytes bytes);
std::optional<Error> check_tensorboard_events(Bytes bytes);

bool is_bpe_merges(Bytes bytes);
bool is_wordpiece(Bytes bytes);
bool is_tiktoken(Bytes bytes);
bool is_checkpoint_state(Bytes bytes);
bool is_orbax(Bytes bytes);
bool is_tokenizer_json(Bytes bytes);
bool is_coreml_program(Bytes bytes);
bool is_espresso(Bytes bytes);
bool is_nnef(Bytes bytes);

}  // namespace winnow::numbers
