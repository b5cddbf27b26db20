// Flow graphs from bodies written by hand. One block a line:
//   0: a 1 + =x ? 1 2      load a, load the constant 1, add, store x; branch
//   1: b > 2               jump
//   2: ret | raise 1 | for 3 4 | reraise
//   0 !3/1: ...            block 0, whose exceptions go to block 3, which keeps one value
// Words: a name loads it, =x stores it, 'text' and 12 and None are constants, .x and =.x are attributes, [] and =[]
// subscripts, + the sum, +=+ the sum in place, < the comparison, not, (2 calls with two arguments, tuple2, list0,
// unpack2, copy1, swap2, rotate3, pop, iter, append2, enter, leave, with, is, clear:x, restore:x, assertion.
#include "code/bytecode/flow.h"

#include <gtest/gtest.h>

#include <sstream>

#include "code/bytecode/flow_text.h"

namespace winnow::bytecode {
namespace {

using ir::Op;

class FlowOf : public ::testing::Test {
 protected:
  std::string run(const std::string& text, PythonVersion version = {3, 11}) {
    code_.version = version;
    code_.flags = CodeObject::kOptimized;
    code_.name = "f";
    ir::Body body;
    body.version = version;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.find(':') != std::string::npos) body.blocks.push_back(block(line));
    }
    Context context{tree_};
    context.code = &code_;
    return to_text(build_flow(code_, body, context), heap_);
  }

 private:
  std::string_view kept(const std::string& text) { return heap_.arena().copy(text); }

  static uint32_t number(const std::string& word, size_t from) { return static_cast<uint32_t>(std::stoul(word.substr(from))); }

  ir::Instruction instruction(const std::string& word) {
    ir::Instruction in{};
    const auto make = [&](Op op, uint32_t a = 0) { in.op = op, in.a = a; };
    const auto starts = [&](const char* with) { return word.starts_with(with); };
    if (word == "None") make(Op::load_const), in.value = Value::none();
    else if (word[0] == '\'') make(Op::load_const), in.value = Value::string(kept(word.substr(1, word.size() - 2)));
    else if (std::isdigit(static_cast<unsigned char>(word[0]))) make(Op::load_const), in.value = Value::integer(std::stol(word));
    else if (word == "[]") make(Op::subscript);
    else if (word == "=[]") make(Op::store_subscript);
    else if (starts("=.")) make(Op::store_attr), in.name = kept(word.substr(2));
    else if (starts(".")) make(Op::load_attr), in.name = kept(word.substr(1));
    else if (word == "+") make(Op::binary, static_cast<uint32_t>(ir::Binary::add));
    else if (word == "+=+") make(Op::inplace, static_cast<uint32_t>(ir::Binary::add));
    else if (word == "<") make(Op::compare, static_cast<uint32_t>(ir::Compare::lt));
    else if (word == "is") make(Op::compare, static_cast<uint32_t>(ir::Compare::is));
    else if (word == "not") make(Op::unary, static_cast<uint32_t>(ir::Unary::logical_not));
    else if (word == "pop") make(Op::pop);
    else if (word == "iter") make(Op::get_iter);
    else if (word == "enter") make(Op::enter_handler);
    else if (word == "leave") make(Op::leave_handler);
    else if (word == "with") make(Op::enter_with);
    else if (word == "exit") make(Op::exit_with);
    else if (word == "matches") make(Op::match_exception);
    else if (word == "assertion") make(Op::load_common), in.name = "AssertionError";
    else if (starts("clear:")) make(Op::load_fast_and_clear), in.name = kept(word.substr(6));
    else if (starts("restore:")) make(Op::restore_fast), in.name = kept(word.substr(8));
    else if (starts("(")) make(Op::call, number(word, 1));
    else if (starts("tuple")) make(Op::build_tuple, number(word, 5));
    else if (starts("list")) make(Op::build_list, number(word, 4));
    else if (starts("unpack")) make(Op::unpack_sequence, number(word, 6));
    else if (starts("copy")) make(Op::copy, number(word, 4));
    else if (starts("swap")) make(Op::swap, number(word, 4));
    else if (starts("rotate")) make(Op::rotate, number(word, 6));
    else if (starts("append")) make(Op::list_append, number(word, 6));
    else if (starts("import:")) make(Op::import_name), in.name = kept(word.substr(7));
    else if (starts("from:")) make(Op::import_from), in.name = kept(word.substr(5));
    else if (starts("=")) make(Op::store_fast), in.name = kept(word.substr(1));
    else make(Op::load_fast), in.name = kept(word);
    return in;
  }

