#include "code/python/print.h"

#include <gtest/gtest.h>

#include <cmath>

namespace winnow::python {
namespace {

struct PrintTest : testing::Test {
  Node* name(std::string_view text) {
    Node* node = tree.make(Type::Name);
    node->name = text;
    return node;
  }
  Node* constant(Value value) {
    Node* node = tree.make(Type::Constant);
    node->value = value;
    return node;
  }
  Node* binary(Node* left, Operator op, Node* right) {
    Node* node = tree.make(Type::BinOp);
    node->first = left;
    node->op = op;
    node->second = right;
    return node;
  }
  std::string text(const Node* node, PythonVersion version = {3, 14}) {
    PrintOptions options;
    options.version = version;
    return print(*node, heap, options, &complete);
  }
  std::string text(Value value, PythonVersion version = {3, 14}) { return text(constant(value), version); }

  Heap heap;
  Tree tree{heap};
  bool complete = true;
};

TEST_F(PrintTest, ParenthesesByPrecedence) {
  Node* a = name("a");
  Node* sum = binary(a, Operator::Add, a);
  EXPECT_EQ(text(binary(sum, Operator::Sub, sum)), "a + a - (a + a)");
  EXPECT_EQ(text(binary(sum, Operator::Mult, a)), "(a + a) * a");
  Node* power = binary(a, Operator::Pow, a);
  EXPECT_EQ(text(binary(power, Operator::Pow, power)), "(a ** a) ** a ** a");
  EXPECT_EQ(text(binary(constant(Value::integer(-1)), Operator::Pow, constant(Value::integer(-1)))), "(-1) ** -1");
}

TEST_F(PrintTest, ConstantsFoldToThemselves) {
  EXPECT_EQ(text(Value::real(1e16)), "1e+16");
  EXPECT_EQ(text(Value::real(0.1)), "0.1");
  EXPECT_EQ(text(Value::real(1e-5)), "1e-05");
  EXPECT_EQ(text(Value::real(123456.5)), "123456.5");
  EXPECT_EQ(text(Value::real(-0.0)), "-0.0");
  EXPECT_EQ(text(Value::real(HUGE_VAL)), "1e309");
  EXPECT_EQ(text(Value::big_integer(std::string_view("\0\0\0\0\0\0\0\0\1", 9))), "18446744073709551616");
  EXPECT_EQ(text(Value::big_integer(std::string_view("\xff", 1)), {2, 7}), "-1L");
  EXPECT_EQ(text(heap.new_items(Kind::frozen_set, nullptr, 0)), "frozenset()");
  EXPECT_EQ(text(heap.new_tuple({Value::integer(1)})), "(1,)");
}

TEST_F(PrintTest, TextIsEscaped) {
  EXPECT_EQ(text(Value::string("it's \xe2\x80\xae \n")), "\"it's \\u202e \\n\"");
  EXPECT_EQ(text(Value::string("\xed\xa0\x80")), "'\\ud800'");
  EXPECT_EQ(text(Value::bytes("\xff'\""), {2, 7}), "'\\xff\\'\"'");
  EXPECT_EQ(text(Value::string("x"), {2, 7}), "u'x'");
}

TEST_F(PrintTest, HostileNamesCannotLeaveTheirPlace) {
  EXPECT_EQ(text(name("a_b\nc")), "__winnow_name_a__b_xa_c");
  EXPECT_EQ(text(name("None")), "__winnow_name_None");
  EXPECT_EQ(text(name("__winnow_code__")), "__winnow_name_____winnow__code____");
  EXPECT_EQ(text(name("\xf0\x9d\x96\x94")), "__winnow_name__x1d594_");  // it is no name as it stands: it would be o
  EXPECT_EQ(text(name("print"), {2, 7}), "__winnow_name_print");
}

TEST_F(PrintTest, DeepTreesEnd) {
  Node* deep = name("a");
  for (int i = 0; i < 100'000; i++) {
    Node* node = tree.make(Type::UnaryOp);
    node->op = Operator::Not;
    node->first = deep;
    deep = node;
  }
  EXPECT_NE(text(deep).find("__winnow_too_deep__"), std::string::npos);
  EXPECT_FALSE(complete);
  Node* chain = name("a");
  for (int i = 0; i < 100'000; i++) chain = binary(chain, Operator::Add, name("a"));
  EXPECT_EQ(text(chain).size(), 400'001u);
  EXPECT_TRUE(complete);
}

TEST_F(PrintTest, FormattedStringsBefore312UseOtherQuotes) {
  Node* joined = tree.make(Type::JoinedStr);
  tree.append(joined->items, constant(Value::string("it's {")));
  Node* field = tree.make(Type::FormattedValue);
  field->number = 'r';
  field->first = tree.make(Type::Subscript);
  field->first->first = name("x");
  field->first->second = constant(Value::string("key"));
  tree.append(joined->items, field);
  EXPECT_EQ(text(joined, {3, 8}), "f'it\\'s {{{x[\"key\"]!r}'");
  field->first->second->value = Value::string("a\n");
  EXPECT_EQ(text(joined, {3, 8}), "f\"\"\"it's {{{x['''a\n''']!r}\"\"\"");
  EXPECT_EQ(text(joined, {3, 12}), "f'it\\'s {{{x['a\\n']!r}'");
  EXPECT_TRUE(complete);
  field->first->second->value = Value::string("a\\");
  (void)text(joined, {3, 8});
  EXPECT_FALSE(complete);
}

}  // namespace
}  // namespace winnow::python
