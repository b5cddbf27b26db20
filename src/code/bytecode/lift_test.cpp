#include "code/bytecode/lift.h"

#include <gtest/gtest.h>

#include "code/bytecode/decode.h"

namespace winnow::bytecode {
namespace {

constexpr PythonVersion k27{2, 7}, k30{3, 0}, k31{3, 1}, k34{3, 4}, k35{3, 5}, k37{3, 7}, k38{3, 8}, k310{3, 10}, k311{3, 11}, k312{3, 12},
    k313{3, 13}, k314{3, 14};

struct Step {
  Opcode opcode;
  uint32_t arg = 0;
};

// Instructions of a version, caches included.
std::string assemble(PythonVersion version, std::initializer_list<Step> steps) {
  const OpcodeSet& set = *opcode_set(version);
  std::string code;
  for (const Step& step : steps) {
    unsigned byte = 0;
    while (byte < 256 && (set.bytes[byte].opcode != step.opcode || set.bytes[byte].specialised)) ++byte;
    EXPECT_LT(byte, 256u) << opcode_name(step.opcode);
    code += static_cast<char>(byte);
    if (version >= PythonVersion{3, 6}) {
      code += static_cast<char>(step.arg);
      code.append(2u * set.bytes[byte].caches, '\0');
    } else if (byte >= set.have_argument) {
      code += static_cast<char>(step.arg);
      code += static_cast<char>(step.arg >> 8);
    }
  }
  return code;
}

struct Unit {
  Heap heap;
  std::string text;
  CodeObject code;

  Unit(PythonVersion version, std::string bytes) : text(std::move(bytes)) {
    code.version = version;
    code.code = text;
    code.stacksize = 100;
    code.nlocals = 4;
    code.names = {"a", "b", "c"};
    code.varnames = code.localsplusnames = {"x", "y"};
    code.localspluskinds = {CodeObject::kLocal, CodeObject::kLocal};
    const Value keys[] = {Value::string("k")};
    code.consts = {Value::none(), Value::integer(1), Value::string("k"), heap.new_items(Kind::tuple, keys, 1)};
  }
  Unit(PythonVersion version, std::initializer_list<Step> steps) : Unit(version, assemble(version, steps)) {}

