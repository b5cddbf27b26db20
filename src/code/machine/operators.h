// What Python's operators give on values: computed where both sides are known, by the special methods of classes
// that the program defines, else unknown. What raises in Python sets Machine::raised.
#pragma once

#include <optional>
#include <string>

#include "code/ir/ir.h"
#include "code/machine/machine.h"

namespace winnow::machine {

Value binary(Machine& machine, ir::Binary op, Value left, Value right);
Value inplace(Machine& machine, ir::Binary op, Value left, Value right);
Value unary(Machine& machine, ir::Unary op, Value operand);
Value compare(Machine& machine, ir::Compare op, Value left, Value right);  // a bool, or unknown

// Nothing means: not known.
std::optional<bool> truth(Machine& machine, Value value);
std::optional<bool> equal(Machine& machine, Value left, Value right, int depth = 0);
std::optional<int> order(Machine& machine, Value left, Value right, int depth = 0);  // -1, 0, 1
std::optional<bool> contains(Machine& machine, Value container, Value item);
std::optional<int64_t> length(Machine& machine, Value value);

Value subscript(Machine& machine, Value base, Value key);
void store_subscript(Machine& machine, Value base, Value key, Value value);
void delete_subscript(Machine& machine, Value base, Value key);

// The indices that a slice of a sequence of `size` items takes; nothing where a bound is not known.
struct Picked { int64_t start, step; uint64_t count; };
std::optional<Picked> picked(const Machine& machine, Value slice, int64_t size);

// str(x), repr(x), format(x, spec).
std::optional<std::string> text_of(Machine& machine, Value value, int depth = 0);
std::optional<std::string> repr_of(Machine& machine, Value value, int depth = 0);
std::optional<std::string> formatted(Machine& machine, Value value, std::string_view spec);
std::string real_text(double real);

// The characters of a str, the bytes of bytes.
std::optional<std::string_view> unit_at(Machine& machine, Value text, int64_t index);
int64_t units_in(Machine& machine, Value text);

// Bytes, the content of a bytearray, or what an instance of a subclass of bytes or str holds.
std::optional<std::string_view> buffer_of(const Machine& machine, Value value);
// The plain value behind an instance of a class that derives from str, list, int ...; else the value itself.
Value plain(const Machine& machine, Value value);
Value new_byte_array(Machine& machine, std::string_view content);

}  // namespace winnow::machine
