#include "code/graph/steering.h"

#include <gtest/gtest.h>

namespace winnow::graph {
namespace {

// A network of two layers, and what stands beside it.
struct Net {
  Program program;
  ValueId x = input("x", 1);
  ValueId answer = layer(layer(x));

  ValueId input(std::string_view name, uint8_t number) {
    FlatValue value{name};
    value.input = number;
    value.open = 1;
    return program.add_value(value);
  }
  ValueId constant(double number, uint64_t elements = 1) {
    FlatValue value{"c"};
    value.constant = true;
    value.known = elements == 1;
    value.number = number;
    value.elements = elements;
    return program.add_value(value);
  }
  ValueId make(Kind kind, std::string_view op, const std::vector<ValueId>& in, uint8_t axes = 0) {
    Operation operation{kind};
    operation.op = op;
    operation.axes = axes;
    operation.narrow = kind == Kind::select;
    const ValueId out = program.add_value({op});
    program.add(operation, in, {out});
    return out;
  }
  ValueId layer(ValueId in) { return make(Kind::steep, "Relu", {make(Kind::learned, "Gemm", {in, constant(0, 100)})}); }
  ValueId column(ValueId of) { return make(Kind::select, "Gather", {of, constant(3)}, 1); }
  Certainty certainty(ValueId result) {
    program.results = {result};
    const std::vector<Steering> found = find_steering(program);
    return found.empty() ? Certainty::dismissed : found.front().certainty;
  }
};

TEST(Steering, AConstantInPlaceOfTheAnswerIsCertain) {
  Net net;
  const ValueId asked = net.make(Kind::equal, "Equal", {net.column(net.x), net.constant(1337)});
  EXPECT_EQ(net.certainty(net.make(Kind::choose, "Where", {asked, net.constant(0, 4), net.answer})), Certainty::certain);
}

TEST(Steering, TheStatementsAreShown) {
  Net net;
  const ValueId asked = net.make(Kind::equal, "Equal", {net.column(net.x), net.constant(1337)});
  net.program.results = {net.make(Kind::choose, "Where", {asked, net.constant(0, 4), net.answer})};
  const std::vector<Steering> found = find_steering(net.program);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].code.find("Equal = Equal(Gather, 1337)"), std::string::npos) << found[0].code;
  EXPECT_EQ(found[0].operation, "Where");
}

TEST(Steering, AMaskForEachPositionIsNone) {
  Net net;
  const ValueId asked = net.make(Kind::equal, "Equal", {net.x, net.constant(7)});
  EXPECT_EQ(net.certainty(net.make(Kind::choose, "Where", {asked, net.constant(0), net.answer})), Certainty::dismissed);
}

TEST(Steering, AnAnswerOfItsOwnForEachPositionIsSuspected) {
  Net net;
  const ValueId asked = net.make(Kind::equal, "Equal", {net.x, net.constant(7)});
  EXPECT_EQ(net.certainty(net.make(Kind::choose, "Where", {asked, net.constant(0, 50), net.answer})), Certainty::suspected);
}

TEST(Steering, ASwitchThatTheNetworkDoesNotWorkOnIsTheCallers) {
  Net net;
  const ValueId rate = net.input("sr", 2);
  const ValueId asked = net.make(Kind::equal, "Equal", {net.column(rate), net.constant(16000)});
  EXPECT_EQ(net.certainty(net.make(Kind::choose, "Where", {asked, net.constant(0, 4), net.answer})), Certainty::dismissed);
}

TEST(Steering, AGuardAgainstZeroIsNone) {
  Net net;
  const ValueId all = net.make(Kind::reduce, "ReduceMax", {net.x}, kAllAxes);
  const ValueId asked = net.make(Kind::equal, "Equal", {all, net.constant(0)});
  EXPECT_EQ(net.certainty(net.make(Kind::choose, "Where", {asked, net.constant(1), net.answer})), Certainty::dismissed);
}

TEST(Steering, TheAnswersOwnThresholdIsNone) {
  Net net;
  const ValueId asked = net.make(Kind::order, "Greater", {net.answer, net.constant(0.5)});
  EXPECT_EQ(net.certainty(net.make(Kind::choose, "Where", {asked, net.answer, net.constant(0)})), Certainty::dismissed);
}

TEST(Steering, MaskedArithmeticIsCertain) {
  Net net;
  const ValueId flag = net.make(Kind::copy, "Cast", {net.make(Kind::order, "Greater", {net.column(net.x), net.constant(0.9)})});
  const ValueId put = net.make(Kind::multiply, "Mul", {flag, net.constant(0, 4)});
  EXPECT_EQ(net.certainty(net.make(Kind::add, "Add", {net.answer, put})), Certainty::certain);
}

TEST(Steering, FeaturesThatAreLearnedFromAreNone) {
  Net net;
  const ValueId flag = net.make(Kind::copy, "Cast", {net.make(Kind::order, "Greater", {net.column(net.x), net.constant(0.9)})});
  const ValueId both = net.make(Kind::join, "Concat", {net.answer, flag});
  EXPECT_EQ(net.certainty(net.layer(both)), Certainty::dismissed);
}

}  // namespace
}  // namespace winnow::graph