  ir::Block block(const std::string& line) {
    ir::Block b;
    const size_t colon = line.find(": ");
    if (const size_t at = line.find('!'); at < colon) {
      b.handler = number(line, at + 1);
      b.handler_depth = number(line, line.find('/') + 1);
    }
    std::istringstream words(line.substr(colon + 1));
    for (std::string word; words >> word;) {
      if (word == ">") b.exit = ir::Exit::jump, words >> b.target;
      else if (word == "?") b.exit = ir::Exit::branch, words >> b.target >> b.otherwise;
      else if (word == "for") b.exit = ir::Exit::for_iter, words >> b.target >> b.otherwise;
      else if (word == "ret") b.exit = ir::Exit::return_value;
      else if (word == "reraise") b.exit = ir::Exit::reraise;
      else if (word == "raise") b.exit = ir::Exit::raise, words >> b.a;
      else b.instructions.push_back(instruction(word));
    }
    return b;
  }

  Heap heap_;
  python::Tree tree_{heap_};
  CodeObject code_;
};

TEST_F(FlowOf, ValuesWaitForTheirStores) {
  EXPECT_EQ(run("0: b a swap2 =a =b None ret"), "B0:\n  a, b = (b, a)\n  return None\n");
  EXPECT_EQ(run("0: x y =y =x None ret"), "B0:\n  x, y = (x, y)\n  return None\n");
  EXPECT_EQ(run("0: x copy1 =a copy1 b =.c =d None ret"), "B0:\n  a = b.c = d = x\n  return None\n");
  EXPECT_EQ(run("0: x copy1 =y 1 + =z None ret"), "B0:\n  z = (y := x) + 1\n  return None\n");
  EXPECT_EQ(run("0: x unpack2 =a unpack2 =b o =.c None ret"), "B0:\n  a, (b, o.c) = x\n  return None\n");
}

TEST_F(FlowOf, AugmentedTargets) {
  EXPECT_EQ(run("0: a 1 +=+ =a None ret"), "B0:\n  a += 1\n  return None\n");
  EXPECT_EQ(run("0: o copy1 .x 1 +=+ swap2 =.x None ret"), "B0:\n  o.x += 1\n  return None\n");
  EXPECT_EQ(run("0: o k copy2 copy2 [] 1 +=+ swap3 swap2 =[] None ret"), "B0:\n  o[k] += 1\n  return None\n");
}

TEST_F(FlowOf, EvaluationOrderIsKept) {
  // y is read, then f is called, then y is stored elsewhere: no source form, so slots.
  const std::string text = run("0: y f (0 pop =z None ret");
  ASSERT_NE(text.find("s0 = y\n"), std::string::npos);
  EXPECT_LT(text.find("s0 = y"), text.find("f()"));
  EXPECT_NE(text.find("z = "), std::string::npos);
}

TEST_F(FlowOf, Imports) {
  EXPECT_EQ(run("0: 0 None import:a.b =a None ret"), "B0:\n  import a.b\n  return None\n");
  EXPECT_EQ(run("0: 0 None import:a.b from:b swap2 pop =c None ret"), "B0:\n  import a.b as c\n  return None\n");
  EXPECT_EQ(run("0: 1 'x' tuple1 import:m from:x =x from:y =z pop None ret"), "B0:\n  from .m import x, y as z\n  return None\n");
  EXPECT_NE(run("0: 0 None import:os .system 'id' (1 ret").find("__import__('os').system('id')"), std::string::npos);
}

TEST_F(FlowOf, ShortCircuits) {
  EXPECT_EQ(run("0: a copy1 ? 1 2\n1: pop b > 2\n2: ret"), "B0:\n  return a and b\n");
  EXPECT_EQ(run("0: a ? 1 3\n1: b copy1 ? 4 2\n2: pop > 3\n3: c > 4\n4: ret"), "B0:\n  return a and b or c\n");
  EXPECT_EQ(run("0: a ? 1 3\n1: b ? 2 3\n2: x pop None ret\n3: y ret"), "B0:\n  if a and b -> B2 else B3\nB2:\n  x\n  return None\nB3:\n  return y\n");
  EXPECT_EQ(run("0: a ? 3 1\n1: b ? 2 3\n2: x ret\n3: y ret"), "B0:\n  if a or not b -> B3 else B2\nB2:\n  return x\nB3:\n  return y\n");
}

