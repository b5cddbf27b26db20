// The keys by which loaders find code, and the cheap look that tells whether a text has any of them: one pass over the
// colons of a text, because vocabularies and data sets are JSON as well and are read by nobody here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "containers/document.h"

namespace winnow::configuration {

using containers::Document;
using containers::Node;
using containers::NodeId;
using containers::NodeKind;

enum class Key : uint8_t {
  none,
  // What calls a function by its dotted name.
  hydra_target, target, params, class_path, init_args, arguments, partial, component, kind, class_, factory, keywords,
  py_object, py_reduce, py_function, py_type, py_repr, py_other, lc, id, type, monai_imports,
  // What names a module or class of Python.
  implementation, import_path, loader_module, activation_function, activation_fn, sbert_activation, characters_class,
  parent_library, base_model_class, plugins, middleware, class_name, idx, megatron_core, logits_processors,
  // What code a model repository brings along, or takes from another one.
  auto_map, custom_pipelines, impl, attention, attention_internal, trust_remote_code, custom_generate, base_model,
  auto_mapping, name_or_path, model_type, architectures, tokenizer_class, processor_class, library_version, diffusers_version,
  tokenizer_kwargs, tokenizer_name, prompt_tuning_init, peft_type, transformers_version, processor_type, quantization,
  // What servers and packages run.
  handler, model_file, requirements_file, flavors, python_function, model_code_path, python_model, code, service, predict,
  setup_script, entrypoint, backbone, download, runtime_env, working_dir, py_modules, build_backend, backend_path, script_url, class_type, inputs,
  widgets_values, source_code, authorized_imports, run_options, lifecycle,
  // Texts that are rendered.
  template_, template_format, template_path, prompt_type,
  count
};

constexpr size_t kKeyCount = static_cast<size_t>(Key::count);

// Any key with "template" in it is Key::template_.
Key key_of(std::string_view name);

// The known members of one map, the last of each as Python keeps it.
class Members {
 public:
  Members(const Document& document, const Node& map);
  std::optional<NodeId> operator[](Key key) const {
    const NodeId id = at_[static_cast<size_t>(key)];
    return id == kNone ? std::nullopt : std::optional(id);
  }
  bool has(Key key) const { return at_[static_cast<size_t>(key)] != kNone; }
  bool any() const { return any_; }

 private:
  static constexpr NodeId kNone = UINT32_MAX;
  std::array<NodeId, kKeyCount> at_;
  bool any_ = false;
};

// What a look at a text has found.
struct Marks {
  bool certain = false;      // a key that little else than a model's configuration has
  bool likely = false;       // a key, or a value, that one may have
  bool tags = false;         // tags of YAML by which loaders make objects
  bool expressions = false;  // values that begin as Python expressions of a MONAI bundle do
  bool templates = false;    // tags of Jinja
};

Marks look(std::string_view text);

}  // namespace winnow::configuration
