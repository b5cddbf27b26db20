// The text forms of numbers and strings in protocol 0, as CPython reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/value.h"

namespace winnow::pickle {

// INT: strtol with base 0, else a long; "00" and "01" are booleans. `line` has no newline.
std::optional<Value> read_int(Heap& heap, std::string_view line);
// LONG: PyLong_FromString with base 0 and an optional trailing L.
std::optional<Value> read_long(Heap& heap, std::string_view line);
// GET and PUT: a decimal index.
std::optional<uint64_t> read_index(std::string_view line);
std::optional<double> read_float(std::string_view line);
// LONG1, LONG4: little-endian two's complement.
Value read_binary_long(std::string_view raw);
// STRING: quotes off, escapes decoded.
std::optional<std::string> read_string(std::string_view line);
// UNICODE: raw-unicode-escape.
std::string read_unicode(std::string_view line);

}  // namespace winnow::pickle
