// Parts of the standard library whose models are themselves programs in Python.
#pragma once

#include "code/machine/machine.h"

namespace winnow::machine {

// What has to be known of the arguments for the source to be run.
enum class Takes : uint8_t {
  data,      // everything: data, and what the program names or defines
  content,   // the same, and something is given
  anything,  // that they are there: functions and objects that are only kept and called
  whatever,  // nothing
  base,      // like data; a class that programs derive from
};

// Whether values keep where they came from (Machine::keeps_origins): what a source does not know of, it loses.
enum class Origins : uint8_t { kept, lost };

struct Written {
  std::string_view name;  // canonical; what stands behind the last dot is defined by the source
  std::string_view source;
  Takes takes = Takes::data;
  Origins origins = Origins::kept;
  bool whole = false;  // the class lacks nothing that the library's has
};

std::span<const Written> written_text_parts();    // written_text.cpp: texts and tables
std::span<const Written> written_number_parts();  // written_numbers.cpp
std::span<const Written> written_object_parts();  // written_objects.cpp: what keeps and calls functions
std::span<const Written> written_caller_parts();  // written_callers.cpp: what calls functions for others
std::span<const Written> written_syntax_parts();  // written_syntax.cpp: `ast`

// What such a source defines under a canonical name; None where there is none.
Value written_definition(Machine& machine, std::string_view canonical);
// The class that stands for one of the library as a base; nothing where the machine has none.
std::optional<Value> written_class(Machine& machine, Value name);
// The class of a library's name of which nothing is missing; nothing where there is none.
std::optional<Value> whole_class(Machine& machine, Value name);
bool is_whole_class(std::string_view canonical);
// Whether a function is one of these sources: nothing that the program defines.
bool is_written(Machine& machine, Value function);

}  // namespace winnow::machine
