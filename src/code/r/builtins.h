// The models of R's functions that only compute, one table per subject, and what they share.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "code/r/evaluate.h"

namespace winnow::r {

struct Entry {
  std::string_view name;
  Model model;
};
std::span<const Entry> text_models();
std::span<const Entry> data_models();
std::span<const Entry> call_models();

inline constexpr size_t kLongestText = size_t{4} << 20;  // that a model computes
inline constexpr size_t kMostItems = 100'000;

// The argument of a name, or of a place among those without one.
Id given(const Arguments& arguments, std::string_view name, size_t position);
// As R's as.character and as.numeric have it; nothing where a part is not known.
std::optional<std::vector<std::string>> strings_of(const Pool& pool, Id id);
std::optional<std::vector<double>> numbers_of(const Pool& pool, Id id);
std::optional<std::string> string_of(const Pool& pool, Id id);
Id make_strings(Pool& pool, const std::vector<std::string>& strings);
std::string number_text(double value);
// The items of any vector as values of their own.
std::vector<Id> items_of(Pool& pool, Id id);
// Items as one vector of the widest kind among them, as c() and unlist() make it.
Id combined(Pool& pool, const std::vector<Argument>& parts, bool flatten);

}  // namespace winnow::r
