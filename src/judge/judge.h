// Weighs a trace: which of its events threaten whoever loads the model, which only look like it, and why.
// Knows no format: everything that a model does has become an event of the trace.
#pragma once

#include "core/scan.h"
#include "core/trace.h"

namespace winnow::judge {

// Adds findings (also dismissed ones), references and imports of the trace to the scan, and its text where
// the scan wants it.
void judge(Scan& scan, Trace& trace);

}  // namespace winnow::judge