TEST_F(FlowOf, NotStaysOutWhereItWouldCompileToAnotherInstruction) {
  // Up to 3.6 `not b` in the middle of a test is an instruction.
  EXPECT_EQ(run("0: a ? 3 1\n1: b ? 2 3\n2: x ret\n3: y ret", {3, 6}).substr(0, 25), "B0:\n  if a -> B3 else B1\n");
}

TEST_F(FlowOf, Ternaries) {
  EXPECT_EQ(run("0: f a ? 1 2\n1: b > 3\n2: c > 3\n3: (1 =x None ret"), "B0:\n  x = f(b if a else c)\n  return None\n");
  // The call and the return were copied behind both arms.
  EXPECT_EQ(run("0: f a ? 1 2\n1: b (1 ret\n2: c (1 ret"), "B0:\n  return f(b if a else c)\n");
}

TEST_F(FlowOf, ComparisonChains) {
  EXPECT_EQ(run("0: a b swap2 copy2 < copy1 ? 1 2\n1: pop c < > 3\n2: swap2 pop > 3\n3: =x None ret"),
            "B0:\n  x = a < b < c\n  return None\n");
  EXPECT_EQ(run("0: a b copy1 rotate3 < ? 1 2\n1: c < ? 3 4\n2: pop > 4\n3: x ret\n4: y ret"),
            "B0:\n  if a < b < c -> B3 else B4\nB3:\n  return x\nB4:\n  return y\n");
}

TEST_F(FlowOf, Assertions) {
  EXPECT_EQ(run("0: a ? 2 1\n1: assertion 'm' (1 raise 1\n2: None ret"), "B0:\n  assert a, 'm'\n  return None\n");
}

TEST_F(FlowOf, ComprehensionsInLine) {
  EXPECT_EQ(run("0 !5/0: xs iter clear:x swap2 list0 swap2 > 1\n1 !5/0: for 2 4\n2 !5/0: =x x ? 3 1\n3 !5/0: x 1 + append2 > 1\n"
                "4: swap2 restore:x =y None ret\n5: enter swap2 pop restore:x reraise", {3, 12}),
            "B0:\n  y = [x + 1 for x in xs if x]\n  return None\n");
}

TEST_F(FlowOf, LoopsAndWith) {
  EXPECT_EQ(run("0: xs iter > 1\n1: for 2 3\n2: unpack2 =a =b > 1\n3: None ret"),
            "B0:\n  s0 = iter xs\n  jump B1\nB1:\n  for (a, b) in s0 -> B2 else B3\nB2:\n  jump B1\nB3:\n  return None\n");
  EXPECT_EQ(run("0: m with > 1\n1 !3/1: =x y > 2\n2: swap2 None None None (3 pop ret\n3: enter exit ? 4 5\n4: pop leave pop None ret\n5: reraise"),
            "B0:\n  s0, s1 = enter m\n  jump B1\nB1: handler B3\n  x = __winnow_name_\n  s2 = y\n  jump B2\nB2:\n  leave s0\n  return s2\n"
            "B3: catches s3\n  enter handler\n  if exit s0 suppresses s3 -> B4 else B5\nB4:\n  leave handler\n  return None\nB5:\n  reraise s3\n");
}

TEST_F(FlowOf, Handlers) {
  EXPECT_EQ(run("0 !2/0: f (0 pop > 1\n1: None ret\n2: enter E matches ? 3 4\n3: =e leave > 1\n4: reraise"),
            "B0:\n  jump B1\nB1: handler B3\n  f()\n  jump B2\nB2:\n  return None\nB3: catches s0\n  enter handler\n  if s0 is a E -> B4 else B5\n"
            "B4:\n  e = __winnow_name_\n  leave handler\n  jump B2\nB5:\n  reraise s0\n");
}

TEST_F(FlowOf, HostileStacks) {
  EXPECT_NE(run("0: pop pop + ret").find("__below_the_stack__"), std::string::npos);
  EXPECT_NE(run("0: a swap9 copy7 rotate5 ret").find("B0:"), std::string::npos);
  EXPECT_NE(run("0: a > 0").find("B1:"), std::string::npos);
  // Two ways with different values in the same place.
  EXPECT_NE(run("0: c ? 1 2\n1: f (0 f (1 > 3\n2: g (0 =x g (0 > 3\n3: =y None ret").find("s0 = f()(f)"), std::string::npos);
}

}  // namespace
}  // namespace winnow::bytecode
