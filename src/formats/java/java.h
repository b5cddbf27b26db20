// What Java programs read as models. Object streams: Weka's .model, old models of Spark, Deeplearning4j and Java programs of all kinds.
#pragma once

#include "core/format.h"

namespace winnow::java {

inline constexpr const char* kThreat = "java-deserialisation";

bool is_objects(const Artifact& artifact);
void read_objects(Scan& scan, const Artifact& artifact);
inline constexpr Format kObjects{"java", is_objects, read_objects};

// JSON whose objects name their classes.
bool is_classes(const Artifact& artifact);
void read_classes(Scan& scan, const Artifact& artifact);
inline constexpr Format kClasses{"java-json", is_classes, read_classes};

// Models as source.
bool is_source(const Artifact& artifact);
void read_source(Scan& scan, const Artifact& artifact);
inline constexpr Format kSource{"java-source", is_source, read_source};

}  // namespace winnow::java
