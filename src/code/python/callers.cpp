#include "code/python/callers.h"

#include <algorithm>
#include <span>

namespace winnow::python {
namespace {

// Constructors, and functions by which loaders make or fill a model: transformers, TorchServe, Triton, MLflow, KServe,
// SageMaker, Azure, PyTorch Lightning, datasets' scripts.
constexpr std::string_view kLoading[] = {
    "__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__setstate__", "__reduce__", "__reduce_ex__", "__getstate__",
    "from_pretrained", "_from_pretrained", "from_config", "_from_config", "from_dict", "from_json_file", "get_config", "load", "load_model", "_load_model",
    "load_context", "_load_pyfunc", "load_state_dict", "_load_state_dict", "_load_from_state_dict", "_load_pretrained_model", "initialize", "_initialize",
    "setup", "model_fn", "init", "post_init", "_init_weights", "init_weights", "build", "build_model", "get_model", "create_model", "load_tokenizer",
    "on_load_checkpoint", "auto_complete_config", "_info", "_split_generators", "_generate_examples", "_generate_tables", "_prepare_split", "download_and_prepare",
    "load_weights", "load_pretrained", "_load", "register", "startup", "_get_config_dict", "get_config_dict", "validate_environment", "configure_model"};
// What is called to get an answer.
constexpr std::string_view kAsking[] = {
    "__call__", "forward", "_forward", "call", "predict", "predict_proba", "predict_stream", "handle", "preprocess", "inference", "postprocess", "generate", "_sample",
    "execute", "predict_fn", "input_fn", "output_fn", "transform_fn", "encode", "decode", "transform", "tokenize", "_tokenize", "chat", "stream_chat",
    "prepare_inputs_for_generation", "run", "infer", "_sanitize_parameters", "_preprocess", "_postprocess", "process", "training_step", "validation_step",
    "apply_chat_template", "build_inputs_with_special_tokens", "batch_encode_plus", "finalize", "generate_response"};

bool is_one_of(std::span<const std::string_view> table, std::string_view word) { return std::find(table.begin(), table.end(), word) != table.end(); }

}  // namespace

Trigger trigger_of(std::string_view function) {
  if (is_one_of(kLoading, function)) return Trigger::load;
  return is_one_of(kAsking, function) ? Trigger::inference : Trigger::other;
}

}  // namespace winnow::python
