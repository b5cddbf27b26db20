// The classes of Python's `ast` module and their fields, as members of Node: for those who write trees down and those
// who read them back.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "code/python/ast.h"

namespace winnow::python {

// A class of `ast` and its fields in their order, each with the member that holds it: 1 2 3 nodes (None where null),
// I O B E H lists (items, others, body, orelse, handlers), n a name, N one that may be None, o `other`,
// v the value, p the operator, # the number, S a list of names (items, of a MatchClass others). Arguments has none: two of its
// fields share a list.
struct Shape {
  Type type;
  std::string_view name, fields;
};

struct Field {
  std::string_view name;
  char member;
};

std::span<const Shape> shapes();
const Shape* shape_of(Type type);                      // null: Arguments
const Shape* shape_named(std::string_view name);       // null: there is none
std::optional<Field> next_field(std::string_view& fields);  // takes one off the front

std::string_view operator_class(Operator op);          // "Add"
Operator operator_named(std::string_view name);        // none: there is none

}  // namespace winnow::python
