// R's serialisation, as R_Unserialize reads it (src/main/serialize.c): XDR, ASCII and native binary, versions 2 and 3,
// and the files of save() around them (RDX, RDA, RDB). Reading runs nothing; what R runs when the object is used lies
// in it as promises, functions and calls.
#pragma once

#include <string>

#include "bytes/result.h"
#include "code/r/object.h"

namespace winnow::r {

// By the first bytes: "X\n" and a version, or the magic of save().
bool is_serialised(Bytes bytes);

struct Unserialised {
  Id root = kNull;
  bool saved = false;            // by save(): a pairlist of variables, which load() puts into an environment
  std::vector<Id> order;         // what was read, in the order of the file
  std::vector<Id> mapped;        // states of vectors that R maps from a file, which they name
  std::vector<std::string_view> namespaces;  // of packages, which R loads to find
  uint64_t end = 0;              // offset behind the object
  std::optional<Error> damage;   // what came before it is there
};

// Objects of more than `memory` bytes are not read on.
Unserialised unserialize(Pool& pool, Bytes bytes, uint64_t memory);

}  // namespace winnow::r
