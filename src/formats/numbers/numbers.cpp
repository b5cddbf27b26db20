#include "formats/numbers/numbers.h"

#include <algorithm>

#include "formats/numbers/checks.h"

namespace winnow::numbers {
namespace {

struct Kind {
  const char* name;
  bool (*is)(Bytes);
  std::optional<Error> (*check)(Bytes);
  const char* why;  // it cannot run
};

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
  scan.note(artifact, "custom-operation", {Ruling::dismissed, Trigger::other, "Holds numbers and names only.", std::string("Nothing in this format is executed. ") + kind.why, {}, {}, {}});
}

}  // namespace winnow::numbers
