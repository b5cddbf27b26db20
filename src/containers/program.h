// Whether bytes are a program of an operating system: ELF, Windows PE or Mach-O, by their headers.
#pragma once

#include "bytes/bytes.h"

namespace winnow::containers {

bool is_program(Bytes content);

}  // namespace winnow::containers
