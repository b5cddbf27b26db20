// A module as programs are: what its import runs, what it does where it is started as a program, what others may call.
// Source and bytecode come here as the same IR, so that one module has one trace, however it is kept.
#include <algorithm>
#include <memory>

#include "code/ir/ir.h"
#include "code/machine/interpreter.h"
#include "code/machine/run.h"

namespace winnow::machine {
namespace {

// Which way a block goes where the module is started as a program: behind `__name__ == '__main__'`.
struct Ways { ir::BlockId started = ir::kNoBlock, imported = ir::kNoBlock; };

Ways asks_for_main(const ir::Block& block) {
  const auto& all = block.instructions;
  if (block.exit != ir::Exit::branch || all.size() < 3) return {};
  size_t end = all.size();
  bool turned = false;
  for (; end > 3 && all[end - 1].op == ir::Op::unary && all[end - 1].a == static_cast<uint32_t>(ir::Unary::logical_not); --end) turned = !turned;
  const auto own = [](const ir::Instruction& at) { return (at.op == ir::Op::load_name || at.op == ir::Op::load_global) && at.name == "__name__"; };
  const auto main = [](const ir::Instruction& at) { return at.op == ir::Op::load_const && at.value.is_text() && at.value.text() == "__main__"; };
  const ir::Instruction &left = all[end - 3], &right = all[end - 2], &compares = all[end - 1];
  if (compares.op != ir::Op::compare || !((own(left) && main(right)) || (main(left) && own(right)))) return {};
  const auto how = static_cast<ir::Compare>(compares.a);
  const bool not_equal = how == ir::Compare::ne || how == ir::Compare::is_not;
  if (!not_equal && how != ir::Compare::eq && how != ir::Compare::is) return {};
  return turned != not_equal ? Ways{block.otherwise, block.target} : Ways{block.target, block.otherwise};
}

// The blocks that control reaches from one of them.
std::vector<bool> reached_from(const ir::Body& body, ir::BlockId first) {
  std::vector<bool> out(body.blocks.size(), false);
  std::vector<ir::BlockId> pending;
  const auto visit = [&](ir::BlockId block) {
    if (block >= out.size() || out[block]) return;
    out[block] = true;
    pending.push_back(block);
  };
  visit(first);
  while (!pending.empty()) {
    const ir::Block& block = body.blocks[pending.back()];
    pending.pop_back();
    visit(block.target);
    visit(block.otherwise);
  }
  return out;
}

// The module with nothing left but what stands behind one such question: where the ways meet again, it ends.
std::shared_ptr<const ir::Body> only_started(const ir::Body& body, const Ways& ways, const std::vector<bool>& imported) {
  auto out = std::make_shared<ir::Body>(body);
  for (ir::BlockId block = 0; block < out->blocks.size(); ++block) {
    if (!imported[block]) continue;
    ir::Block& end = out->blocks[block];
    ir::Instruction none{ir::Op::load_const};
    none.value = Value::none();
    end.instructions = {none};
    end.exit = ir::Exit::return_value;
    end.target = end.otherwise = end.handler = ir::kNoBlock;
  }
  ir::Block& entry = out->blocks[0];
  entry.instructions.clear();
  entry.exit = ir::Exit::jump;
  entry.target = ways.started;
  entry.otherwise = entry.handler = ir::kNoBlock;
  return out;
}

// The name by which `import` knows a file: of "module.cpython-38.pyc", "module". Packages are not known; "__main__"
// without one is what starting the file as a program would say.
std::string module_name(std::string_view file) {
  const std::string_view name = file.substr(0, file.find('.'));
  return (name == "__main__" || name == "__init__" || name.empty() ? "package." : "") + std::string(name);
}

void run_started(Machine& m, Value code, Value globals) {
  constexpr size_t kMostQuestions = 16;
  const ir::Body* body = body_of(m, code);
  if (body == nullptr) return;
  std::vector<bool> done(body->blocks.size(), false);
  size_t questions = 0;
  for (ir::BlockId block = 0; block < body->blocks.size() && questions < kMostQuestions; ++block) {
    const Ways ways = asks_for_main(body->blocks[block]);
    if (ways.started == ir::kNoBlock || ways.started >= done.size() || done[ways.started]) continue;
    const std::vector<bool> imported = reached_from(*body, ways.imported);
    // In a loop around the question everything is met either way, and was run by the import.
    if (imported[ways.started] || imported[0] || ways.started == 0) continue;
    ++questions;
    const std::vector<bool> started = reached_from(*body, ways.started);
    std::vector<uint8_t>& seen = m.running().seen[body];
    seen.resize(done.size(), 0);
    for (ir::BlockId other = 0; other < done.size(); ++other) {
      done[other] = done[other] || (started[other] && !imported[other]);
      if (done[other]) seen[other] = 1;
    }
    CodeObject part = m.heap().code(code);
    part.body = only_started(*body, ways, imported);
    set_global(m, globals, "__name__", Value::string("__main__"));
    run_module(m, m.heap().new_code(std::move(part)), globals, Trigger::other);
    body = body_of(m, code);
  }
}

}  // namespace

void run_program(Machine& m, const Program& program) {
  const std::string_view file = program.path.substr(program.path.find_last_of("/!\\") + 1);
  const Value globals = new_globals(m, module_name(file));
  set_global(m, globals, "__file__", m.heap().new_string(file));
  m.running().weighs_depth = true;
  run_module(m, program.code, globals, program.trigger);
  run_started(m, program.code, globals);
  run_uncalled(m, program.trigger_of);
  run_unreached(m, program.code, globals, program.trigger);
  weigh_depth(m);
}

}  // namespace winnow::machine
