// A file, an archive entry, a string that some code would execute, a decoded blob: bytes with a place.
#pragma once

#include <string>

#include "bytes/bytes.h"

namespace winnow {

using ArtifactId = uint32_t;

// What the parent says the bytes are, where the bytes alone cannot tell.
enum class Hint : uint8_t {
  none,
  pickle,         // a loader will unpickle these bytes
  storage,        // raw numbers by the loader's contract; read as code by nobody
  python_source,  // some code would exec or eval this text
  code_object,    // some code would unmarshal and run these bytes
  jinja_template, // some loader would render this text as a template
  unclaimed,      // bytes between or behind the structures of the parent that no loader asks for
};

struct Artifact {
  ArtifactId id = 0;
  std::string path;       // "model.pt!archive/data.pkl": member names joined with '!'
  Hint hint = Hint::none;
  uint32_t depth = 0;     // 0 for the outermost
  Bytes bytes;            // owned by the Scan
};

}  // namespace winnow
