// What the models of texts share: the text behind a value, and results of the same type.
#pragma once

#include "code/machine/machine.h"
#include "code/machine/operators.h"

namespace winnow::machine {

// The text of a method's self: str, bytes, bytearray, or an instance of a subclass.
inline std::optional<std::string_view> text(Machine& m, Value value) {
  const Value inner = plain(m, value);
  if (inner.is_text()) return inner.text();
  return buffer_of(m, inner);
}

inline Value like(Machine& m, Value self, std::string_view out) {
  const Value inner = plain(m, self);
  if (inner.is(Kind::byte_array)) return new_byte_array(m, out);
  return inner.is(Kind::bytes) ? m.make_bytes(out) : m.make_string(out);
}

}  // namespace winnow::machine
