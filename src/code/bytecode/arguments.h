// Code objects that a program makes from their fields: CodeType(...) and the helpers of pickling libraries that
// end in it.
#pragma once

#include <optional>
#include <span>

#include "bytes/result.h"
#include "core/code_object.h"

namespace winnow::bytecode {

// What `types.CodeType(*arguments)`, dill's `_create_code`, cloudpickle's `_builtin_type('CodeType')` and their
// kin make of `arguments`: a Value of Kind::code in `heap`. Which Python it is for follows from the number and the
// types of the arguments, and from the instructions (infer.h); `prior` (the version that the pickle's writer seems
// to be) only breaks ties. The constants are the very Values that were given, callables and unknown ones too. The
// code is not run, and `arguments` are not changed; code objects among the constants are given the same version.
//
// Layouts, of 12 to 20 arguments: 2.7; 3.0-3.7 with kwonlyargcount; 3.8-3.10 with posonlyargcount; 3.11 and
// later with qualname and exceptiontable, its alphas with two more tables, PyPy without exceptiontable; dill's with
// co_lnotab in front. Instructions and tables may be bytes or text (dill encodes text; pickles of Python 2 hold
// their bytes as such).
// Errors: malformed, with offset 0: these arguments make no code object.
Result<Value> code_from_arguments(Heap& heap, std::span<const Value> arguments,
                                  std::optional<PythonVersion> prior = std::nullopt);

}  // namespace winnow::bytecode
