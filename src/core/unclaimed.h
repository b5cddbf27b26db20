// Bytes that no structure of a file claims: what they look like, and when they are worth a reading.
#pragma once

#include "core/scan.h"

namespace winnow {

// Nothing but zero bytes.
bool is_padding(Bytes bytes);

// Starts like a pickle of protocol 2 to 5.
bool starts_like_pickle(Bytes bytes);

// Starts like a pickle, an archive, a compressed stream or a program.
bool starts_like_code(Bytes bytes);

// Makes a child "@gap-<offset>" of a part of the artifact, without the zero bytes around it, unless nothing
// is left.
void unclaimed_child(Scan& scan, const Artifact& artifact, Bytes whole, uint64_t offset, uint64_t size);

}  // namespace winnow
