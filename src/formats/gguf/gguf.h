// GGUF (llama.cpp and kin) and the older GGML files: weights with metadata in front.
#pragma once

#include "core/format.h"

namespace winnow::gguf {

bool is_gguf(const Artifact& artifact);
void read_gguf(Scan& scan, const Artifact& artifact);
bool is_ggml(const Artifact& artifact);
void read_ggml(Scan& scan, const Artifact& artifact);

inline constexpr Format kGguf{"gguf", is_gguf, read_gguf};
inline constexpr Format kGgml{"ggml", is_ggml, read_ggml};

}  // namespace winnow::gguf
