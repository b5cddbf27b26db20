#include "engine/trace_text.h"

#include <cstdio>

#include "core/print.h"

namespace winnow::engine {
namespace {

constexpr const char* op_name(Op op) {
  switch (op) {
    case Op::import: return "import";
    case Op::attribute: return "attribute";
    case Op::call: return "call";
    case Op::construct: return "construct";
    case Op::set_state: return "set state";
    case Op::extend: return "extend";
    case Op::set_items: return "set items";
    case Op::set_attribute: return "set attribute";
    case Op::persistent: return "persistent";
    case Op::result: return "result";
  }
  return "call";
}

}  // namespace

std::string trace_text(const Trace& trace) {
  const Printer printer(trace);
  std::string text;
  uint32_t artifact = UINT32_MAX;
  for (uint32_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i];
    if (event.artifact != artifact) {
      artifact = event.artifact;
      text += "# " + trace.artifacts[artifact].path + "\n";
    }
    char head[64];
    std::snprintf(head, sizeof head, "%10llu  %-13s  ", static_cast<unsigned long long>(event.offset),
                  op_name(event.op));
    text += head + printer.statement(i) + "\n";
  }
  return text;
}

}  // namespace winnow::engine
