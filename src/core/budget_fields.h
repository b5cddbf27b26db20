// The budgets by name: the one table from which the command line, its help, the manual page and the configuration
// file are made.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/budget.h"

namespace winnow {

struct BudgetField {
  std::string_view name;  // "inflated-bytes"
  uint64_t (*get)(const Budget&);
  void (*set)(Budget&, uint64_t);
  uint64_t least;
  uint64_t most;
  std::string_view help;
};

std::span<const BudgetField> budget_fields();  // in the order of Limit
const BudgetField& budget_field(Limit limit);

// "steps", "1000000"; sizes may end in K, M, G or T, for powers of 1024. What is wrong with it; nothing if it was set.
std::string set_budget(Budget& budget, std::string_view name, std::string_view value);

}  // namespace winnow
