// What configurations have called: an honest one builds layers, data and optimizers by the functions of libraries, asks hubs
// for published weights, reads settings of the environment, opens files that whoever runs it has. A saved object does none of this.
#include <algorithm>

#include "judge/names.h"
#include "judge/weigher.h"

namespace winnow::judge {
namespace {

using knowledge::Effect;
using knowledge::Policy;

// Owners of repositories that torch.hub is asked for in the documents of their authors.
constexpr std::string_view kPublishers[] = {"pytorch/", "facebookresearch/", "huggingface/", "NVIDIA/", "ultralytics/"};

}  // namespace

bool Weigher::is_configuration() const { return trace_.dialect == "configuration"; }

std::optional<Ruling> Weigher::ruling_in_configuration(const Event& event, const Name& name, Effect effect) const {
  switch (effect) {
    case Effect::environment: case Effect::introspect: case Effect::import:
      return is_ordinary_in_code(event, name.canonical, effect) ? std::optional(Ruling::dismissed) : std::nullopt;
    case Effect::file_read: return Ruling::dismissed;
    case Effect::file_write: return ruling_of_files(event, name, effect);
    case Effect::call: return knowledge::policy_of(name.canonical) == Policy::stdlib ? std::nullopt : std::optional(Ruling::dismissed);
    case Effect::terminate: {
      const std::string_view last = last_part(name.canonical);
      return last.ends_with("seed") || last == "seed_everything" ? std::optional(Ruling::dismissed) : std::nullopt;
    }
    default: return std::nullopt;
  }
}

// Another model, which the configuration only names: what a configuration is for. One that runs the other's code is
// another matter.
Ruling Weigher::ruling_of_named_model(std::string_view target, Ruling otherwise) const {
  if (otherwise == Ruling::suspected) return target.find("://") == std::string_view::npos ? Ruling::dismissed : Ruling::suspected;
  return starts_with_one_of(kPublishers, target) ? Ruling::dismissed : Ruling::suspected;
}

}  // namespace winnow::judge
