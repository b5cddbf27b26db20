// Lifting of names, operators, displays and formatting.
#include "code/bytecode/lifter.h"

namespace winnow::bytecode {
namespace {

using ir::Binary, ir::Compare, ir::Op, ir::Unary;

// By what the name of a CPython operator ends in: BINARY_ADD, NB_INPLACE_ADD.
std::optional<Binary> binary_operator(std::string_view name) {
  struct Row { std::string_view name; Binary op; };
  static constexpr Row kRows[] = {
      {"ADD", Binary::add}, {"SUBTRACT", Binary::subtract}, {"MULTIPLY", Binary::multiply},
      {"MATRIX_MULTIPLY", Binary::matrix_multiply}, {"DIVIDE", Binary::divide},
      {"TRUE_DIVIDE", Binary::true_divide}, {"FLOOR_DIVIDE", Binary::floor_divide}, {"MODULO", Binary::remainder},
      {"REMAINDER", Binary::remainder}, {"POWER", Binary::power}, {"LSHIFT", Binary::left_shift},
      {"RSHIFT", Binary::right_shift}, {"AND", Binary::bit_and}, {"OR", Binary::bit_or}, {"XOR", Binary::bit_xor}};
  for (const Row& row : kRows) {
    if (row.name == name) return row.op;
  }
  return std::nullopt;
}

bool strip(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  return true;
}

// The arguments of COMPARE_OP up to 3.8; later ones are the first six.
constexpr Compare kCompare[] = {Compare::lt, Compare::le, Compare::eq, Compare::ne, Compare::gt,
                                Compare::ge, Compare::in, Compare::not_in, Compare::is, Compare::is_not};

}  // namespace

void Lifter::simple(Op op, uint32_t pops, uint32_t pushes, uint32_t a, uint32_t b) {
  pop_values(pops);
  if (done_) return;
  emit(op, a, b);
  push_values(pushes);
}

void Lifter::load_constant() {
  const auto index = static_cast<uint32_t>(at_ - decoding_.instructions.data());
  if (index < keywords_.size() && keywords_[index]) return push(Tag::keyword, index);
  const Value value = at_->arg < code_.consts.size() ? code_.consts[at_->arg] : Value::unknown();
  emit_constant(value);
  // Names of keyword arguments lie below their values, which may hold branches: they stay known across blocks,
  // except where a conditional expression might end.
  bool candidate = before(6) && value.is_text();
  if (candidate) {
    const uint32_t next = decoding_.find(at_->next);
    candidate = next != Decoding::kNone && !decoding_.instructions[next].leader &&
                decoding_.instructions[next].target == kNoTarget;
  }
  push(candidate ? Tag::candidate : Tag::constant, index);
}

// From 3.13 LOAD_FAST is also how a cell itself is loaded: for the tuple of a closure, or by a class for its
// namespace. A comprehension in line uses such a variable as a plain one.
bool Lifter::loads_cell(uint32_t index) const {
  if (before(13) || index >= code_.localspluskinds.size()) return false;
  if ((code_.localspluskinds[index] & (CodeObject::kCell | CodeObject::kFree)) == 0) return false;
  if ((code_.localspluskinds[index] & CodeObject::kFree) != 0 || (code_.flags & CodeObject::kOptimized) == 0) return true;
  for (uint32_t i = decoding_.find(at_->next); i != Decoding::kNone; i = decoding_.find(decoding_.instructions[i].next)) {
    const Decoded& next = decoding_.instructions[i];
    switch (next.opcode) {
      case Opcode::load_fast: case Opcode::load_fast_borrow: case Opcode::load_fast_load_fast:
      case Opcode::load_fast_borrow_load_fast_borrow: continue;
      case Opcode::build_tuple: {
        const uint32_t after = decoding_.find(next.next);
        if (after == Decoding::kNone || decoding_.instructions[after].opcode != Opcode::load_const) return false;
        const uint32_t constant = decoding_.instructions[after].arg;
        return constant < code_.consts.size() && code_.consts[constant].is(Kind::code);
      }
      default: return false;
    }
  }
  return false;
}

bool Lifter::step_locals() {
  const auto load = [&](uint32_t index) {
    const bool cell = loads_cell(index);
    emit_name(cell ? Op::load_closure : Op::load_fast, local_name(code_, index));
    push();
  };
  const auto store = [&](uint32_t index) {
    const bool saved = value_at(1).tag == Tag::saved;
    emit_name(saved ? Op::restore_fast : Op::store_fast, local_name(code_, index));
    stack_.pop_back();
  };
  const uint32_t arg = at_->arg;
  switch (at_->opcode) {
    case Opcode::load_const: load_constant(); return true;
    case Opcode::load_fast: case Opcode::load_fast_check: case Opcode::load_fast_borrow: load(arg); return true;
    case Opcode::store_fast: store(arg); return true;
    case Opcode::load_fast_load_fast: case Opcode::load_fast_borrow_load_fast_borrow:
      load(arg >> 4), load(arg & 15);
      return true;
    case Opcode::store_fast_load_fast: store(arg >> 4), load(arg & 15); return true;
    case Opcode::store_fast_store_fast: store(arg >> 4), store(arg & 15); return true;
    case Opcode::delete_fast: emit_name(Op::delete_fast, local_name(code_, arg)); return true;
    case Opcode::load_fast_and_clear:
      emit_name(Op::load_fast_and_clear, local_name(code_, arg));
      push(Tag::saved, arg);
      return true;
    case Opcode::load_deref: emit_name(Op::load_deref, free_name(code_, arg)), push(); return true;
    case Opcode::load_closure: emit_name(Op::load_closure, free_name(code_, arg)), push(); return true;
    case Opcode::load_classderef: emit_name(Op::load_class_deref, free_name(code_, arg)), push(); return true;
    case Opcode::store_deref: pop_values(1), emit_name(Op::store_deref, free_name(code_, arg)); return true;
    case Opcode::delete_deref: emit_name(Op::delete_deref, free_name(code_, arg)); return true;
    case Opcode::load_from_dict_or_deref: {
      pop_values(1);
      auto& instructions = block().instructions;
      const bool in_class = !instructions.empty() && instructions.back().op == Op::load_locals;
      if (in_class) instructions.pop_back();
      emit_name(in_class ? Op::load_class_deref : Op::load_from_dict_or_deref, free_name(code_, arg));
      push();
      return true;
    }
    case Opcode::load_small_int: emit_constant(Value::integer(arg)), push(); return true;
    case Opcode::copy_free_vars: case Opcode::make_cell: case Opcode::resume: case Opcode::nop: case Opcode::cache:
    case Opcode::precall: case Opcode::not_taken: case Opcode::gen_start:
    case Opcode::async_gen_wrap: return true;
    case Opcode::to_bool: to_bool(); return true;
    default: return false;
  }
}

// Tests and `not` ask for the truth themselves. Standing alone it is `not not`.
void Lifter::to_bool() {
  const uint32_t next = decoding_.find(at_->next);
  const Opcode opcode = next == Decoding::kNone ? Opcode::unknown_opcode : decoding_.instructions[next].opcode;
  if (opcode == Opcode::unary_not || opcode == Opcode::pop_jump_if_true || opcode == Opcode::pop_jump_if_false) return;
  need(1);
  simple(Op::unary, 1, 1, static_cast<uint32_t>(ir::Unary::logical_not));
  simple(Op::unary, 1, 1, static_cast<uint32_t>(ir::Unary::logical_not));
}

void Lifter::push_attribute(bool method) {
  if (method && before(13)) push(Tag::null);
  push();
  if (method && !before(13)) push(Tag::null);
}

bool Lifter::step_names() {
  const uint32_t index = name_index(code_.version, at_->opcode, at_->arg);
  const std::string_view name = index < code_.names.size() ? code_.names[index] : std::string_view();
  switch (at_->opcode) {
    case Opcode::load_global:
      emit_name(Op::load_global, name);
      push_attribute(!before(11) && (at_->arg & 1));
      return true;
    case Opcode::load_attr:
      pop_values(1);
      emit_name(Op::load_attr, name);
      push_attribute(!before(12) && (at_->arg & 1));
      return true;
    case Opcode::load_method: pop_values(1), emit_name(Op::load_attr, name), push_attribute(true); return true;
    case Opcode::load_super_attr:
      pop_values(3);
      emit_name(Op::load_super_attr, name).a = at_->arg >> 1 & 1;
      push_attribute(at_->arg & 1);
      return true;
    case Opcode::load_name: emit_name(Op::load_name, name), push(); return true;
    case Opcode::store_name: pop_values(1), emit_name(Op::store_name, name); return true;
    case Opcode::delete_name: emit_name(Op::delete_name, name); return true;
    case Opcode::store_global: pop_values(1), emit_name(Op::store_global, name); return true;
    case Opcode::delete_global: emit_name(Op::delete_global, name); return true;
    case Opcode::store_attr: pop_values(2), emit_name(Op::store_attr, name); return true;
    case Opcode::delete_attr: pop_values(1), emit_name(Op::delete_attr, name); return true;
    case Opcode::load_from_dict_or_globals:
      pop_values(1), emit_name(Op::load_from_dict_or_global, name), push();
      return true;
    case Opcode::import_name: pop_values(2), emit_name(Op::import_name, name), push(); return true;
    case Opcode::import_from: value_at(1), emit_name(Op::import_from, name), push(); return true;
    case Opcode::import_star: simple(Op::import_star, 1, 0); return true;
    case Opcode::load_locals: simple(Op::load_locals, 0, 1); return true;
    case Opcode::load_build_class: simple(Op::load_build_class, 0, 1); return true;
    case Opcode::setup_annotations: simple(Op::setup_annotations, 0, 0); return true;
    case Opcode::store_annotation:  // 3.6
      emit_name(Op::load_name, "__annotations__"), push();
      emit_constant(Value::string(name)), push();
      simple(Op::store_subscript, 3, 0);
      return true;
    case Opcode::store_locals: {  // 3.0 to 3.3: the dictionary that a class body is handed
      auto& instructions = block().instructions;
      if (!instructions.empty() && instructions.back().op == Op::load_fast && !stack_.empty()) {
        instructions.pop_back();
        stack_.pop_back();
      } else {
        drop();
      }
      return true;
    }
    case Opcode::load_assertion_error: emit_name(Op::load_common, "AssertionError"), push(); return true;
    case Opcode::load_common_constant: {
      const std::string_view what = common_constant_name(at_->arg);
      if (what == "None") {
        emit_constant(Value::none());
        push(Tag::constant, static_cast<uint32_t>(at_ - decoding_.instructions.data()));
        return true;
      }
      if (what == "True" || what == "False") emit_constant(Value::boolean(what == "True"));
      else if (what == "''") emit_constant(Value::string({}));
      else if (what == "-1") emit_constant(Value::integer(-1));
      else emit_name(Op::load_common, what);
      push();
      return true;
    }
    default: return false;
  }
}

void Lifter::compare() {
  const uint32_t index = before(12) ? at_->arg : before(13) ? at_->arg >> 4 : at_->arg >> 5;
  if (before(9) && index == 10) {
    match_exception();
    return push();
  }
  if (index >= (before(9) ? 10u : 6u)) return finish_invalid("COMPARE_OP");
  simple(Op::compare, 2, 1, static_cast<uint32_t>(kCompare[index]));
}

bool Lifter::step_operators() {
  const auto unary = [&](Unary op) { simple(Op::unary, 1, 1, static_cast<uint32_t>(op)); };
  switch (at_->opcode) {
    case Opcode::compare_op: compare(); return true;
    case Opcode::is_op:
      simple(Op::compare, 2, 1, static_cast<uint32_t>(at_->arg & 1 ? Compare::is_not : Compare::is));
      return true;
    case Opcode::contains_op:
      simple(Op::compare, 2, 1, static_cast<uint32_t>(at_->arg & 1 ? Compare::not_in : Compare::in));
      return true;
    case Opcode::unary_negative: unary(Unary::negative); return true;
    case Opcode::unary_positive: unary(Unary::positive); return true;
    case Opcode::unary_invert: unary(Unary::invert); return true;
    case Opcode::unary_not: unary(Unary::logical_not); return true;
    case Opcode::unary_convert: unary(Unary::repr); return true;
    case Opcode::binary_subscr: simple(Op::subscript, 2, 1); return true;
    case Opcode::store_subscr: simple(Op::store_subscript, 3, 0); return true;
    case Opcode::delete_subscr: simple(Op::delete_subscript, 2, 0); return true;
    case Opcode::binary_slice: simple(Op::build_slice, 2, 1, 2), simple(Op::subscript, 2, 1); return true;
    case Opcode::store_slice: simple(Op::build_slice, 2, 1, 2), simple(Op::store_subscript, 3, 0); return true;
    case Opcode::build_slice: {
      const uint32_t count = at_->arg == 3 ? 3 : 2;
      simple(Op::build_slice, count, 1, count);
      return true;
    }
    default: break;
  }
  std::string_view name = at_->opcode == Opcode::binary_op ? binary_operator_name(at_->arg) : opcode_name(at_->opcode);
  if (at_->opcode == Opcode::binary_op && !strip(name, "NB_")) return finish_invalid("BINARY_OP"), true;
  if (name == "SUBSCR") return simple(Op::subscript, 2, 1), true;
  const bool inplace = strip(name, "INPLACE_");
  if (!inplace && !strip(name, "BINARY_") && at_->opcode != Opcode::binary_op) return false;
  const std::optional<Binary> op = binary_operator(name);
  if (!op) return false;
  simple(inplace ? Op::inplace : Op::binary, 2, 1, static_cast<uint32_t>(*op));
  return true;
}

bool Lifter::step_displays() {
  const uint32_t arg = at_->arg;
  // The container lies `arg` slots below the item, which is popped first.
  const auto add = [&](Op op, uint32_t pops) {
    pop_values(pops);
    if (done_) return;
    const uint32_t depth = arg == 0 ? 1 : arg;
    value_at(depth);
    if (!done_) emit(op, kept(depth));
  };
  switch (at_->opcode) {
    case Opcode::build_tuple: simple(Op::build_tuple, arg, 1, arg); return true;
    case Opcode::build_list: simple(Op::build_list, arg, 1, arg); return true;
    case Opcode::build_set: simple(Op::build_set, arg, 1, arg); return true;
    case Opcode::build_string: simple(Op::build_string, arg, 1, arg); return true;
    case Opcode::build_map: {
      const uint32_t pairs = before(5) ? 0 : arg;  // a hint of the size before
      if (pairs > 1u << 24) return finish_invalid("BUILD_MAP"), true;
      simple(Op::build_map, 2 * pairs, 1, pairs);
      return true;
    }
    case Opcode::build_const_key_map: {
      const Value keys = drop_constant().value_or(Value::unknown());
      pop_values(arg);
      if (done_) return true;
      emit(Op::build_const_map, arg).value = keys;
      push();
      return true;
    }
    case Opcode::store_map:  // to 3.4: (d v k -- d)
      value_at(2), swap(2), pop_values(2);
      value_at(1);
      emit(Op::map_add, 1);
      return true;
    case Opcode::map_add:
      if (before(8)) value_at(2), value_at(1), swap(2);
      add(Op::map_add, 2);
      return true;
    case Opcode::list_append:
      add(Op::list_append, 1);
      if (!done_ && code_.version == PythonVersion{3, 0}) drop();  // takes the list, too
      return true;
    case Opcode::set_add:
      add(Op::set_add, 1);
      if (!done_ && code_.version == PythonVersion{3, 0}) drop();
      return true;
    case Opcode::list_extend: add(Op::list_extend, 1); return true;
    case Opcode::set_update: add(Op::set_update, 1); return true;
    case Opcode::dict_update: add(Op::dict_update, 1); return true;
    case Opcode::dict_merge: add(Op::dict_merge, 1); return true;
    case Opcode::list_to_tuple: simple(Op::list_to_tuple, 1, 1); return true;
    case Opcode::unpack_sequence: simple(Op::unpack_sequence, 1, arg, arg); return true;
    case Opcode::unpack_ex:
      if (arg > 1u << 24) return finish_invalid("UNPACK_EX"), true;
      simple(Op::unpack_ex, 1, (arg & 255) + 1 + (arg >> 8), arg & 255, arg >> 8);
      return true;
    default: return false;
  }
}

// BUILD_*_UNPACK of 3.5 to 3.8: what 3.9 does piece by piece, with all pieces on the stack already.
void Lifter::exec_star_display(Op build, Op extend, bool to_tuple) {
  // In 3.5 the upper byte of BUILD_MAP_UNPACK_WITH_CALL says where the function is.
  const bool with_function = at_->opcode == Opcode::build_map_unpack_with_call && before(6);
  const uint32_t count = with_function ? at_->arg & 255 : at_->arg;
  if (count > 1u << 16) return finish_invalid(opcode_name(at_->opcode));
  need(count);
  for (uint32_t depth = 1; depth <= count; ++depth) value_at(depth);
  reverse(count);
  pop_values(count);
  emit(build);
  push();
  emit_rotate(count + 1);  // below the pieces, the first of which is on top
  for (uint32_t i = 0; i < count; ++i) emit(extend, count - i);
  if (to_tuple) emit(Op::list_to_tuple);
}

bool Lifter::step_unpacked_displays() {
  switch (at_->opcode) {
    case Opcode::build_tuple_unpack: case Opcode::build_tuple_unpack_with_call:
      exec_star_display(Op::build_list, Op::list_extend, true);
      return true;
    case Opcode::build_list_unpack: exec_star_display(Op::build_list, Op::list_extend, false); return true;
    case Opcode::build_set_unpack: exec_star_display(Op::build_set, Op::set_update, false); return true;
    case Opcode::build_map_unpack: exec_star_display(Op::build_map, Op::dict_update, false); return true;
    case Opcode::build_map_unpack_with_call:
      exec_star_display(Op::build_map, Op::dict_merge, false);
      return true;
    default: return false;
  }
}

bool Lifter::step_format() {
  const uint32_t arg = at_->arg;
  const auto format = [&](uint32_t spec) {
    value_at(1 + spec);
    const uint32_t conversion = slot(1 + spec).tag == Tag::converted ? slot(1 + spec).extra : 0;
    simple(Op::format_value, 1 + spec, 1, conversion, spec);
  };
  switch (at_->opcode) {
    case Opcode::format_value: {
      const uint32_t spec = arg & 4 ? 1 : 0;
      simple(Op::format_value, 1 + spec, 1, arg & 3, spec);
      return true;
    }
    case Opcode::convert_value:
      value_at(1);
      slot(1) = {Tag::converted, arg & 3};
      return true;
    case Opcode::format_simple: format(0); return true;
    case Opcode::format_with_spec: format(1); return true;
    case Opcode::build_interpolation:
      simple(Op::build_interpolation, 2 + (arg & 1), 1, arg >> 2 & 3, arg & 1);
      return true;
    case Opcode::build_template: simple(Op::build_template, 2, 1); return true;
    default: return false;
  }
}

}  // namespace winnow::bytecode
