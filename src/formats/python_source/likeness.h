// Which bytes are Python source. Python itself goes by the name: `import` looks for NAME.py, and the programs that
// load code beside weights ask for a file of that name. Under another name only what says so itself is source: a first
// line that names the interpreter, or a text that begins with a statement of Python's and parses to its end.
#pragma once

#include "core/artifact.h"

namespace winnow::python_source {

// Whether `bytes` can be source at all: text, nothing of which CPython would refuse outright.
bool could_be_text(Bytes bytes);
// The last part of a path: of "repo.zip!code/handler.py", "handler.py".
std::string_view file_name(std::string_view path);
bool looks_like_python(const Artifact& artifact);
// NAME.pth in a folder of libraries: of its lines Python runs those that begin with `import`.
bool is_path_file(const Artifact& artifact);

}  // namespace winnow::python_source
