#include "formats/python_source/entries.h"

#include <algorithm>
#include <span>

namespace winnow::python_source {
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

using python::Node;
using python::Type;

bool is_own_name(const Node* node) { return node != nullptr && node->type == Type::Name && node->name == "__name__"; }
bool is_main(const Node* node) { return node != nullptr && node->type == Type::Constant && node->value.is_text() && node->value.text() == "__main__"; }

enum class Asks : uint8_t { no, whether, whether_not };

// __name__ == '__main__', also the other way round and with further conditions.
Asks asks_for_main(const Node* test, int depth = 0) {
  if (test == nullptr || depth > 8) return Asks::no;
  if (test->type == Type::UnaryOp && test->op == python::Operator::Not) {
    const Asks inner = asks_for_main(test->first, depth + 1);
    return inner == Asks::whether ? Asks::whether_not : inner == Asks::whether_not ? Asks::whether : Asks::no;
  }
  if (test->type == Type::BoolOp) {
    for (const Node* part : test->items) {
      if (const Asks asks = asks_for_main(part, depth + 1); asks != Asks::no) return asks;
    }
  }
  if (test->type != Type::Compare || test->items.size != 1) return Asks::no;
  const Node *left = test->first, *right = test->items[0]->first;
  if (!(is_own_name(left) && is_main(right)) && !(is_main(left) && is_own_name(right))) return Asks::no;
  const python::Operator op = test->items[0]->op;
  return op == python::Operator::NotEq || op == python::Operator::IsNot ? Asks::whether_not : Asks::whether;
}

}  // namespace

Trigger trigger_of(std::string_view function) {
  if (is_one_of(kLoading, function)) return Trigger::load;
  return is_one_of(kAsking, function) ? Trigger::inference : Trigger::other;
}

MainCode main_code(const Node& module) {
  MainCode out;
  for (Node* statement : module.body) {
    if (statement->type == Type::If) {
      const Asks asks = asks_for_main(statement->first);
      if (asks == Asks::no) continue;
      const python::List& block = asks == Asks::whether ? statement->body : statement->orelse;
      out.statements.insert(out.statements.end(), block.begin(), block.end());
    } else if (statement->type == Type::Expr && asks_for_main(statement->first) != Asks::no) {
      out.statements.push_back(statement);
    }
  }
  return out;
}

}  // namespace winnow::python_source
