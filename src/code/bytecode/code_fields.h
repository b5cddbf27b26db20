// The fields of a code object before they are checked: what marshal and pickled arguments have in common.
#pragma once

#include <span>

#include "bytes/result.h"
#include "code/bytecode/marshal.h"

namespace winnow::bytecode {

// Which values may be names: marshal is exact, pickles spell the str of Python 2 in several ways.
enum class Text : uint8_t { exact, either };

struct CodeFields {
  PythonVersion version;
  CodeLayout layout = CodeLayout::python3_0;
  Text text = Text::exact;
  int32_t argcount = 0, posonlyargcount = 0, kwonlyargcount = 0, nlocals = 0, stacksize = 0, flags = 0;
  int32_t firstlineno = 0;
  Value code, consts, names;
  Value varnames, freevars, cellvars;      // before 3.11
  Value localsplusnames, localspluskinds;  // from 3.11 on
  Value filename, name, qualname, linetable, exceptiontable;
  uint64_t offset = 0;
};

// The fields that are objects, in the order in which marshal has them; the first line number stands before the line
// table.
using CodePart = Value CodeFields::*;
std::span<const CodePart> code_parts(CodeLayout layout);

// A code object, if the checks of that version's interpreter let the fields pass. `room` is how many more
// entries of tables may be copied; it is counted down. Where an interpreter before 3.6 accepts more arguments
// than names, the names that lack are made up, so that arguments always have one; above 255 there are no arguments.
Result<CodeObject> make_code(Heap& heap, const CodeFields& fields, uint64_t& room);

}  // namespace winnow::bytecode
