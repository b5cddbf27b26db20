// Functions that come as bytecode.
#include "formats/keras/model.h"

namespace winnow::keras_format {

void Model::run_functions(const Document&, const Config& config, uint64_t base) {
  for (const CarriedFunction& function : config.carried) {
    ++functions_;
    scan_.gap(artifact_, Fault::unsupported, base + function.offset, function.place + " is bytecode, which is not followed yet");
  }
}

}  // namespace winnow::keras_format
