// MessagePack: the weights of Flax (flax_model.msgpack) and other trees of arrays.
#pragma once

#include "core/format.h"

namespace winnow::msgpack {

bool is_msgpack(const Artifact& artifact);
void read_msgpack(Scan& scan, const Artifact& artifact);
inline constexpr Format kMsgpack{"msgpack", is_msgpack, read_msgpack};

}  // namespace winnow::msgpack
