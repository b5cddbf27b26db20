// How far a step reaches down the stack, and what it leaves there.
#include "code/bytecode/folding.h"

namespace winnow::bytecode {

namespace {

Effect effect_of(const ir::Instruction& in) {
  using ir::Op;
  const uint32_t a = in.a;
  switch (in.op) {
    case Op::load_const: case Op::load_fast: case Op::load_fast_and_clear: case Op::load_deref: case Op::load_class_deref:
    case Op::load_closure: case Op::load_name: case Op::load_global: case Op::load_locals: case Op::load_build_class:
    case Op::load_common: return {0, 1};
    case Op::store_fast: case Op::store_deref: case Op::store_name: case Op::store_global: return {1, 0, true};
    case Op::restore_fast: return {1, 0};
    case Op::delete_fast: case Op::delete_deref: case Op::delete_name: case Op::delete_global: case Op::setup_annotations:
    case Op::enter_handler: case Op::leave_handler: case Op::print_newline: return {0, 0, true};
    case Op::load_from_dict_or_global: case Op::load_from_dict_or_deref: case Op::load_attr: case Op::unary: case Op::list_to_tuple:
    case Op::get_iter: case Op::get_aiter: case Op::get_yield_from_iter: case Op::get_awaitable: case Op::await_value:
    case Op::yield_from: case Op::yield_value: return {1, 1};
    case Op::store_attr: return {2, 0, true};
    case Op::delete_attr: return {1, 0, true};
    case Op::load_super_attr: return {3, 1};
    case Op::binary: case Op::inplace: case Op::compare: case Op::subscript: case Op::import_name: case Op::build_template: return {2, 1};
    case Op::store_subscript: return {3, 0, true};
    case Op::delete_subscript: return {2, 0, true};
    case Op::build_slice: return {a == 3 ? 3u : 2u, 1};
    case Op::build_tuple: case Op::build_list: case Op::build_set: case Op::build_string:
    case Op::build_const_map: return {a, 1};
    case Op::intrinsic: return {a, 1, in.name == "import_star"};
    case Op::build_map: return {a * 2, 1};
    case Op::list_append: case Op::set_add: case Op::list_extend: case Op::set_update: case Op::dict_update: case Op::dict_merge:
      return {a + 1, a};
    case Op::map_add: return {a + 2, a};
    case Op::format_value: return {in.b == 1 ? 2u : 1u, 1};
    case Op::build_interpolation: return {in.b == 1 ? 3u : 2u, 1};
    case Op::unpack_sequence: return {1, a, true};
    case Op::unpack_ex: return {1, a + in.b + 1, true};
    case Op::copy: return {a, a + 1};
    case Op::swap: case Op::rotate: return {a, a};
    case Op::pop: return {1, 0, true};
    case Op::call: return {a + 1, 1};
    case Op::call_ex: return {a == 1 ? 3u : 2u, 1};
    case Op::make_function: {
      uint32_t parts = 1;
      for (uint32_t bits = a; bits != 0; bits &= bits - 1) ++parts;
      return {parts, 1};
    }
    case Op::import_from: case Op::get_anext: return {1, 2};
    case Op::import_star: return {1, 0, true};
    case Op::end_async_for: return {2, 0, true};
    case Op::match_exception: case Op::match_exception_group: return {2, 2};
    case Op::prepare_reraise_star: return {2, 1};
    case Op::enter_with: case Op::enter_async_with: return {1, 2, true};
    case Op::exit_with: return {2, 3};
    case Op::match_class: return {3, 1};
    case Op::match_mapping: case Op::match_sequence: case Op::get_len: return {1, 2};
    case Op::match_keys: return {2, 3};
    case Op::print_item: return {1, 0, true};
    case Op::print_item_to: return {2, 0, true};
    case Op::print_newline_to: return {1, 0, true};
    case Op::exec_statement: return {3, 0, true};
    case Op::build_class_2: return {3, 1};
    case Op::unknown: return {0, 0, true};
  }
  return {0, 0, true};
}

}  // namespace

Effect effect_of(const Step& step) {
  switch (step.kind) {
    case Step::Kind::instruction: return effect_of(*step.instruction);
    case Step::Kind::bool_op:
    case Step::Kind::if_exp:
    case Step::Kind::negate: return {1, 1};
    case Step::Kind::link: return {2, 1};
    case Step::Kind::collect: return {step.folded->depth + 1, step.folded->depth};
    case Step::Kind::assertion: return {1, 0, true};
    case Step::Kind::pattern: return {1, step.by_jumps ? 2u : 1u, true};
    case Step::Kind::capture_rest: return {1, 0, true};
  }
  return {0, 0, true};
}

}  // namespace winnow::bytecode
