#include "mutate.h"

#include <algorithm>

namespace winnow::cli {
namespace {

using ir::Op;

bool change_value(Heap& heap, Value& value) {
  switch (value.kind()) {
    case Kind::none: value = Value::integer(7); return true;
    case Kind::boolean: value = Value::boolean(!value.as_boolean()); return true;
    case Kind::integer: value = Value::integer(value.as_integer() ^ 1); return true;
    case Kind::real: value = Value::real(value.as_real() + 1); return true;
    case Kind::string: value = heap.new_string(std::string(value.text()) + "x"); return true;
    case Kind::bytes: value = heap.new_bytes(std::string(value.text()) + "x"); return true;
    case Kind::tuple: value = heap.new_tuple({value, Value::none()}); return true;
    default: return false;
  }
}

ir::Instruction instruction(Op op, uint32_t a = 0, std::string_view name = {}) {
  ir::Instruction made{};
  made.op = op;
  made.a = a;
  made.name = name;
  return made;
}

}  // namespace

std::string mutate(ir::Body& body, Heap& heap, std::mt19937& random) {
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  ir::Block& block = body.blocks[below(body.blocks.size())];
  auto& code = block.instructions;
  const std::string place = " at " + std::to_string(block.offset);
  switch (random() % 9) {
    case 0:  // another edge
      if (block.exit != ir::Exit::branch && block.exit != ir::Exit::for_iter) return {};
      if (block.target == block.otherwise) return {};
      std::swap(block.target, block.otherwise);
      return "branch turned round" + place;
    case 1:
      if (block.handler == ir::kNoBlock) return {};
      block.handler = ir::kNoBlock;
      return "handler dropped" + place;
    case 2: {
      const size_t at = below(code.size() + 1);
      const std::vector<ir::Instruction> call{instruction(Op::load_global, 0, "evil"), instruction(Op::call), instruction(Op::pop)};
      code.insert(code.begin() + static_cast<std::ptrdiff_t>(at), call.begin(), call.end());
      return "call inserted" + place;
    }
    default: break;
  }
  if (code.empty()) return {};
  const size_t at = below(code.size());
  ir::Instruction& i = code[at];
  const std::string what = std::string(ir::op_name(i.op)) + " " + std::string(i.name) + place;
  switch (random() % 6) {
    case 0:
      if (i.name.empty()) return {};
      i.name = heap.arena().copy(std::string(i.name) + "x");
      return "renamed " + what;
    case 1:
      if (i.op != Op::load_const || !change_value(heap, i.value)) return {};
      return "constant changed " + what;
    case 2:
      if (i.op != Op::binary && i.op != Op::compare && i.op != Op::unary && i.op != Op::inplace) return {};
      i.a ^= 1;
      return "operator changed " + what;
    case 3:
      if (i.op != Op::call && i.op != Op::call_ex) return {};
      i = instruction(Op::build_tuple, ir::effect(i).pops);
      return "call dropped " + what;
    case 4:
      if (at + 1 >= code.size()) return {};
      if (code[at].op == code[at + 1].op) return {};
      std::swap(code[at], code[at + 1]);
      return "order changed " + what;
    default: {
      const ir::Effect effect = ir::effect(i);
      if (i.op == Op::call && i.a >= 2) {
        code.insert(code.begin() + static_cast<std::ptrdiff_t>(at), instruction(Op::swap, 2));
        return "arguments swapped " + what;
      }
      if (effect.pops != effect.pushes || i.op == Op::swap) return {};
      code.erase(code.begin() + static_cast<std::ptrdiff_t>(at));
      return "dropped " + what;
    }
  }
}

}  // namespace winnow::cli
