// One form for the graphs of all frameworks: a list of operations in an order in which they can be computed, with
// functions, branches and bodies of loops written out. Operations are known by what they do with what flows through
// them, not by their names. Made from ONNX and TensorFlow; read by steering.h.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "bytes/result.h"

namespace winnow::graph {

enum class Kind : uint8_t {
  copy,       // gives on what it is given, in another shape or type
  truth,      // makes yes or no of a number
  equal,      // compares
  order,      // compares by size
  logic,      // and, or, not, bits
  add,        // adds, subtracts
  multiply,
  divide,
  extreme,    // the smaller or the larger of its inputs
  clip,
  power,
  smooth,     // any other function of one number
  steep,      // a function that is nearly flat on one side and high on the other: exp, sigmoid, relu
  step,       // a function that jumps: sign, floor
  oddity,     // is it a number at all
  reduce,     // one number of many along axes
  position,   // where the largest is
  pool,       // reduces in windows
  running,    // sums along an axis
  find,       // where it is not zero: the size of the result tells how often
  select,     // takes parts of its first input, by the others
  scatter,    // puts parts into its first input
  join,       // puts its inputs side by side
  choose,     // one of two inputs, by the first
  shape,      // sizes of its input
  fill,       // a constant of a size that is given
  ramp,       // 0, 1, 2, ...
  learned,    // weighted sums: what networks consist of
  normal,     // normalises; softmax
  look_up,    // texts or keys to numbers, by a table of the model's own
  merge,      // any of its inputs (of old control flow)
  gate,       // gives its first input on where the second says so
  random,
  opaque,     // anything else
};

using ValueId = uint32_t;
inline constexpr ValueId kNoValue = std::numeric_limits<ValueId>::max();
inline constexpr uint8_t kAllAxes = 255;

struct FlatValue {
  std::string_view name;
  bool constant = false;
  bool known = false;       // `number` is the one number that all its elements are
  bool ramp = false;
  uint8_t input = 0;        // 1 + which input of the graph; 0: none. From 63 on they share one.
  uint8_t open = 0;         // of inputs: axes beside the batch that are longer than one
  bool integer = false;     // of inputs
  double number = 0;
  uint64_t elements = 1;    // of constants
  bool single_leading = false, single_trailing = false;  // of constants: the first, the last axis has one place
};

struct Operation {
  Kind kind = Kind::opaque;
  uint8_t axes = 0;         // that are reduced or picked: a number, or kAllAxes
  bool narrow = false;      // of select: takes a constant part
  bool last = false;        // the last axis is among the reduced, or the one that is made
  bool result = false;      // gives an output of the graph
  uint32_t inputs = 0, outputs = 0;              // begin in Program::operands
  uint32_t input_count = 0, output_count = 0;
  std::string_view op;
  uint64_t offset = 0;      // in the file
};

struct Program {
  std::vector<FlatValue> values;
  std::vector<Operation> operations;
  std::vector<ValueId> operands;
  std::vector<ValueId> results;                  // outputs of the graph
  bool cut = false;                              // there are more operations than are looked at

  ValueId input(const Operation& operation, uint32_t index) const {
    return index < operation.input_count ? operands[operation.inputs + index] : kNoValue;
  }
  ValueId output(const Operation& operation, uint32_t index) const {
    return index < operation.output_count ? operands[operation.outputs + index] : kNoValue;
  }
  ValueId add_value(FlatValue value) {
    values.push_back(value);
    return static_cast<ValueId>(values.size() - 1);
  }
  void add(Operation operation, const std::vector<ValueId>& in, const std::vector<ValueId>& out) {
    operation.inputs = static_cast<uint32_t>(operands.size());
    operation.input_count = static_cast<uint32_t>(in.size());
    operands.insert(operands.end(), in.begin(), in.end());
    operation.outputs = static_cast<uint32_t>(operands.size());
    operation.output_count = static_cast<uint32_t>(out.size());
    operands.insert(operands.end(), out.begin(), out.end());
    operations.push_back(operation);
  }
};

inline constexpr size_t kMostOperations = 1'000'000;

// What the operations of the two frameworks do, by their names.
Kind kind_of_onnx(std::string_view op);
Kind kind_of_tensorflow(std::string_view op);

// Axes of an input that are longer than one, beside the batch; sizes that are not told are -1.
uint8_t open_axes(const std::vector<int64_t>& dimensions);

}  // namespace winnow::graph
