// The structurer on graphs written by hand. One block a line, in order of the code:
//   0: a b ? c 1 2        statements a and b; branch on c
//   1: d > 3              jump        (>break, >continue: as up to 3.7 says)
//   2: ret | ret x | raise x
//   3: i=xs > 4           the iterator of slot i
//   4: for v i 5 6        for v in slot i
//   5 !7: a > 6           block 5, whose exceptions go to block 7
//   7 @e: except T e 8 9  a handler: the exception is slot e
//   9: reraise e
//   with(w) leave(w) drop(i) enter exit_handler as statements; suppress w e 3 4 as exit
#include "code/bytecode/structure.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "code/bytecode/structure_graph.h"
#include "code/python/print.h"

namespace winnow::bytecode {
namespace {

using python::Type;
using Kind_ = FlowStatement::Kind;

class Structure : public ::testing::Test {
 protected:
  std::string run(const std::string& text, PythonVersion version = {3, 11}, StructureOptions options = {}) {
    code_.version = version;
    code_.flags = CodeObject::kOptimized;
    Flow flow;
    flow.code = &code_;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.find(':') != std::string::npos) flow.blocks.push_back(block(line));
    }
    for (size_t i = 0; i < flow.blocks.size(); ++i) flow.blocks[i].offset = static_cast<uint32_t>(10 * i);
    const Structured structured = structure(tree_, flow, options);
    Node* module = tree_.make(Type::Module);
    module->body = structured.body;
    return (structured.sound ? "" : "unsound: " + structured.why + "\n") + python::print(*module, heap_);
  }

 private:
  Node* name(const std::string& text) {
    Node* node = tree_.make(Type::Name);
    node->name = tree_.text(text);
    return node;
  }
  SlotId slot(const std::string& text) { return slots_.emplace(text, static_cast<SlotId>(slots_.size())).first->second; }

  FlowStatement statement(const std::string& word) {
    FlowStatement s;
    const auto inner = [&] { return word.substr(word.find('(') + 1, word.size() - word.find('(') - 2); };
    if (word == "enter") s.kind = Kind_::enter_handler;
    else if (word == "exit_handler") s.kind = Kind_::leave_handler;
    else if (word.starts_with("with(")) s.kind = Kind_::enter_with, s.slot = slot(inner()), s.node = name(inner());
    else if (word.starts_with("drop(")) s.kind = Kind_::leave_loop, s.slot = slot(inner());
    else if (word.starts_with("leave(")) s.kind = Kind_::leave_with, s.slot = slot(inner());
    else if (const size_t at = word.find('='); at != std::string::npos) {
      s.kind = Kind_::set_iterator, s.slot = slot(word.substr(0, at)), s.node = name(word.substr(at + 1));
    } else {
      s.node = tree_.make(Type::Expr);
      s.node->first = name(word);
    }
    return s;
  }

  FlowBlock block(const std::string& line) {
    FlowBlock b;
    std::istringstream head(line.substr(0, line.find(':')));
    std::istringstream rest(line.substr(line.find(':') + 1));
    std::string word;
    head >> word;
    while (head >> word) {
      if (word[0] == '!') b.handler = static_cast<BlockId>(std::stoul(word.substr(1)));
      else b.exception = slot(word.substr(1));
    }
    std::string a, c;
    while (rest >> word) {
      if (word == "?") b.exit = FlowExit::branch, rest >> a >> b.target >> b.otherwise, b.value = name(a);
      else if (word == ">") b.exit = FlowExit::jump, rest >> b.target;
      else if (word == ">break") b.exit = FlowExit::jump, b.jump_kind = ir::JumpKind::break_loop, rest >> b.target;
      else if (word == "ret") { b.exit = FlowExit::return_value; if (rest >> a) b.value = name(a); }
      else if (word == "raise") { b.exit = FlowExit::raise; rest >> a; b.value = tree_.make(Type::Raise); b.value->first = name(a); }
      else if (word == "reraise") { b.exit = FlowExit::reraise; rest >> a; b.slot = slot(a); }
      else if (word == "for") { b.exit = FlowExit::for_each; rest >> a >> c >> b.target >> b.otherwise; b.value = name(a); b.slot = slot(c); }
      else if (word == "except") { b.exit = FlowExit::match_exception; rest >> a >> c >> b.target >> b.otherwise; b.value = name(a); b.slot = slot(c); }
      else if (word == "suppress") { b.exit = FlowExit::with_suppresses; rest >> a >> c >> b.target >> b.otherwise; b.slot = slot(a); b.other = slot(c); }
      else b.statements.push_back(statement(word));
    }
    return b;
  }

  Heap heap_;
  python::Tree tree_{heap_};
  CodeObject code_;
  std::map<std::string, SlotId> slots_;
};

TEST_F(Structure, Branches) {
  EXPECT_EQ(run("0: a ? c 1 2\n1: b > 2\n2: d > 3\n3: ret"), "a\nif c:\n    b\nd\n");
  EXPECT_EQ(run("0: ? c 1 2\n1: b > 3\n2: d > 3\n3: e > 4\n4: ret"), "if c:\n    b\nelse:\n    d\ne\n");
  EXPECT_EQ(run("0: ? c 1 2\n1: b > 5\n2: ? d 3 4\n3: e > 5\n4: f > 5\n5: g > 6\n6: ret"), "if c:\n    b\nelif d:\n    e\nelse:\n    f\ng\n");
  EXPECT_EQ(run("0: ? c 1 2\n1: ret\n2: b > 3\n3: ret"), "if c:\n    return\nb\n");
  EXPECT_EQ(run("0: ? c 1 2\n1: b > 3\n2: raise x\n3: d > 4\n4: ret"), "if c:\n    b\nelse:\n    raise x\nd\n");
}

TEST_F(Structure, Loops) {
  EXPECT_EQ(run("0: i=xs > 1\n1: for v i 2 3\n2: a > 1\n3: ret"), "for v in xs:\n    a\n");
  EXPECT_EQ(run("0: > 1\n1: ? c 2 3\n2: a > 1\n3: b > 4\n4: ret"), "while c:\n    a\nb\n");
  EXPECT_EQ(run("0: i=xs > 1\n1: for v i 2 5\n2: a ? c 3 4\n3: b drop(i) > 6\n4: d > 1\n5: e > 6\n6: f > 7\n7: ret"),
            "for v in xs:\n    a\n    if c:\n        b\n        break\n    d\nelse:\n    e\nf\n");
  EXPECT_EQ(run("0: a ? c 1 2\n1: b ? c 1 2\n2: d > 3\n3: ret"), "a\nwhile c:\n    b\nd\n");
}

TEST_F(Structure, Try) {
  EXPECT_EQ(run("0: a > 1\n1 !3: b > 2\n2: f > 8\n3 @e: enter except T e 4 5\n4: c exit_handler > 2\n5: reraise e\n8: ret\n7: ret\n8: ret"),
            "a\ntry:\n    b\nexcept T:\n    c\nf\n");
  EXPECT_EQ(run("0: > 1\n1 !3: b > 2\n2: f > 4\n3 @e: enter f reraise e\n4: g > 5\n5: ret"), "try:\n    b\nfinally:\n    f\ng\n");
  EXPECT_EQ(run("0: with(w) > 1\n1 !3: b > 2\n2: leave(w) > 6\n3 @e: enter suppress w e 4 5\n4: exit_handler > 6\n5: reraise e\n6: g > 7\n7: ret"),
            "with w:\n    b\ng\n");
}

}  // namespace
}  // namespace winnow::bytecode
