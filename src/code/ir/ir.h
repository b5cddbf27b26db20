// The one form in which the machine runs Python, whatever it came from: bytecode of any version (code/bytecode
// lifts it) or source (code/python lowers it). A body is a graph of basic blocks of stack instructions, close
// to CPython's own, in which the versions no longer differ:
// - no NULL slots, caches, fused, specialised or borrowed forms, NOPs, RESUME, EXTENDED_ARG;
// - LOAD_METHOD is load_attr, every call is `call` or `call_ex`;
// - no block stack: SETUP_*, POP_BLOCK, BREAK_LOOP, CALL/BEGIN/END_FINALLY, WITH_CLEANUP are edges and handlers.
//   A `finally` body that a version runs as a subroutine is copied for each way in, as 3.9 and later do;
// - a handler is entered with the stack cut to its depth and the one value of the exception pushed (no type,
//   traceback, lasti, previous exception). `enter_handler` and `leave_handler` bracket the time in which it is
//   the exception being handled (sys.exc_info, a bare raise). An exception that leaves a handler's body ends
//   it too: Block::handled says how many are entered where a block begins. In Python 2 nothing leaves a handler
//   before its function returns: there is no `leave_handler`;
// - the loops around SEND are `await_value` and `yield_from`; generators' own wrapping is gone.
// Stack effects are written (before -- after), top of stack to the right. Instructions that would pop below
// the stack's bottom are kept: running them is hostile code's business, `Body::anomalies` tells of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/code_object.h"
#include "core/value.h"

namespace winnow::ir {

enum class Op : uint8_t {
  // values                     operands            stack
  load_const,                // value               (-- v)
  load_fast, store_fast, delete_fast,      // name  (-- v) (v --) (--)   locals of functions
  load_fast_and_clear,       // name                (-- v or none)  3.12's inlined comprehensions: saves and unbinds
                             // (a variable that is a cell: the cell itself; a new one stands in its place)
  restore_fast,              // name                (v --)  puts it back, binding or not
  load_deref, store_deref, delete_deref,   // name  cells and free variables
  load_class_deref,          // name                (-- v)  the class namespace first, then the cell
  load_closure,              // name                (-- cell)
  load_name, store_name, delete_name,      // name  module and class level: locals, then globals, then builtins
  load_global, store_global, delete_global,  // name
  load_locals,               //                     (-- dict)  locals()
  load_from_dict_or_global,  // name                (dict -- v)  3.12's annotation scopes
  load_from_dict_or_deref,   // name                (dict -- v)
  load_attr, store_attr, delete_attr,      // name  (o -- v) (v o --) (o --)
  load_super_attr,           // name, a: 1 with arguments      (super cls self -- v)
  load_build_class,          //                     (-- __build_class__)
  load_common,               // name: AssertionError, NotImplementedError, tuple, all, any ...  (-- v)

  // operators
  unary,                     // a: Unary            (v -- v)
  binary, inplace,           // a: Binary           (l r -- v)
  compare,                   // a: Compare          (l r -- v)
  subscript,                 //                     (o k -- v)
  store_subscript,           //                     (v o k --)
  delete_subscript,          //                     (o k --)
  build_slice,               // a: 2 or 3           (start stop [step] -- slice)

  // displays
  build_tuple, build_list, build_set, build_string,  // a items    (v... -- c)
  build_map,                 // a pairs             (k v ... -- d)
  build_const_map,           // a items; value: a tuple of the keys  (v... -- d)   BUILD_CONST_KEY_MAP of 3.6 to 3.13
  list_append, set_add,      // a: depth of the container below the top, 1 = next   (v --)
  map_add,                   // a: depth below both (k v --)
  list_extend, set_update, dict_update, dict_merge,  // a: depth, 1 = next          (v --)
  list_to_tuple,             //                     (l -- t)
  format_value,              // a: Conversion, b: 1 with a format spec  (v [spec] -- s)
  build_interpolation,       // a: Conversion, b: 1 with a format spec  (v str [spec] -- i)   3.14
  build_template,            //                     (strings interpolations -- t)        3.14
  unpack_sequence,           // a items             (s -- v_a ... v_1)  first on top
  unpack_ex,                 // a before, b after the starred one
  copy, swap,                // a: as 3.11's COPY and SWAP, 1 = top; swap 2 is ROT_TWO
  rotate,                    // a: top goes below a - 1 others (ROT_THREE: 3)
  pop,                       //                     (v --)

  // calls
  call,                      // a: all arguments; names: the last names.size() are keywords   (f v... -- r)
  call_ex,                   // a: 1 with **        (f args [kwargs] -- r)
  make_function,             // a: MakeFunction bits (those parts in this order, kAnnotate before kClosure, then code -- f)
  import_name,               // name                (level fromlist -- m); with the 2.x default, level -1
  import_from,               // name                (m -- m v)
  import_star,               //                     (m --)
  intrinsic,                 // name: "typevar", "paramspec", "typevartuple", "typealias", "subscript_generic", "set_function_type_params",
                             // "typevar_with_bound", "typevar_with_constraints", "set_typeparam_default", "print",
                             // "copy_without_keys" (3.10: dict keys); a: operands  (v... -- v)
  setup_annotations,         //                     (--)

