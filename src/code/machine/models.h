// The models of builtins, one table per subject; model_of() in models.cpp searches them all.
#pragma once

#include "code/machine/machine.h"

namespace winnow::machine {

struct ModelEntry {
  std::string_view name;  // canonical
  Model model;
};

std::span<const ModelEntry> object_models();      // getattr, partial, import, sys.modules ...
std::span<const ModelEntry> iteration_models();   // map, reduce, list, zip, range ...
std::span<const ModelEntry> text_models();        // methods of str and bytes, operators on them
std::span<const ModelEntry> conversion_models();  // chr, bytes, int, base64, zlib, codecs, struct ...

// An integer argument that fits, or nothing.
inline std::optional<int64_t> integer_of(Value value) {
  if (value.is(Kind::integer)) return value.as_integer();
  if (value.is(Kind::boolean)) return value.as_boolean() ? 1 : 0;
  return std::nullopt;
}

}  // namespace winnow::machine
