#include "core/budget_fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <utility>

namespace winnow {
namespace {

template <auto kField>
constexpr BudgetField field(std::string_view name, uint64_t least, uint64_t most, std::string_view help) {
  using Number = std::remove_reference_t<decltype(std::declval<Budget&>().*kField)>;
  return {name,
          [](const Budget& budget) {
            if constexpr (std::is_floating_point_v<Number>) return static_cast<uint64_t>(std::ceil(budget.*kField));
            else return uint64_t{budget.*kField};
          },
          [](Budget& budget, uint64_t number) { budget.*kField = static_cast<Number>(number); }, least, most, help};
}

constexpr BudgetField kFields[] = {
    field<&Budget::inflated_bytes>("inflated-bytes", 0, UINT64_MAX, "bytes decompressed or decoded from one file"),
    field<&Budget::inflation_ratio>("ratio", 1, UINT64_MAX, "bytes decompressed from one byte, in streams above 16 MiB"),
    field<&Budget::artifacts>("members", 1, UINT32_MAX - 1, "parts of one file that are read, itself among them"),
    field<&Budget::depth>("nesting", 0, UINT32_MAX - 1, "parts inside of parts"),
    field<&Budget::steps>("steps", 0, UINT64_MAX, "opcodes and operations for one file"),
    field<&Budget::code_steps>("code-steps", 0, UINT64_MAX, "instructions of Python code for one program"),
    field<&Budget::forks>("forks", 0, UINT64_MAX, "unknown conditions whose both sides are followed, for one program"),
    field<&Budget::memo>("memo", 0, UINT64_MAX, "values that one pickle remembers"),
    field<&Budget::memory>("memory", 0, UINT64_MAX, "bytes of the values of one program"),
    field<&Budget::string>("string", 0, UINT64_MAX, "bytes of one text that is computed; a longer one is not known"),
    field<&Budget::seconds>("seconds", 0, 1'000'000, "time for one file; 0 is without end"),
};

}  // namespace

std::span<const BudgetField> budget_fields() { return kFields; }

const BudgetField& budget_field(Limit limit) { return kFields[static_cast<size_t>(limit)]; }

std::string set_budget(Budget& budget, std::string_view name, std::string_view value) {
  const auto found = std::find_if(std::begin(kFields), std::end(kFields), [&](auto& each) { return each.name == name; });
  if (found == std::end(kFields)) return "there is no budget '" + std::string(name) + "'";
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const std::string_view unit = value.substr(static_cast<size_t>(end - value.data()));
  unsigned power = 0;
  if (!unit.empty() && (unit.size() == 1 || unit.substr(1) == "iB")) {
    const size_t at = std::string_view("KMGT").find(unit.front());
    power = at == std::string_view::npos ? 0 : 10 * (static_cast<unsigned>(at) + 1);
  }
  const std::string wrong = "budget '" + std::string(name) + "': '" + std::string(value) + "' is no ";
  if (error != std::errc() || (!unit.empty() && power == 0)) return wrong + "number, and no size such as 64M";
  if (power != 0 && number > UINT64_MAX >> power) return wrong + "number that can be held";
  number <<= power;
  if (number < found->least || number > found->most) {
    return wrong + "number from " + std::to_string(found->least) + " to " + std::to_string(found->most);
  }
  found->set(budget, number);
  return {};
}

}  // namespace winnow