  // iteration, generators
  get_iter, get_aiter,       //                     (v -- i)
  get_yield_from_iter,       //                     (v -- i)
  get_anext,                 //                     (i -- i awaitable)
  get_awaitable,             //                     (v -- a)
  await_value,               //                     (a -- v)   get_awaitable stands before it
  yield_from,                //                     (i -- v)
  yield_value,               //                     (v -- sent)
  end_async_for,             //                     (i exc --)  re-raises what is not StopAsyncIteration: see branch below

  // exceptions and with
  enter_handler, leave_handler,  //                 (--)
  match_exception,           //                     (exc type -- exc bool)
  match_exception_group,     //                     (exc type -- rest match)   except*
  prepare_reraise_star,      //                     (original list -- exc or None)
  enter_with,                //                     (manager -- exit entered)
  enter_async_with,          //                     (manager -- exit awaitable)
  exit_with,                 //                     (exit exc -- exit exc result)  calls exit(type, exc, tb)
                             // leaving normally is an ordinary call of exit with three None

  // match statement
  match_class,               // a positional        (subject cls names -- attributes or None)
  match_mapping, match_sequence,  //                (s -- s bool)
  match_keys,                //                     (s keys -- s keys values or None)
  get_len,                   //                     (s -- s n)

  // Python 2
  print_item, print_newline,           //           (v --) (--)
  print_item_to, print_newline_to,     //           (v stream --) (stream --)
  exec_statement,            //                     (code globals locals --)
  build_class_2,             //                     (name bases dict -- cls)

  unknown,                   // name: what stood there; ends its block (Exit::invalid)
};

enum class Unary : uint8_t { negative, positive, invert, logical_not, repr /* 2.7 `x` */ };
enum class Binary : uint8_t { add, subtract, multiply, matrix_multiply, divide /* 2.7 */, true_divide, floor_divide,
                              remainder, power, left_shift, right_shift, bit_and, bit_or, bit_xor };
enum class Compare : uint8_t { lt, le, eq, ne, gt, ge, in, not_in, is, is_not };
enum class Conversion : uint8_t { none, str, repr, ascii };
enum MakeFunction : uint32_t { kDefaults = 1, kKeywordDefaults = 2, kAnnotations = 4, kClosure = 8, kAnnotate = 16 };

using BlockId = uint32_t;
inline constexpr BlockId kNoBlock = UINT32_MAX;

struct Instruction {
  Op op;
  uint32_t a = 0, b = 0;
  uint32_t offset = 0;  // in the bytecode, or in the source text
  int32_t line = 0;     // 0: not known
  std::string_view name;
  Value value;
  std::vector<std::string_view> names;  // of call's keyword arguments
};

enum class Exit : uint8_t {
  jump,          // target
  branch,        // (v --)  true: target, false: otherwise
  for_iter,      // (i -- i item) target; exhausted (i --) otherwise
  return_value,  // (v --)
  raise,         // a values: 0 bare, 1 exception, 2 exception and cause; 3 in Python 2 (type value traceback)
  reraise,       // (exc --)  goes on with the exception: the end of finally and unmatched except
  end_async_for, // (i exc --)  StopAsyncIteration: target; anything else is raised again
  invalid,       // control left the code, or met an instruction that does not exist
};

// Why a jump was made, where the bytecode says so (up to 3.7): structuring uses it, running does not.
enum class JumpKind : uint8_t { plain, break_loop, continue_loop };

struct Block {
  std::vector<Instruction> instructions;
  Exit exit = Exit::invalid;
  uint32_t a = 0;             // of raise
  BlockId target = kNoBlock, otherwise = kNoBlock;
  BlockId handler = kNoBlock; // where an exception in this block goes
  uint32_t handler_depth = 0; // values kept on the stack there, below the exception
  uint32_t handled = 0;       // handlers entered and not left where this block begins (Python 3)
  JumpKind jump_kind = JumpKind::plain;
  bool loop_setup = false;    // up to 3.7: a SETUP_LOOP stood right before this block
  uint32_t offset = 0;        // of the first instruction
  uint32_t exit_offset = 0;   // of the one that leaves
  int32_t exit_line = 0;
};

// What is wrong with the code, found while lifting: shown, and weighed by the judge.
struct Anomaly {
  enum class Kind : uint8_t { invalid_opcode, specialised_opcode, stack_underflow, index_out_of_range, jump_out_of_code,
                              jump_into_instruction, wrong_flags, budget } kind;
  uint32_t offset;
  std::string what;
};

struct Body {
  PythonVersion version;
  std::vector<Block> blocks;  // [0] is the entry; empty: nothing could be read
  std::vector<Anomaly> anomalies;
  uint32_t code_size = 0;     // bytes; of which the blocks reached
  uint32_t reached = 0;
};

// One line an instruction, blocks labelled: "  load_attr     system          ; 12".
std::string to_text(const Body& body, const Heap& heap);

// The first thing in which a body breaks the promises above (a block that does not exist, depths of the stack that
// differ where control joins, a pop below the bottom), in words; empty: none. For tests.
std::string check(const Body& body);

// The spelling of an instruction: "load_attr".
std::string_view op_name(Op op);

// How many values an instruction takes from the stack and puts there.
struct Effect { uint32_t pops, pushes; };
Effect effect(const Instruction& instruction);

}  // namespace winnow::ir
