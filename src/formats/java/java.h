// Java's object streams: Weka's .model, old models of Spark, Deeplearning4j and Java programs of all kinds.
#pragma once

#include "core/format.h"

namespace winnow::java {

bool is_objects(const Artifact& artifact);
void read_objects(Scan& scan, const Artifact& artifact);
inline constexpr Format kObjects{"java", is_objects, read_objects};

}  // namespace winnow::java
