// Marshal's numbers and text, apart from where they stand.
#pragma once

#include <optional>
#include <string_view>

#include "bytes/arena.h"
#include "core/value.h"

namespace winnow::bytecode {

// What becomes of a long integer that fits 64 bits: see marshal.h.
enum class Longs : uint8_t { as_fits, always_big };

// From little-endian 16-bit digits of 15 bits each. Nothing where a digit is too large or the last one is zero.
std::optional<Value> long_from_digits(Arena& arena, std::string_view data, bool negative, Longs longs);

// Python's text of a float, all of it up to a NUL byte: "1e-5", "inf", "-nan".
std::optional<double> float_from_text(std::string_view text);

}  // namespace winnow::bytecode
