// A trace as it is, event by event, for whoever wants to see what the judge saw.
#pragma once

#include <string>

#include "core/trace.h"

namespace winnow::engine {

// One line per event: offset in its artifact, kind, statement with what the machine made of it.
std::string trace_text(const Trace& trace);

}  // namespace winnow::engine
