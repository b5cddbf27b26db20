// Configurations of models and of the programs that load them, as JSON and YAML: they name classes and functions that a
// loader calls, code that it takes from this repository or another one, templates that it renders.
//
// Where code hides, and who runs it:
//   `_target_` (Hydra, NeMo, MONAI), `target`/`params` (latent diffusion), `class_path` (Lightning), `__kind__` (GluonTS),
//   `py/reduce` (jsonpickle), `()` (logging): any callable by its dotted name, with arguments (calls.cpp)
//   !!python/... of PyYAML and ruamel.yaml, !new: and !apply: of HyperPyYAML: the same by tags (tags.cpp)
//   "$os.system(..)" of MONAI bundles, ${eval:..} of OmegaConf: expressions of Python (interpolation.cpp)
//   `auto_map`, attention kernels, `trust_remote_code`, pipelines of diffusers, modules of sentence-transformers,
//   adapters: Python files of this repository or another one (hub.cpp)
//   handlers, services and loaders of TorchServe, MLflow, MLServer, Ray (services.cpp)
//   nodes of flows, tools of agents, tasks of editors: source and commands (flows.cpp)
//   settings of logging and of builds as TOML and INI (sections.cpp)
//   chat templates and prompts, which Jinja renders (reading.cpp)
//
// A text in which nothing of this stands is no model's and is left alone.
#pragma once

#include "core/format.h"

namespace winnow::configuration {

bool may_be_json(const Artifact& artifact);
void read_json(Scan& scan, const Artifact& artifact);

bool may_be_yaml(const Artifact& artifact);
void read_yaml(Scan& scan, const Artifact& artifact);

bool may_be_sections(const Artifact& artifact);
void read_sections(Scan& scan, const Artifact& artifact);

inline constexpr Format kJson{"configuration-json", may_be_json, read_json};
inline constexpr Format kYaml{"configuration-yaml", may_be_yaml, read_yaml};
inline constexpr Format kSections{"configuration-sections", may_be_sections, read_sections};

}  // namespace winnow::configuration
