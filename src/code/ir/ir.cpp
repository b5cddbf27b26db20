// The IR as text, and what each instruction does to the depth of the stack.
#include "code/ir/ir.h"

#include <bit>

#include "core/print.h"

namespace winnow::ir {
namespace {

constexpr std::string_view kNames[] = {
    "load_const", "load_fast", "store_fast", "delete_fast", "load_fast_and_clear", "restore_fast", "load_deref",
    "store_deref", "delete_deref", "load_class_deref", "load_closure", "load_name", "store_name", "delete_name",
    "load_global", "store_global", "delete_global", "load_locals", "load_from_dict_or_global",
    "load_from_dict_or_deref", "load_attr", "store_attr", "delete_attr", "load_super_attr", "load_build_class",
    "load_common", "unary", "binary", "inplace", "compare", "subscript", "store_subscript", "delete_subscript",
    "build_slice", "build_tuple", "build_list", "build_set", "build_string", "build_map", "build_const_map",
    "list_append", "set_add", "map_add", "list_extend", "set_update", "dict_update", "dict_merge", "list_to_tuple",
    "format_value", "build_interpolation", "build_template", "unpack_sequence", "unpack_ex", "copy", "swap", "rotate",
    "pop", "call", "call_ex", "make_function", "import_name", "import_from", "import_star", "intrinsic",
    "setup_annotations", "get_iter", "get_aiter", "get_yield_from_iter", "get_anext", "get_awaitable", "await_value",
    "yield_from", "yield_value", "end_async_for", "enter_handler", "leave_handler", "match_exception",
    "match_exception_group", "prepare_reraise_star", "enter_with", "enter_async_with", "exit_with", "match_class",
    "match_mapping", "match_sequence", "match_keys", "get_len", "print_item", "print_newline", "print_item_to",
    "print_newline_to", "exec_statement", "build_class_2", "unknown"};
static_assert(std::size(kNames) == static_cast<size_t>(Op::unknown) + 1);

constexpr std::string_view kUnary[] = {"-", "+", "~", "not", "repr"};
constexpr std::string_view kBinary[] = {"+", "-", "*", "@", "/ (2.7)", "/", "//", "%", "**", "<<", ">>", "&", "|", "^"};
constexpr std::string_view kCompare[] = {"<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not"};

template <size_t N>
std::string_view word(const std::string_view (&words)[N], uint32_t index) {
  return index < N ? words[index] : "?";
}

// A constant in a few words: what it is, not how it is written.
std::string literal(const Heap& heap, Value value, int depth = 0) {
  if (value.is(Kind::none)) return "None";
  if (value.is(Kind::boolean)) return value.as_boolean() ? "True" : "False";
  if (value.is(Kind::integer)) return std::to_string(value.as_integer());
  if (value.is(Kind::real)) return std::to_string(value.as_real());
  if (value.is_text()) return quoted(value.text(), value.is(Kind::bytes), 60);
  if (value.is(Kind::ellipsis)) return "...";
  if (value.is(Kind::code)) return "<code " + std::string(heap.code(value).name) + ">";
  const bool has_items = value.is_sequence() || value.is(Kind::dict) || value.is(Kind::frozen_set) ||
                         value.is(Kind::frozen_dict) || value.is(Kind::slice) || value.is(Kind::complex);
  if (!has_items) return value.is_known() ? "<object>" : "<unknown>";
  if (depth > 3) return "(...)";
  std::string text = "(";
  for (const Value& item : heap.items(value)) {
    if (text.size() > 120) return text + "...)";
    text += (text.size() > 1 ? ", " : "") + literal(heap, item, depth + 1);
  }
  return text + ")";
}

std::string operands(const Instruction& i, const Heap& heap) {
  switch (i.op) {
    case Op::load_const: return literal(heap, i.value);
    case Op::build_const_map: return std::to_string(i.a) + " " + literal(heap, i.value);
    case Op::unary: return std::string(word(kUnary, i.a));
    case Op::binary: case Op::inplace: return std::string(word(kBinary, i.a));
    case Op::compare: return std::string(word(kCompare, i.a));
    default: break;
  }
  std::string text(i.name);
  const bool counted = i.a != 0 || i.b != 0 || i.op == Op::call || i.op == Op::build_list;
  if (counted) text += (text.empty() ? "" : " ") + std::to_string(i.a);
  if (i.b != 0) text += " " + std::to_string(i.b);
  for (const std::string_view name : i.names) text.append(" ").append(name).append("=");
  return text;
}

std::string label(BlockId id) { return id == kNoBlock ? "-" : "B" + std::to_string(id); }

void append_exit(std::string& text, const Block& b) {
  switch (b.exit) {
    case Exit::jump: text += "jump " + label(b.target); break;
    case Exit::branch: text += "branch " + label(b.target) + " else " + label(b.otherwise); break;
    case Exit::for_iter: text += "for_iter " + label(b.target) + " else " + label(b.otherwise); break;
    case Exit::return_value: text += "return"; break;
    case Exit::raise: text += "raise " + std::to_string(b.a); break;
    case Exit::reraise: text += "reraise"; break;
    case Exit::end_async_for: text += "end_async_for " + label(b.target); break;
    case Exit::invalid: text += "invalid"; break;
  }
  if (b.jump_kind == JumpKind::break_loop) text += "  (break)";
  if (b.jump_kind == JumpKind::continue_loop) text += "  (continue)";
}

constexpr std::string_view kAnomalies[] = {"invalid opcode", "specialised opcode", "stack underflow",
                                           "index out of range", "jump out of code", "jump into instruction",
                                           "wrong flags", "budget"};

// The walk of check().
class Checker {
 public:
  explicit Checker(const Body& body) : body_(body), depth_(body.blocks.size(), -1) {}