  // "B0: load_fast x, call 1 -> return | B1: ..."
  std::string lifted() {
    const ir::Body body = lift(code, heap);
    EXPECT_EQ(ir::check(body), "") << ir::to_text(body, heap);
    for (const ir::Anomaly& anomaly : body.anomalies) ADD_FAILURE() << anomaly.what;
    return shown(body);
  }
  static std::string shown(const ir::Body& body) {
    std::string out;
    for (size_t id = 0; id < body.blocks.size(); ++id) {
      const ir::Block& b = body.blocks[id];
      out += (id ? " | B" : "B") + std::to_string(id) + ":";
      for (const ir::Instruction& i : b.instructions) {
        out += " " + std::string(ir::op_name(i.op));
        if (i.op == ir::Op::load_const && i.value.is(Kind::integer)) out += " " + std::to_string(i.value.as_integer());
        if (!i.name.empty()) out += " " + std::string(i.name);
        if (i.a) out += " " + std::to_string(i.a);
        for (const std::string_view name : i.names) out += " " + std::string(name) + "=";
        out += ",";
      }
      static constexpr const char* kExits[] = {"jump", "branch", "for", "return", "raise", "reraise", "end_async_for", "invalid"};
      out += std::string(" ") + kExits[static_cast<size_t>(b.exit)];
      if (b.target != ir::kNoBlock) out += " B" + std::to_string(b.target);
      if (b.otherwise != ir::kNoBlock) out += " B" + std::to_string(b.otherwise);
      if (b.handler != ir::kNoBlock) out += " handler B" + std::to_string(b.handler);
    }
    return out;
  }
  bool has(ir::Anomaly::Kind kind) {
    for (const ir::Anomaly& anomaly : lift(code, heap).anomalies) {
      if (anomaly.kind == kind) return true;
    }
    return false;
  }
};

using Kinds = ir::Anomaly::Kind;

TEST(Decode, FollowsControlAndLeavesJunkAlone) {
  Unit unit(k38, assemble(k38, {{Opcode::jump_forward, 4}}) + "\xff\xff\xff\xff" +
                     assemble(k38, {{Opcode::load_const, 0}, {Opcode::return_value}}));
  const Decoding decoding = decode(unit.code);
  EXPECT_EQ(decoding.instructions.size(), 3u);
  EXPECT_EQ(decoding.reached, 6u);
  EXPECT_TRUE(decoding.anomalies.empty());
}

TEST(Decode, ArgumentsAreExtended) {
  Unit word(k38, {{Opcode::extended_arg, 1}, {Opcode::extended_arg, 2}, {Opcode::build_list, 3}, {Opcode::return_value}});
  EXPECT_EQ(decode(word.code).instructions[0].arg, 0x10203u);
  EXPECT_EQ(decode(word.code).instructions[0].next, 6u);
  Unit bytes(k27, {{Opcode::extended_arg, 1}, {Opcode::load_const, 2}, {Opcode::return_value}});
  EXPECT_EQ(decode(bytes.code).instructions[0].arg, 0x10002u);
  EXPECT_TRUE(bytes.has(Kinds::index_out_of_range));
}

TEST(Decode, JumpsIntoInstructions) {
  // Skips the EXTENDED_ARG: executed as LOAD_FAST 0, whatever the other way in makes of it.
  Unit unit(k38, {{Opcode::load_fast, 1}, {Opcode::pop_jump_if_true, 6}, {Opcode::extended_arg, 1},
                  {Opcode::load_fast, 0}, {Opcode::return_value}});
  EXPECT_EQ(decode(unit.code).instructions.size(), 5u);
  EXPECT_TRUE(unit.has(Kinds::jump_into_instruction));
  Unit odd(k38, {{Opcode::jump_absolute, 3}, {Opcode::load_fast, 0}, {Opcode::return_value}});
  EXPECT_EQ(decode(odd.code).instructions[1].offset, 2u);
}

TEST(Decode, TheFirstRowOfTheExceptionTableCounts) {
  Unit unit(k311, {{Opcode::resume}, {Opcode::load_global, 0}, {Opcode::return_value}, {Opcode::reraise}});
  unit.code.exceptiontable = {"\x81\x01\x08\x01", 4};
  const Decoding decoding = decode(unit.code);
  ASSERT_EQ(decoding.handlers.size(), 1u);
  EXPECT_EQ(decoding.handlers[0].start, 2u);
  EXPECT_EQ(decoding.handlers[0].target, 16u);
  EXPECT_TRUE(decoding.handlers[0].lasti);
  EXPECT_EQ(decoding.instructions[0].handler, -1);
  EXPECT_EQ(decoding.instructions[1].handler, 0);
}

TEST(Decode, LinesOfEveryTable) {
  Unit old(k38, {{Opcode::load_const, 0}, {Opcode::return_value}});
  old.code.firstlineno = 10;
  old.code.linetable = {"\x02\xff", 2};
  EXPECT_EQ(decode(old.code).instructions[0].line, 10);
  EXPECT_EQ(decode(old.code).instructions[1].line, 9);
  Unit middle(k310, {{Opcode::load_const, 0}, {Opcode::return_value}});
  middle.code.firstlineno = 10;
  middle.code.linetable = {"\x02\x01\x02\x80", 4};
  EXPECT_EQ(decode(middle.code).instructions[0].line, 11);
  EXPECT_EQ(decode(middle.code).instructions[1].line, 0);
  Unit late(k313, {{Opcode::resume}, {Opcode::return_const, 0}});
  late.code.firstlineno = 10;
  late.code.linetable = {"\xe8\x04\xd8\x01\x02", 5};
  EXPECT_EQ(decode(late.code).instructions[0].line, 12);
  EXPECT_EQ(decode(late.code).instructions[1].line, 13);
}

TEST(Decode, ValidityCountsWhatSpeaksAgainstAVersion) {
  Unit good(k313, {{Opcode::resume}, {Opcode::return_const, 0}});
  good.code.linetable = {"\xd8\x04\x05\xd8\x04\x05", 6};
  EXPECT_EQ(validity(good.code).faults(), 0u);
  good.code.version = k38;
  EXPECT_GT(validity(good.code).faults(), 0u);
}

TEST(Lift, UnknownOpcodesEndTheirBlockOnly) {
  Unit unit(k38, assemble(k38, {{Opcode::load_fast, 0}, {Opcode::pop_jump_if_true, 8}, {Opcode::load_fast, 1}}) +
                     std::string("\xff\x00", 2) + assemble(k38, {{Opcode::load_fast, 0}, {Opcode::return_value}}));
  const ir::Body body = lift(unit.code, unit.heap);
  EXPECT_EQ(Unit::shown(body), "B0: load_fast x, branch B2 B1 | B1: load_fast y, unknown <unknown>, invalid | "
                               "B2: load_fast x, return");
  EXPECT_TRUE(unit.has(Kinds::invalid_opcode));
}

TEST(Lift, SpecialisedOpcodesStandForTheirBase) {
  std::string bytes = assemble(k311, {{Opcode::resume}, {Opcode::load_fast, 0}, {Opcode::load_fast, 1},
                                      {Opcode::binary_op, 0}, {Opcode::return_value}});
  bytes[6] = 5;  // BINARY_OP_ADD_INT on 3.11
  ASSERT_TRUE(opcode_set(k311)->bytes[static_cast<uint8_t>(bytes[6])].specialised);
  Unit unit(k311, bytes);
  EXPECT_EQ(Unit::shown(lift(unit.code, unit.heap)), "B0: load_fast x, load_fast y, binary, return");
  EXPECT_TRUE(unit.has(Kinds::specialised_opcode));
}

TEST(Lift, PopsBelowTheStackAreKept) {
  Unit unit(k310, {{Opcode::return_value}});
  EXPECT_EQ(Unit::shown(lift(unit.code, unit.heap)), "B0: return");
  EXPECT_TRUE(unit.has(Kinds::stack_underflow));
}

TEST(Lift, DeclarationsThatDoNotFitAreTold) {
  Unit unit(k38, {{Opcode::load_fast, 0}, {Opcode::load_fast, 1}, {Opcode::build_tuple, 2}, {Opcode::return_value}});
  EXPECT_FALSE(unit.has(Kinds::wrong_flags));
  unit.code.stacksize = 1;
  EXPECT_TRUE(unit.has(Kinds::wrong_flags));
}

TEST(Lift, CallsOfEveryVersion) {
  const std::string expected = "B0: load_global a, load_fast x, load_const 1, call 2 k=, return";
  EXPECT_EQ(Unit(k27, {{Opcode::load_global, 0}, {Opcode::load_fast, 0}, {Opcode::load_const, 2}, {Opcode::load_const, 1},
                       {Opcode::call_function, 0x101}, {Opcode::return_value}}).lifted(), expected);
  EXPECT_EQ(Unit(k38, {{Opcode::load_global, 0}, {Opcode::load_fast, 0}, {Opcode::load_const, 1}, {Opcode::load_const, 3},
                       {Opcode::call_function_kw, 2}, {Opcode::return_value}}).lifted(), expected);
  EXPECT_EQ(Unit(k311, {{Opcode::load_global, 1}, {Opcode::load_fast, 0}, {Opcode::load_const, 1}, {Opcode::kw_names, 3},
                        {Opcode::precall, 2}, {Opcode::call, 2}, {Opcode::return_value}}).lifted(), expected);
  EXPECT_EQ(Unit(k313, {{Opcode::load_global, 1}, {Opcode::load_fast, 0}, {Opcode::load_const, 1}, {Opcode::load_const, 3},
                        {Opcode::call_kw, 2}, {Opcode::return_value}}).lifted(), expected);
}

TEST(Lift, NamesOfKeywordsLieBelowBranches) {
  // a(k=x if y else 1) of 2.7
  EXPECT_EQ(Unit(k27, {{Opcode::load_global, 0}, {Opcode::load_const, 2}, {Opcode::load_fast, 1},
                       {Opcode::pop_jump_if_false, 18}, {Opcode::load_fast, 0}, {Opcode::jump_forward, 3},
                       {Opcode::load_const, 1}, {Opcode::call_function, 0x100}, {Opcode::return_value}}).lifted(),
            "B0: load_global a, load_fast y, branch B1 B2 | B1: load_fast x, jump B3 | B2: load_const 1, jump B3 | "
            "B3: call 1 k=, return");
}

TEST(Lift, StarsOfOldCalls) {
  // a(x, k=1, *y): names and values before *args up to 3.4, after it in 3.5
  EXPECT_EQ(Unit(k34, {{Opcode::load_global, 0}, {Opcode::load_fast, 0}, {Opcode::load_const, 2}, {Opcode::load_const, 1},
                       {Opcode::load_fast, 1}, {Opcode::call_function_var, 0x101}, {Opcode::return_value}}).lifted(),
            "B0: load_global a, load_fast x, load_const, load_const 1, load_fast y, rotate 3, build_map 1, rotate 3, "
            "swap 2, build_list 1, swap 2, list_extend 1, list_to_tuple, swap 2, call_ex 1, return");
  EXPECT_EQ(Unit(k35, {{Opcode::load_global, 0}, {Opcode::load_fast, 1}, {Opcode::load_const, 2}, {Opcode::load_const, 1},
                       {Opcode::call_function_var, 0x100}, {Opcode::return_value}}).lifted(),
            "B0: load_global a, load_fast y, load_const, load_const 1, build_map 1, call_ex 1, return");
}

TEST(Lift, FinallyIsCopiedForEachWayIn) {
  // try: return x
  // finally: a()
  EXPECT_EQ(Unit(k37, {{Opcode::setup_finally, 8}, {Opcode::load_fast, 0}, {Opcode::return_value}, {Opcode::pop_block},
                       {Opcode::load_const, 0}, {Opcode::load_global, 0}, {Opcode::call_function, 0}, {Opcode::pop_top},
                       {Opcode::end_finally}, {Opcode::load_const, 0}, {Opcode::return_value}}).lifted(),
            "B0: load_fast x, jump B1 handler B2 | B1: load_global a, call, pop, return | "
            "B2: enter_handler, load_global a, call, pop, reraise");
}

TEST(Lift, BreakLeavesThroughFinally) {
  // for y in x: try: break finally: a()
  EXPECT_EQ(Unit(k27, {{Opcode::setup_loop, 30}, {Opcode::load_fast, 0}, {Opcode::get_iter}, {Opcode::for_iter, 22},
                       {Opcode::store_fast, 1}, {Opcode::setup_finally, 5}, {Opcode::break_loop}, {Opcode::pop_block},
                       {Opcode::load_const, 0}, {Opcode::load_global, 0}, {Opcode::call_function, 0}, {Opcode::pop_top},
                       {Opcode::end_finally}, {Opcode::jump_absolute, 7}, {Opcode::pop_block}, {Opcode::load_const, 0},
                       {Opcode::return_value}}).lifted(),
            "B0: jump B1 | B1: load_fast x, get_iter, for B2 B6 | B2: store_fast y, jump B3 | B3: jump B4 handler B5 | "
            "B4: load_global a, call, pop, pop, jump B7 | B5: enter_handler, load_global a, call, pop, reraise | "
            "B6: jump B7 | B7: load_const, return");
}

TEST(Lift, HandlersThatOnlyPassOnVanish) {
  Unit unit(k312, {{Opcode::resume}, {Opcode::load_global, 0}, {Opcode::pop_top}, {Opcode::return_const, 0},
                   {Opcode::push_exc_info}, {Opcode::pop_top}, {Opcode::pop_except}, {Opcode::return_const, 1},
                   {Opcode::copy, 3}, {Opcode::pop_except}, {Opcode::reraise, 1}});
  // 1..7 -> 8 depth 0; 8..10 -> 12 depth 1 lasti (in words)
  unit.code.exceptiontable = {"\x81\x06\x08\x00\x88\x02\x0c\x03", 8};
  EXPECT_EQ(unit.lifted(), "B0: load_global a, pop, jump B1 handler B2 | B1: load_const, return | "
                           "B2: enter_handler, pop, leave_handler, load_const 1, return");
}

TEST(Lift, AwaitIsOneInstruction) {
  // await x
  EXPECT_EQ(Unit(k310, {{Opcode::load_fast, 0}, {Opcode::get_awaitable}, {Opcode::load_const, 0}, {Opcode::yield_from},
                        {Opcode::return_value}}).lifted(),
            "B0: load_fast x, get_awaitable, await_value, return");
  EXPECT_EQ(Unit(k312, {{Opcode::return_generator}, {Opcode::pop_top}, {Opcode::resume}, {Opcode::load_fast, 0},
                        {Opcode::get_awaitable}, {Opcode::load_const, 0}, {Opcode::send, 3}, {Opcode::yield_value, 2},
                        {Opcode::resume, 3}, {Opcode::jump_backward_no_interrupt, 5}, {Opcode::end_send},
                        {Opcode::return_value}}).lifted(),
            "B0: load_fast x, get_awaitable, await_value, return");
}

TEST(Lift, WithOf314IsEnterWith) {
  EXPECT_EQ(Unit(k314, {{Opcode::resume}, {Opcode::load_fast, 0}, {Opcode::copy, 1}, {Opcode::load_special, 1},
                        {Opcode::swap, 2}, {Opcode::swap, 3}, {Opcode::load_special, 0}, {Opcode::call, 0},
                        {Opcode::pop_top}, {Opcode::load_const, 0}, {Opcode::load_const, 0}, {Opcode::load_const, 0},
                        {Opcode::call, 3}, {Opcode::pop_top}, {Opcode::load_const, 0}, {Opcode::return_value}}).lifted(),
            "B0: load_fast x, enter_with, pop, load_const, load_const, load_const, call 3, pop, load_const, return");
}

TEST(Lift, WithOf31KeepsItsExitInAVariable) {
  // with x as y: pass
  Unit unit(k31, {{Opcode::load_fast, 0}, {Opcode::dup_top}, {Opcode::load_attr, 3}, {Opcode::store_fast, 2},
                  {Opcode::load_attr, 4}, {Opcode::call_function, 0}, {Opcode::store_fast, 3}, {Opcode::setup_finally, 13},
                  {Opcode::load_fast, 3}, {Opcode::delete_fast, 3}, {Opcode::store_fast, 1}, {Opcode::pop_block},
                  {Opcode::load_const, 0}, {Opcode::load_fast, 2}, {Opcode::delete_fast, 2}, {Opcode::with_cleanup},
                  {Opcode::end_finally}, {Opcode::load_const, 0}, {Opcode::return_value}});
  unit.code.names = {"a", "b", "c", "__exit__", "__enter__"};
  unit.code.varnames = {"x", "y", "_[1]", "_[2]"};
  EXPECT_EQ(unit.lifted(),
            "B0: load_fast x, enter_with, jump B1 | B1: store_fast y, jump B2 handler B3 | "
            "B2: load_const, load_const, load_const, call 3, pop, jump B6 | "
            "B3: enter_handler, exit_with, branch B5 B4 | B4: reraise | B5: pop, leave_handler, pop, jump B6 | "
            "B6: load_const, return");
}

TEST(Lift, ConditionsOf30StayOnTheStack) {
  EXPECT_EQ(Unit(k30, {{Opcode::load_fast, 0}, {Opcode::jump_if_false, 5}, {Opcode::pop_top}, {Opcode::load_fast, 1},
                       {Opcode::return_value}, {Opcode::pop_top}, {Opcode::load_const, 0}, {Opcode::return_value}}).lifted(),
            "B0: load_fast x, branch B1 B2 | B1: load_fast y, return | B2: load_const, return");
}

TEST(Lift, KeywordDefaultsBeforeAndFrom34) {
  // def f(p=x, *, k=y): (k y x) up to 3.3, (x k y) later
  EXPECT_EQ(Unit(k31, {{Opcode::load_const, 2}, {Opcode::load_fast, 1}, {Opcode::load_fast, 0}, {Opcode::load_const, 0},
                       {Opcode::make_function, 0x101}, {Opcode::return_value}}).lifted(),
            "B0: load_const, load_fast y, load_fast x, build_tuple 1, rotate 3, build_map 1, load_const, make_function 3, "
            "return");
  EXPECT_EQ(Unit(k34, {{Opcode::load_fast, 0}, {Opcode::load_const, 2}, {Opcode::load_fast, 1}, {Opcode::load_const, 0},
                       {Opcode::load_const, 2}, {Opcode::make_function, 0x101}, {Opcode::return_value}}).lifted(),
            "B0: load_fast x, load_const, load_fast y, build_map 1, swap 2, build_tuple 1, swap 2, load_const, "
            "make_function 3, return");
}

TEST(Lift, FunctionsOfEveryVersion) {
  const std::string parts = "B0: load_fast x, build_tuple 1, load_const, make_function 1, return";
  EXPECT_EQ(Unit(k27, {{Opcode::load_fast, 0}, {Opcode::load_const, 0}, {Opcode::make_function, 1},
                       {Opcode::return_value}}).lifted(), parts);
  EXPECT_EQ(Unit(k38, {{Opcode::load_fast, 0}, {Opcode::build_tuple, 1}, {Opcode::load_const, 0}, {Opcode::load_const, 2},
                       {Opcode::make_function, 1}, {Opcode::return_value}}).lifted(), parts);
  EXPECT_EQ(Unit(k313, {{Opcode::resume}, {Opcode::load_fast, 0}, {Opcode::build_tuple, 1}, {Opcode::load_const, 0},
                        {Opcode::make_function}, {Opcode::set_function_attribute, 1}, {Opcode::return_value}}).lifted(),
            parts);
}

TEST(Lift, StatesThatMultiplyAreBounded) {
  // Sixty-four nested `finally` bodies, each left in several ways, would be copied without end.
  std::string bytes;
  for (int i = 0; i < 64; ++i) bytes += assemble(k37, {{Opcode::setup_finally, static_cast<uint32_t>(254 - 2 * i)}});
  for (int i = 0; i < 64; ++i) {
    bytes += assemble(k37, {{Opcode::load_fast, 0}, {Opcode::pop_jump_if_true, 4}, {Opcode::load_fast, 1}, {Opcode::return_value}});
  }
  Unit unit(k37, bytes);
  const ir::Body body = lift(unit.code, unit.heap);
  EXPECT_LT(body.blocks.size(), 20000u);
}

}  // namespace
}  // namespace winnow::bytecode
