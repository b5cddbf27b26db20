// Lifting of calls, of the making of functions, and of what only moves values.
#include <bit>

#include "code/bytecode/lifter.h"

namespace winnow::bytecode {

using ir::Op;

// None is doubled for the call of a context manager's exit, as 3.9 and 3.10 write it: None, DUP_TOP, DUP_TOP,
// CALL_FUNCTION 3.
bool Lifter::feeds_exit() const {
  if (stack_.empty() || !is_none(stack_.back())) return false;
  uint32_t i = decoding_.find(at_->next);
  if (i != Decoding::kNone && decoding_.instructions[i].opcode == Opcode::dup_top) {
    i = decoding_.find(decoding_.instructions[i].next);
  }
  return i != Decoding::kNone && decoding_.instructions[i].opcode == Opcode::call_function &&
         decoding_.instructions[i].arg == 3;
}

bool Lifter::step_stack() {
  switch (at_->opcode) {
    case Opcode::pop_top: drop(); return true;
    case Opcode::rot_two: swap(2); return true;
    case Opcode::rot_three: rotate(3); return true;
    case Opcode::rot_four: rotate(4); return true;
    case Opcode::rot_n: rotate(at_->arg); return true;
    case Opcode::dup_top:
      if (before(2) && enter_with_by_name()) return true;
      if (feeds_exit()) emit_constant(Value::none()), push(Tag::constant, slot(1).extra);
      else copy(1);
      return true;
    case Opcode::dup_top_two: copy(2), copy(2); return true;
    case Opcode::dup_topx:
      if (at_->arg > 5) return finish_invalid("DUP_TOPX"), true;
      for (uint32_t i = 0; i < at_->arg; ++i) copy(at_->arg);
      return true;
    case Opcode::copy:
      if (!before(14) && enter_special()) return true;
      copy(at_->arg);
      return true;
    case Opcode::swap: swap(at_->arg); return true;
    case Opcode::push_null: push(Tag::null); return true;
    default: return false;
  }
}

std::vector<std::string_view> Lifter::names_of(const std::optional<Value>& tuple) {
  std::vector<std::string_view> names;
  if (!tuple || !tuple->is(Kind::tuple)) {
    anomaly(ir::Anomaly::Kind::index_out_of_range, "names of keyword arguments are not a constant");
    return names;
  }
  for (const Value& name : heap_.items(*tuple)) names.push_back(name.is_text() ? name.text() : std::string_view());
  return names;
}

// `count` arguments on top of the function.
void Lifter::call(uint32_t count, std::vector<std::string_view> names) {
  if (names.size() > count) names.resize(count);
  pop_values(count);
  if (done_) return;
  pop_values(1);
  emit(Op::call, count).names = std::move(names);
  push();
}

// `count` arguments on top of two slots of which one may be a NULL: (NULL f) or (method self) up to 3.12,
// (f NULL) or (method self) later.
void Lifter::call_slots(uint32_t count, std::vector<std::string_view> names) {
  if (count > 1u << 20) return finish_invalid(opcode_name(at_->opcode));
  need(count + 2);
  const bool lower = is_kept(slot(count + 2).tag), upper = is_kept(slot(count + 1).tag);
  if (lower && upper) return call(count + 1, std::move(names));
  if (!lower && !upper) value_at(before(13) ? count + 1 : count + 2);
  stack_.erase(stack_.end() - count - (is_kept(slot(count + 2).tag) ? 1 : 2));
  call(count, std::move(names));
}

void Lifter::call_ex() {
  bool keywords = at_->arg & 1;
  if (!before(14)) {
    need(1);
    keywords = is_kept(stack_.back().tag);
    if (!keywords) stack_.pop_back();
  }
  pop_values(keywords ? 2 : 1);
  // Callable and arguments lie together in the IR: the NULL beside the callable was never there.
  if (before(11)) {
    pop_values(1);
  } else {
    need(2);
    const uint32_t null_depth = before(13) ? 2 : 1;
    if (is_kept(slot(null_depth).tag)) {
      anomaly(ir::Anomaly::Kind::stack_underflow, "a call with a value where NULL belongs");
    } else {
      stack_.erase(stack_.end() - null_depth);
    }
    pop_values(1);
  }
  emit(Op::call_ex, keywords ? 1 : 0);
  push();
}

// CALL_FUNCTION to 3.5: positional arguments, then names and values.
void Lifter::call_legacy() {
  const uint32_t positional = at_->arg & 255, pairs = at_->arg >> 8 & 255;
  need(positional + 2 * pairs + 1);
  std::vector<std::string_view> names(pairs);
  for (uint32_t i = 0; i < pairs; ++i) {
    const uint32_t depth = pairs - i + 1;  // the names below are gone already
    const Slot name = slot(depth + (pairs - i - 1));
    if (name.tag == Tag::candidate) {
      keywords_[name.extra] = true;
      again_ = true;
    } else if (name.tag != Tag::keyword) {
      anomaly(ir::Anomaly::Kind::index_out_of_range, "names of keyword arguments are not constants");
    }
    if (const std::optional<Value> value = constant_of(name); value && value->is_text()) names[i] = value->text();
    remove_at(depth + (pairs - i - 1));
  }
  call(positional + pairs, std::move(names));
}

// CALL_FUNCTION_VAR and its kin to 3.5: (f positional... names and values... *args **kwargs), where 3.5 has
// *args before the names.
void Lifter::call_unpacked_legacy(bool star, bool double_star) {
  const uint32_t positional = at_->arg & 255, pairs = at_->arg >> 8 & 255;
  const uint32_t count = positional + 2 * pairs + star + double_star;
  need(count + 1);
  for (uint32_t depth = 1; depth <= count + 1; ++depth) {
    if (slot(depth).tag == Tag::keyword) {  // also the name of an ordinary call's keyword
      emit_constant(constant_of(slot(depth)).value_or(Value::unknown()));
      emit_rotate(kept(depth) + 1);
      slot(depth).tag = Tag::constant;
    }
  }
  pop_values(count);
  pop_values(1);
  const bool star_first = code_.version >= PythonVersion{3, 5};
  if (pairs > 0 && double_star) {
    // Below: names and values, *args, **kwargs in one of the two orders -> *args, {}, **kwargs -> *args, {}
    emit_rotate(2 * pairs + 1 + (star && !star_first));
    if (star && !star_first) emit_rotate(2 * pairs + 2);
    emit(Op::build_map, pairs);
    emit(Op::swap, 2);
    emit(Op::dict_merge, 1);
  } else if (pairs > 0) {
    if (star && !star_first) emit_rotate(2 * pairs + 1);
    emit(Op::build_map, pairs);
  }
  const bool keywords = pairs > 0 || double_star;
  if (positional == 0 && star) {
    // (f *args [{}]) is what call_ex takes.
  } else if (star) {
    if (keywords) emit_rotate(positional + 2);
    emit_rotate(positional + 1);
    emit(Op::build_list, positional);
    emit(Op::swap, 2);
    emit(Op::list_extend, 1);
    emit(Op::list_to_tuple);
    if (keywords) emit(Op::swap, 2);
  } else {
    if (keywords) emit_rotate(positional + 1);
    emit(Op::build_tuple, positional);
    if (keywords) emit(Op::swap, 2);
  }
  emit(Op::call_ex, keywords ? 1 : 0);
  push();
}

bool Lifter::step_calls() {
  const uint32_t arg = at_->arg;
  switch (at_->opcode) {
    case Opcode::call: call_slots(arg, std::move(keyword_names_)), keyword_names_.clear(); return true;
    case Opcode::call_kw: {
      std::vector<std::string_view> names = names_of(drop_constant());
      call_slots(arg, std::move(names));
      return true;
    }
    case Opcode::kw_names:
      keyword_names_ = names_of(arg < code_.consts.size() ? std::optional(code_.consts[arg]) : std::nullopt);
      return true;
    case Opcode::call_function:
      if (before(6)) call_legacy();
      else call(arg, {});
      return true;
    case Opcode::call_method: call_slots(arg, {}); return true;
    case Opcode::call_function_kw: {
      if (before(6)) return call_unpacked_legacy(false, true), true;
      std::vector<std::string_view> names = names_of(drop_constant());
      call(arg, std::move(names));
      return true;
    }
    case Opcode::call_function_var: call_unpacked_legacy(true, false); return true;
    case Opcode::call_function_var_kw: call_unpacked_legacy(true, true); return true;
    case Opcode::call_function_ex: call_ex(); return true;
    case Opcode::call_intrinsic_1: case Opcode::call_intrinsic_2: intrinsic(); return true;
    default: return false;
  }
}

void Lifter::intrinsic() {
  struct Row { std::string_view intrinsic, name; };
  static constexpr Row kRows[] = {
      {"INTRINSIC_PRINT", "print"}, {"INTRINSIC_TYPEVAR", "typevar"}, {"INTRINSIC_PARAMSPEC", "paramspec"},
      {"INTRINSIC_TYPEVARTUPLE", "typevartuple"}, {"INTRINSIC_SUBSCRIPT_GENERIC", "subscript_generic"},
      {"INTRINSIC_TYPEALIAS", "typealias"}, {"INTRINSIC_TYPEVAR_WITH_BOUND", "typevar_with_bound"},
      {"INTRINSIC_TYPEVAR_WITH_CONSTRAINTS", "typevar_with_constraints"},
      {"INTRINSIC_SET_FUNCTION_TYPE_PARAMS", "set_function_type_params"},
      {"INTRINSIC_SET_TYPEPARAM_DEFAULT", "set_typeparam_default"}};
  const std::string_view name = intrinsic_name(at_->opcode, at_->arg);
  const uint32_t operands = at_->opcode == Opcode::call_intrinsic_1 ? 1 : 2;
  if (name == "INTRINSIC_IMPORT_STAR") {
    simple(Op::import_star, 1, 0);
    return push(Tag::null);  // a None that is popped
  }
  if (name == "INTRINSIC_STOPITERATION_ERROR" || name == "INTRINSIC_ASYNC_GEN_WRAP") return;
  if (name == "INTRINSIC_UNARY_POSITIVE") return simple(Op::unary, 1, 1, static_cast<uint32_t>(ir::Unary::positive));
  if (name == "INTRINSIC_LIST_TO_TUPLE") return simple(Op::list_to_tuple, 1, 1);
  if (name == "INTRINSIC_PREP_RERAISE_STAR") return simple(Op::prepare_reraise_star, 2, 1);
  for (const Row& row : kRows) {
    if (row.intrinsic != name) continue;
    pop_values(operands);
    emit_name(Op::intrinsic, row.name).a = operands;
    return push();
  }
  finish_invalid(opcode_name(at_->opcode));
}

bool Lifter::step_functions() {
  switch (at_->opcode) {
    case Opcode::make_function: make_function(); return true;
    case Opcode::make_closure: make_function_legacy(true); return true;
    case Opcode::set_function_attribute: set_function_attribute(); return true;
    case Opcode::build_class: simple(Op::build_class_2, 3, 1); return true;
    case Opcode::print_expr:
      pop_values(1);
      emit_name(Op::intrinsic, "print").a = 1;
      emit(Op::pop);
      return true;
    default: return false;
  }
}

void Lifter::make_function() {
  if (before(6)) return make_function_legacy(false);
  if (before(11)) drop_constant();  // the qualified name
  const uint32_t bits = before(13) ? at_->arg & 15 : 0;
  simple(Op::make_function, 1 + static_cast<uint32_t>(std::popcount(bits)), 1, bits);
}

// 3.13: one attribute a time, from the last part to the first.
void Lifter::set_function_attribute() {
  need(2);
  value_at(1), value_at(2);
  auto& instructions = block().instructions;
  // In the order of the stack: defaults, keyword defaults, annotations or their function, closure.
  const auto rank = [](uint32_t bit) { return bit == ir::kAnnotate ? 35u : std::min(bit, 8u) * 10; };
  const uint32_t bit = at_->arg & 31;
  bool fits = std::has_single_bit(bit) && !instructions.empty() && instructions.back().op == Op::make_function;
  for (uint32_t other = 1; fits && other <= 16; other <<= 1) {
    if ((instructions.back().a & other) && rank(other) <= rank(bit)) fits = false;
  }
  if (!fits) return finish_invalid("SET_FUNCTION_ATTRIBUTE");
  instructions.back().a |= bit;
  stack_.erase(stack_.end() - 2);
}

// To 3.5 the defaults lie one by one on the stack: keyword-only pairs and defaults (from 3.4 the other way round),
// annotations, closure, code, name.
void Lifter::make_function_legacy(bool closure) {
  if (code_.version >= PythonVersion{3, 3}) drop_constant();  // the qualified name
  const uint32_t defaults = python2() ? at_->arg : at_->arg & 255;
  const uint32_t pairs = python2() ? 0 : at_->arg >> 8 & 255;
  uint32_t annotations = python2() ? 0 : at_->arg >> 16 & 0x7fff;
  if (defaults > 1u << 16) return finish_invalid("MAKE_FUNCTION");
  const std::optional<Value> code = drop_constant();
  const uint32_t count = defaults + 2 * pairs + annotations + closure;
  need(count);
  for (uint32_t depth = 1; depth <= count; ++depth) value_at(depth);
  const std::optional<Value> names = annotations > 0 ? constant_of(slot(1 + closure)) : std::nullopt;
  const bool names_last = annotations > 0 && last_is_constant();
  pop_values(count);
  // All these are values: from here on only the IR's stack is moved. `rest` values are still single.
  uint32_t rest = count - closure, below = closure, above = 0, bits = closure ? uint32_t{ir::kClosure} : 0;
  if (closure) emit_rotate(rest + 1);
  if (annotations > 0) {
    if (names_last) block().instructions.pop_back();
    else emit(Op::pop);
    rest -= annotations;
    emit(Op::build_const_map, annotations - 1).value = names.value_or(Value::unknown());
    emit_rotate(rest + 1);
    bits |= ir::kAnnotations;
    ++below;
  }
  const bool pairs_first = before(4);  // evaluated, and so below
  const auto build_defaults = [&] {
    if (defaults == 0) return;
    emit(Op::build_tuple, defaults);
    if (pairs_first) emit_rotate(2 * pairs + 1);
    bits |= ir::kDefaults;
    ++above;
  };
  if (pairs_first) build_defaults();
  if (pairs > 0) {
    emit(Op::build_map, pairs);
    if (!pairs_first) emit_rotate(defaults + 1);
    bits |= ir::kKeywordDefaults;
    ++above;
  }
  if (!pairs_first) {
    build_defaults();
    if (above == 2) emit(Op::swap, 2);
  }
  // closure, annotations, defaults, keyword defaults -> the order of make_function
  for (uint32_t i = 0; i < above && below > 0; ++i) emit_rotate(above + below);
  if (below == 2) emit(Op::swap, 2);
  emit_constant(code.value_or(Value::unknown()));
  emit(Op::make_function, bits);
  push();
}

}  // namespace winnow::bytecode
