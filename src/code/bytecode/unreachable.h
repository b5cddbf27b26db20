// What a code object carries and never runs: code objects in its constants that no instruction loads (functions
// behind a `raise`, or hidden there by hand), instructions that control does not reach. An interpreter does not run
// them either, unless a program takes them out of `co_consts`; a reader shall see them all the same.
#pragma once

#include <string>
#include <vector>

#include "core/code_object.h"

namespace winnow::bytecode {

enum class Use : uint8_t {
  function,  // an instruction makes a function or class of it
  value,     // loaded, or within a constant that may be: code may do with it what it wants
  none,      // no instruction that control reaches loads it
};

struct HeldCode {
  const CodeObject* code = nullptr;
  const CodeObject* holder = nullptr;  // null: the outermost
  Use use = Use::function;
};

// Every code object below `code` (which comes first), each once: those in its constants, in tuples there and below.
std::vector<HeldCode> held_codes(const Heap& heap, const CodeObject& code);

// Whether a body makes a function of a code object.
bool makes_function(const Heap& heap, const ir::Body& body, const CodeObject& code);

// What a listing says of it behind its name: nothing, or ", which no instruction loads".
const char* use_text(const HeldCode& held);

// The names that instructions use to which control never comes, in their order; those of a plain reading, since
// nothing says where such instructions begin.
std::vector<std::string_view> unreached_names(const CodeObject& code);

}  // namespace winnow::bytecode
