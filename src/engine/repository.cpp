#include "engine/repository.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "core/path.h"

namespace winnow::engine {
namespace {

// Formats that begin a repository, wherever they stand; each may be one of several, joined by '+'.
constexpr std::string_view kConfigurations[] = {"transformers-config", "tokenizer-config", "processor-config",    "generation-config",   "diffusers-config",
                                                "peft-adapter",        "hydra-config",     "target-config",       "hyperpyyaml",         "monai-bundle",
                                                "gluonts-config",      "mlflow-model",     "torchserve-manifest", "mlserver-settings",   "sentence-transformers-modules",
                                                "chat-template-config"};

// What programs run by the name of the file, without any configuration that says so.
struct Entry {
  std::string_view path, by;
};
constexpr Entry kEntries[] = {{"handler.py", "Hugging Face Inference Endpoints"},
                              {"pipeline.py", "diffusers.DiffusionPipeline.from_pretrained"},
                              {"custom_generate/generate.py", "transformers.GenerationMixin.generate"},
                              {"hubconf.py", "torch.hub.load"},
                              {"inference.py", "SageMaker"},
                              {"code/inference.py", "SageMaker"}};

bool has_part(std::string_view format, std::string_view name) {
  for (size_t at = format.find(name); at != std::string_view::npos; at = format.find(name, at + 1)) {
    const bool starts = at == 0 || format[at - 1] == '+';
    const size_t end = at + name.size();
    if (starts && (end == format.size() || format[end] == '+')) return true;
  }
  return false;
}

bool is_configuration(const ArtifactReport& artifact) {
  return std::any_of(std::begin(kConfigurations), std::end(kConfigurations), [&](std::string_view name) { return has_part(artifact.format, name); });
}

bool is_source(std::string_view path) { return path.ends_with(".py"); }

// The folders in which a repository may begin.
std::set<std::string_view> marked_folders(const std::vector<ArtifactReport>& artifacts) {
  std::set<std::string_view> marked, sources, models;
  for (const ArtifactReport& artifact : artifacts) {
    const std::string_view folder = folder_of(artifact.path);
    if (is_configuration(artifact)) marked.insert(folder);
    if (is_source(artifact.path)) sources.insert(folder);
    else if (artifact.format != "unknown") models.insert(folder);
  }
  std::set_intersection(sources.begin(), sources.end(), models.begin(), models.end(), std::inserter(marked, marked.end()));
  return marked;
}

// The topmost marked folder above a file; empty where there is none.
std::string_view repository_of(std::string_view path, const std::set<std::string_view>& marked) {
  std::string_view topmost;
  for (std::string_view folder = folder_of(path);; folder = folder_of(folder)) {
    if (marked.contains(folder)) topmost = folder;
    if (folder == "." || folder.empty() || folder == folder_of(folder)) break;
  }
  return topmost;
}

std::string relative(std::string_view path, std::string_view folder) {
  return std::string(folder != "." && path.starts_with(folder) && path.size() > folder.size() ? path.substr(folder.size() + 1) : path);
}

using Files = std::unordered_map<std::string_view, const ArtifactReport*>;

// What a file of the repository refers to, and where that is a file of it, its verdict.
RepositoryLoad load_of(const ArtifactReport& artifact, const Reference& reference, std::string_view root, const Files& files) {
  RepositoryLoad load{relative(artifact.path, root), reference.kind, reference.target, reference.by, reference.trigger, {}};
  if (reference.kind == "url" || reference.kind == "model") return load;
  for (const std::string_view folder : {folder_of(artifact.path), root}) {
    const std::string path = joined_path(folder, reference.target);
    const auto found = files.find(path);
    if (found == files.end() || found->second == &artifact) continue;
    load.target = relative(found->second->path, root);
    load.verdict = found->second->verdict;
    break;
  }
  return load;
}

}  // namespace

std::vector<RepositoryReport> find_repositories(const std::vector<ArtifactReport>& artifacts) {
  constexpr size_t kMostLoads = 2000;
  const std::set<std::string_view> marked = marked_folders(artifacts);
  if (marked.empty()) return {};
  Files files;
  std::map<std::string_view, std::vector<const ArtifactReport*>> members;
  for (const ArtifactReport& artifact : artifacts) {
    const std::string_view root = repository_of(artifact.path, marked);
    if (root.empty()) continue;
    members[root].push_back(&artifact);
    files.emplace(artifact.path, &artifact);
  }
  std::vector<RepositoryReport> repositories;
  for (const auto& [root, held] : members) {
    if (held.size() < 2) continue;
    RepositoryReport repository;
    repository.path = root;
    repository.files = held.size();
    for (const ArtifactReport* artifact : held) {
      repository.verdict = std::max(repository.verdict, artifact->verdict);
      if (artifact->format != "unknown") repository.models += 1;
      for (const Reference& reference : artifact->references) {
        if (repository.loads.size() < kMostLoads) repository.loads.push_back(load_of(*artifact, reference, root, files));
      }
    }
    for (const Entry& entry : kEntries) {
      const auto found = files.find(joined_path(root, entry.path));
      if (found != files.end()) repository.loads.push_back({"", "code", std::string(entry.path), std::string(entry.by), Trigger::load, found->second->verdict});
    }
    std::sort(repository.loads.begin(), repository.loads.end());
    repository.loads.erase(std::unique(repository.loads.begin(), repository.loads.end()), repository.loads.end());
    repositories.push_back(std::move(repository));
  }
  return repositories;
}

}  // namespace winnow::engine