  std::string run() {
    if (body_.blocks.empty()) return {};
    enter(0, 0, 0);
    while (fault_.empty() && !pending_.empty()) {
      const BlockId id = pending_.back();
      pending_.pop_back();
      walk(id);
    }
    return fault_;
  }

 private:
  void fail(BlockId id, const std::string& what) {
    if (fault_.empty()) fault_ = label(id) + ": " + what;
  }

  void enter(BlockId from, BlockId to, int64_t depth) {
    if (to >= body_.blocks.size()) return fail(from, "goes to a block that does not exist");
    if (depth_[to] == -1) {
      depth_[to] = depth;
      pending_.push_back(to);
    } else if (depth_[to] != depth) {
      fail(from, "enters " + label(to) + " with " + std::to_string(depth) + " values on the stack, others with " +
                     std::to_string(depth_[to]));
    }
  }

  void walk(BlockId id) {
    const Block& b = body_.blocks[id];
    int64_t depth = depth_[id], least = depth;
    for (const Instruction& i : b.instructions) {
      const Effect e = effect(i);
      if (depth < e.pops) return fail(id, std::string(op_name(i.op)) + " takes more than there is");
      least = std::min(least, depth - e.pops);
      depth += static_cast<int64_t>(e.pushes) - e.pops;
    }
    if (b.handler != kNoBlock) {
      if (b.handler_depth > depth_[id]) return fail(id, "its handler expects more on the stack");
      enter(id, b.handler, static_cast<int64_t>(b.handler_depth) + 1);
    }
    leave(id, depth);
  }

  void leave(BlockId id, int64_t depth) {
    const Block& b = body_.blocks[id];
    int64_t pops = 0;
    switch (b.exit) {
      case Exit::jump: case Exit::invalid: break;
      case Exit::branch: case Exit::for_iter: case Exit::return_value: case Exit::reraise: pops = 1; break;
      case Exit::raise: pops = b.a; break;
      case Exit::end_async_for: pops = 2; break;
    }
    if (depth < pops) return fail(id, "its exit takes more than there is");
    switch (b.exit) {
      case Exit::jump: enter(id, b.target, depth); break;
      case Exit::branch: enter(id, b.target, depth - 1), enter(id, b.otherwise, depth - 1); break;
      case Exit::for_iter: enter(id, b.target, depth + 1), enter(id, b.otherwise, depth - 1); break;
      case Exit::end_async_for: enter(id, b.target, depth - 2); break;
      case Exit::return_value: case Exit::raise: case Exit::reraise: case Exit::invalid: break;
    }
  }

