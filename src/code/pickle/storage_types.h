// PyTorch's storage classes, as pickles name them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace winnow::pickle {

// Bytes of one element of a storage class by its last name ("FloatStorage"); 0 for one that is not known.
uint64_t storage_element_size(std::string_view class_name);

// The same for the one storage class that the text of a pickle mentions; 0 where it mentions none, nothing
// where it mentions several of different sizes.
std::optional<uint64_t> storage_element_size_in(std::string_view pickle);

}  // namespace winnow::pickle
