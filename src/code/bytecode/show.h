// Code objects in the form that a reader of the report asked for.
#pragma once

#include "code/bytecode/decompile.h"
#include "core/options.h"

namespace winnow::bytecode {

// As source, as IR or as instructions, each with all code objects inside; nothing for the other things that can be
// shown. Every line is safe to print: what strangers chose is escaped.
std::string code_text(Show show, Heap& heap, Value code, const BareFunction& bare = {});

// The same of every code object with instructions that a program made or loaded, each with those inside it, behind a
// line that says how it is called.
std::string carried_code_text(Show show, Heap& heap);

// Lines with everything escaped that could act on a terminal.
std::string escaped_lines(std::string_view text);

}  // namespace winnow::bytecode
