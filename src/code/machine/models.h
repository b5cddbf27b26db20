// The models of builtins, one table per subject; model_of() in models.cpp searches them all.
#pragma once

#include "code/machine/machine.h"

namespace winnow::machine {

struct ModelEntry {
  std::string_view name;  // canonical
  Model model;
};

std::span<const ModelEntry> object_models();      // getattr, partial, import, sys.modules ...
std::span<const ModelEntry> iteration_models();   // map, reduce, list, zip, range ...
std::span<const ModelEntry> text_models();        // methods of str and bytes, operators on them
std::span<const ModelEntry> conversion_models();  // chr, bytes, int, base64, zlib, codecs, struct ...

// Those that only running code gets: they change lists and dicts in place, look at frames, make functions and
// classes. A pickle's calls of the same names stay events.
std::span<const ModelEntry> reflection_models();     // getattr, super, type, globals, FunctionType ...
std::span<const ModelEntry> container_models();      // methods of list, dict, set, bytearray
std::span<const ModelEntry> more_text_models();      // methods of str and bytes that need their exact semantics
std::span<const ModelEntry> formatting_models();     // str.format, `%`, templates, str() and repr()
std::span<const ModelEntry> number_models();         // int, float, math
std::span<const ModelEntry> more_iteration_models(); // iter, next, sorted, zip, map
std::span<const ModelEntry> itertools_models();
std::span<const ModelEntry> digest_models();         // hashlib, hmac, crc32
std::span<const ModelEntry> module_models();         // struct, json, contextlib, functools, asyncio
std::span<const ModelEntry> pattern_models();        // re
std::span<const ModelEntry> template_models();      // what Jinja templates do beside Python
std::span<const ModelEntry> library_models();        // heapq, random, shlex, textwrap, html
std::span<const ModelEntry> torch_models();          // TorchScript's spelling of Python's operators
std::span<const ModelEntry> syntax_models();        // syntax trees: ast.parse and ast.unparse
std::span<const ModelEntry> written_models();       // small programs of the library, written in Python
std::span<const ModelEntry> registered_models();    // codecs, handlers, hooks: called elsewhere than where they are handed over
Model code_model_of(std::string_view canonical);

// An integer argument that fits, or nothing.
inline std::optional<int64_t> integer_of(Value value) {
  if (value.is(Kind::integer)) return value.as_integer();
  if (value.is(Kind::boolean)) return value.as_boolean() ? 1 : 0;
  return std::nullopt;
}

}  // namespace winnow::machine
