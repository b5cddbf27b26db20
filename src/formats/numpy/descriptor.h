// What a NumPy dtype descriptor means for a reader: whether the array holds Python objects, and the size of
// one item. https://github.com/numpy/numpy/blob/main/numpy/lib/_format_impl.py, descr_to_dtype
#pragma once

#include <optional>

#include "code/machine/literal.h"

namespace winnow::numpy {

using machine::Literal;
using machine::LiteralKind;
using machine::LiteralTree;
using machine::parse_literal;

struct DataType {
  bool objects = false;               // somewhere in it: the data are a pickle
  std::optional<uint64_t> item_size;  // in bytes, where it is known
};

DataType data_type_of(const LiteralTree& tree, uint32_t descriptor);

// Of one type string: "<f8", "|O", "object", "3i4,O".
DataType data_type_of(std::string_view text);

}  // namespace winnow::numpy
