// A flow graph as text, for people: blocks with their statements and ways out.
#include "code/bytecode/flow_text.h"

#include "code/python/print.h"

namespace winnow::bytecode {

namespace {

std::string slot_text(SlotId slot) { return slot == kNoSlot ? "-" : "s" + std::to_string(slot); }

std::string block_text(ir::BlockId block) { return block == ir::kNoBlock ? "-" : "B" + std::to_string(block); }

// Slots get names for the time of printing.
std::string text_of(const Node* node, const Heap& heap, PythonVersion version) {
  if (node == nullptr) return "-";
  if (is_slot_read(node)) return slot_text(slot_read(node));
  python::PrintOptions options;
  options.version = version;
  std::string text = python::print(*node, heap, options);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string exit_text(const FlowBlock& block, const Heap& heap, PythonVersion version) {
  const std::string value = text_of(block.value, heap, version);
  const std::string ways = " -> " + block_text(block.target) + " else " + block_text(block.otherwise);
  switch (block.exit) {
    case FlowExit::jump: return "jump " + block_text(block.target);
    case FlowExit::branch: return "if " + value + ways;
    case FlowExit::for_each: return "for " + value + " in " + slot_text(block.slot) + ways;
    case FlowExit::async_for_each: return "async for " + value + " in " + slot_text(block.slot) + ways;
    case FlowExit::match_exception: return "if " + slot_text(block.slot) + " is a " + value + ways;
    case FlowExit::match_exception_group: return "if " + slot_text(block.slot) + " has a " + value + ways;
    case FlowExit::with_suppresses: return "if exit " + slot_text(block.slot) + " suppresses " + slot_text(block.other) + ways;
    case FlowExit::return_value: return "return " + value;
    case FlowExit::raise: return value;
    case FlowExit::reraise: return "reraise " + slot_text(block.slot);
    case FlowExit::invalid: return "invalid";
  }
  return "";
}

std::string statement_text(const FlowStatement& s, const Heap& heap, PythonVersion version) {
  const std::string value = text_of(s.node, heap, version);
  switch (s.kind) {
    case FlowStatement::Kind::plain: return value;
    case FlowStatement::Kind::set_slot: return slot_text(s.slot) + " = " + value;
    case FlowStatement::Kind::set_iterator: return slot_text(s.slot) + " = iter " + value;
    case FlowStatement::Kind::set_async_iterator: return slot_text(s.slot) + " = aiter " + value;
    case FlowStatement::Kind::enter_with: return slot_text(s.slot) + ", " + slot_text(s.entered) + " = enter " + value;
    case FlowStatement::Kind::enter_async_with: return slot_text(s.slot) + ", " + slot_text(s.entered) + " = async enter " + value;
    case FlowStatement::Kind::leave_loop: return "leave loop " + slot_text(s.slot);
    case FlowStatement::Kind::leave_with: return "leave " + slot_text(s.slot);
    case FlowStatement::Kind::enter_handler: return "enter handler";
    case FlowStatement::Kind::leave_handler: return "leave handler";
  }
  return "";
}

}  // namespace

std::string to_text(const Flow& flow, const Heap& heap) {
  const PythonVersion version = flow.code == nullptr ? PythonVersion{} : flow.code->version;
  std::string text = flow.exact ? "" : "! approximate\n";
  for (ir::BlockId i = 0; i < flow.blocks.size(); ++i) {
    const FlowBlock& block = flow.blocks[i];
    if (block.dead) continue;
    text += block_text(i) + ":";
    if (block.loop_setup) text += " loop_setup";
    if (block.exception != kNoSlot) text += " catches " + slot_text(block.exception);
    if (block.handler != ir::kNoBlock) text += " handler " + block_text(block.handler);
    if (block.jump_kind == ir::JumpKind::break_loop) text += " break";
    if (block.jump_kind == ir::JumpKind::continue_loop) text += " continue";
    text += '\n';
    for (const FlowStatement& s : block.statements) {
      const std::string lines = statement_text(s, heap, version);
      for (size_t at = 0; at < lines.size();) {
        const size_t end = std::min(lines.find('\n', at), lines.size());
        text += "  " + lines.substr(at, end - at) + '\n';
        at = end + 1;
      }
    }
    text += "  " + exit_text(block, heap, version) + '\n';
  }
  return text;
}

}  // namespace winnow::bytecode
