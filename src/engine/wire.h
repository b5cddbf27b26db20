// The report of one artifact as bytes: how a worker hands it to the process that trusts it with nothing.
#pragma once

#include <string>

#include "bytes/bytes.h"
#include "bytes/result.h"
#include "core/report.h"

namespace winnow::engine {

std::string pack(const ArtifactReport& report);

// The worker may be in an attacker's hands: what is not exactly the form of pack() is an error.
Result<ArtifactReport> unpack(Bytes bytes);

}  // namespace winnow::engine
