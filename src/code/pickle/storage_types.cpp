#include "code/pickle/storage_types.h"

#include <cctype>

namespace winnow::pickle {
namespace {

struct StorageType {
  std::string_view name;
  uint64_t size;
};

constexpr StorageType kStorageTypes[] = {
    {"DoubleStorage", 8},       {"LongStorage", 8},           {"FloatStorage", 4},   {"IntStorage", 4},
    {"HalfStorage", 2},         {"ShortStorage", 2},          {"CharStorage", 1},    {"ByteStorage", 1},
    {"BoolStorage", 1},         {"BFloat16Storage", 2},       {"QInt8Storage", 1},   {"QUInt8Storage", 1},
    {"QInt32Storage", 4},       {"ComplexFloatStorage", 8},   {"UntypedStorage", 1}, {"_UntypedStorage", 1},
    {"ComplexDoubleStorage", 16},
};

}  // namespace

uint64_t storage_element_size(std::string_view class_name) {
  for (const StorageType& type : kStorageTypes) {
    if (type.name == class_name) return type.size;
  }
  return 0;
}

std::optional<uint64_t> storage_element_size_in(std::string_view pickle) {
  constexpr std::string_view kEnding = "Storage";
  uint64_t size = 0;
  for (size_t at = pickle.find(kEnding); at != std::string_view::npos; at = pickle.find(kEnding, at + 1)) {
    size_t start = at;
    const auto is_word = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
    while (start > 0 && is_word(pickle[start - 1])) --start;
    const uint64_t found = storage_element_size(pickle.substr(start, at + kEnding.size() - start));
    if (found == 0) continue;
    if (size != 0 && found != size) return std::nullopt;
    size = found;
  }
  return size;
}

}  // namespace winnow::pickle
