// A format: how to recognise it in bytes, and how to read it. The registry (formats/registry.h) is a
// constexpr array of these; every format whose probe answers is read, because a file can be several things
// at once. Probes look at content and at the hint, never at the name, and are cheap.
#pragma once

#include "core/scan.h"

namespace winnow {

struct Format {
  const char* name;
  bool (*probe)(const Artifact&);
  void (*read)(Scan&, const Artifact&);
};

}  // namespace winnow
