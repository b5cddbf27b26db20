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

}  // namespace winnow::numbers
