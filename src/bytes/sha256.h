// SHA-256 (FIPS 180-4).
#pragma once

#include <array>
#include <string>

#include "bytes/bytes.h"

namespace winnow {

std::array<uint8_t, 32> sha256(Bytes bytes);

// In lower-case hexadecimal.
std::string sha256_hex(Bytes bytes);

}  // namespace winnow
