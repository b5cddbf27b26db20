#include "formats/registry.h"

#include "formats/pickle/pickle_format.h"

namespace winnow {
namespace {

constexpr Format kFormats[] = {
    {"pickle", pickle_format::probe, pickle_format::read},
};

}  // namespace

std::span<const Format> formats() { return kFormats; }

}  // namespace winnow