  const Body& body_;
  std::vector<int64_t> depth_;
  std::vector<BlockId> pending_;
  std::string fault_;
};

}  // namespace

std::string_view op_name(Op op) { return kNames[static_cast<size_t>(op)]; }

Effect effect(const Instruction& i) {
  const uint32_t a = i.a, b = i.b;
  switch (i.op) {
    case Op::load_const: case Op::load_fast: case Op::load_fast_and_clear: case Op::load_deref:
    case Op::load_class_deref: case Op::load_closure: case Op::load_name: case Op::load_global: case Op::load_locals:
    case Op::load_build_class: case Op::load_common: return {0, 1};
    case Op::store_fast: case Op::restore_fast: case Op::store_deref: case Op::store_name: case Op::store_global:
    case Op::delete_attr: case Op::pop: case Op::import_star: case Op::print_item: case Op::print_newline_to:
      return {1, 0};
    case Op::delete_fast: case Op::delete_deref: case Op::delete_name: case Op::delete_global:
    case Op::setup_annotations: case Op::enter_handler: case Op::leave_handler: case Op::print_newline:
    case Op::unknown: return {0, 0};
    case Op::load_from_dict_or_global: case Op::load_from_dict_or_deref: case Op::load_attr: case Op::unary:
    case Op::list_to_tuple: case Op::get_iter: case Op::get_aiter: case Op::get_yield_from_iter:
    case Op::get_awaitable: case Op::await_value: case Op::yield_from: case Op::yield_value: return {1, 1};
    case Op::store_attr: case Op::delete_subscript: case Op::print_item_to: case Op::end_async_for: return {2, 0};
    case Op::load_super_attr: case Op::build_class_2: case Op::match_class: return {3, 1};
    case Op::binary: case Op::inplace: case Op::compare: case Op::subscript: case Op::build_template:
    case Op::prepare_reraise_star: case Op::import_name: return {2, 1};
    case Op::store_subscript: case Op::exec_statement: return {3, 0};
    case Op::build_slice: case Op::build_tuple: case Op::build_list: case Op::build_set: case Op::build_string:
    case Op::build_const_map: case Op::intrinsic: return {a, 1};
    case Op::build_map: return {2 * a, 1};
    case Op::list_append: case Op::set_add: case Op::list_extend: case Op::set_update: case Op::dict_update:
    case Op::dict_merge: return {a + 1, a};
    case Op::map_add: return {a + 2, a};
    case Op::format_value: return {1 + b, 1};
    case Op::build_interpolation: return {2 + b, 1};
    case Op::unpack_sequence: return {1, a};
    case Op::unpack_ex: return {1, a + b + 1};
    case Op::copy: return {a, a + 1};
    case Op::swap: case Op::rotate: return {a, a};
    case Op::call: return {a + 1, 1};
    case Op::call_ex: return {2 + a, 1};
    case Op::make_function: return {1 + static_cast<uint32_t>(std::popcount(a)), 1};
    case Op::import_from: case Op::get_anext: case Op::enter_with: case Op::enter_async_with: case Op::match_mapping:
    case Op::match_sequence: case Op::get_len: return {1, 2};
    case Op::match_exception: case Op::match_exception_group: return {2, 2};
    case Op::exit_with: case Op::match_keys: return {2, 3};
  }
  return {0, 0};
}

std::string to_text(const Body& body, const Heap& heap) {
  std::string text;
  for (BlockId id = 0; id < body.blocks.size(); ++id) {
    const Block& b = body.blocks[id];
    text += label(id) + ":  ; " + std::to_string(b.offset);
    if (b.handler != kNoBlock) text += ", handler " + label(b.handler) + " keeps " + std::to_string(b.handler_depth);
    if (b.handled > 0) text += ", handling " + std::to_string(b.handled);
    if (b.loop_setup) text += ", loop";
    text += "\n";
    for (const Instruction& i : b.instructions) {
      std::string name(op_name(i.op)), what = operands(i, heap);
      if (!what.empty()) name.resize(std::max<size_t>(name.size() + 1, 18), ' ');
      std::string line = "  " + name + what;
      line.resize(std::max<size_t>(line.size() + 1, 44), ' ');
      text += line + "; " + std::to_string(i.offset) + "\n";
    }
    std::string line = "  ";
    append_exit(line, b);
    line.resize(std::max<size_t>(line.size() + 1, 44), ' ');
    text += line + "; " + std::to_string(b.exit_offset) + "\n";
  }
  for (const Anomaly& anomaly : body.anomalies) {
    text += "! " + std::string(kAnomalies[static_cast<size_t>(anomaly.kind)]) + " at " +
            std::to_string(anomaly.offset) + ": " + anomaly.what + "\n";
  }
  return text;
}

std::string check(const Body& body) { return Checker(body).run(); }

}  // namespace winnow::ir
