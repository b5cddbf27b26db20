#include "code/machine/models.h"

namespace winnow::machine {

Model model_of(std::string_view canonical) {
  static const std::unordered_map<std::string_view, Model> index = [] {
    std::unordered_map<std::string_view, Model> all;
    for (const auto table : {object_models(), iteration_models(), text_models(), conversion_models()}) {
      for (const ModelEntry& entry : table) all.emplace(entry.name, entry.model);
    }
    return all;
  }();
  const auto found = index.find(canonical);
  return found == index.end() ? nullptr : found->second;
}

Model code_model_of(std::string_view canonical) {
  static const std::unordered_map<std::string_view, Model> index = [] {
    std::unordered_map<std::string_view, Model> all;
    for (const auto table : {reflection_models(), container_models(), more_text_models(), formatting_models(), number_models(), more_iteration_models(), itertools_models(),
                             module_models(), digest_models(), pattern_models(), template_models(), library_models(), torch_models(), registered_models(), syntax_models(), written_models()}) {
      for (const ModelEntry& entry : table) all.emplace(entry.name, entry.model);
    }
    return all;
  }();
  const auto found = index.find(canonical);
  return found == index.end() ? nullptr : found->second;
}

}  // namespace winnow::machine
