#include "core/budget_fields.h"

#include <gtest/gtest.h>

namespace winnow {
namespace {

TEST(Budget, EveryFieldIsSetAndHad) {
  for (const BudgetField& field : budget_fields()) {
    Budget budget;
    field.set(budget, 7);
    EXPECT_EQ(field.get(budget), 7U) << field.name;
    EXPECT_EQ(set_budget(budget, field.name, "6"), "") << field.name;
    EXPECT_EQ(field.get(budget), 6U) << field.name;
  }
}

TEST(Budget, TheTableIsInTheOrderOfTheEnum) {
  EXPECT_EQ(budget_field(Limit::inflated_bytes).name, "inflated-bytes");
  EXPECT_EQ(budget_field(Limit::depth).name, "nesting");
  EXPECT_EQ(budget_field(Limit::forks).name, "forks");
  EXPECT_EQ(budget_field(Limit::seconds).name, "seconds");
  EXPECT_EQ(&budget_field(Limit::seconds), &budget_fields().back());
}

TEST(Budget, NumbersAndSizes) {
  Budget budget;
  EXPECT_EQ(set_budget(budget, "steps", "1000"), "");
  EXPECT_EQ(budget.steps, 1000U);
  EXPECT_EQ(set_budget(budget, "inflated-bytes", "2GiB"), "");
  EXPECT_EQ(budget.inflated_bytes, uint64_t{2} << 30);
  EXPECT_EQ(set_budget(budget, "memory", "64M"), "");
  EXPECT_EQ(budget.memory, uint64_t{64} << 20);
  EXPECT_EQ(set_budget(budget, "seconds", "0"), "");
}

TEST(Budget, WhatIsWrongChangesNothing) {
  const Budget fresh;
  for (const char* value : {"", "x", "-1", "1.5", "1Q", "1KB", "99999999999999999999", "99999999999999T", " 1", "1 "}) {
    Budget budget;
    EXPECT_NE(set_budget(budget, "steps", value), "") << value;
    EXPECT_EQ(budget.steps, fresh.steps);
  }
  Budget budget;
  EXPECT_NE(set_budget(budget, "ratio", "0"), "");
  EXPECT_NE(set_budget(budget, "no-such", "1"), "");
}

}  // namespace
}  // namespace winnow
